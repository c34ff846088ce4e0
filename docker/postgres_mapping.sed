# The demo's mapping for its PostgreSQL copy: another engine at another URL, the same tables and columns.
s|^  dialect: duckdb$|  dialect: postgresql|
s|^  url: .*|  url: ${KPI_WAREHOUSE_URL}|
