"""Every engine the macros are written out for: the only file that names one.

Macros use a closed vocabulary: functions that mean the same on every engine (`PORTABLE`), and
primitives whose text differs by engine (`PRIMITIVES`). A primitive's arguments stand as `_1`, `_2`
in its template; `None` would mean that the engine refuses the primitive.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import sqlglot
from sqlglot import exp

from superset_kpi.errors import MacroError, nearest

PORTABLE = frozenset(
    "abs avg case cast coalesce count exp floor lag ln max min ntile nullif power row_number sqrt "
    "sum and or not in".split()
)

# Named so that sqlglot takes none of them for a function that it knows and would rewrite.
PRIMITIVES: MappingProxyType[str, int] = MappingProxyType(
    {
        "day_of": 1,  # the calendar day of a timestamp
        "days_between": 2,  # whole days from the first to the second
        "plus_days": 2,
        "plus_months": 2,  # of the first day of a month: other days overflow differently
        "month_start": 1,
        "quarter_start": 1,
        "year_start": 1,
        "week_start": 1,  # Monday
        "year_of": 1,
        "quarter_of": 1,
        "month_of": 1,
        "today": 0,  # in UTC
        "rounded": 2,  # a double, to a number of digits
        "text_of": 1,  # an integer as text
    }
)


@dataclass(frozen=True)
class Dialect:
    """An engine: Superset's name of it, sqlglot's, and the text of each primitive."""

    engine: str
    sqlglot: str
    primitives: MappingProxyType[str, str]
    verified: bool
    materialised: str = ""


def _dialect(engine: str, sqlglot_name: str, primitives: dict[str, str]) -> Dialect:
    return Dialect(engine, sqlglot_name, MappingProxyType(primitives), verified=True)


_DUCKDB = {
    "day_of": "cast(_1 as date)",
    "days_between": "date_diff('day', cast(_1 as date), cast(_2 as date))",
    "plus_days": "cast(cast(_1 as date) + cast(_2 as integer) as date)",
    "plus_months": "cast(cast(_1 as date) + to_months(cast(_2 as integer)) as date)",
    "month_start": "cast(date_trunc('month', cast(_1 as date)) as date)",
    "quarter_start": "cast(date_trunc('quarter', cast(_1 as date)) as date)",
    "year_start": "cast(date_trunc('year', cast(_1 as date)) as date)",
    "week_start": "cast(date_trunc('week', cast(_1 as date)) as date)",
    "year_of": "cast(year(cast(_1 as date)) as integer)",
    "quarter_of": "cast(quarter(cast(_1 as date)) as integer)",
    "month_of": "cast(month(cast(_1 as date)) as integer)",
    "today": "cast(now() at time zone 'UTC' as date)",
    "rounded": "round(_1, _2)",
    "text_of": "cast(_1 as text)",
}

_POSTGRESQL = {
    "day_of": "cast(_1 as date)",
    "days_between": "(cast(_2 as date) - cast(_1 as date))",
    "plus_days": "(cast(_1 as date) + cast(_2 as integer))",
    "plus_months": "cast(cast(_1 as date) + _2 * interval '1 month' as date)",
    "month_start": "cast(date_trunc('month', cast(_1 as timestamp)) as date)",
    "quarter_start": "cast(date_trunc('quarter', cast(_1 as timestamp)) as date)",
    "year_start": "cast(date_trunc('year', cast(_1 as timestamp)) as date)",
    "week_start": "cast(date_trunc('week', cast(_1 as timestamp)) as date)",
    "year_of": "cast(extract(year from cast(_1 as date)) as integer)",
    "quarter_of": "cast(extract(quarter from cast(_1 as date)) as integer)",
    "month_of": "cast(extract(month from cast(_1 as date)) as integer)",
    "today": "cast(current_timestamp at time zone 'UTC' as date)",
    "rounded": "cast(round(cast(_1 as numeric), _2) as double precision)",
    "text_of": "cast(_1 as text)",
}

# SQLite keeps dates as text; `cast(x as date)` there gives the year as a number.
_SQLITE = {
    "day_of": "date(_1)",
    "days_between": "cast(julianday(date(_2)) - julianday(date(_1)) as integer)",
    "plus_days": "date(_1, (_2) || ' days')",
    "plus_months": "date(_1, (_2) || ' months')",
    "month_start": "date(_1, 'start of month')",
    "quarter_start": (
        "date(_1, 'start of month', "
        "(-((cast(strftime('%m', _1) as integer) - 1) % 3)) || ' months')"
    ),
    "year_start": "date(_1, 'start of year')",
    "week_start": "date(_1, '-6 days', 'weekday 1')",
    "year_of": "cast(strftime('%Y', _1) as integer)",
    "quarter_of": "((cast(strftime('%m', _1) as integer) + 2) / 3)",
    "month_of": "cast(strftime('%m', _1) as integer)",
    "today": "date('now')",
    "rounded": "round(_1, _2)",
    "text_of": "cast(_1 as text)",
}

DIALECTS: MappingProxyType[str, Dialect] = MappingProxyType(
    {
        d.engine: d
        for d in (
            _dialect("duckdb", "duckdb", _DUCKDB),
            _dialect("postgresql", "postgres", _POSTGRESQL),
            _dialect("sqlite", "sqlite", _SQLITE),
        )
    }
)


def dialect(engine: str) -> Dialect:
    """Returns the engine of Superset's name; an unknown one is a MacroError."""
    try:
        return DIALECTS[engine]
    except KeyError:
        raise MacroError(
            f"dialect: {engine!r} is not an engine that the macros are written for. "
            f"{nearest(engine, DIALECTS)}"
        ) from None


@lru_cache(maxsize=512)
def _template(text: str, sqlglot_name: str) -> exp.Expression:
    return sqlglot.parse_one(text, read=sqlglot_name)


def write_primitive(name: str, arguments: list[exp.Expression], target: Dialect) -> exp.Expression:
    """Returns the primitive as the engine spells it, with the arguments in their places."""
    tree = exp.paren(_template(target.primitives[name], target.sqlglot).copy(), copy=False)
    for column in list(tree.find_all(exp.Column)):
        place = column.name
        if place.startswith("_") and place[1:].isdigit():
            argument = arguments[int(place[1:]) - 1].copy()
            simple = isinstance(argument, (exp.Column, exp.Literal, exp.Func, exp.Paren))
            column.replace(argument if simple else exp.paren(argument, copy=False))
    return tree.this if isinstance(tree.this, (exp.Func, exp.Cast, exp.Paren)) else tree
