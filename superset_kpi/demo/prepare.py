"""Runs in a process of its own: a Superset instance in SUPERSET_HOME with the demo's dashboards.

Lines on stdout that start with `MARK` are progress; Superset's own output is noise.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from superset_kpi.errors import KpiError
from superset_kpi.mapping import read_mappings

MARK = "· "


def prepare() -> None:
    """Makes the instance, connects the warehouse and installs the dashboards of every mapping."""
    from superset_kpi.superset.install import install
    from superset_kpi.superset.instance import fresh_instance, new_app, set_up_database

    mapping_file = Path(os.environ["SUPERSET_KPI_MAPPING"])
    mappings = read_mappings(mapping_file)
    app = new_app()
    if not os.environ.get("SUPERSET_KPI_DEMO_READY"):
        fresh_instance(app, progress)
    url = f"duckdb:///{os.environ['KPI_DEMO_WAREHOUSE']}?access_mode=READ_ONLY"
    set_up_database(app, next(iter(mappings.values())).database, url)
    for mapping in mappings.values():
        progress(f"{mapping.title}: installing its dashboards")
        with app.app_context():
            install(mapping, looks=True)


def progress(line: str) -> None:
    """Prints a line that the parent process shows."""
    print(f"{MARK}{line}", flush=True)


if __name__ == "__main__":
    try:
        prepare()
    except KpiError as error:
        print(f"{MARK}{error}", flush=True)
        sys.exit(1)
