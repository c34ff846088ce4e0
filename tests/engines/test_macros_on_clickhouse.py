"""Every case of every macro on ClickHouse, which takes minutes: files run side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy

from tests.test_macros import (
    connected,
    test_a_case_gives_the_expected_rows,
    test_an_engine_is_of_the_version_that_is_verified,
    test_superset_sends_on_what_gives_the_same_rows,
)

__all__ = [
    "test_a_case_gives_the_expected_rows",
    "test_an_engine_is_of_the_version_that_is_verified",
    "test_superset_sends_on_what_gives_the_same_rows",
]
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine(
    engine_url: Callable[[str], str],
) -> Iterator[tuple[str, sqlalchemy.engine.Connection]]:
    """The dialect's name, and a connection to it."""
    with connected(engine_url("clickhouse")) as connection:
        yield "clickhousedb", connection
