"""Moments that carry a time zone, where the engine can't tell them from others by itself."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy.engine import Connection
from sqlglot import exp

from superset_kpi.dialects import Dialect, write_moment
from superset_kpi.errors import WarehouseError
from superset_kpi.mapping import LOGICAL_TABLES, Mapping, Source
from superset_kpi.warehouse.catalog import physical_columns
from superset_kpi.warehouse.connection import select


def zone_faults(
    opened: Connection, mapping: Mapping, table: str, source: Source, where: str, target: Dialect
) -> list[str]:
    """Returns the columns whose moments the session's zone moves, and that are not said to be so.

    Where a statement itself asks the engine there is nothing to say.
    """
    if "zoned" not in target.zones or "moment" in target.zones:
        return []
    try:
        zoned = {name for name, kind in physical_columns(opened, source) if _is_zoned(kind)}
    except Exception:  # a driver that can't list columns: nobody knows
        return []
    faults = []
    for name, mapped in source.columns.items():
        kind = LOGICAL_TABLES[table].columns[name].type
        plain = str(mapped.value).strip("`")
        is_moment = kind in ("timestamp", "date") and mapped.kind != "constant"
        if is_moment and plain in zoned and mapped.zoned is None:
            faults.append(
                f"{where}.columns.{name}: {plain!r} is a TIMESTAMP, which each session sees in its "
                f"own zone. For the time in {mapping.timezone}: map "
                f"`{{column: {plain}, zoned: true}}`; to leave it to the session: `zoned: false`."
            )
    return faults


def unknown_zone(opened: Connection, mapping: Mapping, target: Dialect) -> list[str]:
    """Returns a sentence where the server does not know the mapping's zone and gives null."""
    columns = (
        c for sources in mapping.tables.values() for s in sources for c in s.columns.values()
    )
    is_asked = any(column.zoned for column in columns) or isinstance(mapping.as_of, str)
    if "zoned" not in target.zones or "moment" in target.zones or not is_asked:
        return []
    moment = exp.cast(exp.Literal.string("2026-01-01 12:00:00"), "datetime")
    asked = exp.select(write_moment(moment, mapping.timezone, True, target))
    try:
        ((value,),) = select(opened, asked.sql(dialect=target.sqlglot)).rows
    except WarehouseError:
        return []
    if value is not None:
        return []
    return [
        f"{mapping.name}.timezone: the server does not know {mapping.timezone}, and turns every "
        "timestamp into null. Fill its time zone tables, for example "
        "`mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql`."
    ]


def _is_zoned(kind: object) -> bool:
    return isinstance(kind, sqlalchemy.types.TIMESTAMP)
