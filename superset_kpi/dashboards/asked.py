"""What a chart asks of its dataset, and which of it can be answered.

A chart's queries are selects over the dataset's rows, specialized as a macro's own are: a column
that is null in every row, or a condition that never holds, shows before a row is read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from superset_kpi.macros.compiler.fold import is_null
from superset_kpi.macros.compiler.specialize import specialized
from superset_kpi.macros.compiler.statement import Facts
from superset_kpi.macros.read import CANONICAL
from superset_kpi.mapping.sql import parse_expression

ROWS = "kpi__rows"
_GROUP = "kpi__group"
_COMPARISONS: dict[str, type[exp.Expression]] = {
    "==": exp.EQ,
    "!=": exp.NEQ,
    ">": exp.GT,
    ">=": exp.GTE,
    "<": exp.LT,
    "<=": exp.LTE,
}
# Lists of a chart whose entries stand each for itself, so that the others can do without one.
_LISTS = ("metrics", "all_columns")
# Parts of the names of params that put rows in order, and show nothing.
_ORDER = ("sort", "limit", "order")
# A radar with fewer axes is a line.
_AXES = 3


@dataclass(frozen=True)
class Asked:
    """One query of a chart: columns and metrics by name, and what it selects from the rows.

    `having` is a condition on groups, as the chart has it.
    """

    columns: tuple[str, ...]
    metrics: tuple[str, ...]
    select: exp.Select
    is_grouped: bool
    having: str


@dataclass(frozen=True)
class Answer:
    """What a chart can be given: whether there are rows at all, and what is null in all of them."""

    has_rows: bool
    lacking: frozenset[str] = frozenset()

    def both(self, other: Answer) -> Answer:
        """Returns what two answers agree on."""
        return Answer(self.has_rows and other.has_rows, self.lacking | other.lacking)


def asked(queries: Iterable[Dict[str, Any]], metrics: Dict[str, exp.Expression]) -> list[Asked]:
    """Returns what the queries of a chart's context ask; `metrics` are those of the dataset."""
    return [_asked(query, metrics) for query in queries]


def _asked(query: Dict[str, Any], metrics: Dict[str, exp.Expression]) -> Asked:
    columns = [_name(column) for column in query.get("columns") or []]
    names = [m for m in query.get("metrics") or [] if isinstance(m, str) and m in metrics]
    select = exp.Select(
        expressions=[
            *(exp.alias_(exp.column(name), name) for name in columns),
            *(exp.alias_(metrics[name].copy(), name) for name in names),
        ]
    ).from_(ROWS)
    for condition in conditions(query):
        select = select.where(condition, copy=False)
    if query.get("metrics"):
        # Grouped also where the chart is one number: of no rows it has none.
        keys = [exp.column(name) for name in (*columns, _GROUP)]
        select = select.group_by(*keys, copy=False)
    having = str((query.get("extras") or {}).get("having") or "")
    return Asked(tuple(columns), tuple(names), select, bool(query.get("metrics")), having)


def _name(column: Any) -> str:
    if isinstance(column, str):
        return column
    return str(column.get("label") or column["sqlExpression"])


def conditions(query: Dict[str, Any]) -> list[exp.Expression]:
    """Returns the conditions on rows that a query states, those that can be read."""
    found = [_condition(each) for each in query.get("filters") or []]
    text = (query.get("extras") or {}).get("where")
    if text:
        with contextlib.suppress(SqlglotError, ValueError):  # in words of the warehouse's own
            found.append(parse_expression(text, CANONICAL))
    return [condition for condition in found if condition is not None]


def _condition(given: Dict[str, Any]) -> exp.Expression | None:
    if not isinstance(given["col"], str):
        return None
    column, op, value = exp.column(given["col"]), given["op"], given.get("val")
    if op in _COMPARISONS:
        return _COMPARISONS[op](this=column, expression=exp.convert(value))
    if op in ("IN", "NOT IN") and isinstance(value, list):
        among = exp.In(this=column, expressions=[exp.convert(each) for each in value])
        return exp.Not(this=among) if op == "NOT IN" else among
    if op in ("IS NULL", "IS NOT NULL"):
        nothing = exp.Is(this=column, expression=exp.null())
        return exp.Not(this=nothing) if op == "IS NOT NULL" else nothing
    return None


def answer(queries: Iterable[Asked], facts: Facts) -> Answer:
    """Returns what the rows of which the facts are known can give to the queries."""
    lacking: set[str] = set()
    for query in queries:
        _, found = specialized(query.select, {ROWS: facts})
        if found.rows == "none":
            return Answer(False)
        values = {name: found.value(name) for name in (*query.columns, *query.metrics)}
        lacking |= {name for name, value in values.items() if value is not None and is_null(value)}
    return Answer(True, frozenset(lacking))


def narrowed(
    viz_type: str, params: Dict[str, Any], given: Answer, needs: Iterable[str] = ()
) -> dict[str, Any] | None:
    """Returns a chart's params without the columns and metrics that have no value.

    It is null where the chart needs one of them: all that it does not merely list.
    """
    if not given.has_rows or given.lacking.intersection(needs):
        return None
    lists = (*_LISTS, "groupby") if viz_type == "table" else _LISTS
    left = dict(params)
    for key, value in params.items():
        names = value if isinstance(value, list) else [value]
        kept = [name for name in names if not (isinstance(name, str) and name in given.lacking)]
        if len(kept) == len(names) or any(part in key for part in _ORDER):
            continue
        if key not in lists or not kept:
            return None
        left[key] = kept
    too_few = viz_type == "radar" and len(left.get("metrics") or ()) < _AXES
    return None if too_few else left
