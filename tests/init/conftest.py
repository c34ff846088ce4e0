"""The command line in an empty folder, and the table of what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from superset_kpi.cli import superset_group
from tests import engines
from tests.init.measure import FOUND, table_text

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUPERSET_KPI_MAPPING", raising=False)

    def invoke(*arguments: object, **more: Any) -> Result:
        return CliRunner().invoke(superset_group, [*map(str, arguments)], **more)

    return invoke


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    engines.require("postgres")
    with engines.running("postgres", tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    engines.require("mariadb")
    with engines.running("mariadb", tmp_path_factory.mktemp("mariadb")) as url:
        yield url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FOUND:
        terminalreporter.section("how right proposals are")
        terminalreporter.write_line(table_text(FOUND))
