"""`kpi_materialized`: what was written when and from what, a row for each change, none changed.

A table that this record does not hold is never replaced or dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from superset_kpi.dialects import dialect
from superset_kpi.materialize.planning import quoted

RECORD = "kpi_materialized"
_COLUMNS = (
    "relation",
    "table_name",
    "kind",
    "action",
    "mapping",
    "arguments",
    "mapping_digest",
    "statement_digest",
    "as_of",
    "written_at",
    "package",
)


@dataclass(frozen=True)
class Entry:
    """One change: the action is `written` or `removed`, `kind` what the name is in the warehouse.

    Days and times are texts in ISO 8601, times in UTC.
    """

    relation: str
    table_name: str
    kind: str
    action: str
    mapping: str
    arguments: str
    mapping_digest: str
    statement_digest: str
    as_of: str
    written_at: str
    package: str
    row_count: int | None = None


def create_statement(schema: str, engine: str) -> str:
    """Returns the statement that makes an empty record."""
    target = dialect(engine)
    columns = ", ".join(f"{name} varchar(200)" for name in _COLUMNS)
    text = f"create table x ({columns}, row_count bigint)"
    tree = sqlglot.parse_one(text, read="duckdb")
    made = tree.sql(dialect=target.sqlglot).split("(", 1)[1]
    return f"create table {quoted(schema, RECORD, engine)} ({made}{target.tables.stored}"


def select_statement(schema: str, engine: str) -> str:
    """Returns the statement that reads the record, the oldest row first."""
    columns = ", ".join((*_COLUMNS, "row_count"))
    return f"select {columns} from {quoted(schema, RECORD, engine)} order by written_at"


def insert_statement(entry: Entry, schema: str, engine: str) -> str:
    """Returns the statement that adds a row."""
    name = dialect(engine).sqlglot
    values = [exp.Literal.string(getattr(entry, c)).sql(dialect=name) for c in _COLUMNS]
    values.append("null" if entry.row_count is None else str(int(entry.row_count)))
    columns = ", ".join((*_COLUMNS, "row_count"))
    into = quoted(schema, RECORD, engine)
    return f"insert into {into} ({columns}) values ({', '.join(values)})"


def present(entries: list[Entry]) -> dict[str, Entry]:
    """Returns what stands in the warehouse by the record: the last row of each table's name."""
    last = {entry.table_name: entry for entry in entries}
    return {name: entry for name, entry in last.items() if entry.action == "written"}
