"""The containers' PostgreSQL warehouse holds what the demo's DuckDB file holds."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from sqlalchemy import create_engine, text

from superset_kpi.demo.tables import SCHEMAS, columns_of


@pytest.mark.engine
def test_postgres_has_every_value_of_the_demo_once(
    demo_warehouse: Path, postgres_demo: str
) -> None:
    database = create_engine(postgres_demo)
    with duckdb.connect(str(demo_warehouse), read_only=True) as source, database.connect() as copy:
        for schema, tables in SCHEMAS.items():
            for table in tables:
                # Per column the number of values, so that an empty text is not taken for a null.
                counts = ", ".join(f"count({column})" for column in columns_of(schema, table))
                query = f"select count(*), {counts} from {schema}.{table}"
                copied = copy.execute(text(query)).fetchone()
                assert tuple(copied) == source.execute(query).fetchone(), f"{schema}.{table}"
    database.dispose()
