"""One case of every macro on Spark, where a statement takes a second to plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy

from tests import cases
from tests.test_macros import (
    FIRST,
    connected,
    test_an_engine_is_of_the_version_that_is_verified,
)

__all__ = ["test_an_engine_is_of_the_version_that_is_verified"]
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine(
    engine_url: Callable[[str], str],
) -> Iterator[tuple[str, sqlalchemy.engine.Connection]]:
    """The dialect's name, and a connection to it."""
    with connected(engine_url("spark")) as connection:
        yield "hive", connection


@pytest.mark.parametrize("case", FIRST, ids=[c.id for c in FIRST])
def test_a_case_gives_the_expected_rows(
    case: cases.Case, engine: tuple[str, sqlalchemy.engine.Connection]
) -> None:
    cases.check(case, *engine)


@pytest.mark.parametrize("case", FIRST, ids=[c.macro for c in FIRST])
def test_superset_sends_on_what_gives_the_same_rows(
    case: cases.Case, engine: tuple[str, sqlalchemy.engine.Connection]
) -> None:
    pytest.importorskip("superset", reason="Superset is not installed.")
    cases.check_rewritten(case, *engine, only_wrapped=True)
