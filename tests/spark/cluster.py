"""The demo's telecom tables in Spark, by way of Parquet files."""

from __future__ import annotations

from pathlib import Path

import duckdb
import sqlalchemy

from superset_kpi.demo import warehouse
from superset_kpi.demo.tables import SCHEMAS

SCHEMA = "telecom"


def build(folder: Path) -> Path:
    """Returns the path of the demo warehouse, a DuckDB file in the folder."""
    path = folder / "warehouse.duckdb"
    warehouse.build(path)
    return path


def load(path: Path, url: str) -> None:
    """Writes the tables into Spark's catalogue under the names that they have in DuckDB.

    DuckDB's timestamps have no time zone: Spark would make a type of its own of them, which Hive's
    protocol lacks, so they are cast.
    """
    engine = sqlalchemy.create_engine(url)
    with duckdb.connect(str(path), read_only=True) as source, engine.connect() as target:
        target.exec_driver_sql(f"create database if not exists {SCHEMA}")
        for table, columns in SCHEMAS[SCHEMA].items():
            file = path.parent / f"{table}.parquet"
            source.execute(f"copy {SCHEMA}.{table} to '{file}' (format parquet)")
            listed = ", ".join(map(_as_read, columns.split(", ")))
            target.exec_driver_sql(
                f"create table {SCHEMA}.{table} using parquet as "
                f"select {listed} from parquet.`{file}`"
            )
    engine.dispose()


def _as_read(column: str) -> str:
    name, kind = column.split(" ", 1)
    return f"cast({name} as timestamp) as {name}" if kind == "timestamp" else name
