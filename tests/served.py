"""A Superset of its own with installed dashboards, asked chart by chart, for `tests.spark` and the
benchmark; the tests of tests/superset have a shared one.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.mapping import read_mappings
from superset_kpi.mapping.models import models_path
from superset_kpi.resources import dashboards, superset_config

Rows = list[dict[str, Any]]
CACHE = 'DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 3600}'
DASHBOARDS = sorted(path.parent.name for path in dashboards().glob("*/dashboard.yaml"))


@dataclass
class Served:
    """A logged-in client, and the ids of the charts by mapping and by key, dashboard/chart."""

    client: Any
    charts: dict[str, dict[str, int]]

    def keys(self, mapping: str, dashboard: str) -> list[str]:
        """Returns the keys of the charts of a dashboard."""
        return sorted(key for key in self.charts[mapping] if key.startswith(f"{dashboard}/"))

    def dataset(self, mapping: str, key: str) -> str:
        """Returns the key of the dataset of a chart."""
        name: str = self._chart(mapping, key)["datasource_name_text"]
        return name.rsplit(".", 1)[-1].removeprefix(f"kpi_{mapping}_")

    def set_sql(self, mapping: str, key: str, sql: str) -> None:
        """Has the dataset of a chart read other SQL."""
        from superset import db
        from superset.models.slice import Slice

        with self.client.application.app_context():
            db.session.get(Slice, self.charts[mapping][key]).table.sql = sql
            db.session.commit()

    def data(
        self,
        mapping: str,
        key: str,
        force: bool = True,
        instead: Dict[str, str] = MappingProxyType({}),
        **changes: Any,
    ) -> Answer:
        """Returns what the chart's data endpoint answers.

        `instead` are texts of the query that are replaced; changes are made to each query.
        """
        text = self._chart(mapping, key)["query_context"]
        for old, new in instead.items():
            text = text.replace(old, new)
        context = json.loads(text)
        for query in context["queries"]:
            query |= changes
        started = time.perf_counter()
        answer = self.client.post("/api/v1/chart/data", json={**context, "force": force})
        seconds = time.perf_counter() - started
        body = answer.get_json()
        if answer.status_code != 200:
            return Answer([], seconds, str(body)[:300])
        return Answer([query["data"] for query in body["result"]], seconds)

    def _chart(self, mapping: str, key: str) -> dict[str, Any]:
        answer = self.client.get(f"/api/v1/chart/{self.charts[mapping][key]}")
        return dict(answer.get_json()["result"])


@dataclass(frozen=True)
class Answer:
    """The rows of each query of a chart, how long they took, and what went wrong."""

    queries: list[Rows]
    seconds: float
    fault: str | None = None


def mapping_file(folder: Path, mappings: Dict[str, Dict[str, Any]]) -> Path:
    """Writes the demo's telecom mapping once under each name, with the demo's models beside it.

    The entries of each replace those of the demo's.
    """
    telecom = yaml.safe_load(MAPPING_FILE.read_text(encoding="utf-8"))["telecom"]
    models = yaml.safe_load(models_path(MAPPING_FILE).read_text(encoding="utf-8"))["telecom"]
    file = folder / "kpi.yaml"
    written = {name: {**telecom, **changes} for name, changes in mappings.items()}
    file.write_text(yaml.safe_dump(written, sort_keys=False), encoding="utf-8")
    models_path(file).write_text(yaml.safe_dump(dict.fromkeys(mappings, models)), encoding="utf-8")
    return file


def serve(file: Path, warehouse: Path, tables: Sequence[str] = ()) -> Served:
    """Makes a Superset beside the mapping file with the dashboards of each mapping.

    Those of `tables` read what materialize wrote for them. A DuckDB mapping reads the warehouse
    file. A process can have one Superset.
    """
    config = file.with_name("superset_config.py")
    config.write_text(
        f"{superset_config().read_text(encoding='utf-8')}\n{CACHE}\n", encoding="utf-8"
    )
    os.environ |= {
        "SUPERSET_HOME": str(file.parent),
        "SUPERSET_SECRET_KEY": secrets.token_urlsafe(42),
        "SUPERSET_CONFIG_PATH": str(config),
        "SUPERSET_KPI_MAPPING": str(file),
        "KPI_DEMO_WAREHOUSE": str(warehouse),
    }
    from superset_kpi.macros.written import today, with_written
    from superset_kpi.mapping.tables import read_tables
    from superset_kpi.superset.install import install
    from superset_kpi.superset.installed import recorded
    from superset_kpi.superset.instance import fresh_instance, new_app, set_up_database

    app = new_app()
    app.config.update(WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    fresh_instance(app)
    charts = {}
    for name, mapping in read_mappings(file).items():
        is_file = mapping.dialect == "duckdb"
        url = f"duckdb:///{warehouse}?access_mode=READ_ONLY" if is_file else str(mapping.url)
        set_up_database(app, mapping.database, url)
        with app.app_context():
            if name in tables:
                mapping = with_written(mapping, read_tables(file)[name], today(mapping))
            install(mapping)
            charts[name] = {e.key: e.model.id for e in recorded(name) if e.kind == "chart"}
    client = app.test_client()
    client.post("/login/", data={"username": "admin", "password": "admin"})
    return Served(client, charts)
