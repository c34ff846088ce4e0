"""Databricks, which is Spark with a driver that knows dates."""

from dataclasses import replace

from superset_kpi.dialects import hive

DIALECT = replace(
    hive.DIALECT,
    engine="databricks",
    also=(),
    sqlglot="databricks",
    title="Databricks",
    dates_come_as_text=False,
    verified=None,
)
