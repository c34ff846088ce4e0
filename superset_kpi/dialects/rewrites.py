"""Changes of a whole select that an engine needs; each takes the tree of one select and alters it.

They run on the macro's own text, never on what the mapping's author wrote in the engine's dialect.
"""

from __future__ import annotations

from sqlglot import exp

_EMPTY_IS_NULL = (exp.Sum, exp.Min, exp.Max, exp.Avg)


def from_dual(tree: exp.Expression) -> None:
    """Gives a select with a condition and without rows to read the table that it needs."""
    for select in tree.find_all(exp.Select):
        if select.args.get("where") and not select.args.get("from_"):
            select.set("from_", exp.From(this=exp.to_table("dual")))


def nullable(tree: exp.Expression) -> None:
    """Lets outer joins, `lag` and aggregates of no rows give null instead of a type's zero."""
    for select in list(tree.find_all(exp.Select)):
        for join in select.args.get("joins") or []:
            if join.side == "LEFT" and isinstance(join.this, exp.Table):
                _join_nullable(select, join)
        if not select.args.get("group"):
            for aggregate in select.find_all(*_EMPTY_IS_NULL):
                if aggregate.parent_select is select:
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


def qualified(tree: exp.Expression) -> None:
    """Writes the table before a column that an alias of the same select would hide."""
    for select in tree.find_all(exp.Select):
        from_ = select.args.get("from_")
        if not from_ or select.args.get("joins"):
            continue
        hiding = {
            node.alias
            for node in select.expressions
            if isinstance(node, exp.Alias) and not _is_column(node.this, node.alias)
        }
        for column in list(select.find_all(exp.Column)):
            if column.parent_select is select and not column.table and column.name in hiding:
                column.set("table", exp.to_identifier(from_.this.alias_or_name))


def _is_column(node: exp.Expression, name: str) -> bool:
    return isinstance(node, exp.Column) and node.name == name
