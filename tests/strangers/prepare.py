"""Runs in a process of its own: an empty Superset with a connection to each warehouse."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from superset_kpi.mapping import read_mappings
from superset_kpi.superset.instance import fresh_instance, new_app, set_up_database, set_up_user


def prepare(urls: dict[str, str]) -> None:
    """Makes the metadata store in SUPERSET_HOME."""
    home = Path(os.environ["SUPERSET_HOME"])
    is_migrated = (home / "superset.db").exists()
    app = new_app()
    if not is_migrated:
        fresh_instance(app)
    set_up_user(app, "stranger", "stranger")
    for name, mapping in read_mappings(home / "kpi.yaml").items():
        read_only = "?access_mode=READ_ONLY" if mapping.dialect == "duckdb" else ""
        set_up_database(app, mapping.database, urls[name] + read_only)


if __name__ == "__main__":
    prepare(json.loads(sys.argv[1]))
