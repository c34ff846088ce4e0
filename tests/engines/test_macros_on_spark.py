"""The macros on Spark.

Spark plans a statement of hundreds of lines for seconds, so each runs once: the first case of a
macro as Superset sends it on and wraps it, those of expressions as they are written. The others run
where EVERY_CASE is set, as `make engines` sets it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy

from superset_kpi.macros import library
from tests import cases
from tests.test_macros import ALL, FIRST, check_version, connected

pytestmark = pytest.mark.engine

WRAPPED = {c.id for c in FIRST if library()[c.macro].kind == "relation"}
WRITTEN = [
    c
    for c in ALL
    if c.id not in WRAPPED
    and (library()[c.macro].kind == "expression" or "EVERY_CASE" in os.environ)
]


@pytest.fixture(scope="module")
def engine(
    engine_url: Callable[[str], str],
) -> Iterator[tuple[str, sqlalchemy.engine.Connection]]:
    """The dialect's name, and a connection to it."""
    with connected(engine_url("spark")) as connection:
        yield "hive", connection


def test_spark_is_of_the_version_that_is_verified(
    engine: tuple[str, sqlalchemy.engine.Connection],
) -> None:
    check_version(*engine)


@pytest.mark.parametrize("case", WRITTEN, ids=[c.id for c in WRITTEN])
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
