"""Hides SQL of the call: it is in the warehouse's own dialect, and no pass is to rewrite it."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from superset_kpi.macros.compiler.statement import MASK, Statement


def mask(statement: Statement) -> Statement:
    """Returns the statement with a made-up column for each argument of the warehouse's dialect."""
    masked = [node for node in statement.arguments.values() if node.meta.get("is_foreign")]
    columns = {id(node): exp.column(f"{MASK}{place}") for place, node in enumerate(masked)}
    arguments = {name: columns.get(id(n), n) for name, n in statement.arguments.items()}
    return replace(statement, arguments=arguments, masked=tuple(masked))
