"""The one place that opens a connection to a warehouse (SQLAlchemy)."""

from superset_kpi.warehouse.connection import Rows, connection, run, select, select_columns
from superset_kpi.warehouse.inspect import check_mapping

__all__ = ["Rows", "check_mapping", "connection", "run", "select", "select_columns"]
