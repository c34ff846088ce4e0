"""docs/macros.md: every macro with its signature, and what it returns on the demo data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import sqlglot
from sqlalchemy.engine import Connection

from superset_kpi.dialects import dialect
from superset_kpi.docs.markdown import anchor, code, page, table
from superset_kpi.errors import KpiError, WarehouseError
from superset_kpi.macros import Argument, Macro, library, render_call, render_query
from superset_kpi.macros.catalogue import column_type, kind, signature, written
from superset_kpi.mapping import LOGICAL_TABLES, Mapping
from superset_kpi.warehouse import Rows, select

ROWS = 3

INTRODUCTION = """\
Analysts call macros in SQL Lab, in datasets, metrics and charts: a **relation** goes in FROM, an
**expression** wherever a value can go. Every argument can be given by name. Without `scheme` a
relation holds all segmentation schemes, so filter or group by scheme. Defaults in *italics* come
from the mapping. Rows are those of the demo's warehouse, sorted from the left. In SQL Lab
`select * from {{ kpi.help('churn') }} t` finds macros by words; see [`help`](#help).
[Saved queries](dashboards.md#saved-queries) are worked examples."""


def macro_page(
    mappings: dict[str, Mapping],
    connections: dict[str, Connection],
    progress: Callable[[str], None] = lambda line: None,
) -> str:
    """Returns the page; a public macro that cannot be shown is a KpiError."""
    macros = [m for m in library().values() if not m.is_internal]
    areas = sorted({m.area for m in macros})
    parts = ["# Macros", INTRODUCTION, _contents(macros, areas)]
    for area in areas:
        parts.append(f"## {area.capitalize()}")
        for macro in macros:
            if macro.area == area:
                progress(f"docs: {macro.name}")
                parts += _macro(macro, mappings, connections)
    return page(*parts, _internal())


def _contents(macros: list[Macro], areas: list[str]) -> str:
    rows = [
        (area, f"[`{m.name}`]({anchor(m.name)})", m.summary)
        for area in areas
        for m in macros
        if m.area == area
    ]
    return table(("area", "macro", "what it gives"), rows)


def _internal() -> str:
    rows = [(f"`{m.name}`", m.summary) for m in library().values() if m.is_internal]
    listed = table(("macro", "what it gives"), rows)
    return f"## Building blocks\n\nOnly other macros call these.\n\n{listed}"


def _macro(
    macro: Macro, mappings: dict[str, Mapping], connections: dict[str, Connection]
) -> Iterator[str]:
    yield f"### {macro.name}"
    yield f"{macro.summary}" + (f" Grain: {macro.grain}." if macro.grain else "")
    yield code("sql", _signature(macro))
    yield _reads(macro)
    if macro.args:
        rows = [(f"`{a.name}`", kind(a, "`"), _default(a), a.doc) for a in macro.args.values()]
        yield table(("argument", "type", "default", "meaning"), rows)
    yield from _example(macro, mappings, connections)
    yield f"Source: {_linked(macro.source)}"


def _linked(text: str) -> str:
    """Returns the text with its references to decisions as links."""
    return re.sub(r"docs/(decisions\.md)#([a-z-]+)", r"[\1: \2](\1#\2)", text)


def _signature(macro: Macro) -> str:
    return f"{{{{ kpi.{macro.name}({signature(macro)}) }}}}"


def _default(argument: Argument) -> str:
    if argument.setting:
        return f"*{argument.setting}*"
    return "required" if argument.is_required else f"`{written(argument.default)}`"


def _reads(macro: Macro) -> str:
    needs = library().needs(macro)
    uses = sorted(set(_uses(macro)) & set(LOGICAL_TABLES) - set(needs))
    parts = [f"Needs {', '.join(sorted(needs))}."] if needs else []
    parts += [f"Needs {' or '.join(group)}." for group in sorted(library().needs_one_of(macro))]
    parts += [f"Uses {', '.join(uses)} if mapped."] if uses else []
    return " ".join(parts)


def _uses(macro: Macro) -> Iterator[str]:
    yield from macro.uses
    for called in library().called_by(macro):
        yield from _uses(called)


def _example(
    macro: Macro, mappings: dict[str, Mapping], connections: dict[str, Connection]
) -> Iterator[str]:
    values = dict(macro.example)
    _require_example(macro, values)
    call = ", ".join(f"{name}={written(value)}" for name, value in values.items())
    shown, is_value = f"{{{{ kpi.{macro.name}({call}) }}}}", macro.kind == "expression"
    yield code("sql", shown if is_value else f"select * from {shown} as t")
    lacks = {name: library().lacking(macro, each) for name, each in mappings.items()}
    fits = [mappings[name] for name, missing in lacks.items() if not missing]
    if not fits:
        least = min(lacks.values(), key=len)
        note = f"The demo's mapping has no {', '.join(least)}, so no result is shown."
        yield (
            _gives(macro) if macro.kind == "expression" else _returned(macro, Rows((), ()))
        ) + note
    elif macro.kind == "expression":
        yield _gives(macro) + _value(macro, values, fits[0], connections[fits[0].name])
    else:
        rows = _first_rows(macro, values, fits[0], connections[fits[0].name])
        yield _returned(macro, rows) + ("" if rows.rows else "No rows on the demo data.")


def _require_example(macro: Macro, values: dict[str, Any]) -> None:
    for argument in macro.args.values():
        if argument.is_required and argument.name not in values:
            raise KpiError(
                f"docs: {macro.area}/{macro.name}.sql: the example lacks {argument.name!r}. "
                "Add it to `example` in the header."
            )


def _gives(macro: Macro) -> str:
    returned = macro.returns[""]
    unit = f", in {returned.unit}" if returned.unit else ""
    span = f" within {returned.range}" if returned.range else ""
    return f"Gives a {returned.type}{unit}{span}. {returned.doc} "


def _value(macro: Macro, values: dict[str, Any], mapping: Mapping, connection: Connection) -> str:
    """Returns what the example becomes: its value where it needs no column, and its SQL."""
    sql = render_call(macro.name, (), values, mapping)
    target = dialect(mapping.dialect).sqlglot
    text = sqlglot.parse_one(sql, read=target).sql(dialect=target, pretty=True)
    try:
        (row,) = select(connection, f"select {sql} as result", macro.name).rows
    except WarehouseError:  # The example speaks of a column: there is no value without its table.
        return f"It becomes\n\n{code('sql', text)}"
    return f"It is `{_shown(row[0])}` here, and becomes\n\n{code('sql', text)}"


def _first_rows(
    macro: Macro, values: dict[str, Any], mapping: Mapping, connection: Connection
) -> Rows:
    places = ", ".join(map(str, range(1, len(macro.returns) + 1)))
    # As text: to read such a statement again takes as long as to write it.
    sql = f"select * from ({render_query(macro.name, values, mapping)}) as kpi__shown"
    return select(connection, f"{sql} order by {places} limit {ROWS}", macro.name)


def _returned(macro: Macro, rows: Rows) -> str:
    """Returns a line for each column: its meaning, and its value in the first rows."""
    header = ["column", "type", "meaning", *(f"row {i}" for i in range(1, len(rows.rows) + 1))]
    lines = [
        [f"`{r.name}`", column_type(r), r.doc, *(_shown(row[place]) for row in rows.rows)]
        for place, r in enumerate(macro.returns.values())
    ]
    return table(header, lines) + "\n\n"


def _shown(value: Any) -> str:
    """Returns a value rounded far above what differs between machines."""
    if value is None:
        return ""
    if isinstance(value, float):
        text = f"{value:.6g}"
        return "0" if text == "-0" else text
    return str(value)
