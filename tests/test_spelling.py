"""check-mapping: a table is spelled as the warehouse's catalogue spells it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import sqlalchemy
import yaml

from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import check_mapping


def mapping_over(folder: Path, url: str, dialect: str, table: str) -> Mapping:
    path = folder / "kpi.yaml"
    customers = {"table": table, "columns": {"customer_id": "id"}}
    body = {"database": "Shop", "dialect": dialect, "url": url, "tables": {"customers": customers}}
    path.write_text(yaml.safe_dump({"shop": body}), encoding="utf-8")
    return read_mappings(path)["shop"]


@pytest.mark.parametrize(
    ("table", "right"),
    [
        ("Shop.Clients", ""),
        ('"Shop"."Clients"', ""),
        ("warehouse.Shop.Clients", ""),
        ("shop.clients", "Shop.Clients"),
        ('Shop."CLIENTS"', "Shop.Clients"),
        ("WAREHOUSE.SHOP.CLIENTS", "WAREHOUSE.Shop.Clients"),
        ("PLAIN", "plain"),
    ],
)
def test_a_table_in_another_case_is_named_with_its_spelling(
    tmp_path: Path, table: str, right: str
) -> None:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as opened:
        opened.execute("create schema Shop; create table Shop.Clients (id integer)")
        opened.execute("create table plain (id integer)")
    written = table.replace('"', "")
    sentence = (
        f"shop.tables.customers.table: {written} is spelled {right} in the database, and "
        f"row-level security goes by that spelling. Write {right}."
    )
    found = check_mapping(mapping_over(tmp_path, f"duckdb:///{file}", "duckdb", table))
    assert found == ([sentence] if right else [])


LONG = f"kpi_spelling.{'c' * 63}"  # as much as PostgreSQL keeps of a name


@pytest.mark.engine
def test_an_engine_that_folds_names_says_when_they_must_be_quoted(
    tmp_path: Path, engine_url: Callable[[str], str]
) -> None:
    url = engine_url("postgres")
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for statement in (
            "drop schema if exists kpi_spelling cascade",
            "create schema kpi_spelling",
            'create table kpi_spelling."Orders" (id integer)',
            "create table kpi_spelling.clients (id integer)",
            f"create table {LONG} (id integer)",
        ):
            connection.execute(sqlalchemy.text(statement))
    engine.dispose()
    right = {
        'kpi_spelling."Orders"': "",
        "kpi_spelling.clients": "",
        "KPI_SPELLING.Clients": "kpi_spelling.clients",
        "Postgres.KPI_SPELLING.Clients": "Postgres.kpi_spelling.clients",
        LONG: "",
        f"{LONG}_and_more": LONG,
        f'kpi_spelling."{"c" * 63}Ä"': LONG,
    }
    found = {
        table: check_mapping(mapping_over(tmp_path, url, "postgresql", table)) for table in right
    }
    assert {
        t: each[0].rsplit("Write ")[-1][:-1] if each else "" for t, each in found.items()
    } == right
