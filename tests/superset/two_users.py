"""A warehouse for each of the two users that holds their rows alone: what they have to see."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from tests.rows import ordered, plain, same
from tests.superset.conftest import CLAUSES, Instance

Rows = list[dict[str, Any]]


def separate(instance: Instance, tables: list[str]) -> None:
    """Writes the warehouses; `tables` are those with customers."""
    for user, clause in CLAUSES.items():
        copy = instance.home / f"{user}.duckdb"
        shutil.copy(instance.home / "warehouse.duckdb", copy)
        with duckdb.connect(str(copy)) as opened:
            for table in tables:
                opened.execute(f"delete from telecom.{table} where ({clause}) is not true")


def rows_alone(user: str, instance: Instance, sql: str, limit: int | None = None) -> Rows:
    """What the statement finds in the warehouse that holds the user's rows alone."""
    with duckdb.connect(str(instance.home / f"{user}.duckdb"), read_only=True) as opened:
        found = opened.execute(sql)
        names = [name for name, *_ in found.description or ()]
        rows = found.fetchall() if limit is None else found.fetchmany(limit)
    return [dict(zip(names, row, strict=True)) for row in rows]


@contextmanager
def only_rows_of(user: str, instance: Instance) -> Iterator[None]:
    """Has the connection lead to the warehouse with nothing but the user's rows."""
    from superset_kpi.superset.instance import set_up_database

    url = f"duckdb:///{instance.home}/{{}}.duckdb?access_mode=READ_ONLY"
    set_up_database(instance.app, "Telecom warehouse", url.format(user))
    instance.forget_rows()
    yield
    set_up_database(instance.app, "Telecom warehouse", url.format("warehouse"))
    instance.forget_rows()


def agree(shown: Rows, expected: Rows) -> bool:
    """Whether the rows are the same in any order, numbers by all but their last digits."""
    mine, theirs = _ordered(shown), _ordered(expected)
    return len(mine) == len(theirs) and all(
        all(map(same, one, other)) for one, other in zip(mine, theirs, strict=True)
    )


def _ordered(rows: Rows) -> list[Sequence[Any]]:
    return ordered(tuple(plain(row[name]) for name in sorted(row)) for row in rows)
