"""What is installed for each mapping, by which version, and how old what it reads is."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from superset_kpi.dashboards.record import edits
from superset_kpi.macros.written import as_of_day, today, why_not
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.tables import read_tables
from superset_kpi.superset.deleted import deleted, version_of
from superset_kpi.superset.installed import KINDS, mapping_names, recorded


@dataclass(frozen=True)
class TablesStatus:
    """What `materialize` wrote for a mapping: the oldest counts."""

    count: int
    as_of: dt.date | None
    written_at: dt.datetime
    not_read: int
    why_not: str


@dataclass(frozen=True)
class Status:
    """What there is of one mapping. A mapping that the file does not have is not `is_mapped`.

    `objects` counts what is installed by kind, `dashboards` are their addresses by title. `version`
    is that of the package which installed them, empty where none was noted. `fitted_until` is the
    last day that the models have seen, `fitted_days_ago` how long before the mapping's as_of.
    """

    mapping: str
    is_mapped: bool
    database: str
    objects: dict[str, int]
    dashboards: dict[str, str]
    edited: int
    deleted: int
    version: str
    fitted_until: dt.date | None = None
    fitted_days_ago: int | None = None
    tables: TablesStatus | None = None


def statuses(mappings: dict[str, Mapping], path: Path, only: str | None = None) -> list[Status]:
    """Returns the status of the mappings of the file, and of all others that are installed.

    `only` names the one to look at. Needs the application.
    """
    tables = read_tables(path)
    names = [only] if only else [*mappings, *sorted(mapping_names() - set(mappings))]
    return [_status(name, mappings.get(name), tables) for name in names]


def _status(name: str, mapping: Mapping | None, tables: dict[str, tuple[Written, ...]]) -> Status:
    found = recorded(name)
    counts = Counter(each.kind for each in found)
    fitted = mapping.models.observation_end if mapping and mapping.models else None
    return Status(
        mapping=name,
        is_mapped=mapping is not None,
        database=mapping.database if mapping else "",
        objects={kind: counts[kind] for kind in KINDS},
        dashboards={
            each.name: f"/superset/dashboard/{each.model.slug or each.model.id}/"
            for each in found
            if each.kind == "dashboard"
        },
        edited=sum(1 for each in found if each.record and edits(each.kind, each.tree, each.record)),
        deleted=len(deleted(name)),
        version=str(version_of(name) or ""),
        fitted_until=fitted,
        fitted_days_ago=(as_of_day(mapping, today(mapping)) - fitted).days
        if mapping and fitted
        else None,
        tables=_tables(mapping, tables.get(name, ())) if mapping else None,
    )


def _tables(mapping: Mapping, written: tuple[Written, ...]) -> TablesStatus | None:
    if not written:
        return None
    reasons = [reason for each in written if (reason := why_not(each, mapping, today(mapping)))]
    return TablesStatus(
        count=len(written),
        as_of=min((each.as_of for each in written if each.as_of), default=None),
        written_at=min(each.written_at for each in written),
        not_read=len(reasons),
        why_not=next(iter(reasons), ""),
    )
