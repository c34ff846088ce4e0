"""Macros on Spark, which plans a statement of hundreds of lines for seconds.

Every case of the shorter macros runs as it is written, and one case of every macro as Superset
sends it on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy
from sqlglot import exp

from superset_kpi.macros import Macro, library
from tests import cases
from tests.test_macros import (
    ALL,
    FIRST,
    connected,
    test_an_engine_is_of_the_version_that_is_verified,
)

__all__ = ["test_an_engine_is_of_the_version_that_is_verified"]
pytestmark = pytest.mark.engine

# Planning takes about half a second for so many selects; the cases up to 40 would take three times
# as long.
MOST_SELECTS = 20


def read_through(macro: Macro, found: dict[str, Macro]) -> dict[str, Macro]:
    """A macro and all that it calls, each once."""
    if macro.name not in found:
        found[macro.name] = macro
        for called in library().called_by(macro):
            read_through(called, found)
    return found


def selects(name: str) -> int:
    """The selects of a macro and of all that it calls."""
    macros = read_through(library()[name], {}).values()
    return sum(1 for macro in macros for _ in macro.body.find_all(exp.Select))


SHORT = [c for c in ALL if c.error is not None or selects(c.macro) <= MOST_SELECTS]


@pytest.fixture(scope="module")
def engine(
    engine_url: Callable[[str], str],
) -> Iterator[tuple[str, sqlalchemy.engine.Connection]]:
    """The dialect's name, and a connection to it."""
    with connected(engine_url("spark")) as connection:
        yield "hive", connection


@pytest.mark.parametrize("case", SHORT, ids=[c.id for c in SHORT])
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
