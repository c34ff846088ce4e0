"""An installation that is killed, and two at once: nothing is lost or doubled."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from superset_kpi.mapping import Mapping
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import recorded
from superset_kpi.superset.plan import plan
from superset_kpi.superset.removal import uninstall
from tests.killed import Work, dies, ended, points, started
from tests.superset.conftest import Instance
from tests.superset.test_install import actions, everything_changed, files

__all__ = ["files"]
KILLS = 15  # of a first installation, and as many of an upgrade


def store(instance: Instance) -> list[str]:
    """Everything that Superset's own database holds."""
    with sqlite3.connect(instance.home / "superset.db") as opened:
        return list(opened.iterdump())


def installing(instance: Instance, mapping: Mapping, files: Path) -> Work:
    """The work of a process of its own, which shares no connection with its parent."""

    def work() -> None:
        from superset import db

        with instance.app.app_context():
            db.engine.dispose(close=False)
            install(mapping, files)

    return work


@pytest.mark.parametrize("is_upgrade", [False, True], ids=["first", "upgrade"])
def test_a_killed_installation_leaves_everything_as_it_was(
    instance: Instance, telecom: Mapping, files: Path, is_upgrade: bool
) -> None:
    work = installing(instance, telecom, files)
    total = points(work)
    if is_upgrade:
        everything_changed(files, "Once.")
        total = points(work)
        everything_changed(files, "Twice.")
    else:
        with instance.app.app_context():
            uninstall("telecom")
    before = store(instance)
    for number in range(KILLS):
        assert dies(work, number * (total - 1) // KILLS)
        assert store(instance) == before
    with instance.app.app_context():
        assert actions(install(telecom, files)) == {"update" if is_upgrade else "create": 6}
        assert actions(plan(telecom, files)) == {"keep": 6}
        uninstall("telecom")


def test_of_two_installations_at_once_nothing_is_doubled(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    work = installing(instance, telecom, files)
    with instance.app.app_context():
        plan(telecom, files)  # what both would read anew
    for _ in range(3):
        codes = sorted([ended(each) for each in [started(work), started(work)]])
        assert codes in ([0, 0], [0, 1])
        with instance.app.app_context():
            found = Counter((each.kind, each.key) for each in recorded("telecom"))
            assert len(found) == 6
            assert set(found.values()) == {1}
            assert actions(install(telecom, files)) == {"keep": 6}
            uninstall("telecom")
