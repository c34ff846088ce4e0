"""Leaves out what nobody reads: CTEs, their columns, and joins that give neither rows nor columns.

Superset parses every statement several times, and engines that materialise CTEs pay for width.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from superset_kpi.macros.compiler.statement import Statement, Trees
from superset_kpi.macros.compiler.trees import (
    branches,
    conjuncts,
    is_all,
    is_one_row,
    reads,
    selects,
)


def prune(statement: Statement) -> Statement:
    """Returns the statement with what is read from its body, directly or through others."""
    ctes = statement.ctes
    body = _unjoined(statement.body, ctes)
    read = reads([body])
    kept: dict[str, exp.Expression] = {}
    for name in reversed(list(ctes)):
        if name in read:
            kept[name] = _unjoined(_narrowed(ctes[name], read[name]), ctes)
            for other, columns in reads([kept[name]]).items():
                read.setdefault(other, set()).update(columns)
    return replace(statement, body=body, ctes=dict(reversed(kept.items())))


def _unjoined(tree: exp.Expression, ctes: Trees) -> exp.Expression:
    """Returns the tree without left joins that add neither rows nor columns.

    To groups by the keys of the groups: each row finds one at most.
    """
    if not any(_idle(select, ctes) for select in selects([tree])):
        return tree
    tree = tree.copy()
    for select in selects([tree]):
        while idle := _idle(select, ctes):
            idle.pop()
    return tree


def _idle(select: exp.Select, ctes: Trees) -> exp.Join | None:
    """Returns the first such join."""
    for join in select.args.get("joins") or []:
        keys = _group_keys(ctes.get(join.this.name)) if join.side == "LEFT" else set()
        on, alias = join.args.get("on"), join.this.alias_or_name
        if not keys or on is None:
            continue
        inside = {id(c) for c in on.find_all(exp.Column)}
        columns = (c for c in select.find_all(exp.Column) if id(c) not in inside)
        if {_key_of(part, alias) for part in conjuncts(on)} == keys and not any(
            c.table in ("", alias) for c in columns
        ):
            return join  # type: ignore[no-any-return]
    return None


def _group_keys(tree: exp.Expression | None) -> set[str]:
    """Returns the columns that a row of a grouped select is the only one of."""
    group = tree.args.get("group") if isinstance(tree, exp.Select) else None
    if tree is None or group is None or not _are_columns(group.expressions):
        return set()
    names = {key.name for key in group.expressions}
    given = {c.alias_or_name for c in tree.expressions if isinstance(c, exp.Column)}
    return names if names <= given else set()


def _are_columns(keys: list[exp.Expression]) -> bool:
    return all(isinstance(key, exp.Column) for key in keys)


def _key_of(condition: exp.Expression, alias: str) -> str | None:
    """Returns the column of the alias that a comparison ties to a column of another table."""
    if not isinstance(condition, exp.EQ):
        return None
    sides = [condition.this, condition.expression]
    own = [c for c in sides if isinstance(c, exp.Column) and c.table == alias]
    others = [c for c in sides if isinstance(c, exp.Column) and c.table not in ("", alias)]
    return own[0].name if len(own) == len(others) == 1 else None


def _narrowed(tree: exp.Expression, wanted: set[str]) -> exp.Expression:
    """Returns the tree without columns that nobody reads; a union matches them by position."""
    parts = branches(tree)
    if not is_all(tree) or any(
        not isinstance(s, exp.Select) or s.args.get("distinct") for s in parts
    ):
        return tree
    names = tree.named_selects  # type: ignore[attr-defined]
    places = [i for i, name in enumerate(names) if name in wanted] or [0]
    if len(places) == len(names) or any(map(is_one_row, parts)):
        return tree
    tree = tree.copy()
    for select in branches(tree):
        select.set("expressions", [select.expressions[i] for i in places])
    return tree
