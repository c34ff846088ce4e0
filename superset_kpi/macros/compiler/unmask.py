"""Puts the call's own SQL back in the place of what `mask` left there."""

from __future__ import annotations

from sqlglot import exp

from superset_kpi.macros.compiler.statement import MASK, Statement
from superset_kpi.macros.compiler.trees import operand


def unmask(statement: Statement) -> Statement:
    """Returns the statement as the call wrote it; what is put back is not looked into."""

    def put_back(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Column) or not node.name.startswith(MASK):
            return node
        return operand(statement.masked[int(node.name.removeprefix(MASK))].copy())

    return statement.each(lambda tree: tree.transform(put_back)) if statement.masked else statement
