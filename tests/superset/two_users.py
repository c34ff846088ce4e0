"""A warehouse for each of the two users that holds their rows alone: what they have to see."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from tests.rows import ordered, plain, same
from tests.superset.conftest import CLAUSES, Instance
from tests.superset.selects import literal, select

Rows = list[dict[str, Any]]


def separate(instance: Instance, tables: list[str]) -> None:
    """Writes the warehouses; `tables` are those with customers."""
    for user, clause in CLAUSES.items():
        copy = instance.home / f"{user}.duckdb"
        shutil.copy(instance.home / "warehouse.duckdb", copy)
        with duckdb.connect(str(copy)) as opened:
            for table in tables:
                opened.execute(f"delete from telecom.{table} where ({clause}) is not true")


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


@dataclass(frozen=True)
class Dataset:
    """An installed dataset, its metrics by name; each user's rule leaves what `parts` says."""

    id: int
    sql: str
    columns: tuple[str, ...]
    metrics: dict[str, str]
    parts: dict[str, str] = field(default_factory=dict)


class Alone:
    """The warehouse with one user's rows alone, asked without Superset."""

    def __init__(self, user: str, home: Path) -> None:
        self._user = user
        self._opened = duckdb.connect(str(home / f"{user}.duckdb"))

    def rows(self, sql: str) -> Rows:
        """Returns what a statement finds."""
        return _records(self._opened.execute(sql).df())

    def values(self, dataset: Dataset) -> dict[str, set[Any]]:
        """Returns the values of each column of a dataset, whose rows are kept for answers."""
        frame = self._opened.execute(
            f"create or replace temp table dataset_{dataset.id} as {dataset.sql};"
            f"from dataset_{dataset.id}"
        ).df()
        return {str(name): set(frame[name].dropna()) for name in frame}

    def answer(self, dataset: Dataset, query: dict[str, Any]) -> Rows:
        """Returns what a chart's query has to show, without its limit."""
        from superset.utils import pandas_postprocessing

        frame = self._opened.execute(self._sql(dataset, query)).df()
        steps = [] if frame.empty else query.get("post_processing") or []  # as Superset has it
        for step in steps:
            process = getattr(pandas_postprocessing, step["operation"])
            frame = process(frame, **step.get("options", {}))
        return _records(frame)

    def like(self, dataset: Dataset, query: dict[str, Any], shown: Rows) -> tuple[Rows, int]:
        """Returns those rows of an answer that have the texts of one shown, and how many all are.

        Of hundreds of thousands of single answers the others are no use.
        """
        asked = self._sql(dataset, query)
        (count,) = self._opened.execute(f"select count(*) from ({asked})").fetchone() or (0,)
        texts = [
            n for n in (shown[0] if shown else ()) if any(isinstance(r[n], str) for r in shown)
        ]
        if not texts:
            return self.answer(dataset, query), count
        given = pd.DataFrame([{n: row[n] for n in texts} for row in shown], dtype="string")
        self._opened.register("shown", given)
        alike = " and ".join(f'cast(own."{n}" as text) is not distinct from s."{n}"' for n in texts)
        rows = f"select own.* from ({asked}) as own semi join shown as s on {alike}"
        return _records(self._opened.execute(rows).df()), count

    def last(self, dataset: Dataset) -> Rows:
        """Returns the row that comes last by all its columns; none where there is none."""
        one = self._sql(dataset, {"columns": dataset.columns})
        return _records(self._opened.execute(f"from ({one}) order by all desc limit 1").df())

    def _sql(self, dataset: Dataset, query: dict[str, Any]) -> str:
        part = f"select * from dataset_{dataset.id} where {dataset.parts[self._user]}"
        return f"with rows as ({part}) {select(query, dataset.metrics)}"

    def close(self) -> None:
        self._opened.close()


def parted(values: dict[str, dict[str, set[Any]]]) -> dict[str, str]:
    """Returns for each user a clause on a dataset's own columns: every other value of one of them.

    `values` are those of each column by user. Segments are taken first.
    """
    names = sorted(next(iter(values.values())), key=lambda name: name != "segment")
    for name in names:
        found = sorted(set().union(*(columns[name] for columns in values.values())))
        if len(found) > 1:
            break
    return {
        user: f"{name} in ({', '.join(map(_literal, found[number :: len(values)]))})"
        for number, user in enumerate(values)
    }


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, pd.Timestamp) else literal(value)


def _records(frame: pd.DataFrame) -> Rows:
    shown = frame.astype(object).where(frame.notna(), None)
    return [dict(zip(map(str, shown), row, strict=True)) for row in shown.itertuples(index=False)]


def agree(shown: Rows, expected: Rows, limit: int | None = None) -> bool:
    """Whether the rows are the same in any order, numbers by all but their last digits.

    Where more are expected than the limit, whether as many are shown, all of them expected.
    """
    wanted = len(expected) if limit is None else min(limit, len(expected))
    return len(shown) == wanted and are_among(shown, expected)


def are_among(shown: Rows, expected: Rows) -> bool:
    """Whether each row is one of those expected, numbers by all but their last digits."""
    left = defaultdict(list)
    for texts, numbers in _ordered(expected):
        left[texts].append(numbers)
    for texts, numbers in _ordered(shown):
        alike = left[texts]
        found = (n for n, each in enumerate(alike) if all(map(same, each, numbers)))
        if (place := next(found, None)) is None:
            return False
        alike.pop(place)
    return True


def _ordered(rows: Rows) -> list[tuple[Any, Sequence[float]]]:
    """The rows in two: names with all that is no number, and numbers."""
    found = ordered(tuple(plain(row[name]) for name in sorted(row)) for row in rows)
    names = tuple(sorted(rows[0])) if rows else ()
    return [
        (
            (names, *(None if _is_number(value) else value for value in row)),
            [value for value in row if _is_number(value)],
        )
        for row in found
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
