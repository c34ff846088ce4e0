"""What was installed together, and by which version; what users deleted of it stays away.

With an object its record goes. So the record of each dashboard also names everything that was
installed with it; what is named there and does not exist was deleted by a user, since what is
removed by us is struck out. Needs the application.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from packaging.version import Version

from superset_kpi import __version__
from superset_kpi.dashboards.bundle import identity
from superset_kpi.dashboards.record import Record
from superset_kpi.superset.installed import KINDS, model_of, with_records


def deleted(mapping: str) -> set[str]:
    """Returns what users deleted, as keys such as 'chart/scorecard/cpv_trend'."""
    from superset import db

    named = {key for _, known in with_records("dashboard", mapping) for key in known.members}
    there = {kind: {str(u) for (u,) in db.session.query(model_of(kind).uuid)} for kind in KINDS}
    return {
        key
        for key in named
        for kind, name in [key.split("/", 1)]
        if identity(mapping, kind, name) not in there[kind]
    }


def remember(mapping: str, keys: Collection[str]) -> None:
    """Notes what this version installed, and what it would if users had not deleted it."""
    _note(mapping, lambda known: replace(known, members=frozenset(keys), version=__version__))


def forget(mapping: str, keys: Collection[str]) -> None:
    """Strikes out what is not away because users deleted it."""
    _note(mapping, lambda known: replace(known, members=known.members - {*keys}))


def version_of(mapping: str) -> Version | None:
    """Returns the version of the package that installed the dashboards; null where none is."""
    noted = (known.version for _, known in with_records("dashboard", mapping))
    return max(map(Version, filter(None, noted)), default=None)


def _note(mapping: str, change: Callable[[Record], Record]) -> None:
    for model, known in with_records("dashboard", mapping):
        if (noted := change(known)) != known:
            model.external_url = noted.text()
