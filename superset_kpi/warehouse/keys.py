"""Keys that the engine takes for one where they are two."""

from __future__ import annotations

from sqlalchemy.engine import Connection
from sqlglot import exp

from superset_kpi.dialects import Dialect, write_column
from superset_kpi.macros.compiler.sources import mapped_value, source_select
from superset_kpi.mapping import Source
from superset_kpi.warehouse.connection import select
from superset_kpi.warehouse.scan import MOST_ROWS, Sampled

# Of whole numbers above it a double holds every other one at most.
LARGEST = 2**53


def merged_keys(
    opened: Connection, source: Source, where: str, key: Sampled, target: Dialect
) -> list[str]:
    """Returns what is wrong with a key whose values lose digits, or their case."""
    value = next((v for v in key.values if v is not None), None)
    if isinstance(value, float):
        return _without_digits(opened, source, where, key, target)
    if isinstance(value, str) and "text" in target.columns:
        return _in_two_cases(opened, source, where, key, target)
    return []


def _without_digits(
    opened: Connection, source: Source, where: str, key: Sampled, target: Dialect
) -> list[str]:
    (largest,) = _counted(
        opened, source, key, [exp.Max(this=exp.Abs(this=exp.column("kpi__key")))], target
    )
    if largest is None or largest < LARGEST:
        return []
    return [
        f"{where}.columns.{key.column.name}: {largest:.0f} is a double, which holds whole numbers "
        f"up to {LARGEST} only: neighbouring keys become one. Load the column as whole "
        "numbers or as text, from where it still has all digits."
    ]


def _in_two_cases(
    opened: Connection, source: Source, where: str, key: Sampled, target: Dialect
) -> list[str]:
    each = exp.column("kpi__key")
    written = mapped_value(source.columns[key.column.name], "key", target)
    bytewise = write_column(each, "text", target)
    found, there = _counted(
        opened,
        source,
        key,
        [exp.Count(this=exp.Distinct(expressions=[v])) for v in (each.copy(), bytewise)],
        target,
    )
    if found == there:
        return []
    mend = write_column(written, "text", target).sql(dialect=target.sqlglot)
    return [
        f"{where}.columns.{key.column.name}: {there - found:,} of {there:,} keys differ from "
        "another only in case or accents, and the engine treats them as one. Map "
        f"`{mend}`, in every table with this key."
    ]


def _counted(
    opened: Connection,
    source: Source,
    key: Sampled,
    counts: list[exp.Expression],
    target: Dialect,
) -> tuple[int, ...]:
    """Returns aggregates over a source's values of the key, which are called kpi__key."""
    written = mapped_value(source.columns[key.column.name], "key", target)
    rows = source_select(source, [exp.alias_(written, "kpi__key")], target).limit(MOST_ROWS)
    named = [exp.alias_(count, f"kpi__c{n}") for n, count in enumerate(counts)]
    query = exp.Select(expressions=named).from_(rows.subquery("kpi__rows"))
    (row,) = select(opened, query.sql(dialect=target.sqlglot)).rows
    return row
