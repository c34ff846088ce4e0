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

_KEY = exp.column("kpi__key")


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
    furthest = exp.alias_(exp.Max(this=exp.Abs(this=_KEY.copy())), "kpi__largest")
    (largest,) = _answer(opened, exp.select(furthest).from_(_rows(source, key, target)), target)
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
    written = mapped_value(source.columns[key.column.name], "key", target)
    found, there = _answer(
        opened, distinct_counts(_rows(source, key, target), _KEY, target), target
    )
    if found == there:
        return []
    mend = write_column(written, "text", target).sql(dialect=target.sqlglot)
    return [
        f"{where}.columns.{key.column.name}: {there - found:,} of {there:,} keys differ from "
        "another only in case or accents, and the engine treats them as one. Map "
        f"`{mend}`, in every table with this key."
    ]


def distinct_counts(rows: exp.Subquery, key: exp.Column, target: Dialect) -> exp.Select:
    """Counts a key's values: those that differ for the engine, and those that differ at all."""
    forms = (key.copy(), write_column(key.copy(), "text", target))
    counts = (exp.Count(this=exp.Distinct(expressions=[form])) for form in forms)
    named = [exp.alias_(count, f"kpi__c{n}") for n, count in enumerate(counts)]
    return exp.select(*named).from_(rows)


def _rows(source: Source, key: Sampled, target: Dialect) -> exp.Subquery:
    """Returns a source's values of the key."""
    written = mapped_value(source.columns[key.column.name], "key", target)
    rows = source_select(source, [exp.alias_(written, _KEY.name)], target).limit(MOST_ROWS)
    return rows.subquery("kpi__rows")


def _answer(opened: Connection, query: exp.Select, target: Dialect) -> tuple[int, ...]:
    (row,) = select(opened, query.sql(dialect=target.sqlglot)).rows
    return row
