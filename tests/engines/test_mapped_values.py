"""What a mapping's author wrote, and what stands in the mapped columns, as the engines read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlalchemy import create_engine

from superset_kpi.dashboards.looking import look
from superset_kpi.errors import WarehouseError
from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import run
from superset_kpi.warehouse.inspect import check_mapping

pytestmark = pytest.mark.engine

Url = Callable[[str], str]


def execute(url: str, *statements: str) -> None:
    database = create_engine(url)
    with database.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
    database.dispose()


def purchases(folder: Path, url: str, dialect: str, columns: str, more: str = "") -> Mapping:
    """A mapping of transactions: `columns` and `more` are lines of the source."""
    lines = "".join(f"        {line}\n" for line in columns.splitlines())
    (folder / "kpi.yaml").write_text(
        f"shop:\n  database: Shop\n  url: {url}\n  dialect: {dialect}\n  as_of: 2026-09-30\n"
        f"  tables:\n    transactions:\n      {more or 'table: bought'}\n      columns:\n{lines}"
    )
    return read_mappings(folder / "kpi.yaml")["shop"]


BOUGHT = """\
transaction_id: id
customer_id: buyer
occurred_at: at_
amount: total
"""


@pytest.fixture(scope="module")
def mariadb(engine_url: Url) -> Iterator[str]:
    url = engine_url("mariadb")
    execute(
        url,
        "create table bought (id varchar(20), buyer int, at_ datetime, total decimal(10, 2))",
        "insert into bought values ('0015a', 1, '2026-09-01 10:00:00', 10.75), "
        "('0015b', 1, '2026-09-02 10:00:00', 20.75), ('0016a', 2, '2026-09-03 10:00:00', 7.5), "
        "('', 3, '2026-09-03 10:00:00', 3.5), (null, 4, '2026-09-03 10:00:00', 1)",
    )
    yield url
    execute(url, "drop table bought")


TABLE = "table: bought\n      where: "


@pytest.mark.parametrize(
    ("origin", "amount", "revenue"),
    [
        (TABLE + "id regexp '^0015'", "total", {1: 31.5}),
        (TABLE + "not id rlike '^0015' or id regexp '^$'", "total", {2: 7.5, 3: 3.5}),
        ("select: select * from bought where id regexp '5B$'", "total", {1: 20.75}),
        ("table: bought", "case when id regexp '^001[56]' then total end", {1: 31.5, 2: 7.5}),
        (TABLE + "utc_date() > '2020-01-01'", "(total div 2) div 1", {1: 15, 2: 3, 3: 1, 4: 0}),
    ],
)
def test_mariadb_gets_what_was_written(
    origin: str, amount: str, revenue: dict[int, float], mariadb: str, tmp_path: Path
) -> None:
    """Also after Superset, which parses a statement and writes it anew."""
    columns = BOUGHT.replace("total", amount)
    sql = render_query(
        "customer_summary", {}, mapping := purchases(tmp_path, mariadb, "mysql", columns, origin)
    )
    for statement in (sql, sqlglot.transpile(sql, read="mysql", write="mysql")[0]):
        rows = run(mapping, statement).records()
        assert {r["customer_id"]: r["revenue"] for r in rows} == revenue


def test_sqlite_takes_a_text_out_of_json_without_its_quotes(
    engine_url: Url, tmp_path: Path
) -> None:
    url = engine_url("sqlite")
    execute(
        url,
        "create table events (id integer, day text, data text)",
        """insert into events values (1, '2026-09-01', '{"who": "ab", "paid": {"sum": 12.5}}')""",
    )
    columns = "transaction_id: id\ncustomer_id: json_extract(data, '$.who')\noccurred_at: day\n"
    columns += "amount: json_extract(data, '$.paid.sum')"
    mapping = purchases(tmp_path, url, "sqlite", columns, "table: events")
    sql = render_query("customer_summary", {}, mapping)
    for statement in (sql, sqlglot.transpile(sql, read="sqlite", write="sqlite")[0]):
        (row,) = run(mapping, statement).records()
        assert (row["customer_id"], row["revenue"]) == ("ab", 12.5)
    execute(url, "drop table events")


ANSWERS = ["10", " 9 ", "10.0", "1e1", "0", "6", "N/A", "", "5 - fine", "9,5", None]


@pytest.mark.parametrize(
    ("engine", "dialect"), [("sqlite", "sqlite"), ("mariadb", "mysql")], ids=["sqlite", "mariadb"]
)
def test_a_text_that_is_no_number_is_no_rating(
    engine: str, dialect: str, engine_url: Url, tmp_path: Path
) -> None:
    """Both engines cast it to 0, or to the number that it begins with."""
    url = engine_url(engine)
    rows = ", ".join(
        f"({n}, {n}, {'null' if answer is None else repr(answer)}, '2026-09-01 10:00:00')"
        for n, answer in enumerate(ANSWERS)
    )
    execute(
        url,
        "create table asked (id integer, who integer, answer varchar(20), at_ timestamp)",
        f"insert into asked values {rows}",
    )
    (tmp_path / "kpi.yaml").write_text(
        f"shop:\n  database: Shop\n  url: {url}\n  dialect: {dialect}\n  as_of: 2026-09-30\n"
        "  tables:\n    customers: {table: asked, columns: {customer_id: who}}\n"
        "    ratings:\n      table: asked\n      columns: {rating_id: id, metric: {constant: nps}, "
        "rating: answer, responded_at: at_, customer_id: who}\n"
    )
    mapping = read_mappings(tmp_path / "kpi.yaml")["shop"]
    sql = render_query("nps_by_segment", {"min_n": 1}, mapping)
    (row,) = [r for r in run(mapping, sql).records() if r["scheme"] == "All customers"]
    assert (row["answers"], round(row["nps"], 2)) == (6, 33.33)
    left_out = run(mapping, render_query("rating_is_on_scale", {}, mapping)).records()
    assert {(r["item"], r["detail"]) for r in left_out} == {
        (str(n), "No rating") for n in range(6, 11)
    }
    execute(url, "drop table asked")


def test_sqlite_reads_whatever_number_a_cell_holds(engine_url: Url, tmp_path: Path) -> None:
    url = engine_url("sqlite")
    execute(
        url,
        "create table bought (id, buyer, at_, total)",
        "insert into bought values (1, 1, '2026-09-01', 9007199254740993), "
        "(2, 2, '2026-09-01', 1), (3, 3, '2026-09-01', '2.5'), "
        "(4, 4, '2026-09-01', 'free'), (5, 5, '2026-09-01', 1e200)",
    )
    mapping = purchases(tmp_path, url, "sqlite", BOUGHT)
    rows = run(mapping, render_query("customer_summary", {}, mapping)).records()
    assert {r["customer_id"]: r["revenue"] for r in rows} == {
        1: 9007199254740992.0, 2: 1.0, 3: 2.5, 5: 1e200,
    }  # fmt: skip
    execute(url, "drop table bought")


def test_mariadb_is_asked_for_keys_that_differ_only_in_case(
    engine_url: Url, tmp_path: Path
) -> None:
    """Salesforce's ids do; what check-mapping says to write makes two customers of them."""
    url = engine_url("mariadb")
    execute(
        url,
        "drop table if exists accounts",
        "create table accounts (line int, id varchar(20), at_ datetime, total double)",
        "insert into accounts values (1, '0015000000abC00', '2026-09-01', 10), "
        "(2, '0015000000ABc00', '2026-09-02', 20), (3, '0015000000ABc00', '2026-09-03', 5)",
    )
    columns = BOUGHT.replace("transaction_id: id", "transaction_id: line")
    asked = columns.replace("buyer", "id")
    merging = purchases(tmp_path, url, "mysql", asked, "table: accounts")
    (fault,) = check_mapping(merging)
    mend = "CAST(id AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin"
    assert fault == (
        "shop.tables.transactions.columns.customer_id: 1 of 2 keys differ from another only in "
        f"case or accents, and the engine treats them as one. Map `{mend}`, in every table with "
        "this key."
    )
    mended = purchases(
        tmp_path, url, "mysql", columns.replace("buyer", f'"{mend}"'), "table: accounts"
    )
    assert check_mapping(mended) == []
    with pytest.raises(WarehouseError, match="1 of 2 customers differ from another only in case"):
        look(merging, lambda sql: run(merging, sql).rows)
    look(mended, lambda sql: run(mended, sql).rows)
    found = run(mended, render_query("customer_summary", {}, mended)).records()
    assert {row["customer_id"]: row["revenue"] for row in found} == {
        "0015000000abC00": 10,
        "0015000000ABc00": 25,
    }
    execute(url, "drop table accounts")


