"""Does the warehouse have what the mapping says? Every fault at once."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from superset_kpi.dialects import Dialect, dialect
from superset_kpi.errors import WarehouseError, nearest
from superset_kpi.mapping import Mapping, Source
from superset_kpi.mapping.logical import ColumnType
from superset_kpi.warehouse.catalog import column_hint, missing_table
from superset_kpi.warehouse.connection import connection
from superset_kpi.warehouse.freshness import newest_day, staleness
from superset_kpi.warehouse.keys import merged_keys
from superset_kpi.warehouse.known import known_values
from superset_kpi.warehouse.mends import as_text, mend
from superset_kpi.warehouse.scan import (
    ColumnProfile,
    Inner,
    Sampled,
    can_be_read,
    reason_of,
    sample,
    scan,
    unread_values,
)
from superset_kpi.warehouse.spelling import other_spellings
from superset_kpi.warehouse.zones import unknown_zone, zone_faults

# Amounts in whole cents stand in columns of such names, or are whole and large.
_AMOUNTS = ("amount", "margin_amount", "mrr", "acquisition_cost")
# Currencies without cents, or with none in use.
_WHOLE = ("CLP", "COP", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "RWF", "UGX", "VND", "XAF", "XOF")
_MINOR = ("cent", "minor", "pence", "pennies")


@dataclass(frozen=True)
class Key:
    """A key of a source, with some of its values, and what the mapping says of it."""

    where: str
    sampled: Sampled
    written: str


@dataclass
class Inspection:
    """What the warehouse says about a mapping: faults, hints that may be none, and counts."""

    faults: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    profile: list[ColumnProfile] = field(default_factory=list)


def check_mapping(mapping: Mapping) -> list[str]:
    """Returns a sentence for every table, column or type that the warehouse contradicts."""
    return inspect_mapping(mapping).faults


def inspect_mapping(mapping: Mapping, with_profile: bool = True) -> Inspection:
    """Returns what the warehouse contradicts; the profile takes one scan of each source."""
    found, keys, target = Inspection(), list[Key](), dialect(mapping.dialect)
    with connection(mapping) as opened:
        for table, source, where in _sources(mapping):
            keys += _inspect_source(opened, mapping, table, source, where, found, with_profile)
        found.faults += _key_faults(keys, target)
        found.faults += other_spellings(opened, mapping)
        found.faults += unknown_zone(opened, mapping, target)
        if not found.faults:
            found.faults += _scheme_faults(opened, mapping)
            stale = staleness(mapping, newest_day(opened, mapping))
            found.hints += [stale] if stale else []
    return found


def _sources(mapping: Mapping) -> Iterator[tuple[str, Source, str]]:
    for table, sources in mapping.tables.items():
        for index, source in enumerate(sources):
            suffix = f"[{index}]" if len(sources) > 1 else ""
            yield table, source, f"{mapping.name}.tables.{table}{suffix}"


def _inspect_source(
    opened: Connection,
    mapping: Mapping,
    table: str,
    source: Source,
    where: str,
    found: Inspection,
    with_profile: bool,
) -> list[Key]:
    """Adds what is found in a source; returns its keys."""
    target = dialect(mapping.dialect)
    columns = sample(opened, table, source, tuple(source.columns), target)
    if isinstance(columns, str):
        found.faults += _located_faults(opened, table, source, where, columns, target)
        return []
    profiles: list[ColumnProfile] = []
    inner: list[Inner] = []
    if with_profile:
        try:
            profiles, inner = scan(opened, where, table, source, target)
        except WarehouseError as error:
            found.hints.append(f"{where}: its columns cannot be counted ({reason_of(error)}).")
    found.profile += profiles
    by_name = {p.column: p for p in profiles}
    for each in columns:
        profile = by_name.get(each.column.name)
        found.faults += _type_faults(opened, source, where, each, profile, target)
    found.faults += [_inner_fault(where, i, profiles) for i in inner]
    if with_profile:
        for each in columns:
            if each.column.type == "key":
                found.faults += merged_keys(opened, source, where, each, target)
    found.faults += zone_faults(opened, mapping, table, source, where, target)
    if mapping.currency not in _WHOLE:
        found.hints += _minor_units(where, source, columns)
    return [
        Key(where, each, _written(source, each.column.name))
        for each in columns
        if each.column.type == "key"
    ]


def _type_faults(
    opened: Connection,
    source: Source,
    where: str,
    sampled: Sampled,
    profile: ColumnProfile | None,
    target: Dialect,
) -> list[str]:
    column = sampled.column
    wrong = _wrong_values(sampled, target.dates_come_as_text)
    if not wrong and profile is not None and profile.unread:
        wrong = unread_values(opened, source, column, target)
    if not wrong:
        return []
    counted = ""
    if profile is not None and profile.unread:
        there = round(profile.rows * (1 - (profile.null_share or 0)))
        counted = f" ({profile.unread:,} of {there:,} values)"
    return [
        f"{where}.columns.{column.name}: {_plain(wrong[0])!r} is not a {column.type}{counted}. "
        f"{mend(column.type, wrong, _written(source, column.name), target)}"
    ]


def _written(source: Source, column: str) -> str:
    """Returns what the mapping says of a column, as a part of an expression."""
    mapped = source.columns[column]
    return f'"{mapped.value}"' if mapped.kind == "column" else str(mapped.value)


def _wrong_values(sampled: Sampled, comes_as_text: bool) -> list[Any]:
    """Returns the values of a sample that are not of the column's type."""
    kind, wrong = sampled.column.type, []
    for place, value in enumerate(sampled.values):
        if value is None:
            continue
        is_read = sampled.reads[place] if sampled.reads is not None else None
        if kind == "number" and is_read is not None:
            is_right = is_read
        else:
            is_right = is_read is not False and _is_a(kind, value, comes_as_text)
        if not is_right:
            wrong.append(value)
    return wrong


