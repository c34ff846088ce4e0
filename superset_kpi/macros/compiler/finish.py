"""Puts sources, CTEs and body together, with what the engine needs of a whole statement."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from superset_kpi import dialects
from superset_kpi.macros.compiler.statement import Statement, Trees
from superset_kpi.macros.compiler.trees import selects, sources


def finish(statement: Statement) -> Statement:
    """Returns the statement as one tree, its body; an expression is one already."""
    if not isinstance(statement.body, exp.Query):
        return statement
    body, target = statement.body.copy(), statement.target
    is_fenced = statement.macro is not None and statement.macro.filtered_last
    # What only gets a name around it stays as it is: copies take as long as a pass.
    is_changed = bool(target.statement or (target.fence and is_fenced))
    barriers = _barriers(statement.ctes, target.most_windows) if target.most_windows else set()
    ctes = [
        exp.CTE(
            this=tree.copy() if is_changed else tree,
            alias=exp.TableAlias(this=exp.to_identifier(name)),
            materialized=name in barriers or None,
        )
        for name, tree in {**statement.sources, **statement.ctes}.items()
    ]
    if ctes:
        body.set("with_", exp.With(expressions=ctes))
    whole = dialects.finish(body, target, is_fenced)
    return replace(statement, body=whole, ctes={}, sources={})


def _barriers(ctes: Trees, most: int) -> set[str]:
    """Returns the CTEs to keep as tables so that at most so many windows stand on each other."""
    found = set[str]()
    depths: dict[str, int] = {}
    for name, tree in ctes.items():
        below = [depths.get(read, 0) for select in selects([tree]) for read, _ in sources(select)]
        depth = max(below, default=0) + (tree.find(exp.Window) is not None)
        if depth > most:
            found.add(name)
        depths[name] = 0 if name in found else depth
    return found
