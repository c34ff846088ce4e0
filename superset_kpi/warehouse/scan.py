"""One source of a mapping as the warehouse sees it: some rows of it, and counts of a scan."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Connection
from sqlglot import exp

from superset_kpi.dialects import Dialect, is_number, write_column, write_read
from superset_kpi.errors import WarehouseError
from superset_kpi.macros.compiler.sources import mapped_value, source_select
from superset_kpi.mapping import LOGICAL_TABLES, Source
from superset_kpi.mapping.logical import Column
from superset_kpi.warehouse.connection import select

SAMPLE = 200
# A scan reads so many rows at most.
MOST_ROWS = 1_000_000
MOST_EXAMPLES = 13

_DATES = ("date", "timestamp")
_SUMMED = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.Round, exp.Abs)


@dataclass(frozen=True)
class Sampled:
    """Values of a mapped column, and of those whether macros can read each (`reads`).

    `reads` is None where the engine cannot be asked, `type` the engine's word for a key.
    """

    column: Column
    values: tuple[Any, ...]
    reads: tuple[bool, ...] | None
    type: str | None


@dataclass(frozen=True)
class ColumnProfile:
    """What a scan counts in a mapped column; `distinct` is of keys, `first` and `last` of dates.

    `unread` are values in which macros find no number or date, None where nobody can tell.
    `is_cut` says that there are more rows than were read.
    """

    where: str
    column: str
    rows: int
    null_share: float | None
    distinct: int | None
    first: Any
    last: Any
    unread: int | None
    is_cut: bool


@dataclass(frozen=True)
class Inner:
    """A text column inside a mapped number, and its values of which the engine makes 0."""

    column: str
    inside: str
    values: int
    example: Any


def sample(
    opened: Connection, table: str, source: Source, columns: tuple[str, ...], target: Dialect
) -> list[Sampled] | str:
    """Returns some values of the columns, or why the warehouse refuses to give them."""
    mapped = [c for c in LOGICAL_TABLES[table].columns.values() if c.name in columns]
    projections: list[exp.Expression] = []
    for place, column in enumerate(mapped):
        value = _value(source, column, target)
        read = _read(value, column, target)
        kind = write_read(value, "type", target) if column.type == "key" else None
        if column.type == "text" or (column.type == "number" and read is None):
            value = write_column(value, column.type, target)
        parts = (("kpi__v", value), ("kpi__r", read), ("kpi__t", kind))
        projections += [exp.alias_(part, f"{name}{place}") for name, part in parts if part]
    query = source_select(source, projections, target).limit(SAMPLE)
    try:
        found = select(opened, query.sql(dialect=target.sqlglot))
    except WarehouseError as error:
        return reason_of(error)
    by_name = {name.lower(): place for place, name in enumerate(found.columns)}

    def cells(name: str) -> tuple[Any, ...] | None:
        return tuple(row[by_name[name]] for row in found.rows) if name in by_name else None

    sampled = []
    for place, column in enumerate(mapped):
        values, reads, types = (cells(f"kpi__{part}{place}") for part in "vrt")
        sampled.append(
            Sampled(
                column,
                values or (),
                tuple(r is not None for r in reads) if reads is not None else None,
                next((str(t) for t in types or () if t is not None), None),
            )
        )
    return sampled


def can_be_read(opened: Connection, source: Source, target: Dialect) -> bool:
    """Returns whether the table is there at all, whatever its columns are called."""
    one = exp.alias_(exp.Literal.number(1), "kpi__one")
    query = source_select(replace(source, where=None), [one], target).limit(1)
    try:
        select(opened, query.sql(dialect=target.sqlglot))
    except WarehouseError:
        return False
    return True


def reason_of(error: WarehouseError) -> str:
    """Returns the warehouse's own words."""
    return str(error).split("(", 1)[-1].rsplit(")", 1)[0]


def _value(source: Source, column: Column, target: Dialect) -> exp.Expression:
    return mapped_value(source.columns[column.name], column.type, target)


def _read(value: exp.Expression, column: Column, target: Dialect) -> exp.Expression | None:
    what = "date" if column.type in _DATES else column.type
    return write_read(value, what, target) if what in ("number", "date") else None


