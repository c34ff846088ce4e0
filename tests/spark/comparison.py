"""Two installations of the same dashboards, and what their charts' data endpoint answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.rows import ordered, same
from tests.served import Served

# The mappings of the two warehouses.
DUCKDB, SPARK = "telecom", "telecom_on_spark"


@dataclass
class Compared:
    """One dashboard: seconds of each chart on both engines, and what differs."""

    dashboard: str
    duckdb: list[float] = field(default_factory=list)
    spark: list[float] = field(default_factory=list)
    rows: int = 0
    faults: list[str] = field(default_factory=list)


def compared(served: Served, names: Sequence[str]) -> list[Compared]:
    """Returns the comparison of each dashboard, chart by chart."""
    found = []
    for name in names:
        result = Compared(name)
        for key in served.keys(DUCKDB, name):
            if key in served.charts[SPARK]:
                _compare(served, key, result)
            else:
                result.faults.append(f"{key} is not installed on Spark")
        print(line(result), flush=True)
        found.append(result)
    return found


def _compare(served: Served, key: str, result: Compared) -> None:
    """Compares all rows of a chart, before the front end's own steps and in no order."""
    changes = {"post_processing": [], "orderby": [], "row_limit": 1_000_000}
    one, other = (served.data(name, key, **changes) for name in (DUCKDB, SPARK))
    result.duckdb.append(one.seconds)
    result.spark.append(other.seconds)
    faults = [answer.fault for answer in (one, other) if answer.fault]
    for shown, expected in zip(one.queries, other.queries, strict=False):
        result.rows += len(shown)
        faults.append(_difference(shown, expected))
    result.faults += [f"{key}: {fault}" for fault in faults if fault]


def _difference(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> str | None:
    if len(one) != len(other):
        return f"{len(one)} rows on DuckDB, {len(other)} on Spark"
    for a, b in zip(_ordered(one), _ordered(other), strict=True):
        if not all(map(same, a, b)):
            return f"{a} on DuckDB, {b} on Spark"
    return None


def _ordered(rows: list[dict[str, Any]]) -> list[Sequence[Any]]:
    return ordered(tuple(map(_plain, row.values())) for row in rows)


def _plain(value: Any) -> Any:
    """Days and times in milliseconds: Hive's driver hands them over as text."""
    if isinstance(value, str):
        try:
            day = dt.datetime.fromisoformat(value)
        except ValueError:
            return value
        return day.replace(tzinfo=dt.timezone.utc).timestamp() * 1000
    return value


HEADER = (
    "| dashboard | charts | rows | differ | DuckDB, s | slowest | Spark, s | slowest |",
    "|---|---:|---:|---:|---:|---:|---:|---:|",
)


def table(found: Sequence[Compared]) -> Iterator[str]:
    """Yields the lines of a table, one dashboard each."""
    yield from HEADER
    yield from map(line, found)


def line(one: Compared) -> str:
    times = (f"{sum(s):.1f} | {max(s, default=0.0):.1f}" for s in (one.duckdb, one.spark))
    return (
        f"| {one.dashboard} | {len(one.duckdb)} | {one.rows:,} | {len(one.faults)} "
        f"| {' | '.join(times)} |"
    )
