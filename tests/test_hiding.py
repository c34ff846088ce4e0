"""CTEs that would hide a table from row-level security get other names, with the same rows."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import sqlglot
import yaml
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from superset_kpi.macros import render_query
from superset_kpi.macros.compiler.hiding import without_hiding
from superset_kpi.mapping import read_mappings
from superset_kpi.mapping.physical import physical_tables, tables_read

TABLES = {"accounts", "orders"}
# Each reads retail.accounts, and a CTE, or an alias of one, has that name.
HIDING = (
    "with accounts as (select * from retail.accounts) select * from accounts",
    "with accounts as (select * from retail.accounts) select a.id from accounts as a",
    "with Accounts as (select * from retail.accounts) select ACCOUNTS.id from ACCOUNTS",
    "with one as (select 1 as id) select accounts.id, there.* from one as accounts "
    "inner join (select id as other, parent from retail.accounts) as there on other = accounts.id",
    "with accounts as (select * from retail.accounts), final as (select accounts.id, (select "
    "max(o.amount) from retail.orders as o where o.account = accounts.id) as most from accounts) "
    "select final.* from final",
    "select * from (with orders as (select * from retail.orders) select orders.amount from orders) "
    "t where amount in (with accounts(money) as (select 10.0 * id from retail.accounts) "
    "select accounts.money from accounts)",
    "with recursive accounts as (select id, parent from retail.accounts where parent is null union "
    "all select a.id, a.parent from retail.accounts as a inner join accounts on accounts.id = "
    "a.parent) select id from accounts",
    "with accounts as (select * from retail.accounts) select * from accounts union all "
    "select accounts.* from accounts where exists (select 1 from retail.accounts as accounts "
    "where accounts.parent is null)",
)


CTE_IN_A_COLUMN = (
    "coalesce((with accounts as (select max(id) as id from retail.accounts) select accounts.id "
    "from accounts), id)::text"
)


def seen(tree: exp.Expression) -> set[str]:
    """The tables that Superset finds in a statement, by superset.sql.parse."""
    found = set()
    for scope in traverse_scope(tree):
        around = scope.parent.sources.items() if scope.parent else ()
        ctes = {name for name, each in around if getattr(each, "is_cte", False)}
        tables = (each for each in scope.sources.values() if isinstance(each, exp.Table))
        found |= {exp.table_name(each) for each in tables if each.name not in ctes}
    return found


@pytest.mark.parametrize("sql", HIDING)
def test_a_renamed_cte_gives_the_same_rows_and_hides_no_table(sql: str) -> None:
    within = (
        "with kpi__customers as (select * from ({}) as kpi__source) select * from kpi__customers"
    )
    before = sqlglot.parse_one(within.format(sql), read="duckdb")
    after = without_hiding(before.copy(), TABLES, "duckdb")
    tables = {str(table) for table in physical_tables(after, "duckdb")}
    assert tables == seen(after) <= {"retail.accounts", "retail.orders"}
    with duckdb.connect() as opened:
        opened.execute(
            "create schema retail; create table retail.accounts as from (values (1, null), (2, 1), "
            "(3, 2)) t(id, parent); create table retail.orders as from (values (1, 10.0), (1, "
            "20.0), (3, 5.0)) t(account, amount)"
        )
        rows = [
            sorted(opened.execute(each.sql(dialect="duckdb")).fetchall(), key=str)
            for each in (before, after)
        ]
    assert rows[0] == rows[1]
    assert rows[0]


def test_a_select_without_such_names_stays_as_it_is() -> None:
    sql = "with kept as (select * from retail.accounts) select kept.id from kept as k"
    tree = sqlglot.parse_one(sql, read="duckdb")
    assert without_hiding(tree.copy(), TABLES, "duckdb") == tree


def test_a_name_in_another_case_is_a_cte_where_the_engine_says_so() -> None:
    sql = 'with "Accounts" as (select 1 as one) select * from accounts'
    found = {
        read: [str(table) for table in physical_tables(sqlglot.parse_one(sql, read=read), read)]
        for read in ("postgres", "duckdb", "sqlite")
    }
    assert found == {"postgres": ["accounts"], "duckdb": [], "sqlite": []}


def test_a_mapping_hides_none_of_its_tables_from_row_level_security(tmp_path: Path) -> None:
    columns = {"customer_id": "id", "country": CTE_IN_A_COLUMN}
    body = {
        "database": "Shop",
        "dialect": "postgresql",
        "tables": {
            "customers": {"select": HIDING[0], "columns": columns},
            "segment_membership": {
                "table": "retail.orders",
                "where": "account in (with orders as (select account from retail.orders) select "
                "account from orders)",
                "columns": {"customer_id": "account", "scheme": "'A'", "segment": "'B'"},
            },
        },
    }
    path = tmp_path / "kpi.yaml"
    path.write_text(yaml.safe_dump({"shop": body}), encoding="utf-8")
    mapping = read_mappings(path)["shop"]
    places = [
        (where.removeprefix("shop.tables."), str(table)) for where, table in tables_read(mapping)
    ]
    assert places == [
        ("customers.select", "retail.accounts"),
        ("customers.columns.country", "retail.accounts"),
        ("segment_membership.table", "retail.orders"),
        ("segment_membership.where", "retail.orders"),
    ]
    tree = sqlglot.parse_one(render_query("segment_shares", {}, mapping), read="postgres")
    assert seen(tree) == {"retail.accounts", "retail.orders"}
