"""Databricks, which is Spark with a driver that knows dates."""

from superset_kpi.dialects import hive
from superset_kpi.dialects.vocabulary import Tables

DIALECT = hive.DIALECT.like(
    "databricks",
    "databricks",
    "Databricks",
    dates_come_as_text=False,
    tables=Tables(swap="replace"),
)
