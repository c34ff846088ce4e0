"""The one part that writes to a warehouse: relations that macros then read instead of computing."""

from superset_kpi.materialize.engines import swap_of
from superset_kpi.materialize.planning import Planned, checked_schema, plan
from superset_kpi.materialize.tables_file import forget_tables, write_tables
from superset_kpi.materialize.writing import outdated, recorded, remove, write

__all__ = [
    "Planned",
    "checked_schema",
    "forget_tables",
    "outdated",
    "plan",
    "recorded",
    "remove",
    "swap_of",
    "write",
    "write_tables",
]
