"""Worked examples: a call of a relation in a select around it, as a saved query of SQL Lab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from superset_kpi.dashboards.absent import Absent, Reasons
from superset_kpi.dashboards.files import QueryFile, Shipped
from superset_kpi.errors import KpiError, NotScored, nearest
from superset_kpi.macros import Library, rendered
from superset_kpi.macros.arguments import name_arguments
from superset_kpi.macros.catalogue import written
from superset_kpi.macros.read import CANONICAL
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.sql import parse_expression

PLACE = "$rows"  # where the call goes


def example_faults(shipped: Shipped, library: Library) -> list[str]:
    """Returns what is wrong with the examples, of all of them at once."""
    return [
        f"dashboards/queries/{key}.yaml: {fault}"
        for key, file in shipped.queries.items()
        for fault in _faults(file, library)
    ]


def _faults(file: QueryFile, library: Library) -> Iterator[str]:
    macro = library.public(file.macro)
    if macro is None or macro.kind != "relation":
        relations = [n for n in library.public_names() if library[n].kind == "relation"]
        yield f"no public relation {file.macro!r}. {nearest(file.macro, relations)}"
        return
    try:
        name_arguments(macro, (), file.arguments)
        tree = parse_expression(f"({file.sql.replace(PLACE, 'kpi__rows')})", CANONICAL)
    except KpiError as error:
        yield str(error)
        return
    except (SqlglotError, ValueError):
        yield "sql is not one select. Correct it."
        return
    if file.sql.count(PLACE) != 1:
        yield f"sql has to read {PLACE} once, which stands for the call. Write `from {PLACE} t`."
    for name in dict.fromkeys(column.name for column in tree.find_all(exp.Column)):
        if name not in macro.returns:
            yield f"no column {name!r}. {nearest(name, macro.returns)}"


def fed_examples(
    shipped: Shipped, mapping: Mapping, reasons: Reasons
) -> tuple[dict[str, QueryFile], list[Absent]]:
    """Returns the examples that have rows, and why the others have none."""
    whys = {key: _why(file, mapping, reasons) for key, file in shipped.queries.items()}
    fed = {key: file for key, file in shipped.queries.items() if not whys[key]}
    absent = [Absent("query", k, shipped.queries[k].title, why) for k, why in whys.items() if why]
    return fed, absent


def _why(file: QueryFile, mapping: Mapping, reasons: Reasons) -> tuple[str, ...]:
    if why := reasons.not_callable(file):
        return why
    try:
        made = rendered(file.macro, file.arguments, mapping, observed=reasons.observed)
    except NotScored as error:
        return (str(error).rstrip("."),)
    return reasons.no_rows(file, made) if made.facts.rows == "none" else ()


def query_tree(file: QueryFile, mapping: Mapping) -> dict[str, Any]:
    """Returns a saved query in Superset's import format; the connection is the caller's affair.

    Its call names the mapping, since a database may get a second one, and as an argument, since a
    mapping may have the name of a macro.
    """
    return {
        "catalog": None,
        "schema": None,
        "label": f"{file.title} · {mapping.title}",
        "description": file.description,
        "sql": statement(file, mapping=mapping.name),
        "template_parameters": None,
    }


def statement(file: QueryFile, **more: str) -> str:
    """Returns what an analyst writes in SQL Lab; `more` are further arguments of the call."""
    given = ", ".join(f"{n}={written(v)}" for n, v in {**file.arguments, **more}.items())
    return file.sql.replace(PLACE, f"{{{{ kpi.{file.macro}({given}) }}}}")
