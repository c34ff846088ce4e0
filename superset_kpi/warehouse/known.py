"""Which schemes and segments there are: what a name that matches nothing may have meant."""

from __future__ import annotations

from sqlalchemy.engine import Connection
from sqlglot import exp

from superset_kpi.dialects import dialect
from superset_kpi.macros.compiler.sources import mapped_select
from superset_kpi.mapping import Mapping
from superset_kpi.warehouse.connection import select

MOST = 1_000


def known_values(opened: Connection, mapping: Mapping, table: str, column: str) -> list[str]:
    """Returns the distinct texts of a logical column, in order, at most a thousand."""
    target = dialect(mapping.dialect)
    rows = mapped_select(table, [column], mapping, target)
    query = (
        exp.Select(expressions=[exp.column(column)])
        .from_(exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier("kpi__rows"))))
        .distinct()
        .limit(MOST)
    )
    found = select(opened, query.sql(dialect=target.sqlglot), table).rows
    return sorted(str(value) for (value,) in found if value is not None)
