"""What users deleted stays away. Needs the application.

With an object its record goes. So the record of each dashboard also names everything that was
installed with it; what is named there and does not exist was deleted by a user, since what is
removed by us is struck out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from superset_kpi.dashboards.bundle import identity
from superset_kpi.dashboards.record import PREFIX, Record, read_record
from superset_kpi.superset.installed import KINDS, model_of


def deleted(mapping: str) -> set[str]:
    """Returns what users deleted, as keys such as 'chart/scorecard/cpv_trend'."""
    from superset import db

    named = {key for _, known in _dashboards(mapping) for key in known.members}
    there = {kind: {str(u) for (u,) in db.session.query(model_of(kind).uuid)} for kind in KINDS}
    return {
        key
        for key in named
        for kind, name in [key.split("/", 1)]
        if identity(mapping, kind, name) not in there[kind]
    }


def remember(mapping: str, keys: Collection[str]) -> None:
    """Notes what is installed, and what would be if users had not deleted it."""
    _note(mapping, lambda members: frozenset(keys))


def forget(mapping: str, keys: Collection[str]) -> None:
    """Strikes out what is not away because users deleted it."""
    _note(mapping, lambda members: members - {*keys})


def _note(mapping: str, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
    for model, known in _dashboards(mapping):
        members = change(known.members)
        if members != known.members:
            model.external_url = replace(known, members=members).text()


def _dashboards(mapping: str) -> Iterator[tuple[Any, Record]]:
    from superset import db

    cls = model_of("dashboard")
    for model in db.session.query(cls).filter(cls.external_url.like(f"{PREFIX}%")):
        known = read_record(model.external_url)
        if known is not None and known.mapping == mapping:
            yield model, known
