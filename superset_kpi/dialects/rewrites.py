"""Changes of a whole select that an engine needs; each takes the tree of one select and alters it.

They run on the macro's own text, never on what the mapping's author wrote in the engine's dialect.
"""

from __future__ import annotations

import re

from sqlglot import exp

from superset_kpi.dialects.vocabulary import Rewrite

_DAY = re.compile(r"\d{4}-\d\d-\d\d$")
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


_CONNECTED = (exp.And, exp.Or, exp.Not)


def bits(tree: exp.Expression) -> None:
    """Keeps conditions and values apart where no value is true or false: it is 1 or 0 then."""
    for node in list(tree.walk(bfs=False))[::-1]:
        is_condition = isinstance(node, (exp.Predicate, *_CONNECTED))
        if isinstance(node, (exp.Paren, exp.SubqueryPredicate)) or node.parent is None:
            continue
        if isinstance(node, exp.Boolean):
            number = exp.Literal.number(1 if node.this else 0)
            node.replace(exp.EQ(this="1", expression=number) if _decides(node) else number)
        elif is_condition and not _decides(node):
            node.replace(_bit(node))
        elif not is_condition and isinstance(node, exp.Condition) and _decides(node):
            node.replace(exp.EQ(this=node.copy(), expression=exp.Literal.number(1)))


def _decides(node: exp.Expression) -> bool:
    """Returns whether a node stands where SQL wants a condition."""
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    parent = node.parent
    if isinstance(parent, exp.If):
        is_searched = not (isinstance(parent.parent, exp.Case) and parent.parent.this)
        return node.arg_key == "this" and is_searched
    if isinstance(parent, exp.Join):
        return node.arg_key == "on"
    return isinstance(parent, (exp.Where, exp.Having, *_CONNECTED))


def _bit(condition: exp.Expression) -> exp.Case:
    case = exp.Case().when(condition.copy(), "1")
    if isinstance(condition, exp.Is):
        return case.else_("0")
    return case.when(exp.not_(condition.copy()), "0")


def in_doubles(tree: exp.Expression) -> None:
    """Has means and powers of integers be doubles: SQL Server gives integers."""
    for node in list(tree.find_all(exp.Avg, exp.Pow)):
        node.set("this", exp.cast(node.this, "double"))


def national(tree: exp.Expression) -> None:
    """Marks texts that are not plain ASCII, which SQL Server would squeeze into a code page."""
    for text in list(tree.find_all(exp.Literal)):
        if text.is_string and not text.this.isascii():
            text.replace(exp.National(this=text.this))


def quoted(
    *names: str, only: tuple[type[exp.Expression], ...] = (exp.Alias, exp.Column)
) -> Rewrite:
    """Returns the rewrite that quotes words which the engine keeps for itself."""

    def change(tree: exp.Expression) -> None:
        for node in tree.find_all(*only):
            word = node.args["alias" if isinstance(node, exp.Alias) else "this"]
            if isinstance(word, exp.Identifier) and word.name in names:
                word.set("quoted", True)

    return change


def from_dual(tree: exp.Expression) -> None:
    """Gives a select without rows to read Oracle's one row."""
    for select in tree.find_all(exp.Select):
        if not select.args.get("from_"):
            select.set("from_", exp.From(this=exp.to_table("dual")))


def blanks(tree: exp.Expression) -> None:
    """Writes a blank for the empty text, which Oracle takes for null and so equal to nothing."""
    for text in list(tree.find_all(exp.Literal)):
        if text.is_string and not text.this:
            text.set("this", " ")


def null_if_any_is(tree: exp.Expression) -> None:
    """Joins texts to null where one is null, which Oracle takes for an empty one."""
    for chain in list(tree.find_all(exp.DPipe)):
        if isinstance(chain.parent, exp.DPipe):
            continue
        parts: list[exp.Expression] = list(chain.flatten())
        absent = [
            exp.Is(this=part.copy(), expression=exp.null())
            for part in parts
            if not isinstance(part, exp.Literal)
        ]
        if absent:
            chain.replace(exp.Case().when(exp.or_(*absent), exp.null()).else_(chain.copy()))


def dated(tree: exp.Expression) -> None:
    """Reads texts as days by their form: Oracle's own depends on the session."""
    for cast in list(tree.find_all(exp.Cast)):
        if cast.to.this == exp.DataType.Type.DATE and _DAY.match(cast.this.name):
            form = exp.Literal.string("YYYY-MM-DD")
            day = exp.Anonymous(this="TO_DATE", expressions=[cast.this.copy(), form])
            whole = cast.parent if isinstance(cast.parent, exp.DateTrunc) else cast
            whole.replace(day)


def binary(tree: exp.Expression) -> None:
    """Makes doubles by a function: sqlglot turns Oracle's type into one of 126 decimal places."""
    for cast in list(tree.find_all(exp.Cast))[::-1]:
        if cast.to.this == exp.DataType.Type.DOUBLE:
            cast.replace(exp.Anonymous(this="TO_BINARY_DOUBLE", expressions=[cast.this.copy()]))


def grouped(tree: exp.Expression) -> None:
    """Puts what is raised to a power in parentheses: sqlglot writes Teradata's `**` without."""
    for power in tree.find_all(exp.Pow):
        for side in ("this", "expression"):
            if isinstance(power.args[side], (exp.Binary, exp.Unary, exp.Case)):
                power.set(side, exp.paren(power.args[side], copy=False))
