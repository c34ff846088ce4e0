"""What check-mapping says of columns of the wrong type, and that what it says to write mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import run
from superset_kpi.warehouse.inspect import inspect_mapping

pytestmark = pytest.mark.engine

Url = Callable[[str], str]

ENGINES = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "postgres": "postgresql",
    "mariadb": "mysql",
    "clickhouse": "clickhousedb",
    "spark": "hive",
}
TEXT = {"clickhouse": "Nullable(String)", "spark": "string", "sqlite": "text"}
INTEGER = {"clickhouse": "Nullable(Int64)", "spark": "bigint", "sqlite": "integer"}
DATE = {"clickhouse": "Nullable(Date32)", "sqlite": "text"}

# Name and type of a column, what stands in it, and what it says of the days or numbers there.
DAYS = {
    "seconds": (INTEGER, "1786795200"),
    "milliseconds": (INTEGER, "1786795200000"),
    "compact_number": (INTEGER, "20260815"),
    "compact_text": (TEXT, "'20260815'"),
    "iso_text": (TEXT, "'2026-08-15 12:00:00'"),
}
NUMBERS = {"comma": (TEXT, "'12,5'"), "words": (TEXT, "'N/A'"), "scale": (TEXT, "'5 - Very good'")}


@pytest.fixture(scope="module", params=list(ENGINES))
def strange(request: pytest.FixtureRequest, engine_url: Url) -> Iterator[tuple[str, str, str]]:
    """An engine, its dialect and its URL, with a table of a column for each strangeness."""
    engine = request.param
    url = engine_url(engine)
    columns = {"id": (INTEGER, "1"), "day": (DATE, "'2026-08-15'"), **DAYS, **NUMBERS}
    if engine == "spark":
        columns["day"] = (DATE, "date '2026-08-15'")
    defined = ", ".join(
        f"{name} {types.get(engine, types.get('', _usual(types)))}"
        for name, (types, _) in columns.items()
    )
    order = " engine = Memory" if engine == "clickhouse" else ""
    values = ", ".join(value for _, value in columns.values())
    good = values.replace("'12,5'", "'1.5'").replace("'N/A'", "'2'")
    other = good.replace("5 - Very good", "1 - Bad")
    database = create_engine(url)
    with database.begin() as connection:
        connection.exec_driver_sql(f"create table strange ({defined}){order}")
        connection.exec_driver_sql(f"insert into strange values ({values}), ({other})")
    database.dispose()
    yield engine, ENGINES[engine], url
    with database.begin() as connection:
        connection.exec_driver_sql("drop table strange")
    database.dispose()


def _usual(types: dict[str, str]) -> str:
    return {id(TEXT): "varchar(20)", id(INTEGER): "bigint", id(DATE): "date"}[id(types)]


def mapped(folder: Path, dialect: str, url: str, day: str, amount: str) -> Mapping:
    (folder / "kpi.yaml").write_text(
        f"shop:\n  database: Shop\n  url: {url}\n  dialect: {dialect}\n  as_of: 2026-09-30\n"
        "  tables:\n    transactions:\n      table: strange\n      columns:\n"
        "        transaction_id: id\n        customer_id: id\n"
        f"        occurred_at: >-\n          {day}\n        amount: >-\n          {amount}\n"
    )
    return read_mappings(folder / "kpi.yaml")["shop"]


@pytest.mark.parametrize("column", DAYS)
def test_a_day_that_is_none_is_found_with_the_expression_that_reads_it(
    column: str, strange: tuple[str, str, str], tmp_path: Path
) -> None:
    engine, dialect, url = strange
    found = inspect_mapping(mapped(tmp_path, dialect, url, column, "1.0"))
    if (engine, column) in {("sqlite", "iso_text"), ("spark", "iso_text")}:
        assert found.faults == []
        return
    (fault,) = found.faults
    assert fault.startswith("shop.tables.transactions.columns.occurred_at: ")
    assert " is not a timestamp" in fault
    (mend,) = re.findall(r"map `(.+)`\.$", fault)
    mapping = mapped(tmp_path, dialect, url, mend, "1.0")
    assert inspect_mapping(mapping).faults == []
    rows = run(mapping, render_query("customer_summary", {}, mapping)).records()
    assert [str(r["first_purchase_on"])[:10] for r in rows] == ["2026-08-15"]


def test_a_day_is_no_finding(strange: tuple[str, str, str], tmp_path: Path) -> None:
    _, dialect, url = strange
    found = inspect_mapping(mapped(tmp_path, dialect, url, "day", "id"))
    assert (found.faults, found.hints) == ([], [])
    (profile,) = [p for p in found.profile if p.column == "occurred_at"]
    assert (profile.rows, profile.null_share) == (2, 0)
    assert (str(profile.first), str(profile.last)) == ("2026-08-15", "2026-08-15")
    assert {p.column: p.distinct for p in found.profile if p.distinct is not None} == {
        "transaction_id": 1,
        "customer_id": 1,
    }


@pytest.mark.parametrize("column", NUMBERS)
def test_a_text_that_is_no_number_is_counted_with_what_mends_it(
    column: str, strange: tuple[str, str, str], tmp_path: Path
) -> None:
    _, dialect, url = strange
    (fault,) = inspect_mapping(mapped(tmp_path, dialect, url, "day", column)).faults
    value = NUMBERS[column][1]
    many = 2 if column == "scale" else 1
    assert f"columns.amount: {value} is not a number ({many} of 2 values). " in fault
    if column == "scale":
        case = "case scale when '1 - Bad' then 1 when '5 - Very good' then 5 end"
        assert fault.endswith(f"For a scale in words: map `{case}`.")
        assert inspect_mapping(mapped(tmp_path, dialect, url, "day", case)).faults == []
        return
    for mend in re.findall(r"map `(.+)`", fault):
        mapping = mapped(tmp_path, dialect, url, "day", mend)
        rows = run(mapping, render_query("customer_summary", {}, mapping)).records()
        assert [r["revenue"] for r in rows] == [14.0 if column == "comma" else 2.0]


def test_a_text_that_the_engine_makes_a_number_of_is_counted(
    strange: tuple[str, str, str], tmp_path: Path
) -> None:
    engine, dialect, url = strange
    faults = inspect_mapping(mapped(tmp_path, dialect, url, "day", "words * 1.0")).faults
    if engine not in ("sqlite", "mariadb"):  # The others refuse to, or give null.
        return
    (fault,) = faults
    assert (
        "'N/A' in words is not a number, but the engine turns it into one (1 of 2 rows). " in fault
    )


def test_keys_that_cannot_be_compared_are_found(
    strange: tuple[str, str, str], tmp_path: Path
) -> None:
    _, dialect, url = strange
    mapped(tmp_path, dialect, url, "day", "id")
    text = (tmp_path / "kpi.yaml").read_text()
    for column, is_fault in (("compact_text", True), ("seconds", False)):
        customers = f"    customers: {{table: strange, columns: {{customer_id: {column}}}}}\n"
        (tmp_path / "kpi.yaml").write_text(text + customers)
        faults = inspect_mapping(read_mappings(tmp_path / "kpi.yaml")["shop"]).faults
        assert len(faults) == is_fault
        if is_fault:
            assert "columns.customer_id: '20260815' is a text, and 1 in " in faults[0]


def test_a_column_that_is_not_there_is_located_among_those_that_are(
    strange: tuple[str, str, str], tmp_path: Path
) -> None:
    _, dialect, url = strange
    (fault,) = inspect_mapping(mapped(tmp_path, dialect, url, "day", "commas")).faults
    assert fault.startswith("shop.tables.transactions.columns.amount: 'commas' cannot be read (")
    assert fault.endswith(" Did you mean 'comma'?")


def test_a_table_that_is_not_there_is_named_with_the_nearest(
    strange: tuple[str, str, str], tmp_path: Path
) -> None:
    _, dialect, url = strange
    mapped(tmp_path, dialect, url, "day", "id")
    file = tmp_path / "kpi.yaml"
    file.write_text(file.read_text().replace("table: strange", "table: strnge"))
    (fault,) = inspect_mapping(read_mappings(file)["shop"]).faults
    assert fault.startswith("shop.tables.transactions.table: there is no table 'strnge'")
    # The driver of Spark does not list names.
    assert fault.endswith("Did you mean 'strange'?" if dialect != "hive" else "spells it.")