def test_postgresql_leaves_out_what_is_not_a_number(engine_url: Url, tmp_path: Path) -> None:
    """Its numeric and its double precision hold NaN; doubles hold infinity, too."""
    url = engine_url("postgres")
    execute(
        url,
        "drop table if exists odd_asked, odd_paid",
        "create table odd_asked as select n as id, n as who, timestamp '2026-08-01 10:00' as at_, "
        "case n when 1 then 'NaN'::numeric else 8 end as points, "
        "case n when 2 then 'NaN'::numeric else 1 end as counts_as from generate_series(1, 80) n",
        "create table odd_paid as select n as id, n as buyer, timestamp '2026-08-01 10:00' as at_, "
        "case n when 1 then 'NaN'::float8 when 2 then '-Infinity' else 10 end as total "
        "from generate_series(1, 80) n",
    )
    (tmp_path / "kpi.yaml").write_text(
        f"shop:\n  database: Shop\n  url: {url}\n  dialect: postgresql\n  as_of: 2026-09-30\n"
        "  scales: {experience: {lo: 0, hi: 10}}\n  tables:\n"
        "    customers:\n      table: odd_asked\n      columns: {customer_id: who}\n"
        "    ratings:\n      table: odd_asked\n      columns: {rating_id: id, rating: points, "
        "metric: {constant: experience}, responded_at: at_, customer_id: who, weight: counts_as}\n"
        "    transactions:\n      table: odd_paid\n      columns: {transaction_id: id, "
        "customer_id: buyer, occurred_at: at_, amount: total}\n"
    )
    mapping = read_mappings(tmp_path / "kpi.yaml")["shop"]
    scores = run(mapping, render_query("cx_by_segment", {}, mapping)).records()
    (score,) = [row for row in scores if row["period_age"] == 0]
    assert (score["answers"], score["cx"]) == (78, 80)
    summary = run(mapping, render_query("customer_summary", {}, mapping)).records()
    assert sum(row["revenue"] for row in summary) == 780
    execute(url, "drop table odd_asked, odd_paid")
