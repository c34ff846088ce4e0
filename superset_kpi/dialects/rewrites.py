"""Changes of a whole select that an engine needs; each takes the tree of one select and alters it.

They run on the macro's own text, never on what the mapping's author wrote in the engine's dialect.
"""

from __future__ import annotations

from sqlglot import exp

_EMPTY_IS_NULL = (exp.Sum, exp.Min, exp.Max, exp.Avg)


def from_one_row(tree: exp.Expression) -> None:
    """Gives a select with a condition and without rows to read one row to read."""
    for select in list(tree.find_all(exp.Select)):
        if select.args.get("where") and not select.args.get("from_"):
            # Not `dual`: sqlglot quotes it, and then it is a table that nobody has.
            one = exp.select(exp.alias_(exp.Literal.number(1), "kpi__one"))
            select.set("from_", exp.From(this=one.subquery("kpi__row")))


def nulls_last(tree: exp.Expression) -> None:
    """Sorts nulls last by a key of its own: sqlglot drops the order of nulls in a framed window."""
    for ordered in list(tree.find_all(exp.Ordered)):
        if not ordered.args.get("desc") and not ordered.args.get("nulls_first"):
            is_null = exp.Is(this=ordered.this.copy(), expression=exp.null())
            key = exp.Case().when(is_null, "1").else_("0")
            ordered.set("nulls_first", True)
            order = ordered.parent
            if isinstance(order, exp.Order):
                place = order.expressions.index(ordered)
                keys = [exp.Ordered(this=key, nulls_first=True), ordered]
                order.set(
                    "expressions",
                    [*order.expressions[:place], *keys, *order.expressions[place + 1 :]],
                )


def nullable(tree: exp.Expression) -> None:
    """Lets outer joins, `lag` and aggregates of no rows give null instead of a type's zero."""
    for select in list(tree.find_all(exp.Select)):
        for join in select.args.get("joins") or []:
            if join.side == "LEFT" and isinstance(join.this, exp.Table):
                _join_nullable(select, join)
        if not select.args.get("group"):
            for aggregate in select.find_all(*_EMPTY_IS_NULL):
                is_window = isinstance(aggregate.parent, exp.Window)
                if aggregate.parent_select is select and not is_window:
                    aggregate.set("this", _to_nullable(aggregate.this))
    for lag in tree.find_all(exp.Lag):
        lag.set("this", _to_nullable(lag.this))


def _join_nullable(select: exp.Select, join: exp.Join) -> None:
    table = join.this
    alias = table.alias_or_name
    names = {
        column.name: None
        for column in select.find_all(exp.Column)
        if column.table == alias and column.parent_select is select
    }
    columns = [exp.alias_(_to_nullable(exp.column(name)), name) for name in names]
    inner = exp.Select(expressions=columns).from_(exp.to_table(table.name))
    join.set("this", exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(alias))))


def _to_nullable(node: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this="toNullable", expressions=[node.copy()])


def signed(tree: exp.Expression) -> None:
    """Gives counts a sign: a union of signed and unsigned 64-bit integers is of no integer type."""
    for node in list(tree.find_all(exp.Count, exp.RowNumber, exp.Ntile, exp.Sum)):
        if isinstance(node, exp.Sum) and not _is_integer(node.this):
            continue
        whole = node.parent if isinstance(node.parent, exp.Window) else node
        whole.replace(exp.Anonymous(this="toInt64", expressions=[whole.copy()]))


def _is_integer(node: exp.Expression) -> bool:
    if isinstance(node, exp.Case):
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        return all(map(_is_integer, [*branches, node.args.get("default") or exp.null()]))
    if isinstance(node, (exp.Paren, exp.Neg)):
        return _is_integer(node.this)
    is_number = isinstance(node, exp.Literal) and not node.is_string
    return isinstance(node, exp.Null) or (is_number and node.name.isdigit())


def named(tree: exp.Expression) -> None:
    """Names each column that a select gives: without a name that of a join has its table's too."""
    for select in tree.find_all(exp.Select):
        for column in select.expressions:
            if isinstance(column, exp.Column) and column.table:
                column.replace(exp.alias_(column.copy(), column.name))
