"""Is the data as new as the mapping's as_of says? If not, everything of today is zero."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy.engine import Connection
from sqlglot import exp

from superset_kpi.dialects import dialect, write_primitive
from superset_kpi.macros.compiler.sources import mapped_select
from superset_kpi.macros.written import as_of_day
from superset_kpi.macros.written import today as macros_today
from superset_kpi.mapping import Mapping
from superset_kpi.warehouse.connection import select

# The longest quarter: data that ended earlier has no complete period before as_of.
OLD = 92

# What dashboards are about, and what a row of it is called.
_DATED = {"transactions": ("occurred_at", "purchase"), "ratings": ("responded_at", "rating")}

Newest = dict[str, dt.date]


def newest_day(opened: Connection, mapping: Mapping) -> Newest:
    """Returns the newest day of purchases and of ratings, of those that are mapped."""
    return newest_by(mapping, lambda sql: select(opened, sql, mapping.name).rows[0][0])


def newest_by(mapping: Mapping, ask: Callable[[str], object]) -> Newest:
    """Returns the newest day of purchases and of ratings; `ask` gives a statement's one value."""
    target, found = dialect(mapping.dialect), Newest()
    for table, (column, word) in _DATED.items():
        if not mapping.is_mapped(table):
            continue
        rows = mapped_select(table, [column], mapping, target)
        named = exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier("kpi__rows")))
        day = write_primitive("day_of", [exp.column(column)], target)
        query = exp.Select(expressions=[exp.Max(this=day)]).from_(named)
        if newest := _day(ask(query.sql(dialect=target.sqlglot))):
            found[word] = newest
    return found


def staleness(mapping: Mapping, newest: Newest, today: dt.date | None = None) -> str | None:
    """Returns a sentence where the newest day lies long before as_of; else None."""
    if not newest:
        return None
    word, day = max(newest.items(), key=lambda item: item[1])
    as_of = as_of_day(mapping, today or macros_today(mapping))
    age = (as_of - day).days
    if age <= OLD:
        return None
    return (
        f"{mapping.name}.as_of: the newest {word} is {age:,} days older than {mapping.as_of}. "
        f"Set as_of: {day} if the data ends there; otherwise check whether it is still loaded."
    )


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
