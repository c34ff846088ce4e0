"""Copies the demo warehouse into PostgreSQL: python load_warehouse.py demo.duckdb URL.

The same tables under the same names, so that the demo's mapping needs only another dialect.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb
import psycopg2
from sqlalchemy.engine import make_url

from superset_kpi.demo.tables import SCHEMAS


def load(warehouse: Path, url: str) -> None:
    """Writes all tables in one transaction, in place of what an earlier run wrote."""
    target = make_url(url).set(drivername="postgresql")
    source = duckdb.connect(str(warehouse), read_only=True)
    database = psycopg2.connect(target.render_as_string(hide_password=False))
    try:
        with source, database, database.cursor() as cursor, tempfile.TemporaryDirectory() as home:
            for schema, tables in SCHEMAS.items():
                cursor.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
                for table, columns in tables.items():
                    name = f"{schema}.{table}"
                    rows = Path(home) / f"{name}.csv"
                    source.execute(f"copy {name} to '{rows}' (header, nullstr '\\N')")
                    cursor.execute(f"create table {name} ({columns})")
                    with rows.open() as lines:
                        cursor.copy_expert(
                            f"copy {name} from stdin (format csv, header, null '\\N')", lines
                        )
    finally:
        database.close()


if __name__ == "__main__":
    load(Path(sys.argv[1]), sys.argv[2])
