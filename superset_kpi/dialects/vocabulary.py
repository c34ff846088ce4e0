"""The closed vocabulary of the macros, and what an engine says about it.

Macros use functions that mean the same on every engine (`PORTABLE`), and primitives whose text
differs by engine (`PRIMITIVES`). A primitive's arguments stand as `_1`, `_2` in its template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlglot import exp

from superset_kpi.errors import MacroError

PORTABLE = frozenset(
    "abs avg case cast coalesce count exp floor lag ln max min ntile nullif power row_number sqrt "
    "sum trim and or not in".split()
)

# Named so that sqlglot takes none of them for a function that it knows and would rewrite.
PRIMITIVES: MappingProxyType[str, int] = MappingProxyType(
    {
        "day_of": 1,  # the calendar day of a timestamp
        "days_between": 2,  # whole days from the first to the second
        "seconds_between": 2,  # from one timestamp to another, fractions of both cut off
        "plus_days": 2,
        "plus_months": 2,  # of the first day of a month: other days overflow differently
        "month_start": 1,
        "quarter_start": 1,
        "year_start": 1,
        "week_start": 1,  # Monday
        "year_of": 1,
        "quarter_of": 1,
        "month_of": 1,
        "today": 0,  # in UTC, or the mapping's time zone
        "rounded": 2,  # a double, to a number of digits
        "text_of": 1,  # an integer as text
    }
)


# A number as a regular expression of every engine: POSIX without classes and backslashes.
NUMBER = "^ *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)? *$"


UTC = "UTC"


class Unwritable(MacroError):
    """A primitive that has no form on an engine."""


Rewrite = Callable[[exp.Expression], None]


def table(entries: dict[str, str]) -> Mapping[str, str]:
    """Returns the entries as a mapping that nobody changes."""
    return MappingProxyType(entries)


def _nothing() -> Mapping[str, str]:
    return table({})


@dataclass(frozen=True)
class Verified:
    """What the tests run every case on: a product, its version, and the day of review.

    `next_version` is one that they run on too, beside the one that is installed.
    """

    product: str
    version: str
    day: str
    next_version: str | None = None

    def __str__(self) -> str:
        versions = " and ".join(filter(None, [self.version, self.next_version]))
        return f"every case on {self.product} {versions}, {self.day}"


@dataclass(frozen=True)
class Dialect:
    """An engine: Superset's name of it, sqlglot's, and how it differs from the others.

    `also` are further names that Superset has for the same engine. `verified` says what the tests
    run every case on; nobody has executed the macros where it is None. `types` are those that
    sqlglot would choose wrongly, and `columns` what is done to a mapped column of a logical type
    before macros read it; its `text_number` is for a number that may be a text, on an engine that
    casts any text to some number. `zones` are how a moment (_1) becomes the wall clock's time in a
    time zone (_2): `zoned` of a column that is known to carry one, `moment` of any, which leaves
    those without a zone as they are; and the day of `today` in a zone (_1). `reads` are what check-
    mapping asks of a mapped value: null where macros find no `number` or `date` in it, and its
    `type`; `mends` are expressions that make the right type of a wrong one. `author` says for nodes
    of what the mapping's author wrote how they are written where sqlglot would not write them as
    they were. `rewrites` change a select, `statement` a whole statement with its CTEs in place, and
    `fence` has it finished before others filter its rows, where they would lead the planner astray.
    `dates_come_as_text` is said of an engine, or its driver, that has no dates of its own.
    `stand_in` is what the tests run in the place of an engine that they cannot start.
    """

    engine: str
    sqlglot: str
    title: str
    primitives: Mapping[str, str]
    verified: Verified | None = None
    types: Mapping[str, str] = field(default_factory=_nothing)
    columns: Mapping[str, str] = field(default_factory=_nothing)
    zones: Mapping[str, str] = field(default_factory=_nothing)
    reads: Mapping[str, str] = field(default_factory=_nothing)
    mends: Mapping[str, str] = field(default_factory=_nothing)
    author: Mapping[str, str] = field(default_factory=_nothing)
    rewrites: tuple[Rewrite, ...] = ()
    statement: tuple[Rewrite, ...] = ()
    fence: tuple[Rewrite, ...] = ()
    dates_come_as_text: bool = False
    also: tuple[str, ...] = ()
    stand_in: str = "one case of each macro by DuckDB in translation"
