"""How often a statement reads a table where an engine writes out what has a name.

Spark, BigQuery and Trino work a common table expression out at each place that reads it.
"""

from __future__ import annotations

from collections import Counter

import sqlglot
from sqlglot import exp

from superset_kpi.dialects import dialect
from superset_kpi.macros import Macro, library
from superset_kpi.mapping import Mapping


def reads(sql: str, engine: str) -> Counter[str]:
    """Returns the number of scans of each table of the warehouse, by its name as written."""
    tree = sqlglot.parse_one(sql, read=dialect(engine).sqlglot)
    with_ = tree.args.get("with_")
    found: dict[str, Counter[str]] = {}
    for cte in with_.expressions if with_ else []:
        found[cte.alias] = _scans(cte.this, found)
    tree.set("with_", None)
    return _scans(tree, found)


def called_bare(mapping: Mapping) -> list[Macro]:
    """Returns the public relations that need no argument and whose tables are mapped."""
    return [
        macro
        for macro in library().values()
        if macro.kind == "relation"
        and not macro.is_internal
        and not macro.needs_arguments
        and not library().missing(macro, mapping)
    ]


def _scans(query: exp.Expression, ctes: dict[str, Counter[str]]) -> Counter[str]:
    scans: Counter[str] = Counter()
    for table in query.find_all(exp.Table):
        scans.update(ctes.get(table.name, {exp.table_name(table): 1}))
    return scans
