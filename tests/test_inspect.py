"""What check-mapping finds in a warehouse, and which words it has for it."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse.freshness import staleness
from superset_kpi.warehouse.inspect import Inspection, inspect_mapping

Shop = Callable[..., Inspection]

ORDERS = "transaction_id: id\ncustomer_id: buyer\noccurred_at: sold_at\namount: total"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Inspects a mapping of the table `orders` and more, made by the statements on DuckDB."""

    def inspect(
        *statements: str,
        orders: str = ORDERS,
        table: str = "table: orders",
        more: str = "",
        settings: str = "as_of: 2026-09-30",
    ) -> Inspection:
        warehouse = tmp_path / "shop.duckdb"
        with duckdb.connect(str(warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)
        lines = orders.replace("\n", "\n        ")
        (tmp_path / "kpi.yaml").write_text(
            f"shop:\n  database: Shop\n  url: duckdb:///{warehouse}\n  dialect: duckdb\n"
            f"  {settings}\n  tables:\n    transactions:\n      {table}\n      columns:\n"
            f"        {lines}\n{more}"
        )
        return inspect_mapping(read_mappings(tmp_path / "kpi.yaml")["shop"])

    return inspect


def table(name: str = "orders", **columns: str) -> str:
    usual = {"id": "1", "buyer": "7", "sold_at": "timestamp '2026-09-01 10:00:00'", "total": "12.5"}
    given = {**usual, **columns}
    return f"create table {name} as select " + ", ".join(f'{v} as "{k}"' for k, v in given.items())


CUSTOMERS = "    customers: {table: clients, columns: {customer_id: id}}\n"
WHERE = "shop.tables.transactions"


def test_sound_data_give_neither_fault_nor_hint(shop: Shop) -> None:
    found = shop(table())
    assert (found.faults, found.hints) == ([], [])
    by_name = {p.column: p for p in found.profile}
    assert set(by_name) == {"transaction_id", "customer_id", "occurred_at", "amount"}
    assert by_name["customer_id"].distinct == 1
    assert by_name["amount"].unread == 0
    assert by_name["occurred_at"].last == dt.date(2026, 9, 1)


def test_keys_of_different_types_are_found(shop: Shop) -> None:
    found = shop(table(), "create table clients as select 'c7' as id", more=CUSTOMERS)
    assert found.faults == [
        f"shop.tables.customers.columns.customer_id: 'c7' is a text, and 7 in {WHERE} is a number. "
        f"Keys are compared as they are: map `cast(buyer as text)` in {WHERE}."
    ]


def test_a_uuid_is_no_text(shop: Shop) -> None:
    uuid = "'b5d4a045-9c1f-4b2a-8f58-1c2a8f6f0c11'"
    made = f"create table clients as select {uuid}::uuid as id"
    (fault,) = shop(table(buyer=uuid), made, more=CUSTOMERS).faults
    assert "is a uuid, and 'b5d4a045-9c1f-4b2a-8f58-1c2a8f6f0c11'" in fault


@pytest.mark.parametrize("kind", ["int", "bigint", "decimal(10, 0)", "double"])
def test_numbers_of_any_size_are_keys_of_one_type(shop: Shop, kind: str) -> None:
    made = f"create table clients as select 7::{kind} as id"
    assert shop(table(), made, more=CUSTOMERS).faults == []


def test_a_table_of_another_schema_is_found_there(shop: Shop) -> None:
    made = table("crm.orders")
    assert shop("create schema crm", made).faults == [
        f"{WHERE}.table: there is no table 'orders' (looked in: main). There is one in crm: "
        "write crm.orders."
    ]


def test_a_schema_that_is_not_there_is_named(shop: Shop) -> None:
    found = shop("create schema crm", table("crm.orders"), table="table: cmr.orders")
    assert found.faults == [
        f"{WHERE}.table: there is no schema 'cmr' for 'cmr.orders'. Did you mean 'crm'?"
    ]


def test_an_empty_schema_says_where_tables_are(shop: Shop) -> None:
    found = shop("create schema crm", table("crm.bought"))
    assert found.faults == [
        f"{WHERE}.table: there is no table 'orders' (looked in: main). No table is there; tables "
        "are in: crm. Write the schema before the name."
    ]


def test_a_reserved_name_is_written_as_a_column(shop: Shop) -> None:
    made = table(at="timestamp '2026-09-01 10:00:00'")
    (fault,) = shop(made, orders=ORDERS.replace("sold_at", "at")).faults
    assert fault.startswith(f"{WHERE}.columns.occurred_at: 'at' cannot be read (")
    assert fault.endswith("A column of that name is there: write {column: at}.")
    exact = shop(made.replace("orders", "other"), orders=ORDERS.replace("sold_at", "{column: at}"))
    assert exact.faults == []


@pytest.mark.parametrize(
    ("columns", "values", "remedy"),
    [
        ("country: land", "49 as land", "49 is not a text. Map `cast(land as text)`."),
        ("created_at: day", "'yesterday' as day", "'yesterday' is not a timestamp (1 of 1 values). "
         "Map an expression that gives a timestamp."),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_found(
    shop: Shop, columns: str, values: str, remedy: str
) -> None:
    made = f"create table clients as select 7 as id, {values}"
    more = CUSTOMERS.replace("customer_id: id", f"customer_id: id, {columns}")
    (fault,) = shop(table(), made, more=more).faults
    assert fault.partition(": ")[2] == remedy


def test_a_yes_that_is_text_is_compared(shop: Shop) -> None:
    made = "create table brands as select * from (values ('A', 'Yes'), ('B', 'No')) as t(name, own)"
    more = "    brands: {table: brands, columns: {brand: name, is_own: own}}\n"
    (fault,) = shop(table(), made, more=more).faults
    assert fault.endswith("is not a boolean. For the text 'Yes': map `own = 'Yes'`.")
    assert shop(more=more.replace("is_own: own", "is_own: own = 'Yes'")).faults == []


def test_an_unknown_default_scheme_is_found(shop: Shop) -> None:
    membership = (
        "    segment_membership: {table: orders, columns: {customer_id: buyer, "
        "scheme: {constant: Region}, segment: {constant: East}}}\n"
    )
    found = shop(table(), more=membership, settings="default_scheme: Regoin\n  as_of: 2026-09-30")
    assert found.faults == [
        "shop.default_scheme: there is no scheme 'Regoin' in segment_membership. "
        "Did you mean 'Region'?"
    ]


@pytest.mark.parametrize(
    ("expression", "column", "is_hinted"),
    [
        ("1_999", "total_cents", True),
        ("1_999 + i", "total", True),
        ("1_999 + i", "total / 100.0", False),
        ("1_990 + 10 * i", "total", False),
        ("19.99 + i", "total", False),
        ("19 + i % 50", "total", False),
    ],
)
def test_whole_amounts_of_thousands_may_be_cents(
    shop: Shop, expression: str, column: str, is_hinted: bool
) -> None:
    name = column.partition(" ")[0]
    rows = table(**{"total": "0", name: expression}) + " from range(100) as r(i)"
    found = shop(rows, orders=ORDERS.replace("total", column))
    assert found.faults == []
    assert bool(found.hints) is is_hinted
    if is_hinted:
        assert found.hints[0].endswith(f"If they are cents: map `{column} / 100.0`.")


def test_yen_have_no_cents(shop: Shop) -> None:
    rows = table(total="1_999 + i") + " from range(100) as r(i)"
    assert shop(rows, settings="currency: JPY\n  as_of: 2026-09-30").hints == []
    assert len(shop(settings="currency: EUR\n  as_of: 2026-09-30").hints) == 1


def test_data_that_ended_long_ago_is_told_with_the_day_to_set(shop: Shop) -> None:
    found = shop(table(sold_at="timestamp '2018-10-17 10:00:00'"), settings="as_of: 2026-09-30")
    assert found.faults == []
    assert found.hints == [
        "shop.as_of: the newest purchase is 2,905 days older than 2026-09-30. Set as_of: "
        "2018-10-17 if the data ends there; otherwise check whether it is still loaded."
    ]
    fixed = shop(settings="as_of: 2018-10-17")
    assert fixed.hints == []


def sqlite_shop(folder: Path, amount: str, day: str = "sold_at") -> Mapping:
    path = folder / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table orders (id integer, sold_at text, total text)")
        connection.executemany(
            "insert into orders values (?, ?, ?)",
            [(1, "2026-08-15", "10"), (2, "20260816", "N/A"), (3, "2026-08-17", "5 off")],
        )
    connection.close()
    (folder / "kpi.yaml").write_text(
        f"shop:\n  database: Shop\n  url: sqlite:///{path}\n  dialect: sqlite\n"
        "  as_of: 2026-09-30\n  tables:\n    transactions:\n      table: orders\n"
        f"      columns: {{transaction_id: id, customer_id: id, occurred_at: {day}, "
        f"amount: {amount}}}\n"
    )
    return read_mappings(folder / "kpi.yaml")["shop"]


@pytest.mark.parametrize("with_profile", [True, False])
def test_a_day_that_sqlite_reads_as_none_is_refused(tmp_path: Path, with_profile: bool) -> None:
    (fault,) = inspect_mapping(sqlite_shop(tmp_path, "id"), with_profile).faults
    counted = " (1 of 3 values)" if with_profile else ""
    assert fault == (
        f"{WHERE}.columns.occurred_at: '20260816' is not a timestamp{counted}. For days such as "
        "20261231: map `substr(sold_at, 1, 4) || '-' || substr(sold_at, 5, 2) || '-' || "
        "substr(sold_at, 7, 2)`."
    )


@pytest.mark.parametrize("amount", ["total * 1.0", "cast(total as real)", "-total", "round(total)"])
def test_a_text_that_the_author_makes_a_number_of_is_counted(tmp_path: Path, amount: str) -> None:
    mapping = sqlite_shop(tmp_path, amount, day="{constant: 2026-08-15}")
    assert inspect_mapping(mapping).faults == [
        f"{WHERE}.columns.amount: '5 off' in total is not a number, but the engine turns it into "
        "one (2 of 3 rows). Leave such rows out with `where`, or map total itself: a text that is "
        "not a number then counts as no value."
    ]


def test_a_text_that_is_only_compared_is_no_finding(tmp_path: Path) -> None:
    amount = "\"case total when 'N/A' then 0 else 1 end\""
    assert inspect_mapping(sqlite_shop(tmp_path, amount, day="{constant: 2026-08-15}")).faults == []


def test_the_age_of_data_is_measured_from_as_of(tmp_path: Path) -> None:
    mapping = sqlite_shop(tmp_path, "id")
    assert staleness(mapping, {}) is None
    assert staleness(mapping, {"purchase": dt.date(2026, 6, 30)}) is None
    assert staleness(mapping, {"purchase": dt.date(2026, 6, 29)}) is not None
    newer = {"purchase": dt.date(2020, 1, 1), "rating": dt.date(2026, 9, 1)}
    assert staleness(mapping, newer) is None


@pytest.mark.parametrize(("largest", "is_whole"), [(2**53 - 1, True), (2**53 + 2, False)])
def test_a_double_key_that_loses_digits_is_refused(
    shop: Shop, largest: int, is_whole: bool
) -> None:
    found = shop(table(buyer=f"cast({largest} as double)"))
    assert found.faults == (
        []
        if is_whole
        else [
            f"{WHERE}.columns.customer_id: 9007199254740994 is a double, which holds whole numbers "
            "up to 9007199254740992 only: neighbouring keys become one. Load the column as "
            "whole numbers or as text, from where it still has all digits."
        ]
    )
