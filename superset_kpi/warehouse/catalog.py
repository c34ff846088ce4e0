"""What the warehouse calls its schemas, tables and columns: hints where a mapping misses one."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy.engine import Connection, Inspector

from superset_kpi.errors import nearest
from superset_kpi.mapping import Source

MOST_SCHEMAS = 50

# PyHive lists the schema of each table instead of its name.
_HIVE = "default"

# Of the engines themselves.
_OWN = ("information_schema", "system", "temp", "mysql", "performance_schema", "sys")


def missing_table(opened: Connection, name: str) -> str | None:
    """Returns what is wrong with the name of a table, and what to write; None where it is there."""
    parts = _parts(name)
    schema = parts[-2] if len(parts) > 1 else None
    inspector = sqlalchemy.inspect(opened.engine)
    try:
        looked_in = schema or inspector.default_schema_name
        known = tables_of(inspector, looked_in)
        if parts[-1] in known:
            return None
        if {*known} == {looked_in or _HIVE}:
            return f"there is no table {name!r}. Write schema.table as the warehouse spells it."
        schemas = schemas_of(inspector)
        if schema is not None and schema not in schemas:
            return f"there is no schema {schema!r} for {name!r}. {nearest(schema, schemas)}"
        elsewhere = [s for s in schemas[:MOST_SCHEMAS] if s != looked_in]
        homes = [s for s in elsewhere if parts[-1] in tables_of(inspector, s)]
    except Exception:  # A driver that cannot list tables: the refusal itself is shown instead.
        return None
    place = f" (looked in: {looked_in})" if looked_in else ""
    if homes:
        hint = f"There is one in {homes[0]}: write {homes[0]}.{parts[-1]}."
    elif known:
        hint = nearest(parts[-1], known)
    else:
        filled = [s for s in elsewhere if tables_of(inspector, s)]
        with_tables = f"; tables are in: {', '.join(filled)}" if filled else ""
        hint = f"No table is there{with_tables}. Write the schema before the name."
    return f"there is no table {name!r}{place}. {hint}"


def column_hint(opened: Connection, source: Source, column: str) -> str:
    """Returns what to write instead of a column that cannot be read."""
    try:
        known = [name for name, _ in physical_columns(opened, source)]
    except Exception:  # As above.
        known = []
    if not known:
        return "Map an existing column."
    written = str(source.columns[column].value)
    for name in known:
        if name.lower() == written.lower().strip('"`[]'):
            quoted = name if name.isidentifier() else f'"{name}"'
            return f"A column of that name is there: write {{column: {quoted}}}."
    return nearest(written, known)


def _parts(name: str) -> list[str]:
    return [part.strip('"`[]') for part in name.split(".")]


def schemas_of(inspector: Inspector) -> list[str]:
    """Returns the schemas that hold somebody's tables; DuckDB's have their catalog before them."""
    places = [name.split(".") for name in inspector.get_schema_names()]
    names = [p[-1] for p in places if p[0].lower() not in _OWN and p[-1].lower() not in _OWN]
    return list(dict.fromkeys(names))


def tables_of(inspector: Inspector, schema: str | None) -> list[str]:
    return [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]


def physical_columns(opened: Connection, source: Source) -> list[tuple[str, object]]:
    """Returns the name and SQLAlchemy's type of each column of a source's table."""
    if source.table is None:
        return []
    parts = _parts(source.table)
    schema = parts[-2] if len(parts) > 1 else None
    columns = sqlalchemy.inspect(opened.engine).get_columns(parts[-1], schema=schema)
    return [(str(c["name"]), c["type"]) for c in columns]
