"""Doris, of which StarRocks is a branch."""

from dataclasses import replace

from superset_kpi.dialects import starrocks

DIALECT = replace(
    starrocks.DIALECT, engine="pydoris", also=("doris",), sqlglot="doris", title="Doris"
)
