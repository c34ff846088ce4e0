"""Constant folding: an argument's value decides which branch of the text is written out.

sqlglot's own `simplify` will not do. It turns

    case when x is null then 'none' when true then 'some' end

into `'some'`, reads no primitive (`day_of('2026-01-01')`), and makes a bare null of a case that
never holds, where unions and PostgreSQL need its type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from superset_kpi.dialects import PRIMITIVES
from superset_kpi.macros.compiler.fold_dates import TYPES, fold_date, is_known_day, known_day
from superset_kpi.macros.compiler.trees import operand

_DOUBLE = exp.DataType.Type.DOUBLE
# Building a type from its name parses it, each time.
_NUMBERS = (_DOUBLE, exp.DataType.Type.BIGINT)


def fold(tree: exp.Expression) -> exp.Expression:
    """Returns the tree without comparisons of literals, and without the branches they rule out."""
    for node in list(tree.walk(bfs=False))[::-1]:
        folded = fold_node(node)
        if folded is node:
            continue
        if node is tree:
            tree = folded
        else:
            node.replace(folded)
    return tree


def fold_node(node: exp.Expression) -> exp.Expression:
    """Returns what a node is whose parts are folded already."""
    folder = _FOLDERS.get(type(node))
    return folder(node) if folder else node


def is_null(node: exp.Expression) -> bool:
    """Returns whether the expression is null: bare, cast, compared, or a case that never holds."""
    node = node.unnest()
    if isinstance(node, (exp.Not, *_COMPARISONS)):
        return any(map(is_null, node.iter_expressions()))
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        is_open = any(may_hold(branch.this) for branch in node.args["ifs"])
        return not (node.this or is_open) and (default is None or is_null(default))
    return isinstance(node, exp.Null) or (isinstance(node, exp.Cast) and is_null(node.this))


def is_one(node: exp.Expression) -> bool:
    """Returns whether the expression is the number 1."""
    return _value(node) == ("number", 1.0)


def is_true(node: exp.Expression) -> bool:
    """Returns whether a condition holds for every row."""
    return _truth(node) is True


def may_hold(node: exp.Expression) -> bool:
    """Returns whether a condition can hold for a row, as far as its text shows."""
    node = node.unnest()
    if isinstance(node, exp.And):
        return may_hold(node.left) and may_hold(node.right)
    if isinstance(node, exp.Or):
        return may_hold(node.left) or may_hold(node.right)
    return _truth(node) is not False and not is_null(node)


def is_constant(node: exp.Expression) -> bool:
    """Returns whether the expression is one literal, day, truth or null, maybe cast."""
    node = node.unnest()
    if isinstance(node, exp.Cast):
        return is_constant(node.this)
    return _value(node) is not None or isinstance(node, (exp.Null, exp.Boolean))


def _fold_not(node: exp.Not) -> exp.Expression:
    truth = _truth(node.this)
    return node if truth is None else _boolean(not truth)


def _fold_call(node: exp.Anonymous) -> exp.Expression:
    if isinstance(node.parent, exp.Table):
        return node
    if node.name.lower() in PRIMITIVES and any(map(is_null, node.expressions)):
        kind = TYPES.get(node.name.lower(), "bigint")
        return exp.cast(exp.null(), kind)
    return fold_date(node)


def _fold_cast(node: exp.Cast) -> exp.Expression:
    inner = node.this.unnest()
    if isinstance(inner, exp.Cast) and is_null(inner):
        return exp.Cast(this=exp.null(), to=node.to.copy())
    return node


def _fold_product(node: exp.Mul) -> exp.Expression:
    """Leaves out a factor of 1 beside a constant: of a column it may be what makes it a double."""
    for factor, other in ((node.left, node.right), (node.right, node.left)):
        if is_one(factor) and _value(other) is not None:
            return other.copy()
    return _fold_strict(node)


def _fold_strict(node: exp.Expression) -> exp.Expression:
    """Makes null of arithmetic with a null of type double, which is the type of the result."""
    nulls = [part.unnest() for part in node.iter_expressions() if is_null(part)]
    doubles = [n for n in nulls if isinstance(n, exp.Cast) and n.to.this == _DOUBLE]
    return doubles[0].copy() if doubles else node


def _fold_select(node: exp.Select) -> exp.Expression:
    where = node.args.get("where")
    if where and is_true(where.this):
        node.set("where", None)
    return node


def _truth(node: exp.Expression) -> bool | None:
    node = node.unnest()
    return bool(node.this) if isinstance(node, exp.Boolean) else None


def _value(node: exp.Expression) -> tuple[str, str | float] | None:
    node = node.unnest()
    day = known_day(node)
    if day is not None:
        return "day", day.isoformat()
    if isinstance(node, exp.Cast) and node.to.this in _NUMBERS:
        inner = _value(node.this)
        return inner if inner and inner[0] == "number" else None
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
    this = node.this.unnest()
    if isinstance(node.expression, exp.Null):
        if is_null(this):
            return exp.true()
        if is_constant(this) or is_known_day(this):
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
    branches = node.args["ifs"]
    default = node.args.get("default")
    kept = []
    for branch in branches:
        if is_true(branch.this):
            default = branch.args["true"]
            break
        if may_hold(branch.this):
            kept.append(branch)
    else:
        if len(kept) == len(branches):
            return node
    if kept:
        ifs = [branch.copy() for branch in kept]
        return exp.Case(ifs=ifs, default=default.copy() if default else None)
    if default:
        return _in_place(default.copy())
    results = [branch.args["true"].unnest() for branch in branches]
    typed = [result for result in results if not isinstance(result, exp.Null)]
    if not typed:
        return exp.null()
    if isinstance(typed[0], exp.Cast):
        return exp.Cast(this=exp.null(), to=typed[0].to.copy())
    if is_known_day(typed[0]):
        return exp.cast(exp.null(), "date")
    # It says its type.
    return exp.Case(ifs=[exp.If(this=exp.false(), true=typed[0].copy())])


def _fold_coalesce(node: exp.Coalesce) -> exp.Expression:
    operands = [node.this, *node.expressions]
    kept = [o for o in operands if not is_null(o)]
    if not kept:
        empty: exp.Expression = operands[0].unnest()
        return empty.copy()
    first = kept[0]
    if len(kept) > 1 and not (is_constant(first) or is_known_day(first)):
        if len(kept) == len(operands):
            return node
        return exp.Coalesce(this=first.copy(), expressions=[o.copy() for o in kept[1:]])
    return _typed_like(first, [o for o in operands if is_null(o)], node)


def _typed_like(
    value: exp.Expression, nulls: list[exp.Expression], node: exp.Expression
) -> exp.Expression:
    """Returns a value of the type of the nulls before it: a number has one of its own."""
    bare = value.unnest()
    if not isinstance(bare, exp.Literal) or bare.is_string:
        return _in_place(value.copy())
    for null in (each.unnest() for each in nulls):
        if isinstance(null, exp.Cast):
            return exp.Cast(this=bare.copy(), to=null.to.copy())
        if isinstance(null, exp.Case):
            return node
    return bare.copy()


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
    if where is None or _truth(where.this) is not False:
        return False
    return bool(query.args.get("group")) or query.find(exp.AggFunc) is None


def _in_place(node: exp.Expression) -> exp.Expression:
    """Returns what takes the place of a case or a function, which needs no parentheses there."""
    return node if isinstance(node, exp.Case) else operand(node)


_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_FOLDERS: dict[type[exp.Expression], Callable[[Any], exp.Expression]] = {
    **dict.fromkeys(_COMPARISONS, _fold_comparison),
    **dict.fromkeys((exp.And, exp.Or), _fold_connector),
    exp.Is: _fold_is,
    exp.In: _fold_in,
    exp.Not: _fold_not,
    exp.Case: _fold_case,
    exp.Coalesce: _fold_coalesce,
    exp.Cast: _fold_cast,
    exp.Mul: _fold_product,
    **dict.fromkeys(
        (exp.Add, exp.Sub, exp.Div, exp.Neg, exp.Abs, exp.Exp, exp.Floor, exp.Ln, exp.Sqrt),
        _fold_strict,
    ),
    exp.Anonymous: _fold_call,
    exp.Select: _fold_select,
    exp.Union: _fold_union,
}
