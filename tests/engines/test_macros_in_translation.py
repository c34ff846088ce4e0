"""Every case in the words of engines that nobody executes, run by DuckDB in translation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from superset_kpi.dialects import dialect
from tests.engines.translated import Translated
from tests.test_macros import connected, test_a_case_gives_the_expected_rows

__all__ = ["test_a_case_gives_the_expected_rows"]


@pytest.fixture(scope="module", params=["mssql", "oracle"])
def engine(
    request: pytest.FixtureRequest, engine_url: Callable[[str], str]
) -> Iterator[tuple[str, Translated]]:
    """The dialect's name, and a connection that takes its words."""
    with connected(engine_url("duckdb")) as connection:
        yield request.param, Translated(connection, dialect(request.param).sqlglot)
