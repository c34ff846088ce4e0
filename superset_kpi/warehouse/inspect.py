"""Does the warehouse have what the mapping says? Every fault at once."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import sqlalchemy
from sqlalchemy.engine import Connection

from superset_kpi.dialects import dialect
from superset_kpi.errors import WarehouseError, nearest
from superset_kpi.macros.sources import mapped_select
from superset_kpi.mapping import LOGICAL_TABLES, Mapping, Source
from superset_kpi.mapping.logical import ColumnType
from superset_kpi.mapping.model import replace_tables
from superset_kpi.warehouse.connection import connection, select

SAMPLE = 200


def check_mapping(mapping: Mapping) -> list[str]:
    """Returns a sentence for every table, column or type that the warehouse contradicts."""
    faults = []
    with connection(mapping) as opened:
        for table, sources in mapping.tables.items():
            for index, source in enumerate(sources):
                suffix = f"[{index}]" if len(sources) > 1 else ""
                where = f"{mapping.name}.tables.{table}{suffix}"
                faults += _source_faults(opened, mapping, table, source, where)
    return faults


def _source_faults(
    opened: Connection, mapping: Mapping, table: str, source: Source, where: str
) -> list[str]:
    rows = _sample(opened, mapping, table, source, tuple(source.columns))
    if isinstance(rows, str):
        return _located_faults(opened, mapping, table, source, where, rows)
    faults = []
    comes_as_text = dialect(mapping.dialect).dates_come_as_text
    mapped = [c for c in LOGICAL_TABLES[table].columns.values() if c.name in source.columns]
    for place, column in enumerate(mapped):
        values = [row[place] for row in rows if row[place] is not None]
        wrong = [v for v in values if not _is_a(column.type, v, comes_as_text)]
        if wrong:
            faults.append(
                f"{where}.columns.{column.name}: {wrong[0]!r} is not a {column.type}. "
                f"Map an expression that gives a {column.type}."
            )
    return faults


def _located_faults(
    opened: Connection, mapping: Mapping, table: str, source: Source, where: str, problem: str
) -> list[str]:
    """Returns which columns the warehouse refuses, or the whole source where it is that."""
    if source.table is not None and (missing := _missing_table(opened, source.table)):
        return [f"{where}.table: {missing}"]
    faults = []
    for column in source.columns:
        answer = _sample(opened, mapping, table, source, (column,))
        if isinstance(answer, str):
            hint = _column_hint(opened, source, column)
            faults.append(
                f"{where}.columns.{column}: {source.columns[column].value!r} cannot be read "
                f"({answer}). {hint}"
            )
    if len(faults) == len(source.columns):
        return [f"{where}: the rows cannot be read ({problem}). Check where, table and select."]
    return faults


def _sample(
    opened: Connection, mapping: Mapping, table: str, source: Source, columns: tuple[str, ...]
) -> tuple[tuple[Any, ...], ...] | str:
    target = dialect(mapping.dialect)
    narrowed = replace_tables(mapping, {table: (source,)})
    sql = mapped_select(table, columns, narrowed, target).limit(SAMPLE).sql(dialect=target.sqlglot)
    try:
        return select(opened, sql).rows
    except WarehouseError as error:
        return str(error).split("(", 1)[1].rsplit(")", 1)[0]


def _missing_table(opened: Connection, name: str) -> str | None:
    parts = [p.strip('"`[]') for p in name.split(".")]
    schema = parts[-2] if len(parts) > 1 else None
    inspector = sqlalchemy.inspect(opened.engine)
    try:
        known = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    except Exception:  # A driver that cannot list tables: the refusal itself is shown instead.
        return None
    if parts[-1] in known:
        return None
    hint = nearest(parts[-1], known) if known else f"The schema {schema!r} has no tables."
    return f"there is no table {name!r}. {hint}"


def _column_hint(opened: Connection, source: Source, column: str) -> str:
    try:
        known = _physical_columns(opened, source)
    except Exception:  # As above.
        known = []
    if not known:
        return "Map an existing column."
    return nearest(str(source.columns[column].value), known)


def _physical_columns(opened: Connection, source: Source) -> list[str]:
    if source.table is None:
        return []
    parts = [p.strip('"`[]') for p in source.table.split(".")]
    schema = parts[-2] if len(parts) > 1 else None
    columns = sqlalchemy.inspect(opened.engine).get_columns(parts[-1], schema=schema)
    return [str(c["name"]) for c in columns]


def _is_a(kind: ColumnType, value: Any, comes_as_text: bool) -> bool:
    if kind == "number":
        return isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool)
    if kind in ("date", "timestamp"):
        return isinstance(value, dt.date) or (comes_as_text and _is_iso(value))
    if kind == "text":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool) or value in (0, 1)
    return True


def _is_iso(value: Any) -> bool:
    try:
        dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
