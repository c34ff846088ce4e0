"""Puts a select around the finished rows that makes some columns fit to be looked at."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from superset_kpi.macros.compiler.statement import Statement
from superset_kpi.macros.read import CANONICAL
from superset_kpi.mapping.sql import parse_expression


def display(statement: Statement) -> Statement:
    """Returns the statement with the columns of `displayed` as they are shown."""
    if not statement.displayed or statement.macro is None:
        return statement
    columns = [
        exp.alias_(parse_expression(statement.displayed[name], CANONICAL), name)
        if name in statement.displayed
        else exp.column(name)
        for name in statement.macro.returns
    ]
    name = statement.cte_name("displayed")
    body = exp.select(*columns).from_(name)
    return replace(statement, body=body, ctes={**statement.ctes, name: statement.body})
