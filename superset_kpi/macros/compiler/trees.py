"""What several passes ask of a canonical tree: a select, or a union of selects, none inside."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

Reads = dict[str, set[str]]


def branches(tree: exp.Expression) -> list[exp.Expression]:
    """Returns what a set operation puts together; of a select that is itself."""
    if isinstance(tree, exp.SetOperation):
        return [*branches(tree.this), *branches(tree.expression)]
    return [tree]


def selects(trees: Iterable[exp.Expression]) -> list[exp.Select]:
    """Returns the selects of all trees, in order."""
    return [s for tree in trees for s in branches(tree) if isinstance(s, exp.Select)]


def is_all(tree: exp.Expression) -> bool:
    """Returns whether nothing but `union all` puts the selects together."""
    if not isinstance(tree, exp.SetOperation):
        return True
    is_plain = isinstance(tree, exp.Union) and not tree.args.get("distinct")
    return is_plain and is_all(tree.this) and is_all(tree.expression)


def sources(select: exp.Select) -> list[tuple[str, str]]:
    """Returns the (name, alias) of every table in FROM and JOIN."""
    from_ = select.args.get("from_")
    items = [from_, *(select.args.get("joins") or [])] if from_ else []
    return [(i.this.name, i.this.alias_or_name) for i in items if isinstance(i.this, exp.Table)]


def reads(trees: Iterable[exp.Expression]) -> Reads:
    """Returns which columns are read of which table or CTE; without an alias it may be any."""
    found: Reads = {}
    for select in selects(trees):
        by_alias = [(alias, found.setdefault(name, set())) for name, alias in sources(select)]
        for column in select.find_all(exp.Column):
            for alias, columns in by_alias:
                if column.table in ("", alias):
                    columns.add(column.name)
    return found


def conjuncts(condition: exp.Expression) -> list[exp.Expression]:
    """Returns the conditions that all have to hold, whatever parentheses group them."""
    condition = condition.unnest()
    if not isinstance(condition, exp.And):
        return [condition]
    return [c for part in condition.flatten() for c in conjuncts(part)]


def is_one_row(select: exp.Expression) -> bool:
    """Returns whether it aggregates without groups: bare of its aggregates it gives every row."""
    if select.args.get("group"):
        return False
    aggregates = (a for e in select.expressions for a in e.find_all(exp.AggFunc))
    return any(not isinstance(a.parent, exp.Window) for a in aggregates)


def operand(node: exp.Expression) -> exp.Expression:
    """Returns the node so that it can stand beside any operator: in parentheses where it must."""
    simple = (exp.Column, exp.Literal, exp.Func, exp.Paren, exp.Null, exp.Boolean, exp.Identifier)
    is_simple = isinstance(node, simple) and not isinstance(node, (exp.Connector, exp.Case))
    return node if is_simple else exp.paren(node, copy=False)