def scan(
    opened: Connection, where: str, table: str, source: Source, target: Dialect
) -> tuple[list[ColumnProfile], list[Inner]]:
    """Returns the counts of every mapped column that is no constant, from one scan."""
    mapped = [
        c
        for c in LOGICAL_TABLES[table].columns.values()
        if c.name in source.columns and source.columns[c.name].kind != "constant"
    ]
    inner = [
        (c.name, inside)
        for c in mapped
        if c.type == "number" and "text_number" in target.columns
        for inside in _summed_columns(_value(source, c, target))
    ]
    if not mapped:
        return [], []
    query = _scan_query(source, mapped, [inside for _, inside in inner], target)
    (answer,) = select(opened, query.sql(dialect=target.sqlglot), where).rows
    cells = iter(answer)
    total = int(next(cells))
    profiles = [_profile(where, c, total, cells, target) for c in mapped]
    found = []
    for name, inside in inner:
        many, example = next(cells), next(cells)
        if many:
            found.append(Inner(name, inside.sql(dialect=target.sqlglot), int(many), example))
    return profiles, found


def _scan_query(
    source: Source, mapped: list[Column], inner: list[exp.Column], target: Dialect
) -> exp.Select:
    """Returns the select of one row: the number of rows, then the counts of each column."""
    rows = [exp.alias_(_value(source, c, target), f"kpi__{c.name}") for c in mapped]
    rows += [exp.alias_(column.copy(), f"kpi__inner{n}") for n, column in enumerate(inner)]
    counts: list[exp.Expression] = [exp.Count(this=exp.Star())]
    for column in mapped:
        counts += _counts(exp.column(f"kpi__{column.name}"), column, target)
    for place in range(len(inner)):
        text = exp.column(f"kpi__inner{place}")
        wrong = _unread(text, write_read(text, "number", target))
        counts += [_sum_of(wrong), exp.Min(this=exp.Case().when(wrong.copy(), text))]
    named = [exp.alias_(count, f"kpi__c{n}") for n, count in enumerate(counts)]
    limited = source_select(source, rows, target).limit(MOST_ROWS)
    return exp.Select(expressions=named).from_(limited.subquery("kpi__rows"))


def _summed_columns(value: exp.Expression) -> list[exp.Column]:
    """Returns the columns that an expression casts to a number, or computes with."""
    if not is_number(value):
        return []
    found: dict[str, exp.Column] = {}
    for column in value.find_all(exp.Column):
        parent = column.parent
        while isinstance(parent, exp.Paren):
            parent = parent.parent
        is_cast = isinstance(parent, exp.Cast) and is_number(parent)
        if is_cast or isinstance(parent, _SUMMED):
            found.setdefault(column.sql(), column)
    return list(found.values())


def _counts(value: exp.Expression, column: Column, target: Dialect) -> list[exp.Expression]:
    found: list[exp.Expression] = [exp.Count(this=value)]
    if column.type == "key":
        found.append(exp.Count(this=exp.Distinct(expressions=[value.copy()])))
    if column.type in _DATES:
        found += [exp.Min(this=value.copy()), exp.Max(this=value.copy())]
    if (read := _read(value, column, target)) is not None:
        found.append(_sum_of(_unread(value, read)))
    return found


def _unread(value: exp.Expression, read: exp.Expression | None) -> exp.Expression:
    """Returns the condition that there is a value, and macros find nothing in it."""
    assert read is not None
    is_there = exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))
    return exp.and_(is_there, exp.Is(this=exp.paren(read), expression=exp.null()))


def _sum_of(condition: exp.Expression) -> exp.Expression:
    return exp.Sum(this=exp.Case().when(condition, "1").else_("0"))


def _profile(where: str, column: Column, total: int, cells: Any, target: Dialect) -> ColumnProfile:
    there = int(next(cells))
    distinct = int(next(cells)) if column.type == "key" else None
    first, last = (next(cells), next(cells)) if column.type in _DATES else (None, None)
    asked = "date" if column.type in _DATES else column.type
    unread = (
        int(next(cells) or 0) if asked in ("number", "date") and asked in target.reads else None
    )
    return ColumnProfile(
        where=where,
        column=column.name,
        rows=total,
        null_share=1 - there / total if total else None,
        distinct=distinct,
        first=_day(first),
        last=_day(last),
        unread=unread,
        is_cut=total >= MOST_ROWS,
    )


def _day(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.date()
    return value[:10] if isinstance(value, str) else value


def unread_values(opened: Connection, source: Source, column: Column, target: Dialect) -> list[Any]:
    """Returns some distinct values of a column in which macros find no number or date."""
    value = exp.column("kpi__value")
    read = _read(value, column, target)
    rows = source_select(
        source, [exp.alias_(_value(source, column, target), "kpi__value")], target
    ).limit(MOST_ROWS)
    query = (
        exp.Select(expressions=[value])
        .from_(rows.subquery("kpi__rows"))
        .where(_unread(value, read))
        .distinct()
        .limit(MOST_EXAMPLES)
    )
    return [row[0] for row in select(opened, query.sql(dialect=target.sqlglot)).rows]
