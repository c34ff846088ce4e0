"""Text of the tests in an engine's dialect, and a macro's text as Superset sends it on."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from superset_kpi.dialects import dialect, rewrite, write_cast
from superset_kpi.macros.read import CANONICAL


def written(text: str, engine: str) -> str:
    """Returns a statement or an expression of the canonical dialect in the engine's."""
    target = dialect(engine)
    root = exp.Paren(this=sqlglot.parse_one(text, read=CANONICAL))
    for cast in list(root.find_all(exp.Cast)):
        kind = cast.to.this.value.lower()
        if kind in target.types:
            cast.replace(write_cast(cast.this, kind, target))
    return str(rewrite(root.this, target).sql(dialect=target.sqlglot))


def superset_forms(sql: str, engine: str) -> list[str]:
    """Returns the statement as Superset sends it: re-written alone, and as a virtual table.

    The first is left out where re-writing changes nothing.
    """
    from superset.sql.parse import SQLStatement

    alone = SQLStatement(sql, engine).format(comments=False)
    wrapped = SQLStatement(f"select * from ({sql}) as virtual_table", engine)
    unchanged = " ".join(alone.split()) == " ".join(sql.split())
    return [*([] if unchanged else [alone]), wrapped.format(comments=False)]
