"""Every case of every macro, on every engine; and headers that cannot lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy

from superset_kpi.dialects import dialect
from superset_kpi.macros import Macro, library
from tests import cases

# Slow engines have files of their own in tests/engines: files run side by side.
ENGINES = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "postgresql": "postgres",
    "mysql": "mariadb",
}
VERSION = {
    "sqlite": "select sqlite_version()",
    "postgresql": "show server_version",
}
ALL = list(cases.read_cases())
RUN = [c for c in ALL if c.error is None]
FIRST = list({c.macro: c for c in reversed(RUN)}.values())[::-1]
PUBLIC = [m for m in library().values() if not m.is_internal]


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(
    request: pytest.FixtureRequest, engine_url: Callable[[str], str]
) -> Iterator[tuple[str, sqlalchemy.engine.Connection]]:
    """A dialect's name, and a connection to it."""
    with connected(engine_url(ENGINES[request.param])) as connection:
        yield request.param, connection


@contextmanager
def connected(url: str) -> Iterator[sqlalchemy.engine.Connection]:
    """A connection that stays open to the end of a file of tests."""
    created = sqlalchemy.create_engine(url)
    with created.connect() as connection:
        yield connection
    created.dispose()


def test_an_engine_is_of_the_version_that_is_verified(
    engine: tuple[str, sqlalchemy.engine.Connection],
) -> None:
    name, connection = engine
    verified = dialect(name).verified
    assert verified is not None, f"say in superset_kpi/dialects/{name}.py what is verified"
    (row,) = cases.run(connection, VERSION.get(name, "select version()"))
    found = str(*row.values()).removeprefix("v")
    if not f"{found}.".startswith(f"{verified.version}."):
        if not os.environ.get("CI"):
            pytest.skip(f"{verified.product} is {found} here, verified is {verified.version}.")
        pytest.fail(f"{found} runs: review `verified` in superset_kpi/dialects/{name}.py")


@pytest.mark.parametrize("case", ALL, ids=[c.id for c in ALL])
def test_a_case_gives_the_expected_rows(
    case: cases.Case, engine: tuple[str, sqlalchemy.engine.Connection]
) -> None:
    cases.check(case, *engine)


@pytest.mark.parametrize("case", FIRST, ids=[c.macro for c in FIRST])
def test_superset_sends_on_what_gives_the_same_rows(
    case: cases.Case, engine: tuple[str, sqlalchemy.engine.Connection]
) -> None:
    pytest.importorskip("superset", reason="Superset is not installed.")
    cases.check_rewritten(case, *engine)


@pytest.mark.parametrize("macro", PUBLIC, ids=[m.name for m in PUBLIC])
def test_a_macro_has_cases(macro: Macro) -> None:
    assert [c for c in ALL if c.macro == macro.name], f"write tests/macros/{macro.name}.yaml"


@pytest.mark.parametrize("macro", library().values(), ids=list(library()))
def test_a_header_names_the_columns_that_are_returned(macro: Macro) -> None:
    if macro.kind == "relation":
        assert list(macro.body.named_selects) == list(macro.returns)
