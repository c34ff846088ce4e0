"""The closed vocabulary of the macros, and what an engine says about it.

Macros use functions that mean the same on every engine (`PORTABLE`), and primitives whose text
differs by engine (`PRIMITIVES`). A primitive's arguments stand as `_1`, `_2` in its template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

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


def _nothing() -> Mapping[str, Any]:
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
class Driver:
    """How an engine is reached.

    `extra` of this package brings the driver. A URL may name a file that the engine would make if
    it `makes_files`, and lets no other process open if it `locks_files`; `reading` are arguments of
    a connection to a file that only reads. `question` is what any connection answers.
    """

    extra: str | None = None
    makes_files: bool = False
    locks_files: bool = False
    reading: Mapping[str, Any] = field(default_factory=_nothing)
    question: str = "select 1 as one"


@dataclass(frozen=True)
class Tables:
    """How an engine puts a table in the place of another, so that readers see one or the other.

    `swap` is its way: `transaction` where DDL can be rolled back, `rename` and `exchange` where one
    statement swaps two tables, `replace` where `create or replace table` is atomic, `pointer` where
    only a view can be replaced; None where nobody has found one. `stored` ends `create table x`.
    `begins` is said where the driver begins no transaction before DDL.
    """

    swap: Literal["transaction", "rename", "exchange", "replace", "pointer"] | None = None
    stored: str = ""
    in_schemas: bool = True
    replaces_views: bool = True
    begins: bool = False


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
    `most_windows` is for a planner that takes twice the time for each window under a filter: what
    stands on more of them is kept as a table while the statement runs.
    `longest_name` are the bytes of a name after which an engine cuts it off without a word.
    `merges_cases` is said of an engine that takes texts for equal which differ only in case.
    `dates_come_as_text` is said of an engine, or its driver, that has no dates of its own.
    `stand_in` is what the tests run in the place of an engine that they cannot start.
    `driver` and `tables` are of this very engine, whichever others take the same SQL.
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
    most_windows: int | None = None
    longest_name: int | None = None
    merges_cases: bool = False
    dates_come_as_text: bool = False
    also: tuple[str, ...] = ()
    stand_in: str = "one case of each macro by DuckDB in translation"
    driver: Driver = Driver()
    tables: Tables = Tables()

    def like(self, engine: str, sqlglot: str, title: str, **changes: Any) -> Dialect:
        """Returns another engine that takes this one's SQL, and that nobody has tried."""
        new = {"also": (), "verified": None, "driver": Driver(), "tables": Tables(), **changes}
        return replace(self, engine=engine, sqlglot=sqlglot, title=title, **new)


def by_name(dialects: Iterable[Dialect]) -> MappingProxyType[str, Dialect]:
    """Returns the dialects by each of their names; a name that two have is a MacroError."""
    found: dict[str, Dialect] = {}
    for each in dialects:
        for name in (each.engine, *each.also):
            if name in found:
                raise MacroError(
                    f"dialects: the name {name!r} of {each.title} is taken by {found[name].title}. "
                    "Describe an engine once, in a file of its own or in others.py."
                )
            found[name] = each
    return MappingProxyType(found)
