"""Whether the mapping spells tables as the warehouse's catalogue does.

Superset's datasets have the catalogue's spelling, and row-level security finds tables by it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy
from sqlalchemy.engine import Connection

from superset_kpi.dialects import dialect
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.physical import Physical, as_written, is_named, spelling, tables_read


def other_spellings(opened: Connection, mapping: Mapping) -> list[str]:
    """Returns a sentence for each table that the catalogue spells otherwise."""
    inspector = sqlalchemy.inspect(opened.engine)

    @cache
    def names(schema: str | None) -> tuple[str, ...]:
        known = (inspector.get_table_names, inspector.get_view_names)
        return tuple(name for each in known for name in _listed(each, schema))

    @cache
    def schemas() -> tuple[str, ...]:
        known = _listed(inspector.get_schema_names)
        # DuckDB lists them behind the catalog, in quotes where they need them.
        return tuple(name.rsplit(".", 1)[-1].strip('"') for name in known)

    read, faults = dialect(mapping.dialect).sqlglot, []
    for where, table in tables_read(mapping):
        right = _right_spelling(table, read, schemas, names)
        if right:
            faults.append(
                f"{where}: {table} is spelled {right} in the database, and row-level security "
                f"goes by that spelling. Write {right}."
            )
    return list(dict.fromkeys(faults))


def _right_spelling(
    table: Physical,
    read: str,
    schemas: Callable[[], tuple[str, ...]],
    names: Callable[[str | None], tuple[str, ...]],
) -> str:
    """Returns how to write a table that is there under another spelling, or nothing."""
    schema = None
    if table.schema.text:
        schema = table.schema.text
        same = [s for s in schemas() if is_named(table.schema, s, read)]
        if same and schema not in same:
            schema = same[0]
    same = [n for n in names(schema) if is_named(table.name, n, read)]
    if not same:
        return ""
    name = table.name.text if table.name.text in same else same[0]
    if (schema or "", name) == (table.schema.text, table.name.text):
        return ""
    right = spelling(tuple(part for part in (schema or "", name) if part), read)
    return f"{as_written(table.catalog, read)}.{right}" if table.catalog.text else right


def _listed(ask: Callable[..., Any], *about: str | None) -> list[str]:
    try:
        return list(ask(*about))
    except Exception:  # a driver that cannot list: nothing is known, so nothing is wrong
        return []
