"""Constant folding: an argument's value decides which branch of the text is written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from superset_kpi.macros.fold_dates import fold_date, is_known_day


def fold(tree: exp.Expression) -> exp.Expression:
    """Returns the tree without comparisons of literals, and without the branches they rule out."""
    for node in list(tree.walk(bfs=False))[::-1]:
        folder = _FOLDERS.get(type(node))
        folded = folder(node) if folder else node
        if folded is node:
            continue
        if node is tree:
            tree = folded
        else:
            node.replace(folded)
    for select in tree.find_all(exp.Select):
        where = select.args.get("where")
        if where and _truth(where.this) is True:
            select.set("where", None)
    return tree


def _fold_not(node: exp.Not) -> exp.Expression:
    truth = _truth(node.this)
    return node if truth is None else _boolean(not truth)


def _fold_call(node: exp.Anonymous) -> exp.Expression:
    return node if isinstance(node.parent, exp.Table) else fold_date(node)


def _unwrap(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _truth(node: exp.Expression) -> bool | None:
    node = _unwrap(node)
    return bool(node.this) if isinstance(node, exp.Boolean) else None


def _value(node: exp.Expression) -> tuple[str, str | float] | None:
    node = _unwrap(node)
    if isinstance(node, exp.Literal):
        return ("text", node.this) if node.is_string else ("number", float(node.this))
    if isinstance(node, exp.Neg):
        inner = _value(node.this)
        return ("number", -float(inner[1])) if inner and inner[0] == "number" else None
    return None


def _boolean(value: bool) -> exp.Boolean:
    return exp.true() if value else exp.false()


def _fold_comparison(node: exp.Binary) -> exp.Expression:
    left, right = _value(node.left), _value(node.right)
    if left is None or right is None or left[0] != right[0]:
        return node
    a, b = left[1], right[1]
    results = {
        exp.EQ: a == b,
        exp.NEQ: a != b,
        exp.GT: a > b,  # type: ignore[operator]
        exp.GTE: a >= b,  # type: ignore[operator]
        exp.LT: a < b,  # type: ignore[operator]
        exp.LTE: a <= b,  # type: ignore[operator]
    }
    return _boolean(results[type(node)])


def _fold_is(node: exp.Is) -> exp.Expression:
    this = _unwrap(node.this)
    if isinstance(node.expression, exp.Null):
        if isinstance(this, exp.Null):
            return exp.true()
        if _value(this) is not None or isinstance(this, exp.Boolean) or is_known_day(this):
            return exp.false()
    return node


def _fold_in(node: exp.In) -> exp.Expression:
    value = _value(node.this)
    members = [_value(e) for e in node.expressions]
    if value is None or not members or any(m is None for m in members):
        return node
    return _boolean(value in members)


def _fold_connector(node: exp.Connector) -> exp.Expression:
    decisive = isinstance(node, exp.Or)
    left, right = _truth(node.left), _truth(node.right)
    if decisive in (left, right):
        return _boolean(decisive)
    if left is not None:
        return node.right.copy()
    if right is not None:
        return node.left.copy()
    return node


def _fold_case(node: exp.Case) -> exp.Expression:
    if node.this:
        return node
    kept: list[exp.Expression] = []
    truths = [_truth(branch.this) for branch in node.args["ifs"]]
    if all(truth is None for truth in truths):
        return node
    for branch, truth in zip(node.args["ifs"], truths, strict=True):
        if truth is False:
            continue
        if truth is True:
            result = branch.args["true"].copy()
            if not kept:
                return _grouped(result)
            return exp.Case(ifs=kept, default=result)
        kept.append(branch.copy())
    default = node.args.get("default")
    if not kept:
        return _grouped(default.copy()) if default else exp.null()
    return exp.Case(ifs=kept, default=default.copy() if default else None)


def _fold_coalesce(node: exp.Coalesce) -> exp.Expression:
    operands = [node.this, *node.expressions]
    kept = [o for o in operands if not isinstance(_unwrap(o), exp.Null)]
    if kept and is_known_day(kept[0]):
        return _grouped(kept[0].copy())
    if len(kept) == len(operands):
        return node
    if not kept:
        return exp.null()
    if len(kept) == 1:
        return _grouped(kept[0].copy())
    return exp.Coalesce(this=kept[0].copy(), expressions=[o.copy() for o in kept[1:]])


def _fold_union(node: exp.Union) -> exp.Expression:
    """Drops a branch that a false condition empties, and with it the macros that it calls."""
    kept: exp.Expression | None = None
    if not node.args.get("distinct"):
        if _is_empty(node.right):
            kept = node.left.copy()
        elif _is_empty(node.left) and node.left.named_selects == node.right.named_selects:
            kept = node.right.copy()
    if kept is None:
        return node
    if node.args.get("with_"):
        kept.set("with_", node.args["with_"])
    return kept


def _is_empty(query: exp.Expression) -> bool:
    where = query.args.get("where") if isinstance(query, exp.Select) else None
    is_one_row = not query.args.get("group") and query.find(exp.AggFunc) is not None
    return where is not None and _truth(where.this) is False and not is_one_row


def _grouped(node: exp.Expression) -> exp.Expression:
    simple = (exp.Column, exp.Literal, exp.Func, exp.Paren, exp.Null, exp.Boolean)
    return node if isinstance(node, simple) else exp.paren(node, copy=False)


_FOLDERS: dict[type[exp.Expression], Callable[[Any], exp.Expression]] = {
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _fold_comparison),
    **dict.fromkeys((exp.And, exp.Or), _fold_connector),
    exp.Is: _fold_is,
    exp.In: _fold_in,
    exp.Not: _fold_not,
    exp.Case: _fold_case,
    exp.Coalesce: _fold_coalesce,
    exp.Anonymous: _fold_call,
    exp.Union: _fold_union,
}
