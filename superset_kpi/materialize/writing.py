"""Writes relations into the warehouse, one after the other, each at once or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection

from superset_kpi import __version__
from superset_kpi.dialects import dialect
from superset_kpi.errors import KpiError, WarehouseError
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.model import Written
from superset_kpi.materialize.engines import part_name, passing_names, swap_of
from superset_kpi.materialize.planning import Planned, quoted
from superset_kpi.materialize.record import (
    RECORD,
    Entry,
    create_statement,
    insert_statement,
    present,
    select_statement,
)
from superset_kpi.warehouse import connection, select
from superset_kpi.warehouse.connection import change


def write(
    mapping: Mapping,
    planned: Sequence[Planned],
    done: Callable[[Written], None] = lambda written: None,
) -> list[Written]:
    """Writes the relations and returns their records; `done` hears of each when it stands.

    A table of the name that the record does not hold is a KpiError, before anything is written.
    """
    found = []
    with connection(mapping, writes=True) as opened:
        schema = planned[0].schema
        known = present(_entries(opened, schema, mapping.dialect))
        there = {each.name: _exists(opened, each.table()) for each in planned}
        for each in planned:
            if there[each.name] and each.name not in known:
                raise KpiError(
                    f"{each.schema}.{each.name}: there is a table of this name that {RECORD} does "
                    "not list. Rename or drop it, or write to another schema."
                )
        if not _exists(opened, quoted(schema, RECORD, mapping.dialect)):
            _change(opened, [create_statement(schema, mapping.dialect)], mapping)
        for each in planned:
            written = _write_one(opened, mapping, each, known, there[each.name])
            done(written)
            found.append(written)
    return found


def _write_one(
    opened: Connection,
    mapping: Mapping,
    planned: Planned,
    known: dict[str, Entry],
    is_there: bool,
) -> Written:
    now = dt.datetime.now(dt.timezone.utc)
    stamp = now.strftime("%Y%m%d%H%M%S")
    is_ours = planned.name in known
    swap = swap_of(planned, mapping.name, stamp, is_ours, is_there)
    is_pointer = planned.kind == "table" and dialect(planned.engine).tables.swap == "pointer"
    entry = _entry(mapping, planned, "view" if is_pointer else planned.kind)
    if is_pointer:
        part = replace(entry, table_name=part_name(planned.name, stamp), kind="table")
        _change(opened, [_insert(part, planned)], mapping)
    _change(opened, swap.build, mapping)
    rows = _count(opened, swap.built) if swap.built else None
    # First the record: a table without one could never be replaced.
    entry = replace(entry, row_count=rows, written_at=_now())
    _change(opened, [_insert(entry, planned), *swap.swap], mapping)
    if rows is None and planned.kind == "table":
        rows = _count(opened, planned.table())
        _change(
            opened,
            [_insert(replace(entry, row_count=rows, written_at=_now()), planned)],
            mapping,
        )
    _change(opened, swap.clean, mapping)
    if is_pointer:
        older = [
            each
            for name, each in known.items()
            if name.startswith(f"{planned.name}__") and name != part.table_name
        ]
        _drop(opened, mapping, planned.schema, older)
    return planned.written(mapping, now, rows)


def _entry(mapping: Mapping, planned: Planned, kind: str) -> Entry:
    return Entry(
        relation=planned.key,
        table_name=planned.name,
        kind=kind,
        action="written",
        mapping=mapping.name,
        arguments=planned.arguments,
        mapping_digest=mapping.file_digest,
        statement_digest=planned.statement,
        as_of=str(planned.as_of or ""),
        written_at=_now(),
        package=__version__,
    )


def _insert(entry: Entry, planned: Planned) -> str:
    return insert_statement(entry, planned.schema, planned.engine)


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).isoformat(timespec="microseconds")


def recorded(mapping: Mapping, schema: str) -> list[Entry]:
    """Returns what stands in the schema for the mapping, by the record."""
    with connection(mapping) as opened:
        known = present(_entries(opened, schema, mapping.dialect))
    return [entry for entry in known.values() if entry.mapping == mapping.name]


def outdated(entries: Sequence[Entry], names: Iterable[str]) -> list[Entry]:
    """Returns those that are not among the names of the file beside the mapping, nor behind one."""
    read = tuple(names)
    return [entry for entry in entries if not entry.table_name.startswith(read)]


def remove(mapping: Mapping, schema: str, entries: Sequence[Entry]) -> None:
    """Drops what the record holds, views before tables; a record that is empty then goes, too."""
    with connection(mapping, writes=True) as opened:
        _drop(opened, mapping, schema, entries)
        for key in {entry.relation for entry in entries}:
            left = [quoted(schema, n, mapping.dialect) for n in passing_names(mapping.name, key)]
            _change(opened, [f"drop table if exists {table}" for table in left], mapping)
        if not present(_entries(opened, schema, mapping.dialect)):
            record = quoted(schema, RECORD, mapping.dialect)
            _change(opened, [f"drop table if exists {record}"], mapping)


def _drop(opened: Connection, mapping: Mapping, schema: str, entries: Sequence[Entry]) -> None:
    for entry in sorted(entries, key=lambda e: e.kind != "view"):
        table = quoted(schema, entry.table_name, mapping.dialect)
        gone = replace(entry, action="removed", written_at=_now())
        statements = [
            f"drop {entry.kind} if exists {table}",
            insert_statement(gone, schema, mapping.dialect),
        ]
        _change(opened, statements, mapping)


def _entries(opened: Connection, schema: str, engine: str) -> list[Entry]:
    """Returns the rows of the record; none where there is no record."""
    if not _exists(opened, quoted(schema, RECORD, engine)):
        return []
    with opened.begin():
        rows = select(opened, select_statement(schema, engine), RECORD)
    return [Entry(*row) for row in rows.rows]


def _exists(opened: Connection, table: str) -> bool:
    """Returns whether there is something of the name that can be read."""
    try:
        with opened.begin():
            select(opened, f"select 1 from {table} where 1 = 0")
    except WarehouseError:
        return False
    return True


def _count(opened: Connection, table: str) -> int:
    with opened.begin():
        return int(select(opened, f"select count(*) from {table}").rows[0][0])


def _change(opened: Connection, statements: Sequence[str], mapping: Mapping) -> None:
    """Runs the statements in one transaction, where the engine has those."""
    begins = dialect(mapping.dialect).tables.begins
    if statements:
        change(opened, ["begin", *statements] if begins else statements, "materialize")
