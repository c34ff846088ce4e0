"""How right a proposed mapping is: compared with one written by hand, by the values both give."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sqlalchemy.engine import Connection

from superset_kpi.dialects import dialect
from superset_kpi.macros.compiler.sources import mapped_select
from superset_kpi.mapping import LOGICAL_TABLES, Mapping, Source, changed
from superset_kpi.warehouse.connection import select

KEYS = ("rating_id", "response_id")  # of which any form is right


# What was measured in this process, by warehouse.
FOUND: dict[str, Quality] = {}


@dataclass
class Quality:
    """Counts of a proposal; `notes` say what differs."""

    tables: int = 0
    tables_right: int = 0
    columns: int = 0
    columns_right: int = 0
    proposed: int = 0
    wrong: int = 0
    notes: list[str] = field(default_factory=list)


def measured(expected: Mapping, proposed: Mapping, opened: Connection) -> Quality:
    """Compares source by source, each with the one that has most of its values."""
    found = Quality()
    for table in {**expected.tables, **proposed.tables}:
        wanted = [_values(table, s, expected, opened) for s in expected.tables.get(table, ())]
        given = [_values(table, s, proposed, opened) for s in proposed.tables.get(table, ())]
        left = list(range(len(given)))
        for want in wanted:
            best = max(left, key=lambda n: _agreement(want, given[n]), default=None)
            got = (
                given[best]
                if best is not None and _agreement(want, given[best]) >= min(2, len(want))
                else {}
            )
            if got and best is not None:
                left.remove(best)
            required = LOGICAL_TABLES[table].required
            found.tables += 1
            found.tables_right += all(want[c] == got.get(c) for c in required)
            found.columns += len(want)
            found.proposed += len(got)
            for column in {**want, **got}:
                if want.get(column) == got.get(column):
                    found.columns_right += 1
                    continue
                found.wrong += column in got
                kind = "missing" if column not in got else "wrong"
                found.notes.append(f"{table}.{column} {kind}")
        for number in left:
            found.proposed += len(given[number])
            found.wrong += len(given[number])
            found.notes.append(f"{table}: a source that nobody expects")
    _compare_scales(expected, proposed, found)
    return found


def _compare_scales(expected: Mapping, proposed: Mapping, found: Quality) -> None:
    for metric, scale in expected.scales.items():
        if scale == expected.scales.get(metric) and metric in _metrics(expected):
            got = proposed.scales.get(metric)
            is_right = got is not None and (got.lo, got.hi, got.direction) == (
                scale.lo,
                scale.hi,
                scale.direction,
            )
            found.columns += 1
            found.columns_right += is_right
            found.proposed += got is not None
            if not is_right:
                found.wrong += got is not None
                found.notes.append(f"scale of {metric}: {got}")


def _metrics(mapping: Mapping) -> set[str]:
    found = [str(s.columns["metric"].value) for s in mapping.tables.get("ratings", ())]
    return {m for m in mapping.scales if any(m in text for text in found)}


def _values(table: str, source: Source, mapping: Mapping, opened: Connection) -> dict[str, Any]:
    """The values of each mapped column, in whatever order; of a key of ratings how many."""
    target = dialect(mapping.dialect)
    one = changed(mapping, tables=MappingProxyType({table: (source,)}))
    values: dict[str, Any] = {}
    for column in source.columns:
        rows = select(
            opened, mapped_select(table, [column], one, target).sql(dialect=target.sqlglot)
        ).rows
        counted = Counter(_plain(v, column) for (v,) in rows)
        values[column] = len(counted) if column in KEYS else counted
    return values


def _agreement(want: dict[str, Any], got: dict[str, Any]) -> int:
    return sum(want[c] == got.get(c) for c in want if c not in KEYS)


def _plain(value: Any, column: str) -> Any:
    if column == "scheme":
        return str(value).lower().removeprefix("customer ")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date):
        return f"{value} 00:00:00"
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d( .*)?", value):
        return value[:19] if len(value) > 10 else f"{value} 00:00:00"
    if isinstance(value, (float, decimal.Decimal)):
        return round(float(value), 4)
    return value


def table_text(found: dict[str, Quality]) -> str:
    """The qualities as a table, with their sum."""
    total = Quality()
    lines = [f"{'schema':12} {'tables':>8} {'columns':>9} {'wrong':>8}"]
    for name, each in found.items():
        lines.append(_line(name, each))
        for key in ("tables", "tables_right", "columns", "columns_right", "proposed", "wrong"):
            setattr(total, key, getattr(total, key) + getattr(each, key))
    lines.append(_line("all", total))
    shares = (
        f"tables right {total.tables_right / total.tables:.1%}, columns right "
        f"{total.columns_right / total.columns:.1%}, wrong proposals "
        f"{total.wrong / total.proposed:.1%}"
    )
    return "\n".join([*lines, shares])


def _line(name: str, each: Quality) -> str:
    return (
        f"{name:12} {f'{each.tables_right}/{each.tables}':>8} "
        f"{f'{each.columns_right}/{each.columns}':>9} {f'{each.wrong}/{each.proposed}':>8}"
        f"  {', '.join(each.notes)}"
    ).rstrip()
