"""Every case of every macro, on every engine; and headers that cannot lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache

import pytest
import sqlalchemy

from superset_kpi.dialects import dialect
from superset_kpi.macros import Macro, library
from tests import cases

# Spark, Snowflake's emulator and DuckDB 2 have files of their own in tests/engines.
ENGINES = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "postgresql": "postgres",
    "mysql": "mariadb",
    "clickhousedb": "clickhouse",
}
VERSION = {
    "sqlite": "select sqlite_version()",
    "postgresql": "show server_version",
}
ALL = list(cases.read_cases())
RUN = [c for c in ALL if c.error is None]
FIRST = list({c.macro: c for c in reversed(RUN)}.values())[::-1]
PUBLIC = [m for m in library().values() if not m.is_internal]


# One case on all engines, then the next: what they share of a statement is made once.
ON_EACH = pytest.mark.parametrize("engine", ENGINES, indirect=True)


@pytest.fixture(scope="module")
def connect(
    engine_url: Callable[[str], str],
) -> Iterator[Callable[[str], sqlalchemy.engine.Connection]]:
    """A function from a dialect's name to a connection, the same one at each call."""
    with ExitStack() as stack:
        yield cache(lambda name: stack.enter_context(connected(engine_url(ENGINES[name]))))


@pytest.fixture
def engine(
    request: pytest.FixtureRequest, connect: Callable[[str], sqlalchemy.engine.Connection]
) -> tuple[str, sqlalchemy.engine.Connection]:
    """A dialect's name, and a connection to it."""
    return request.param, connect(request.param)


@contextmanager
def connected(url: str) -> Iterator[sqlalchemy.engine.Connection]:
    """A connection that stays open to the end of a file of tests."""
    created = sqlalchemy.create_engine(url)
    with created.connect() as connection:
        yield connection
    created.dispose()


@ON_EACH
def test_an_engine_is_of_the_version_that_is_verified(
    engine: tuple[str, sqlalchemy.engine.Connection],
) -> None:
    check_version(*engine)


def check_version(name: str, connection: sqlalchemy.engine.Connection) -> None:
    """Fails, on a laptop skips, where another version runs than the one that is verified."""
    verified = dialect(name).verified
    assert verified is not None, f"say in superset_kpi/dialects/{name}.py what is verified"
    (row,) = cases.run(connection, VERSION.get(name, "select version()"))
    found = str(*row.values()).removeprefix("v")
    if not f"{found}.".startswith(f"{verified.version}."):
        if not os.environ.get("CI"):
            pytest.skip(f"{verified.product} is {found} here, verified is {verified.version}.")
        pytest.fail(f"{found} runs: review `verified` in superset_kpi/dialects/{name}.py")


@ON_EACH
@pytest.mark.parametrize("case", ALL, ids=[c.id for c in ALL])
def test_a_case_gives_the_expected_rows(
    case: cases.Case, engine: tuple[str, sqlalchemy.engine.Connection]
) -> None:
    cases.check(case, *engine)


@ON_EACH
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


@pytest.mark.parametrize("case", FIRST[::8], ids=[c.macro for c in FIRST[::8]])
def test_what_engines_share_of_a_statement_is_the_same_for_each(case: cases.Case) -> None:
    for name in ENGINES:
        mapping = cases.mapping_of(case, name)
        # Rendering remembers by the digest.
        shared, whole = (replace(mapping, digest=f"{mapping.digest}, {n}") for n in range(2))
        assert cases.statement(case, shared) == cases.statement(case, whole, shares=False)
