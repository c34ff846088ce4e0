"""kpi.help(): what macros there are, written anew for each call from their headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

from sqlglot import exp

from superset_kpi.errors import nearest, said
from superset_kpi.macros.headers import Vocabulary, read_header, values_of
from superset_kpi.macros.macro import Argument, Macro, Returned
from superset_kpi.macros.read import macro_of

HELP, AREA = "help", "catalogue"

_HEADER = """
summary: The macros, what each takes and returns, and whether the mapping feeds it.
grain: one row per macro; of a single macro also one per argument and column
args: [word: {
  type: text, default: null,
  doc: "Only macros with these words in their name, summary, family or columns; the name of one macro explains it."}]
returns: [
  place: {type: integer, range: "[1, inf)", doc: "Order of the rows."},
  macro: {type: string, doc: "Name, as in kpi.cx_by_segment(); null where no macro has the words."},
  family: {type: string, doc: "What it is about: the folder of sql_macros that its file is in."},
  kind: {type: string, doc: "relation, which goes in FROM, or expression; of a single macro also argument and column. nothing where no macro has the words."},
  name: {type: string, doc: "Name of the macro, argument or column."},
  summary: {type: string, doc: "What it gives or means."},
  arguments: {type: string, doc: "What a macro takes, with the defaults; ... is a default that the mapping says."},
  returns: {type: string, doc: "Columns of a relation, or what an expression gives."},
  is_fed: {type: string, doc: "yes where the mapping has what the macro needs, else no."},
  missing: {type: string, doc: "Tables and fitted models that it needs and the mapping lacks."},
  type: {type: string, doc: "Type of an argument or column, with its unit and limits."},
  default_value: {type: string, doc: "What an argument is if it is not given; required where it must be."}]
source: "The headers of the macros."
example: {word: churn}
"""  # noqa: E501

Row = dict[str, str]  # values by column; what is not there, or empty, is null
Known = tuple[Macro, Sequence[str]]  # a macro, and what the mapping lacks for it


def catalogue(known: Vocabulary, folder: Path) -> Macro:
    """Returns the macro with a body of one row without values; `told` gives that of a call."""
    where = f"{AREA}/{HELP}.sql"
    header = read_header(values_of(_HEADER, where), known)
    nothing = ", ".join(f"cast(null as text) as {name}" for name in list(header.returns)[1:])
    return macro_of(header, f"select 1 as place, {nothing}", folder / where)


def told(macro: Macro, values: Dict[str, Any], public: Sequence[Known]) -> Macro:
    """Returns the macro with the body of a call: a row of literals for each thing to tell."""
    word = str(values.get("word") or "").strip()
    single = next((known for known in public if known[0].name == word.lower()), None)
    rows = _explained(*single) if single else _listed(word, public)
    selects: list[exp.Query] = [_select(macro, n, row) for n, row in enumerate(rows, 1)]
    return replace(macro, body=reduce(_and_then, selects))


def _listed(word: str, public: Sequence[Known]) -> list[Row]:
    found = [_of_macro(*known) for known in public if _has(known[0], word.lower().split())]
    if found:
        return sorted(found, key=lambda row: (row["family"], row["macro"]))
    hint = nearest(word, [macro.name for macro, _ in public])
    what = f"No macro has {said(word)} in its name, summary, family or columns. {hint}"
    return [{"kind": "nothing", "summary": what}]


def _has(macro: Macro, words: list[str]) -> bool:
    text = " ".join((macro.name, macro.area, macro.summary, *macro.returns)).lower()
    return all(word in text for word in words)


def _explained(macro: Macro, lacking: Sequence[str]) -> Iterator[Row]:
    yield _of_macro(macro, lacking)
    known = {"macro": macro.name, "family": macro.area}
    for argument in macro.args.values():
        means = {"name": argument.name, "summary": argument.doc, "default_value": default(argument)}
        yield {**known, "kind": "argument", "type": kind(argument), **means}
    for column in macro.returns.values() if macro.kind == "relation" else ():
        means = {"name": column.name, "summary": column.doc}
        yield {**known, "kind": "column", "type": column_type(column), **means}


def _of_macro(macro: Macro, lacking: Sequence[str]) -> Row:
    return {
        "macro": macro.name,
        "family": macro.area,
        "kind": macro.kind,
        "name": macro.name,
        "summary": macro.summary,
        "arguments": signature(macro),
        "returns": ", ".join(name or column_type(c) for name, c in macro.returns.items()),
        "is_fed": "no" if lacking else "yes",
        "missing": ", ".join(lacking),
    }


def _select(macro: Macro, place: int, row: Row) -> exp.Select:
    values = {name: _text(row.get(name)) for name in macro.returns}
    values["place"] = exp.Literal.number(place)
    return exp.Select(expressions=[exp.alias_(value, name) for name, value in values.items()])


def _text(value: str | None) -> exp.Expression:
    return exp.Literal.string(value) if value else exp.cast(exp.null(), "text")


def _and_then(left: exp.Query, right: exp.Query) -> exp.Query:
    return exp.Union(this=left, expression=right, distinct=False)


def signature(macro: Macro) -> str:
    """Returns what a macro takes, with the defaults: `scheme=none, period='quarter', as_of=...`."""
    return ", ".join(a.name + _assigned(a) for a in macro.args.values())


def _assigned(argument: Argument) -> str:
    if argument.is_required or argument.setting:
        return "" if argument.is_required else "=..."
    return f"={written(argument.default)}"


def written(value: Any) -> str:
    """Returns a value as a template writes it."""
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def kind(argument: Argument, quote: str = "") -> str:
    """Returns the type of an argument with its limits, or its choices, in quotes if any."""
    if argument.choices:
        return " or ".join(f"{quote}{choice}{quote}" for choice in argument.choices)
    if argument.min is None and argument.max is None:
        return str(argument.type)
    low = f"from {argument.min:g}" if argument.min is not None else ""
    high = f"to {argument.max:g}" if argument.max is not None else ""
    return f"{argument.type}, {low} {high}".strip()


def default(argument: Argument) -> str:
    """Returns what an argument is if it is not given."""
    if argument.setting:
        return f"the mapping's {argument.setting}"
    return "required" if argument.is_required else written(argument.default)


def column_type(column: Returned) -> str:
    """Returns the type of a column with its unit and range."""
    return ", ".join(filter(None, (column.type, column.unit, column.range)))
