"""Canonical trees -> trees in the words of the engine, with every division in doubles."""

from __future__ import annotations

from sqlglot import exp

from superset_kpi.dialects import PRIMITIVES, Dialect, rewrite, write_cast, write_primitive
from superset_kpi.dialects.vocabulary import UTC
from superset_kpi.macros.compiler.statement import Statement

_SPELLED = (exp.Anonymous, exp.Div, exp.Cast)


def translate(statement: Statement) -> Statement:
    """Returns the statement with its canonical trees in the engine's dialect."""
    target, zone = statement.target, statement.mapping.timezone
    return statement.each(lambda tree: rewrite(_spelled(tree.copy(), target, zone), target))


def _spelled(tree: exp.Expression, target: Dialect, zone: str) -> exp.Expression:
    """Changes the tree itself, from the leaves up: a call sees its arguments already in place."""
    root = exp.Paren(this=tree)
    for node in [n for n in root.walk(bfs=False) if type(n) in _SPELLED][::-1]:
        new = _in_dialect(node, target, zone)
        if new is not node:
            node.replace(new)
    changed: exp.Expression = root.this
    return changed.pop()


def _in_dialect(node: exp.Expression, target: Dialect, zone: str) -> exp.Expression:
    if isinstance(node, exp.Anonymous) and node.name.lower() in PRIMITIVES:
        name = node.name.lower()
        is_local = name == "today" and zone != UTC
        arguments = [exp.Literal.string(zone)] if is_local else node.expressions
        return write_primitive(name, arguments, target)
    if isinstance(node, exp.Div) and not node.args.get("typed"):
        left = node.this if _is_double(node.this) else write_cast(node.this, "double", target)
        return exp.Div(this=left, expression=node.expression, typed=True, safe=False)
    if isinstance(node, exp.Cast) and node.to.this.value.lower() in target.types:
        return write_cast(node.this, node.to.this.value.lower(), target)
    return node


def _is_double(node: exp.Expression) -> bool:
    """Returns whether an expression is a double on every engine, as far as its text shows."""
    if isinstance(node, exp.Cast):
        return bool(node.to.this == exp.DataType.Type.DOUBLE)
    # A literal such as 1e0 is none: PostgreSQL takes it for a numeric.
    if isinstance(node, (exp.Paren, exp.Neg, exp.Sum, exp.Avg, exp.Sqrt, exp.Exp, exp.Ln)):
        return _is_double(node.this)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Div)):
        return _is_double(node.this) or _is_double(node.expression)
    return False
