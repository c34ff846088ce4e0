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

    Of a computed column it guesses that one row in 200 has a value, or lies in a range, and of two
    such conditions one in 40,000. Of the truth of a case it guesses that it holds for every other
    row. What compares a column of the organisation's tables with a constant stays as it is, since
    of those it has counts, and so does the first of a row number, which it stops at.
    """
    with_ = tree.args.get("with_")
    ctes = {cte.alias: cte.this for cte in with_.expressions} if with_ else {}
    counted = _counted(ctes)
    for select in list(tree.find_all(exp.Select)):
        from_ = select.args.get("from_")
        if from_ is None or from_.this.name not in ctes:
            continue
        sources = [from_.this, *(join.this for join in select.args.get("joins") or [])]
        known = {source.alias_or_name: counted.get(source.name, set()) for source in sources}
        ranks = _ranks(ctes[from_.this.name])
        for place in (select.args.get("where"), select.args.get("having")):
            if place is not None:
                place.set("this", _expected(place.this, known, ranks))
    for both in tree.find_all(exp.And):
        _without_range(both)


Counted = dict[str, set[str]]


def _counted(ctes: dict[str, exp.Expression]) -> Counted:
    """Returns the columns of CTEs that are columns of one of the organisation's tables.

    Moments that ask for their time zone are none.
    """
    found: Counted = {}
    for name, query in ctes.items():
        source = query.args["from_"].this.name if _is_row_wise(query) else None
        if source is None or (source in ctes and source not in found):
            continue
        found[name] = {
            projection.alias_or_name
            for projection in query.expressions
            for value in [_bare(projection.unalias())]
            if not isinstance(value, exp.Case)
            if not isinstance(value, exp.Column) or value.name in found.get(source, {value.name})
        }
    return found


def _bare(value: exp.Expression) -> exp.Expression:
    """Returns a value without parentheses and casts."""
    while isinstance(value, (exp.Paren, exp.Cast, exp.Collate)):
        value = value.this
    return value


def _ranks(query: exp.Expression) -> set[str]:
    """Returns the row numbers among the columns of a select."""
    return {
        projection.alias
        for projection in (query.expressions if isinstance(query, exp.Select) else ())
        if isinstance(projection.unalias().unnest(), exp.Window)
        and isinstance(projection.unalias().unnest().this, exp.RowNumber)
    }


def _expected(condition: exp.Expression, known: Counted, ranks: set[str]) -> exp.Expression:
    """Returns the condition with what PostgreSQL cannot count of as the truth of one case."""
    kept: list[exp.Expression] = []
    guessed: list[exp.Expression] = []
    is_and = isinstance(condition, exp.And)
    parts = condition.flatten(unnest=False) if is_and else [condition]
    for part in list(parts):
        if isinstance(part, exp.EQ) and part.left.name in ranks and part.right.name == "1":
            kept.append(exp.LTE(this=part.left, expression=part.right))
        elif _is_known(part, known, ranks):
            kept.append(part)
        else:
            guessed.append(part)
    if guessed:
        case = exp.Case().when(exp.and_(*guessed, copy=False), exp.true(), copy=False)
        kept.append(case.else_(exp.false(), copy=False))
    return exp.and_(*kept, copy=False)


def _is_known(part: exp.Expression, known: Counted, ranks: set[str]) -> bool:
    part = part.unnest()
    left, right = part.args.get("this"), part.args.get("expression")
    is_null = isinstance(left if isinstance(part, exp.Not) else part, exp.Is)
    is_join = len({column.table for column in part.find_all(exp.Column)}) > 1
    if is_null or is_join or isinstance(part, exp.Boolean) or part.find(exp.Query):
        return True
    if not isinstance(left, exp.Column) or (right is not None and right.find(exp.Column)):
        return False
    only = next(iter(known)) if len(known) == 1 else ""
    return left.name in ranks or left.name in known.get(left.table or only, ())


def _without_range(both: exp.And) -> None:
    """Writes a range of a computed column so that a third of the rows is expected in it."""
    low, high = both.left, both.right
    if not isinstance(low, exp.GTE) or not isinstance(high, exp.LTE):
        return
    if low.left == high.left and high.right.is_type("double"):
        above = exp.Sub(this=high.left, expression=high.right)
        high.replace(exp.LTE(this=above, expression=exp.Literal.number(0)))


def fenced(tree: exp.Expression) -> None:
    """Has PostgreSQL work out all rows before anybody's filter on them, which it would push down.

    Each column that is filtered by leaves it with one row in 200, and those it joins in loops.
    """
    tree.set("offset", exp.Offset(expression=exp.Literal.number(0)))


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
