"""What a mapping file says, validated and frozen."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from superset_kpi.dialects.vocabulary import UTC
from superset_kpi.mapping.models import Models

Today = Literal["today", "yesterday"]


@dataclass(frozen=True)
class Scale:
    """A rating scale from `lo` to `hi`; direction -1 means that a high rating is bad.

    `top_from` is the lowest rating of a promoter, of the top boxes or of low effort, `bottom_to`
    the highest one of a detractor; with direction -1 once the scale is turned over. Null: as usual.
    """

    lo: float
    hi: float
    direction: int = 1
    top_from: float | None = None
    bottom_to: float | None = None


# Scales that ratings of these metrics have unless the mapping says otherwise.
USUAL_SCALES = {"nps": Scale(0, 10), "csat": Scale(1, 5), "ces": Scale(1, 7)}

# Scales whose promoters and detractors everybody counts alike, see the macro nps_balance.
USUAL_NPS_SCALES = ((0, 10), (1, 10), (0, 100))


@dataclass(frozen=True)
class MappedColumn:
    """Where a logical column comes from: SQL in the warehouse's dialect, a column, a constant.

    `zoned` says whether its moments carry a time zone; null where nothing is said.
    """

    kind: Literal["expression", "column", "constant"]
    value: str | float | int | bool | dt.date | None
    zoned: bool | None = None


@dataclass(frozen=True)
class Source:
    """One physical table, or one select, that yields rows of a logical table."""

    table: str | None
    select: str | None
    columns: MappingProxyType[str, MappedColumn]
    where: str | None = None


@dataclass(frozen=True)
class Materialized:
    """Where `superset-kpi materialize` writes, and how many days old a table may be."""

    schema: str
    days: int


@dataclass(frozen=True)
class Written:
    """A relation that was written to the warehouse, as the file beside the mapping records it.

    `key` names the relation, `schema` and `name` the table; `statement` and `mapping` are digests
    of what it was made from. `as_of` is null for a view, which is as new as what it reads.
    """

    key: str
    schema: str
    name: str
    kind: Literal["table", "view"]
    as_of: dt.date | None
    written_at: dt.datetime
    rows: int | None
    mapping: str
    statement: str
    package: str


@dataclass(frozen=True)
class Mapping:
    """One organisation's (or brand's) warehouse, as the logical tables see it.

    `margin_rate` is a share of the amount in [0, 1] for transactions without a margin of their own.
    `fiscal_year_starts` is a month, 1 to 12. `default_scheme` is what dashboards open
    with. `models` is null until `superset-kpi fit` has run.
    `digest` changes when anything in it changes: two mappings are equal where it is. `file_digest`
    leaves out models and what follows.
    `min_n` is the fewest answers that a score needs, null where arguments alone decide;
    without `single_answers` nothing gives the answer of one customer. Moments that carry a
    zone, and today, are taken by the clock of `timezone`.
    `materialized` is where relations are written; those in `written` are read instead of being
    computed: none, unless a caller asked for them and they may be read.
    """

    name: str
    title: str
    database: str
    url: str | None = field(repr=False)
    dialect: str
    as_of: dt.date | Today
    currency: str | None
    fiscal_year_starts: int
    margin_rate: float | None
    inactive_days: int
    scales: MappingProxyType[str, Scale]
    tables: MappingProxyType[str, tuple[Source, ...]]
    digest: str
    default_scheme: str | None = None
    models: Models | None = None
    file_digest: str = ""
    materialized: Materialized | None = None
    written: tuple[Written, ...] = ()
    min_n: int | None = None
    single_answers: bool = True
    timezone: str = UTC

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def is_mapped(self, table: str) -> bool:
        """Returns whether the logical table has at least one source."""
        return table in self.tables

    def maps_column(self, table: str, column: str) -> bool:
        """Returns whether at least one source of the table yields the column."""
        return any(column in source.columns for source in self.tables.get(table, ()))


def changed(mapping: Mapping, **fields: Any) -> Mapping:
    """Returns the mapping with other fields; its digest tells the two apart.

    What is compiled from a mapping is remembered under its digest, so that `dataclasses.replace`
    serves only for what no statement depends on: name, title, database and URL.
    """
    told = hashlib.sha256(f"{mapping.digest} {sorted(fields.items())}".encode()).hexdigest()
    return replace(mapping, **fields, digest=told[:16])


def replace_tables(mapping: Mapping, tables: Dict[str, tuple[Source, ...]]) -> Mapping:
    """Returns the mapping with other sources for some of its tables; nothing is written for it."""
    return changed(mapping, tables=MappingProxyType({**mapping.tables, **tables}), written=())
