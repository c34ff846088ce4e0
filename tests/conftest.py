"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import gc
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import engines

# What takes longest starts first, so that no process waits for another at the end.
LONGEST = (
    "tests/browser/",
    "tests/test_macros.py",
    "tests/superset/test_two_users.py",
    "tests/engines/test_macros_on_",
    "tests/strangers/",
    "tests/materialize/",
    "tests/engines/",
    "tests/superset/",
    "tests/test_engine.py",
)

PARTS = 3

# Files that start the same: the demo of the browser, the strangers, and every engine.
TOGETHER = {
    "tests/browser": ("tests/browser/",),
    "tests/strangers": ("tests/strangers/",),
    "tests/engines": (
        "tests/engines/test_engines.py",
        "tests/engines/test_check_mapping.py",
        "tests/engines/test_looking.py",
        "tests/engines/test_mapped_values.py",
    ),
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keeps the tests of a file in one process, and those that start the same servers."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith("tests/test_macros.py"):  # by macro, in as many parts as processes
                macro = nodeid.partition("[")[2].partition(":")[0]
                return f"tests/test_macros.py/{zlib.crc32(macro.encode()) % PARTS}"
            found = [scope for scope, files in TOGETHER.items() if nodeid.startswith(files)]
            return found[0] if found else str(super()._split_scope(nodeid))

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--macro", help="Run the cases of this macro alone, on DuckDB.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts the tests that take longest before the others; keeps those of one macro if told to."""
    if macro := config.getoption("--macro"):
        start = f"tests/test_macros.py::test_a_case_gives_the_expected_rows[{macro}: "
        items[:] = [i for i in items if i.nodeid.startswith(start) and i.name.endswith("-duckdb]")]

    def place(item: pytest.Item) -> int:
        found = [n for n, part in enumerate(LONGEST) if item.nodeid.startswith(part)]
        return found[0] if found else len(LONGEST)

    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Says at once what failed and why: a run that is cut off has no summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        crash = getattr(report.longrepr, "reprcrash", None)
        why = getattr(crash, "message", report.longreprtext[-500:]).splitlines()[:3]
        print(f"\nFAILED {report.nodeid} ({report.when})", *why, sep="\n    ", flush=True)


def pytest_collection_finish() -> None:
    """Has the garbage collector look less often, and not at what stays.

    Trees of SQL are many small objects: it took a fifth of the time of writing statements.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def engine_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """A function from an engine's name to the URL of its database, started at the first call.

    Tests share the database of an engine, so each makes tables or schemas of its own name.
    """
    with ExitStack() as stack:
        urls: dict[str, str] = {}

        def url(engine: str) -> str:
            engines.require(engine)
            if engine not in urls:
                directory = tmp_path_factory.mktemp(engine)
                urls[engine] = stack.enter_context(engines.running(engine, directory))
            return urls[engine]

        yield url


@pytest.fixture(scope="session")
def demo_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo warehouse, a DuckDB file; its URL is in the environment for the demo's mapping."""
    from superset_kpi.demo import warehouse

    path = tmp_path_factory.mktemp("demo") / "demo.duckdb"
    warehouse.build(path)
    return path
