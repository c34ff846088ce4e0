"""The containers' PostgreSQL warehouse holds what the demo's DuckDB file holds."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import create_engine, text

from superset_kpi.demo.tables import SCHEMAS, columns_of

SCRIPT = Path(__file__).parents[2] / "docker" / "load_warehouse.py"


@pytest.mark.engine
def test_postgres_has_every_row_of_the_demo_after_a_first_and_a_second_run(
    demo_warehouse: Path, engine_url: Callable[[str], str]
) -> None:
    url = engine_url("postgres")
    spec = importlib.util.spec_from_file_location("load_warehouse", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.load(demo_warehouse, url)
    script.load(demo_warehouse, url)
    database = create_engine(url)
    with duckdb.connect(str(demo_warehouse), read_only=True) as source, database.connect() as copy:
        for schema, tables in SCHEMAS.items():
            for table in tables:
                # Per column the number of values, so that an empty text is not taken for a null.
                counts = ", ".join(f"count({column})" for column in columns_of(schema, table))
                query = f"select count(*), {counts} from {schema}.{table}"
                copied = copy.execute(text(query)).fetchone()
                assert tuple(copied) == source.execute(query).fetchone(), f"{schema}.{table}"
    database.dispose()
