"""Made-up rows, the same in every run, and files that hold them."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

Rows = dict[str, tuple[str, list[tuple[Any, ...]]]]  # table: its columns as DDL, its rows

CHANCE = random.Random(17)


def day(first: str, last: str) -> dt.datetime:
    """A moment between two days."""
    start, end = dt.datetime.fromisoformat(first), dt.datetime.fromisoformat(last)
    return start + dt.timedelta(seconds=CHANCE.randrange(int((end - start).total_seconds())))


def iso(moment: dt.datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")


def one_of(*values: Any) -> Any:
    return CHANCE.choice(values)


def write(engine: str, path: Path, tables: Rows, before: Iterable[str] = ()) -> None:
    """Writes tables with their rows into a new file."""
    opened: Any = duckdb.connect(str(path)) if engine == "duckdb" else sqlite3.connect(path)
    for statement in before:
        opened.execute(statement)
    for table, (columns, rows) in tables.items():
        named = table if "." in table else f'"{table}"'
        opened.execute(f"create table {named} ({columns})")
        if rows:
            places = ", ".join("?" * len(rows[0]))
            opened.executemany(f"insert into {named} values ({places})", rows)
    if engine == "sqlite":
        opened.commit()
    opened.close()
