"""Customer KPIs for Apache Superset: macros, datasets and dashboards from one mapping file."""

__version__ = "0.1.0"
