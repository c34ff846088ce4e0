"""One case of every macro on Snowflake's emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import cases
from tests.engines import snowflake
from tests.test_macros import FIRST

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def connection(request: pytest.FixtureRequest) -> Iterator[snowflake.Emulated]:
    """A connection to the emulator, which is installed where it is missing."""
    cache = request.config.cache
    assert cache is not None
    try:
        python = snowflake.environment(cache.mkdir("fakesnow"))
    except snowflake.Missing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    with snowflake.emulator(python) as emulated:
        yield emulated


@pytest.mark.parametrize("case", FIRST, ids=[c.id for c in FIRST])
def test_a_case_gives_the_expected_rows(case: cases.Case, connection: snowflake.Emulated) -> None:
    cases.check(case, "snowflake", connection)


def test_what_snowflake_does_not_have_is_refused(connection: snowflake.Emulated) -> None:
    with pytest.raises(RuntimeError, match="nosuchfunction"):
        connection.exec_driver_sql("select nosuchfunction(1)")
