"""CTEs of a mapping that are named like a table: Superset would not see the table behind them.

Superset takes every name in FROM for a CTE that a CTE around it has, whatever the schema before it,
and then asks neither row-level security nor grants. An alias of a CTE hides a table likewise.
"""

from __future__ import annotations

from collections.abc import Set

from sqlglot import exp

from superset_kpi.mapping.physical import cte_of

OWN = "kpi__own_"


def without_hiding(tree: exp.Expression, tables: Set[str], read: str) -> exp.Expression:
    """Returns the tree, in place, whose CTEs and their aliases have no name among the tables'.

    `tables` are bare names in lower case.
    """
    if tree.find(exp.CTE) is None:
        return tree
    ctes = [cte for cte in tree.find_all(exp.CTE) if cte.alias.casefold() in tables]
    readers = [(t, cte) for t in tree.find_all(exp.Table) if (cte := cte_of(t, read)) is not None]
    aliased = {id(t): t for t, _ in readers if t.alias_or_name.casefold() in tables}
    columns = [c for c in tree.find_all(exp.Column) if c.table and _origin(c, aliased)]
    for column in columns:
        column.set("table", _renamed(column.args["table"]))
    for table, cte in readers:
        alias = _renamed(exp.to_identifier(table.alias_or_name)) if id(table) in aliased else None
        if alias is not None:
            known = table.args.get("alias")
            named = known.args.get("columns") if known else None
            table.set("alias", exp.TableAlias(this=alias, columns=named))
        elif cte in ctes and not table.alias:
            table.set("alias", exp.TableAlias(this=table.this.copy()))
        if cte in ctes:
            table.set("this", _renamed(table.this))
    for cte in ctes:
        cte.args["alias"].set("this", _renamed(cte.args["alias"].this))
    return tree


def _renamed(name: exp.Identifier) -> exp.Identifier:
    quoted = bool(name.args.get("quoted"))
    # One spelling, so that they stay equal on an engine that tells cases apart.
    return exp.to_identifier(f"{OWN}{name.name.casefold()}", quoted=quoted)


def _origin(column: exp.Column, aliased: dict[int, exp.Table]) -> exp.Table | None:
    """Returns which of the aliased a column is qualified by: the nearest that has its name."""
    select = column.parent_select
    while select is not None:
        for source in select.find_all(exp.Table, exp.Subquery):
            is_own = source.find_ancestor(exp.Select) is select and source.alias_or_name
            if is_own and source.alias_or_name.casefold() == column.table.casefold():
                return aliased.get(id(source))
        select = select.parent_select
    return None
