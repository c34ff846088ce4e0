"""Warehouse engines that the tests start for themselves: nothing to configure, nothing left behind.

An engine that is not on the machine is a skip with its reason on a laptop and a failure in CI.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engines import clickhouse, mariadb, postgres, spark

SERVERS = {"postgres": postgres, "mariadb": mariadb, "spark": spark, "clickhouse": clickhouse}
ENGINES = ("duckdb", "sqlite", *SERVERS)


def require(engine: str) -> None:
    """Skips the test where the engine is missing; in CI that is a failure."""
    reason = missing(engine)
    if reason is None:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{engine}: {reason}", pytrace=False)
    pytest.skip(f"{engine}: {reason}")


def missing(engine: str) -> str | None:
    """Why the engine cannot run here; null where it can."""
    if engine not in ENGINES:
        raise ValueError(f"{engine}: no such engine. Choose one of {', '.join(ENGINES)}.")
    return SERVERS[engine].missing() if engine in SERVERS else None


@contextmanager
def running(engine: str, directory: Path) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database on the engine, which stops at the end."""
    if engine in SERVERS:
        with SERVERS[engine].server() as url:
            yield url
    else:
        # A file, since every connection to an in-memory database would see its own.
        yield f"{engine}:///{directory / f'warehouse.{engine}'}"
