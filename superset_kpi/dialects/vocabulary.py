"""The closed vocabulary of the macros, and what an engine says about it.

Macros use functions that mean the same on every engine (`PORTABLE`), and primitives whose text
differs by engine (`PRIMITIVES`). A primitive's arguments stand as `_1`, `_2` in its template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import sqlglot
from sqlglot import exp

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
    verified: bool
    primitives: Mapping[str, str]


def table(entries: dict[str, str]) -> Mapping[str, str]:
    """Returns the entries as a mapping that nobody changes."""
    return MappingProxyType(entries)


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