def _is_a(kind: ColumnType, value: Any, comes_as_text: bool) -> bool:
    if kind == "number":
        return isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool)
    if kind in ("date", "timestamp"):
        return isinstance(value, dt.date) or (comes_as_text and isinstance(value, str))
    if kind == "text":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool) or value in (0, 1)
    return True


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, decimal.Decimal) else value


def _inner_fault(where: str, inner: Inner, profiles: list[ColumnProfile]) -> str:
    rows = next(p.rows for p in profiles if p.column == inner.column)
    return (
        f"{where}.columns.{inner.column}: {inner.example!r} in {inner.inside} is not a number, but "
        f"the engine turns it into one ({inner.values:,} of {rows:,} rows). Leave such rows out "
        f"with `where`, or map {inner.inside} itself: a text that is not a number then "
        "counts as no value."
    )


def _minor_units(where: str, source: Source, columns: list[Sampled]) -> list[str]:
    """Returns a hint where amounts look like cents."""
    hints = []
    for each in columns:
        name, mapped = each.column.name, source.columns[each.column.name]
        written = str(mapped.value)
        values = [v for v in each.values if isinstance(v, (int, float, decimal.Decimal))]
        is_divided = mapped.kind == "constant" or "/" in written or "*" in written
        if name not in _AMOUNTS or not values or is_divided:
            continue
        is_whole = all(float(v).is_integer() for v in values)
        is_named = any(part in written.lower() for part in _MINOR)
        if is_whole and (is_named or is_large(values)):
            middle = sorted(map(float, values))[len(values) // 2]
            hints.append(
                f"{where}.columns.{name}: the amounts are whole numbers, {middle:,.0f} in the "
                f"middle. If they are cents: map `{written} / 100.0`."
            )
    return hints


def is_large(values: list[Any]) -> bool:
    """Whole amounts of thousands, few of which are round, are rarely of a major unit."""
    large = [v for v in values if abs(float(v)) >= 1_000]
    round_ = [v for v in large if float(v) % 10 == 0]
    return len(large) >= max(20, len(values) / 2) and len(round_) < len(large) / 2


def _located_faults(
    opened: Connection, table: str, source: Source, where: str, problem: str, target: Dialect
) -> list[str]:
    """Returns which columns the warehouse refuses, or the whole source where it is that."""
    is_missing = source.table is not None and not can_be_read(opened, source, target)
    if is_missing and (missing := missing_table(opened, str(source.table))):
        return [f"{where}.table: {missing}"]
    faults = []
    for column in source.columns:
        answer = sample(opened, table, source, (column,), target)
        if isinstance(answer, str):
            hint = column_hint(opened, source, column)
            faults.append(
                f"{where}.columns.{column}: {source.columns[column].value!r} cannot be read "
                f"({answer}). {hint}"
            )
    if len(faults) == len(source.columns):
        return [f"{where}: the rows cannot be read ({problem}). Check where, table and select."]
    return faults


def _key_faults(keys: list[Key], target: Dialect) -> list[str]:
    """Returns where a key is of another type than in the source that has it first."""
    faults, first = [], dict[str, tuple[Key, str, Any]]()
    for key in keys:
        value = next((v for v in key.sampled.values if v is not None), None)
        if value is None:
            continue
        kind, name = _key_kind(key.sampled, value), key.sampled.column.name
        other, known, others = first.setdefault(name, (key, kind, value))
        if kind == known:
            continue
        no_text = key if known == "text" else other
        remedy = f"map `{as_text(no_text.written, target)}` in {no_text.where}"
        faults.append(
            f"{key.where}.columns.{name}: {_plain(value)!r} is a {kind}, and {_plain(others)!r} in "
            f"{other.where} is a {known}. Keys are compared as they are: {remedy}."
        )
    return faults


def _key_kind(sampled: Sampled, value: Any) -> str:
    """Returns number, text, or the engine's own word for a type that is neither."""
    kind = (sampled.type or type(value).__name__).lower()
    kind = kind.removeprefix("nullable(").removeprefix("lowcardinality(").partition("(")[0]
    if isinstance(value, (int, float, decimal.Decimal)):
        return "number"
    texts = ("str", "text", "char", "varchar", "string", "bpchar", "name", "fixedstring", "citext")
    return "text" if kind.startswith(texts) else kind


def _scheme_faults(opened: Connection, mapping: Mapping) -> list[str]:
    scheme = mapping.default_scheme
    if scheme is None or not mapping.is_mapped("segment_membership"):
        return []
    known = known_values(opened, mapping, "segment_membership", "scheme")
    if scheme in known or not known:
        return []
    return [
        f"{mapping.name}.default_scheme: there is no scheme {scheme!r} in segment_membership. "
        f"{nearest(scheme, known)}"
    ]
