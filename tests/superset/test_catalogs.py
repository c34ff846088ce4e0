"""PostgreSQL, whose tables Superset registers under a catalog: row-level security still applies."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
import yaml

from superset_kpi.mapping import read_mappings
from superset_kpi.superset.install import install
from tests.superset.conftest import GALLERY, Instance, installed_charts

TABLES = """
drop schema if exists kpi_catalog cascade;
create schema kpi_catalog;
create table kpi_catalog.clients (client_no integer primary key);
create table kpi_catalog.survey (answer_no integer, client_no integer, points integer, given date);
insert into kpi_catalog.clients values (1), (2), (3);
insert into kpi_catalog.survey
select 10 * client_no + n, client_no, case client_no when 1 then 10 else 4 end, date '2026-01-10'
from kpi_catalog.clients cross join generate_series(0, 9) as n
"""
MAPPING = {
    "catalogued": {
        "database": "PostgreSQL",
        "dialect": "postgresql",
        "as_of": dt.date(2026, 6, 30),
        "scales": {"experience": {"lo": 0, "hi": 10}},
        "tables": {
            "customers": {"table": "kpi_catalog.clients", "columns": {"customer_id": "client_no"}},
            "ratings": {
                "table": "kpi_catalog.survey",
                "columns": {
                    "rating_id": "answer_no",
                    "metric": {"constant": "experience"},
                    "rating": "points",
                    "responded_at": "given",
                    "customer_id": "client_no",
                },
            },
        },
    }
}


@pytest.mark.engine
def test_a_rule_on_a_catalogued_table_reaches_the_charts(
    instance: Instance, engine_url: Callable[[str], str], tmp_path: Path
) -> None:
    from superset_kpi.superset.instance import set_up_database, set_up_user

    url = engine_url("postgres")
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.execute(sqlalchemy.text(statement))
    engine.dispose()
    set_up_database(instance.app, "PostgreSQL", url)
    set_up_user(instance.app, "carla", "secret", "Alpha")
    register_table_with_rule(instance, "survey", "client_no > 1", "Alpha")
    (tmp_path / "kpi.yaml").write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    mapping = read_mappings(tmp_path / "kpi.yaml")["catalogued"]
    with instance.app.app_context():
        install(mapping, only_total(tmp_path))
    number = installed_charts(instance, "catalogued")["gallery/total"]
    shown = {user: score(instance.client(user), number) for user in ("admin", "carla")}
    assert shown == {"admin": pytest.approx(60.0), "carla": pytest.approx(40.0)}


def register_table_with_rule(instance: Instance, table: str, clause: str, role: str) -> None:
    """Registers a table as the dataset dialog does, and makes the rule for the role."""
    from superset import db, security_manager
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable

    body = {
        "database": instance.database_id("PostgreSQL"),
        "schema": "kpi_catalog",
        "table_name": table,
    }
    made = instance.client().post("/api/v1/dataset/", json=body)
    assert made.status_code == 201, made.data
    with instance.app.app_context():
        dataset = db.session.get(SqlaTable, made.get_json()["id"])
        assert dataset.catalog  # otherwise this test shows nothing
        rule = RowLevelSecurityFilter(
            name="catalogued",
            filter_type="Regular",
            clause=clause,
            roles=[security_manager.find_role(role)],
            tables=[dataset],
        )
        db.session.add(rule)
        db.session.commit()


def only_total(folder: Path) -> Path:
    """A copy of the gallery with its first number alone."""
    copied = folder / "dashboards"
    shutil.copytree(GALLERY, copied)
    for path in (copied / "gallery/charts").glob("*.yaml"):
        if path.stem != "total":
            path.unlink()
    body = {
        "title": "Total",
        "description": "One number.",
        "layout": [{"row": [{"chart": "total"}]}],
    }
    (copied / "gallery/dashboard.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    return copied


def score(client: Any, number: int) -> Any:
    answer = client.get(f"/api/v1/chart/{number}/data/").get_json()
    return answer["result"][0]["data"][0]["cx"]
