"""Relations in the warehouse: the statement that writes one, and whether it may still be read."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import sqlglot

from superset_kpi.dialects import dialect
from superset_kpi.errors import KpiError, NotScored
from superset_kpi.macros.arguments import bind
from superset_kpi.macros.compiler.compiler import compiled
from superset_kpi.macros.compiler.statement import Statement
from superset_kpi.macros.kept import metrics_of, relations
from superset_kpi.macros.library import library
from superset_kpi.macros.read import CANONICAL
from superset_kpi.mapping import Mapping, changed
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.physical import Physical, physical_tables

USUAL_DAYS = 1


def available(mapping: Mapping) -> tuple[str, ...]:
    """Returns the keys of the relations that the mapping has tables, and usable models, for."""
    lib = library()
    return tuple(
        key
        for key, relation in relations().items()
        if not lib.missing(lib[relation.macro], mapping)
        and ("metric" not in relation.among or metrics_of(mapping))
        and (not lib.models(lib[relation.macro]) or _is_scored(key, mapping))
    )


def _is_scored(key: str, mapping: Mapping) -> bool:
    try:
        statement(key, mapping)
    except NotScored:
        return False
    return True


def statement(key: str, mapping: Mapping, over: tuple[Written, ...] = ()) -> str:
    """Returns the SELECT that computes a relation from the mapped tables, or over written ones."""
    return _statement(key, _reading(mapping, over))


def _reading(mapping: Mapping, written: tuple[Written, ...]) -> Mapping:
    # Where and what: a table that is written again has the same name and the same SQL.
    names = " ".join(f"{each.schema}.{each.name}" for each in written)
    digest = hashlib.sha256(names.encode()).hexdigest()[:16]
    return replace(mapping, written=written, digest=f"{mapping.digest}/{digest}")


@lru_cache(maxsize=256)
def _statement(key: str, mapping: Mapping) -> str:
    relation, lib = relations()[key], library()
    macro, target = lib[relation.macro], dialect(mapping.dialect)
    given = dict(relation.arguments)
    calls = [given]
    if "metric" in relation.among:
        calls = [{**given, "metric": metric} for metric in metrics_of(mapping)]
    columns = ", ".join(macro.returns)
    text = " union all ".join(
        f"select {columns} from {macro.name}("
        + ", ".join(f"{name} := {nodes[name].sql()}" for name in call)
        + ")"
        for call in calls
        for nodes in [bind(macro, call, mapping)]
    )
    body = sqlglot.parse_one(text, read=CANONICAL)
    whole = replace(macro, args=MappingProxyType({}), body=body)
    made = compiled(Statement(body, mapping, target, lib.find, whole))
    return made.body.sql(dialect=target.sqlglot, copy=False)


def fixed(mapping: Mapping, day: dt.date) -> Mapping:
    """Returns the mapping as it is on a day: what is written does not move with the clock."""
    return changed(mapping, as_of=day)


def statement_digest(key: str, kind: str, mapping: Mapping) -> str:
    """Returns a digest, 16 hexadecimal digits, of what a table or view is made from.

    An as_of that moves with the clock is part of it as the word that it is, not as a day.
    """
    return hashlib.sha256(f"{kind} {statement(key, mapping)}".encode()).hexdigest()[:16]


def table_name(key: str, digest: str, mapping: Mapping) -> str:
    """Returns the name of a table: another statement has another, so none is taken for it."""
    return f"{mapping.name}_{key}_{digest[:8]}"


def sources(key: str, mapping: Mapping) -> tuple[str, ...]:
    """Returns the tables that a relation is computed from, as the mapping spells them."""
    return tuple(str(table) for table in physical_sources(key, mapping))


def physical_sources(key: str, mapping: Mapping) -> tuple[Physical, ...]:
    """Returns the tables that a relation is computed from."""
    return _sources(statement(key, mapping), dialect(mapping.dialect).sqlglot)


@lru_cache(maxsize=256)
def _sources(sql: str, read: str) -> tuple[Physical, ...]:
    return tuple(physical_tables(sqlglot.parse_one(sql, read=read), read))


def as_of_day(mapping: Mapping, today: dt.date) -> dt.date:
    """Returns the last complete day that the mapping means on a day."""
    if isinstance(mapping.as_of, dt.date):
        return mapping.as_of
    return today if mapping.as_of == "today" else today - dt.timedelta(days=1)


def today(mapping: Mapping) -> dt.date:
    """Returns the day that it is in the mapping's time zone, as macros take it."""
    return dt.datetime.now(ZoneInfo(mapping.timezone)).date()


def why_not(written: Written, mapping: Mapping, day: dt.date) -> str:
    """Returns why macros compute a relation instead of reading its table; empty: they read it.

    `day` is today.
    """
    if written.key not in available(mapping):
        return "The mapping has no tables for it."
    if written.mapping != mapping.file_digest:
        return "The mapping has changed since it was written."
    try:
        digest = statement_digest(written.key, written.kind, mapping)
    except KpiError as error:
        return str(error)
    if written.statement != digest or written.name != table_name(written.key, digest, mapping):
        return f"Its SQL has changed since superset-kpi {written.package} wrote it."
    return "" if written.kind == "view" else _why_too_old(written, mapping, day)


def _why_too_old(written: Written, mapping: Mapping, day: dt.date) -> str:
    if written.as_of is None:
        return "Its record names no as_of."
    most = mapping.materialized.days if mapping.materialized else USUAL_DAYS
    now = as_of_day(mapping, day)
    age = (now - written.as_of).days
    if age < 0 or age > most:
        return f"It is as of {written.as_of}, {age} days before {now}; at most {most} are allowed."
    if _next_month(written.as_of) != _next_month(now):
        return f"It is as of {written.as_of}, and a month has ended by {now}."
    return ""


def _next_month(day: dt.date) -> tuple[int, int]:
    """Returns the month of the next day: a period is complete on its last day."""
    following = day + dt.timedelta(days=1)
    return following.year, following.month


def with_written(mapping: Mapping, known: Iterable[Written], day: dt.date) -> Mapping:
    """Returns the mapping whose macros read those of the tables that may be read on a day."""
    usable = tuple(each for each in known if not why_not(each, mapping, day))
    return _reading(mapping, usable) if usable else mapping


def tables_in(sql: str, mapping: Mapping) -> list[Written]:
    """Returns the written tables that a statement rendered for the mapping reads."""
    return [each for each in mapping.written if each.name in sql]
