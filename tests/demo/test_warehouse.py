"""The demo warehouse is written once, as a whole, and always the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from superset_kpi.demo import warehouse
from superset_kpi.demo.faults import plant_faults
from superset_kpi.demo.tables import SCHEMAS
from superset_kpi.errors import KpiError
from superset_kpi.mapping import LOGICAL_TABLES, read_mappings

MAPPING_FILE = Path(warehouse.__file__).with_name("kpi.yaml")


def content(path: Path) -> dict[str, object]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            f"{schema}.{table}": connection.execute(
                f"select count(*), sum(hash(t)) from {schema}.{table} as t"
            ).fetchone()
            for schema, tables in SCHEMAS.items()
            for table in tables
        }


def test_two_builds_hold_the_same(demo_warehouse: Path, tmp_path: Path) -> None:
    warehouse.build(tmp_path / "again.duckdb")
    assert content(tmp_path / "again.duckdb") == content(demo_warehouse)


def test_a_second_build_of_a_finished_file_does_nothing(demo_warehouse: Path) -> None:
    before = demo_warehouse.stat()
    told: list[str] = []
    warehouse.build(demo_warehouse, told.append)
    after = demo_warehouse.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert told == [f"{demo_warehouse}: up to date"]


def test_a_file_of_an_older_generator_is_written_anew(demo_warehouse: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    shutil.copy(demo_warehouse, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("update superset_kpi_demo set stamp = 'old'")
        connection.execute("delete from telecom.contracts")
    warehouse.build(path)
    assert content(path) == content(demo_warehouse)


def test_an_interrupted_build_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop() -> dict[str, object]:
        raise KeyboardInterrupt

    monkeypatch.setitem(warehouse._MAKERS, "retail", stop)
    with pytest.raises(KeyboardInterrupt):
        warehouse.build(tmp_path / "demo.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table mine as select 1 as x")
    with pytest.raises(KpiError) as refusal:
        warehouse.build(path)
    assert str(refusal.value) == (
        f"{path}: this file is not the demo warehouse and is left as it is. "
        "Name another file, or delete this one."
    )


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database")
    with pytest.raises(KpiError, match="the file cannot be opened"):
        warehouse.build(path)
    assert path.read_text() == "not a database"


def test_every_mapped_source_can_be_read(demo_warehouse: Path) -> None:
    mappings = read_mappings(MAPPING_FILE)
    assert set(mappings) == {"telecom", "retail", "cdnow"}
    assert set(mappings["telecom"].tables) == set(LOGICAL_TABLES)
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        for mapping in mappings.values():
            for name, sources in mapping.tables.items():
                for source in sources:
                    values = [
                        repr(column.value) if column.kind == "constant" else str(column.value)
                        for column in source.columns.values()
                    ]
                    origin = source.table or f"({source.select})"
                    rows = connection.execute(
                        f"select {', '.join(values)} from {origin} where {source.where or 'true'}"
                    ).fetchall()
                    assert rows, f"{mapping.name}.{name} is empty"


def test_every_fault_is_planted(demo_warehouse: Path, tmp_path: Path) -> None:
    path = tmp_path / "spoilt.duckdb"
    shutil.copy(demo_warehouse, path)
    planted = plant_faults(path)
    for fault, what in planted.items():
        assert what.keys or fault.startswith("mapping column"), fault
    assert plant_faults(path) == planted
    assert content(path) == content(demo_warehouse)
