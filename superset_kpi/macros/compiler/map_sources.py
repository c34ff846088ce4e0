"""Gives each logical table that is read as selects over the organisation's own tables."""

from __future__ import annotations

from dataclasses import replace

from superset_kpi.macros.compiler.sources import mapped_select
from superset_kpi.macros.compiler.statement import Statement
from superset_kpi.macros.compiler.trees import reads


def map_sources(statement: Statement) -> Statement:
    """Returns the statement with the sources of those tables, of the columns that are read."""
    read, mapping, target = reads(statement.trees()), statement.mapping, statement.target
    sources = {
        name: mapped_select(table, read[name], mapping, target, asked)
        for table, asked in statement.asked.items()
        if (name := statement.cte_name(table)) in read
    }
    return replace(statement, sources=sources)
