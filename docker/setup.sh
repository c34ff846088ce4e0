#!/usr/bin/env bash
# Superset's tables, the user admin, the demo's warehouse and its dashboards. A second run changes nothing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"

superset db upgrade
superset fab create-admin --username admin --firstname KPI --lastname Admin --email admin@localhost \
    --password "$SUPERSET_ADMIN_PASSWORD"
superset init

python -c 'import pathlib; from superset_kpi.demo import warehouse; warehouse.build(pathlib.Path("/tmp/demo.duckdb"))'
python "$here/load_warehouse.py" /tmp/demo.duckdb "$KPI_WAREHOUSE_URL"
superset set-database-uri --database_name 'KPI demo warehouse' --uri "$KPI_WAREHOUSE_URL"
superset kpi install --yes
