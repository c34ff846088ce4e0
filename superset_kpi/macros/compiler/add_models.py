"""Gives the fitted models as rows, where the statement reads any."""

from __future__ import annotations

from dataclasses import replace

from superset_kpi.macros.compiler.statement import Statement
from superset_kpi.macros.compiler.trees import selects, sources
from superset_kpi.macros.fitted import MODEL_TABLES, models_select


def add_models(statement: Statement) -> Statement:
    """Returns the statement with a CTE for each table of models that it reads."""
    read = {name for select in selects(statement.trees()) for name, _ in sources(select)}
    models = {
        statement.cte_name(table): models_select(table, statement.mapping)
        for table in MODEL_TABLES
        if statement.cte_name(table) in read
    }
    return replace(statement, ctes={**models, **statement.ctes})
