"""Canonical trees -> trees in an engine's words."""

from __future__ import annotations

from functools import lru_cache

import sqlglot
from sqlglot import exp

from superset_kpi.dialects.vocabulary import Dialect, Unwritable


@lru_cache(maxsize=1024)
def _template(text: str, sqlglot_name: str) -> exp.Expression:
    return sqlglot.parse_one(text, read=sqlglot_name)


def write_primitive(name: str, arguments: list[exp.Expression], target: Dialect) -> exp.Expression:
    """Returns the primitive as the engine spells it, with the arguments in their places.

    One without a form there is Unwritable.
    """
    if name not in target.primitives:
        remedy = "Name a day in as_of." if name == "today" else "Use a macro without it."
        raise Unwritable(
            f"{name} has no form in standard SQL, and {target.engine} is not one of the engines "
            f"that have their own. {remedy}"
        )
    return _filled(target.primitives[name], arguments, target)


def write_column(value: exp.Expression, kind: str, target: Dialect) -> exp.Expression:
    """Returns a mapped column of a logical type as macros read it: a number is a double."""
    if kind in target.columns:
        return _filled(target.columns[kind], [value], target)
    return write_cast(value, "double", target) if kind == "number" else value


def write_cast(value: exp.Expression, kind: str, target: Dialect) -> exp.Cast:
    """Returns the value cast to a canonical type: text, double, bigint, date ..."""
    if kind in target.types:
        return exp.cast(value, exp.DataType.build(target.types[kind], dialect=target.sqlglot))
    return exp.cast(value, kind)


def as_written(tree: exp.Expression, target: Dialect) -> exp.Expression:
    """Returns SQL of the mapping's author so that the engine takes it as it was written.

    Takes the tree itself.
    """
    if not target.author:
        return tree
    root = exp.Paren(this=tree)
    for node in list(root.walk(bfs=False))[::-1]:
        if form := target.author.get(node.key):
            arguments = [node.this, node.args.get("expression")]
            node.replace(_filled(form, [a for a in arguments if a is not None], target))
    changed: exp.Expression = root.this
    return changed.pop()


def rewrite(tree: exp.Expression, target: Dialect) -> exp.Expression:
    """Returns the tree with what the engine needs of a whole select, and takes the tree itself."""
    root = exp.Paren(this=tree)
    for change in target.rewrites:
        change(root)
    changed: exp.Expression = root.this
    return changed.pop()


def finish(query: exp.Query, target: Dialect) -> exp.Query:
    """Returns a whole statement with what the engine needs of it; changes it in place."""
    for change in target.statement:
        change(query)
    return query


def _filled(template: str, arguments: list[exp.Expression], target: Dialect) -> exp.Expression:
    tree = exp.paren(_template(template, target.sqlglot).copy(), copy=False)
    for column in list(tree.find_all(exp.Column)):
        place = column.name
        if place.startswith("_") and place[1:].isdigit():
            argument = arguments[int(place[1:]) - 1].copy()
            simple = isinstance(argument, (exp.Column, exp.Literal, exp.Func, exp.Paren))
            column.replace(argument if simple else exp.paren(argument, copy=False))
    return tree.this if isinstance(tree.this, (exp.Func, exp.Cast, exp.Paren)) else tree
