"""What a mapping's author wrote, and what stands in the mapped columns, as the engines read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlalchemy import create_engine

from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import run

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
