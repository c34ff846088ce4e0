"""Changes of a whole statement that an engine needs, made when its CTEs are in place."""

from __future__ import annotations

from collections import Counter

import sqlglot
from sqlglot import exp

MOST_CTES = 64


def materialized(tree: exp.Expression) -> None:
    """Has ClickHouse work a CTE out once: written out at each place, CTEs of CTEs grow 2^n.

    Rows of the organisation's own tables stay where they are, so that filters reach them.
    """
    with_ = tree.args.get("with_")
    ctes = {cte.alias: cte for cte in with_.expressions} if with_ else {}
    read = Counter(table.name for table in tree.find_all(exp.Table) if table.name in ctes)
    shared = [
        cte
        for name, cte in ctes.items()
        if read[name] > 1 and any(table.name in ctes for table in cte.find_all(exp.Table))
    ]
    for cte in shared:
        cte.set("materialized", True)
    if shared:
        tree.set("settings", [sqlglot.parse_one("enable_materialized_cte = 1", read="clickhouse")])


def inlined(tree: exp.Expression) -> None:
    """Has PostgreSQL read its own tables where a CTE of their bare rows is read more than once.

    It would write those rows down first, in one process and without the filters of the readers.
    """
    with_ = tree.args.get("with_")
    ctes = with_.expressions if with_ else []
    read = Counter(table.name for table in tree.find_all(exp.Table))
    computed: set[str] = set()
    for cte in ctes:
        if not _is_row_wise(cte.this) or cte.this.args["from_"].this.name in computed:
            computed.add(cte.alias)
        elif read[cte.alias] > 1:
            cte.set("materialized", False)


def _is_row_wise(query: exp.Expression) -> bool:
    """Returns whether it gives each row of one table by itself."""
    if not isinstance(query, exp.Select) or query.args.get("joins"):
        return False
    from_ = query.args.get("from_")
    computing = (exp.AggFunc, exp.Window, exp.Query)
    is_plain = not (query.args.get("group") or query.args.get("distinct"))
    inside = (node for e in query.iter_expressions() for node in e.find_all(*computing))
    return is_plain and from_ is not None and isinstance(from_.this, exp.Table) and not any(inside)


def estimated(tree: exp.Expression) -> None:
    """Has PostgreSQL expect many rows where it cannot know: few it joins in loops, row by row.

    Of a computed column it guesses that one row in 200 lies in a range, or is 1; of a single bound
    it guesses a third.
    """
    ranks = {
        projection.alias
        for select in tree.find_all(exp.Select)
        for projection in select.expressions
        if isinstance(projection.unalias().unnest(), exp.Window)
        and isinstance(projection.unalias().unnest().this, exp.RowNumber)
    }
    for equation in list(tree.find_all(exp.EQ)):
        if equation.left.name in ranks and equation.right.name == "1":
            equation.replace(exp.LTE(this=equation.left, expression=equation.right))
    for both in tree.find_all(exp.And):
        low, high = both.left, both.right
        if not isinstance(low, exp.GTE) or not isinstance(high, exp.LTE):
            continue
        if low.left == high.left and high.right.is_type("double"):
            above = exp.Sub(this=high.left, expression=high.right)
            high.replace(exp.LTE(this=above, expression=exp.Literal.number(0)))


def within_limit(tree: exp.Expression) -> None:
    """Leaves at most as many CTEs as MariaDB can tell apart, which is the bits of one number.

    Those that are read once go where they are read, the flattest first.
    """
    with_ = tree.args.get("with_")
    if with_ is None:
        return
    ctes = list(with_.expressions)
    while len(ctes) > MOST_CTES:
        read: dict[str, list[exp.Table]] = {cte.alias: [] for cte in ctes}
        for table in tree.find_all(exp.Table):
            read.get(table.name, []).append(table)
        once = [cte for cte in ctes if len(read[cte.alias]) == 1]
        if not once:
            return
        cte = min(once, key=lambda c: sum(1 for _ in c.find_all(exp.Select)))
        (place,) = read[cte.alias]
        alias = exp.TableAlias(this=exp.to_identifier(place.alias_or_name))
        ctes.remove(cte)
        place.replace(exp.Subquery(this=cte.this.pop(), alias=alias))
        with_.set("expressions", ctes)


def qualified(tree: exp.Expression) -> None:
    """Writes the table before a column that an alias of the same select would hide."""
    with_ = tree.args.get("with_")
    ctes = {cte.alias: cte.this.named_selects for cte in with_.expressions} if with_ else {}
    for select in tree.find_all(exp.Select):
        hiding = {
            node.alias
            for node in select.expressions
            if isinstance(node, exp.Alias) and not _is_column(node.this, node.alias)
        }
        sources = _sources(select, ctes)
        for column in list(select.find_all(exp.Column)):
            if column.parent_select is select and not column.table and column.name in hiding:
                owner = next((s for s, names in sources.items() if column.name in names), None)
                if owner is not None:
                    column.set("table", exp.to_identifier(owner))


def _sources(select: exp.Select, ctes: dict[str, list[str]]) -> dict[str, list[str]]:
    """Returns the columns of every CTE and derived table in FROM and JOIN by its alias."""
    from_ = select.args.get("from_")
    sources = [from_, *(select.args.get("joins") or [])] if from_ else []
    return {
        s.this.alias_or_name: (
            s.this.this.named_selects
            if isinstance(s.this, exp.Subquery)
            else ctes.get(s.this.name, [])
        )
        for s in sources
    }


def _is_column(node: exp.Expression, name: str) -> bool:
    return isinstance(node, exp.Column) and node.name == name
