"""CTEs that a user wrote around a macro: one that is named like a table hides it from rules.

Superset takes a name in FROM for a CTE that stands around it, whatever the schema before the name.
In what we compile such names are replaced, see macros/compiler/hiding.py; here they are a user's.
"""

from __future__ import annotations

import re
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from superset_kpi.dialects import dialect
from superset_kpi.errors import MacroError
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.physical import tables_read
from superset_kpi.superset.written_tables import may_bring_rules, ruled_tables

_VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_SILENT = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def require_seen(macro: str, sql: str, mapping: Mapping, template: str, engine: str) -> None:
    """Raises a MacroError where a table with a rule is hidden in the template that calls a macro.

    `sql` is what the call stands for, `engine` Superset's name of the database's.
    """
    mapped = {table.name.text for _, table in tables_read(mapping)}
    names = mapped & _ctes(template, dialect(mapping.dialect).sqlglot)
    if names and not may_bring_rules():
        names &= {each.name for each in ruled_tables(mapping)}
    if names and (hidden := sorted(names & _hidden(macro, sql, template, engine))):
        raise MacroError(
            f"kpi.{macro}: a CTE around it is called {hidden[0]!r}, as a table that it reads, and "
            "Superset would not apply that table's rules of row-level security. Give the CTE "
            "another name."
        )


@lru_cache(maxsize=256)
def _ctes(template: str, read: str) -> frozenset[str]:
    """Returns the names of a template's CTEs; none where it cannot be read."""
    try:
        trees = sqlglot.parse(_filled(template, "", "(select 1)"), read=read)
    except (SqlglotError, RecursionError):
        return frozenset()
    return frozenset(cte.alias for tree in trees if tree for cte in tree.find_all(exp.CTE))


def _hidden(macro: str, sql: str, template: str, engine: str) -> set[str]:
    """Returns the tables that Superset sees in a macro alone and not in the whole statement."""
    from superset.exceptions import SupersetParseError
    from superset.sql.parse import SQLScript

    statement = _filled(template, macro, sql)
    if sql not in statement:  # it is called in a block
        return set()
    try:
        alone, whole = (
            {table for each in SQLScript(text, engine).statements for table in each.tables}
            for text in (f"select * from {sql} kpi__rows", statement)
        )
    except SupersetParseError:  # then nothing is shown
        return set()
    return {table.table for table in alone - whole}


def _filled(template: str, macro: str, sql: str) -> str:
    """Returns a template with the SQL in the place of each call, and 1 for all other values."""
    call = re.compile(rf"\bkpi\b.*\.\s*{macro}\s*\(", re.DOTALL)
    plain = _SILENT.sub(" ", template)
    return _VALUE.sub(lambda found: sql if call.search(found[0]) else "(select 1)", plain)
