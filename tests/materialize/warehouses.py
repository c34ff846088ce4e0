"""A small shop on any engine: the same rows, and a mapping file beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
import yaml

from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import Rows

# Engine of the tests: Superset's name of it, and how it makes a schema and a table.
ENGINES = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "postgres": "postgresql",
    "mariadb": "mysql",
    "clickhouse": "clickhousedb",
}
TABLES = {
    "customers": ("id", "created"),
    "member": ("id", "scheme", "segment", "since"),
    "answers": ("id", "customer", "metric", "rating", "moment", "touchpoint"),
    "purchases": ("id", "customer", "moment", "amount"),
}
TYPES = {
    "id": "varchar(20)",
    "customer": "varchar(20)",
    "scheme": "varchar(20)",
    "segment": "varchar(20)",
    "metric": "varchar(20)",
    "touchpoint": "varchar(20)",
    "created": "date",
    "since": "date",
    "moment": "timestamp",
    "rating": "double precision",
    "amount": "double precision",
}
OWN_TYPES = {"mysql": {"timestamp": "datetime"}, "hive": {"double precision": "double"}}
STORED_AS = {"clickhousedb": " engine = MergeTree order by tuple()"}


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table: 40 customers in two schemes, two years of ratings and purchases."""
    customers, member, answers, purchases = [], [], [], []
    for n in range(40):
        who = f"c{n:02}"
        customers.append((who, f"2024-{1 + n % 12:02}-05"))
        member.append((who, "Plan", f"Plan {n % 3}", f"2024-{1 + n % 12:02}-05"))
        if n % 4:
            member.append((who, "Region", ("North", "South")[n % 2], "2024-01-01"))
        for k in range(6):
            month = 1 + (n + 4 * k) % 24
            day = f"{2024 + (month > 12)}-{(month - 1) % 12 + 1:02}-{1 + (7 * n + k) % 28:02}"
            for metric in ("experience", "value"):
                rating = (3 * n + 5 * k + len(metric)) % 10 + 1
                answers.append(
                    (
                        f"{metric[0]}{n}-{k}",
                        who,
                        metric,
                        rating,
                        f"{day} 10:0{k}:00",
                        ("Shop", "Service")[k % 2],
                    )
                )
            amount = -5.5 if k == 5 and n % 7 == 0 else 10.25 + (n * k) % 13
            purchases.append((f"p{n}-{k}", who, f"{day} 12:00:00", amount))
    return {"customers": customers, "member": member, "answers": answers, "purchases": purchases}


def mapping_of(url: str, dialect: str, source: str, kept: str) -> dict[str, Any]:
    """The mapping of the shop, whose tables stand in one schema and relations go to another."""

    def at(table: str, **columns: Any) -> dict[str, Any]:
        return {"table": f"{source}{table}", "columns": columns}

    return {
        "database": "Shop",
        "url": url,
        "dialect": dialect,
        "as_of": "2025-12-31",
        "margin_rate": 0.3,
        "scales": {"value": {"lo": 1, "hi": 10}, "experience": {"lo": 1, "hi": 10}},
        "materialized": {"schema": kept},
        "tables": {
            "customers": at("customers", customer_id="id", created_at="created"),
            "segment_membership": at(
                "member", customer_id="id", scheme="scheme", segment="segment", valid_from="since"
            ),
            "ratings": at(
                "answers",
                rating_id="id",
                customer_id="customer",
                metric={"column": "metric"},
                rating="rating",
                responded_at="moment",
                touchpoint="touchpoint",
            ),
            "transactions": at(
                "purchases",
                transaction_id="id",
                customer_id="customer",
                occurred_at="moment",
                amount="amount",
            ),
        },
    }


def write_mapping(path: Path, body: dict[str, Any]) -> Mapping:
    """The mapping `shop` of a file that is written now; an as_of is read as a day, not a text."""
    text = yaml.safe_dump({"shop": body}).replace("'2025-12-31'", "2025-12-31")
    path.write_text(text, encoding="utf-8")
    return read_mappings(path)["shop"]


@contextmanager
def opened(url: str) -> Iterator[Any]:
    """A connection for writing the organisation's own tables."""
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def run(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """The rows of the last of the statements, each in its own transaction."""
    found: list[tuple[Any, ...]] = []
    with opened(url) as connection:
        for sql in statements:
            with connection.begin():
                result = connection.exec_driver_sql(sql)
                found = [tuple(row) for row in result] if result.returns_rows else []
    return found


def fill(url: str, dialect: str, source: str) -> None:
    """Writes the shop's tables."""
    statements = []
    for table, values in rows().items():
        columns = ", ".join(f"{c} {TYPES[c]}" for c in TABLES[table])
        for name, own in OWN_TYPES.get(dialect, {}).items():
            columns = columns.replace(name, own)
        statements.append(f"create table {source}{table} ({columns}){STORED_AS.get(dialect, '')}")
        shown = ", ".join(_row(table, row, dialect) for row in values)
        statements.append(f"insert into {source}{table} values {shown}")
    run(url, *statements)


def _row(table: str, row: tuple[Any, ...], dialect: str) -> str:
    """A row of `values`; Spark takes no text for a day or a time."""
    texts = [repr(value) for value in row]
    if dialect == "hive":
        pairs = zip(texts, TABLES[table], strict=True)
        texts = [f"{TYPES[c]} {t}" if TYPES[c] in ("date", "timestamp") else t for t, c in pairs]
    return f"({', '.join(texts)})"


def same(left: Rows, right: Rows) -> bool:
    """Whether both have the same rows in any order: sums differ by their last digits only."""
    if left.columns != right.columns or len(left.rows) != len(right.rows):
        return False
    pairs = zip(sorted(left.rows, key=_order), sorted(right.rows, key=_order), strict=True)
    return all(_alike(a, b) for one, other in pairs for a, b in zip(one, other, strict=True))


def _order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    plain = [repr(v) for v in row if not isinstance(v, float)]
    return (plain, [f"{v:.6g}" for v in row if isinstance(v, float)])


def _alike(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-12, abs_tol=1e-10)
    return bool(left == right)
