"""How PostgreSQL means to run the macros: it asks nobody before it joins in loops, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import psycopg2.extensions
import pytest

from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, read_mappings
from tests import engines
from tests.benchmark import macros

pytestmark = pytest.mark.engine
CUSTOMERS = 20_000


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> Mapping:
    """The benchmark's mapping, in PostgreSQL's dialect."""
    file = macros.mapping_file(tmp_path_factory.mktemp("plans"), "postgresql")
    return read_mappings(file)["benchmark"]


@pytest.fixture(scope="module")
def cursor() -> Iterator[psycopg2.extensions.cursor]:
    """A cursor on the benchmark's tables."""
    engines.require("postgres")
    with duckdb.connect() as source:
        source.execute(macros.DATA.format(n=10 * CUSTOMERS, c=CUSTOMERS))
        with macros.on_postgres(source) as opened:
            yield opened


def test_customers_are_not_compared_pair_by_pair(
    mapping: Mapping, cursor: psycopg2.extensions.cursor
) -> None:
    slow = {}
    called = {**macros.MACROS, **macros.others(mapping)}
    for name, (arguments, _) in called.items():
        cursor.execute(f"explain {render_query(name, arguments, mapping)}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        found = re.findall(r"Join Filter: .*customer_id.*", re.sub(r"'[^']*'", "''", plan))
        if found:
            slow[name] = found
    assert len(called) > 40
    assert slow == {}
