"""Doris, of which StarRocks is a branch."""

from superset_kpi.dialects import starrocks

DIALECT = starrocks.DIALECT.like("pydoris", "doris", "Doris", also=("doris",))
