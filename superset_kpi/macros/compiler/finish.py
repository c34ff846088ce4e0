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
    kept = _kept(statement.ctes, target.most_windows)
    ctes = [
        exp.CTE(
            this=tree.copy() if is_changed else tree,
            alias=exp.TableAlias(this=exp.to_identifier(name)),
            materialized=name in kept or None,
        )
        for name, tree in {**statement.sources, **statement.ctes}.items()
    ]
    if ctes:
        body.set("with_", exp.With(expressions=ctes))
    whole = dialects.finish(body, target, is_fenced)
    return replace(statement, body=whole, ctes={}, sources={})


def _kept(ctes: Trees, most: int | None) -> set[str]:
    """Returns the CTEs that are kept as tables, so that no more windows stand on each other."""
    kept = set[str]()
    depths: dict[str, int] = {}
    for name, tree in ctes.items() if most else ():
        below = [depths.get(read, 0) for s in selects([tree]) for read, _ in sources(s)]
        depths[name] = max(below, default=0) + (tree.find(exp.Window) is not None)
        if most and depths[name] > most:
            kept.add(name)
            depths[name] = 0
    return kept
