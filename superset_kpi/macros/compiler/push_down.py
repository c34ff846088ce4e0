"""Takes the filters of those who read a logical table down to the sources that it is mapped to.

A survey is often mapped once for each question. Where every reader of ratings asks for one metric,
the sources of the others are not read, and what is known of the rest holds for all rows.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from superset_kpi.macros.compiler.statement import Statement
from superset_kpi.macros.compiler.trees import conjuncts, selects, sources
from superset_kpi.mapping import LOGICAL_TABLES

# A source whose constant in such a column is never asked for is left out of the statement.
FILTERED = {"ratings": ("metric",), "benchmarks": ("metric",), "targets": ("metric",)}


def push_down(statement: Statement) -> Statement:
    """Returns the statement with what all readers of each logical table ask for."""
    readers: dict[str, list[exp.Select]] = {}
    for select in selects(statement.trees()):
        for name in {name for name, _ in sources(select)}:
            readers.setdefault(name, []).append(select)
    asked = {
        table: _constants(readers[name], name, FILTERED.get(table, ()))
        for table in LOGICAL_TABLES
        if (name := statement.cte_name(table)) in readers
    }
    return replace(statement, asked=asked)


def _constants(
    readers: list[exp.Select], table: str, columns: tuple[str, ...]
) -> dict[str, set[str]]:
    """Returns the texts that every reader of a table compares each column with, if all do."""
    found: dict[str, set[str]] = {}
    for column in columns:
        values = [_compared(select, column, table) for select in readers]
        if None not in values:
            found[column] = {value for value in values if value is not None}
    return found


def _compared(select: exp.Select, column: str, table: str) -> str | None:
    where = select.args.get("where")
    aliases = {alias for name, alias in sources(select) if name == table}
    for part in conjuncts(where.this) if where else []:
        if isinstance(part, exp.EQ) and isinstance(part.this, exp.Column):
            value = part.expression
            is_it = part.this.name == column and part.this.table in ("", *aliases)
            if is_it and isinstance(value, exp.Literal) and value.is_string:
                return str(value.this)
    return None
