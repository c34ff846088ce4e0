"""What would be written: names, statements, and the tables they read. Asks no warehouse."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from superset_kpi import __version__
from superset_kpi.dialects import DIALECTS, dialect
from superset_kpi.errors import KpiError, nearest
from superset_kpi.macros.kept import BASES, relations, table_of
from superset_kpi.macros.written import (
    as_of_day,
    available,
    fixed,
    sources,
    statement,
    statement_digest,
    table_name,
)
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.schema import SCHEMA_NAME

# Some engine cuts a longer name off, and two could become one.
LONGEST_NAME = min(each.longest_name for each in DIALECTS.values() if each.longest_name)


@dataclass(frozen=True)
class Planned:
    """One relation: its table `name` in `schema`, its SELECT, and the tables that this reads.

    `as_of` is null for a view.
    """

    key: str
    schema: str
    name: str
    kind: str
    arguments: str
    select: str
    statement: str
    as_of: dt.date | None
    sources: tuple[str, ...]
    engine: str

    def table(self, name: str | None = None) -> str:
        """Returns the quoted name of the table, or of another one beside it."""
        return quoted(self.schema, name or self.name, self.engine)

    def written(self, mapping: Mapping, at: dt.datetime, rows: int | None = None) -> Written:
        """Returns the record of the table, written at a time."""
        return Written(
            key=self.key,
            schema=self.schema,
            name=self.name,
            kind="view" if self.kind == "view" else "table",
            statement=self.statement,
            mapping=mapping.file_digest,
            as_of=self.as_of,
            written_at=at.replace(microsecond=0),
            rows=rows,
            package=__version__,
        )


def quoted(schema: str, name: str, engine: str) -> str:
    """Returns a table's name as the engine reads it."""
    target = dialect(engine)
    return table_of(schema, name, target).sql(dialect=target.sqlglot)


def plan(
    mapping: Mapping,
    schema: str | None,
    keys: Sequence[str],
    kind: str,
    day: dt.date,
) -> list[Planned]:
    """Returns what writing the relations on a day of UTC would do; no keys: all that are mapped.

    Tables of results are made from those tables of bases that are written before them.
    """
    where = checked_schema(mapping, schema)
    known = available(mapping)
    if dialect(mapping.dialect).tables.swap is None:
        raise KpiError(
            f"{mapping.name}: on {mapping.dialect!r} a table cannot be put in the place of another "
            "here. Do without; macros compute everything."
        )
    if not known:
        raise KpiError(
            f"{mapping.name}: there is nothing to write. Map transactions or ratings first."
        )
    for key in keys:
        if key not in relations():
            raise KpiError(f"relation: there is no relation {key!r}. {nearest(key, known)}")
        if key not in known:
            raise KpiError(
                f"{mapping.name}: the tables for {key} are not mapped. Map them, or leave it out."
            )
    wanted = [key for key in known if not keys or key in keys]
    bases = {each.key for each in BASES}
    planned: list[Planned] = []
    for key in sorted(wanted, key=lambda key: key not in bases):
        over = () if key in bases or kind == "view" else _bases(planned, mapping, bases)
        planned.append(_planned(key, mapping, where, kind, day, over))
    return planned


def _bases(planned: list[Planned], mapping: Mapping, keys: set[str]) -> tuple[Written, ...]:
    soon = dt.datetime.now(dt.timezone.utc)
    return tuple(each.written(mapping, soon) for each in planned if each.key in keys)


def checked_schema(mapping: Mapping, schema: str | None) -> str:
    """Returns the schema to write to: the one given, else the mapping's."""
    if schema is None and mapping.materialized:
        return mapping.materialized.schema
    if schema is None:
        raise KpiError(
            f"{mapping.name}: no schema to write to is named. "
            "Give --schema, or add `materialized: {schema: ...}` to the mapping."
        )
    if not re.fullmatch(SCHEMA_NAME.strip("^$"), schema):
        raise KpiError(
            f"schema: {schema!r} is not the name of a schema. "
            "Use letters, digits, _ and -, with a catalog and a dot before it where needed."
        )
    return schema


def _planned(
    key: str,
    mapping: Mapping,
    schema: str,
    kind: str,
    day: dt.date,
    over: tuple[Written, ...],
) -> Planned:
    digest = statement_digest(key, kind, mapping)
    name = table_name(key, digest, mapping)
    if len(name) > LONGEST_NAME:
        raise KpiError(
            f"{mapping.name}: the table's name {name!r} has more than {LONGEST_NAME} characters. "
            "Give the mapping a shorter name."
        )
    as_of = None if kind == "view" else as_of_day(mapping, day)
    return Planned(
        key=key,
        schema=schema,
        name=name,
        kind=kind,
        arguments=", ".join(f"{k}={v}" for k, v in relations()[key].arguments.items()),
        select=statement(key, fixed(mapping, as_of) if as_of else mapping, over),
        statement=digest,
        as_of=as_of,
        sources=sources(key, mapping),
        engine=mapping.dialect,
    )
