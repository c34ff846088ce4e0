"""Leaves out what nobody reads: CTEs, their columns, joins, and sources that a filter rules out.

Superset parses every statement several times, and engines that materialise CTEs pay for width.
"""

from __future__ import annotations

from sqlglot import exp

Reads = dict[str, set[str]]


def prune(
    query: exp.Expression, ctes: dict[str, exp.Expression]
) -> tuple[dict[str, exp.Expression], Reads]:
    """Returns the CTEs that are read, in order, and which columns are read of what is no CTE."""
    reads: Reads = {}
    _unjoin(query, ctes)
    _note(query, reads)
    kept: dict[str, exp.Expression] = {}
    for name in reversed(ctes):
        if name in reads:
            _narrow(ctes[name], reads[name])
            _unjoin(ctes[name], ctes)
            _note(ctes[name], reads)
            kept[name] = ctes[name]
    outside = {name: columns for name, columns in reads.items() if name not in ctes}
    return dict(reversed(kept.items())), outside


def constants(
    selects: list[exp.Select], table: str, columns: tuple[str, ...]
) -> dict[str, set[str]]:
    """Returns the texts that every reader of a table compares each column with, if all do."""
    readers = [s for s in selects if any(name == table for name, _ in sources(s))]
    found: dict[str, set[str]] = {}
    for column in columns:
        values = [_compared(select, column, table) for select in readers]
        if None not in values:
            found[column] = {value for value in values if value is not None}
    return found


def sources(select: exp.Select) -> list[tuple[str, str]]:
    """Returns the (name, alias) of every table in FROM and JOIN."""
    from_ = select.args.get("from_")
    items = [from_, *(select.args.get("joins") or [])] if from_ else []
    return [(i.this.name, i.this.alias_or_name) for i in items if isinstance(i.this, exp.Table)]


def _note(tree: exp.Expression, reads: Reads) -> None:
    for select in tree.find_all(exp.Select):
        read = sources(select)
        for name, _ in read:
            reads.setdefault(name, set())
        for column in select.find_all(exp.Column):
            if column.parent_select is not select:
                continue
            for name, alias in read:
                if column.table in ("", alias):
                    reads[name].add(column.name)


def _unjoin(tree: exp.Expression, ctes: dict[str, exp.Expression]) -> None:
    """Drops left joins that add neither rows nor columns: to groups, by the keys of the groups."""
    for select in tree.find_all(exp.Select):
        for join in [j for j in select.args.get("joins") or [] if j.side == "LEFT"]:
            keys = _group_keys(ctes.get(join.this.name))
            on, alias = join.args.get("on"), join.this.alias_or_name
            if not keys or on is None:
                continue
            columns = [c for c in select.find_all(exp.Column) if c.parent_select is select]
            inside = {id(c) for c in on.find_all(exp.Column)}
            is_read = any(c.table in ("", alias) and id(c) not in inside for c in columns)
            compared = [_key_of(part, alias) for part in conjuncts(on)]
            if not is_read and None not in compared and set(compared) == keys:
                select.args["joins"].remove(join)


def _group_keys(tree: exp.Expression | None) -> set[str]:
    """Returns the columns that a row of a grouped select is the only one of."""
    if not isinstance(tree, exp.Select):
        return set()
    group = tree.args.get("group")
    if group is None or not all(isinstance(key, exp.Column) for key in group.expressions):
        return set()
    names = {key.name for key in group.expressions}
    given = {c.alias_or_name for c in tree.expressions if isinstance(c, exp.Column)}
    return names if names <= given else set()


def _key_of(condition: exp.Expression, alias: str) -> str | None:
    """Returns the column of the alias that a comparison ties to a column of another table."""
    if not isinstance(condition, exp.EQ):
        return None
    sides = [condition.this, condition.expression]
    own = [c for c in sides if isinstance(c, exp.Column) and c.table == alias]
    others = [c for c in sides if isinstance(c, exp.Column) and c.table not in ("", alias)]
    return own[0].name if len(own) == len(others) == 1 else None


def _narrow(tree: exp.Expression, wanted: set[str]) -> None:
    """Drops the projections that nobody reads; a set operation matches them by position."""
    if isinstance(tree, exp.SetOperation):
        if not is_all(tree):
            return
        selects = branches(tree)
    elif isinstance(tree, exp.Select):
        selects = [tree]
    else:
        return
    if any(not isinstance(s, exp.Select) or s.args.get("distinct") for s in selects):
        return
    names = tree.named_selects
    places = [i for i, name in enumerate(names) if name in wanted] or [0]
    if len(places) == len(names) or any(map(is_one_row, selects)):
        return
    for select in selects:
        select.set("expressions", [select.expressions[i] for i in places])


def is_one_row(select: exp.Expression) -> bool:
    """Returns whether it aggregates without groups: bare of its aggregates it gives every row."""
    if select.args.get("group"):
        return False
    aggregates = (a for e in select.expressions for a in e.find_all(exp.AggFunc))
    return any(not isinstance(a.parent, exp.Window) for a in aggregates)


def is_all(tree: exp.Expression) -> bool:
    if isinstance(tree, exp.SetOperation):
        return (
            isinstance(tree, exp.Union)
            and not tree.args.get("distinct")
            and is_all(tree.this)
            and is_all(tree.expression)
        )
    return True


def branches(tree: exp.Expression) -> list[exp.Expression]:
    if isinstance(tree, exp.SetOperation):
        return [*branches(tree.this), *branches(tree.expression)]
    return [tree]


def conjuncts(condition: exp.Expression) -> list[exp.Expression]:
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if isinstance(condition, exp.And):
        return [*conjuncts(condition.left), *conjuncts(condition.right)]
    return [condition]


def _compared(select: exp.Select, column: str, table: str) -> str | None:
    where = select.args.get("where")
    aliases = {alias for name, alias in sources(select) if name == table}
    for part in conjuncts(where.this) if where else []:
        if isinstance(part, exp.EQ) and isinstance(part.this, exp.Column):
            value = part.expression
            is_it = part.this.name == column and part.this.table in ("", *aliases)
            if is_it and isinstance(value, exp.Literal) and value.is_string:
                return str(value.this)
    return None
