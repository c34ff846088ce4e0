"""dashboards/*.yaml and a mapping -> datasets, charts and dashboards. Imports no Superset."""
