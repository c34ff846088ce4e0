"""Whose rows are seen where nobody looks at a chart: queues, alerts, guests, warm-up, thumbnails.

What Superset promises is proven for our datasets; what it does not is shown, so that the page on
security can name it.
"""

from __future__ import annotations

import copy
import json
import os
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from superset_kpi.superset.install import install
from superset_kpi.superset.installed import recorded
from tests.superset.conftest import CLAUSES, GALLERY, Instance, divide_customers
from tests.superset.two_users import Rows, agree, only_rows_of, separate

CHARTS = ("gallery/bars", "gallery/total")
MACRO = "select * from {{ kpi.cx_by_segment() }} t"


@dataclass(frozen=True)
class World:
    """The gallery of the telecom, and what each user has to see of its charts."""

    instance: Instance
    dashboard: int
    charts: dict[str, tuple[int, dict[str, Any]]]
    expected: dict[str, dict[str, Rows]]

    def user_id(self, name: str) -> int:
        from superset import security_manager

        with self.instance.app.app_context():
            return int(security_manager.find_user(name).id)


@pytest.fixture(scope="module")
def world(instance: Instance) -> World:
    charts, dashboard = {}, 0
    with instance.app.app_context():
        install(instance.mappings()["telecom"], GALLERY)
        for each in recorded("telecom"):
            if each.key in CHARTS:
                charts[each.key] = (each.model.id, json.loads(each.model.query_context))
            if each.kind == "dashboard":
                dashboard = each.model.id
    separate(instance, divide_customers(instance))
    expected = {}
    for user in CLAUSES:
        with only_rows_of(user, instance):
            client = instance.client()
            expected[user] = {key: data(client, chart[1])["data"] for key, chart in charts.items()}
    assert not agree(*(expected[user]["gallery/bars"] for user in CLAUSES))
    return World(instance, dashboard, charts, expected)


def data(client: Any, context: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/chart/data", json=context, **more)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json()["result"][0])


def test_a_queued_query_answers_each_user_with_their_own_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With GLOBAL_ASYNC_QUERIES a worker of Celery fills the cache, and the browser reads it."""
    from superset.async_events.async_query_manager import AsyncQueryManager
    from superset.extensions import async_query_manager_factory, cache_manager

    app, urls, manager = world.instance.app, [], AsyncQueryManager()
    world.instance.forget_rows()
    caches = app.extensions["cache"]
    monkeypatch.setitem(caches, cache_manager.cache, caches[cache_manager.data_cache])
    monkeypatch.setattr(async_query_manager_factory, "_async_query_manager", manager)

    def done(job: Any, status: str, errors: Any = None, result_url: str = "") -> None:
        assert status == manager.STATUS_DONE, errors
        urls.append(result_url)

    monkeypatch.setattr(manager, "update_job", done)  # which tells Redis
    with app.app_context():
        from superset.tasks.async_queries import load_chart_data_into_cache

    for key, (_, context) in world.charts.items():
        for user in CLAUSES:
            with app.test_request_context():
                job = {"user_id": world.user_id(user)}
                load_chart_data_into_cache(job, copy.deepcopy(context))
        for user in CLAUSES:
            for url in urls[-2:]:  # also the address that the other one was given
                (result,) = world.instance.client(user).get(url).get_json()["result"]
                assert result["is_cached"]
                assert agree(result["data"], world.expected[user][key]), (user, key)


def test_a_queued_statement_of_sql_lab_is_run_as_who_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cachelib.simple import SimpleCache
    from superset import db, sql_lab
    from superset.extensions import results_backend_manager
    from superset.models.sql_lab import Query

    queue: list[tuple[Any, dict[str, Any]]] = []

    def put(*arguments: Any, **named: Any) -> Any:
        queue.append((arguments, named))
        return SimpleNamespace(forget=lambda: None)

    monkeypatch.setattr(results_backend_manager, "_results_backend", SimpleCache())
    monkeypatch.setattr(sql_lab.get_sql_results, "delay", put)
    number = world.instance.database_id("Telecom warehouse")

    def ask(user: str, is_queued: bool) -> Any:
        body = {"database_id": number, "sql": MACRO, "runAsync": is_queued, "queryLimit": 1000}
        body["client_id"] = os.urandom(5).hex()
        return world.instance.client(user).post("/api/v1/sqllab/execute/", json=body).get_json()

    for user in CLAUSES:
        with only_rows_of(user, world.instance):
            expected = ask("admin", False)["data"]
        assert "data" not in ask(user, True)
        ((arguments, named),) = queue
        queue.clear()
        with world.instance.app.app_context():
            sql_lab.get_sql_results(*arguments, **named)
            key = db.session.get(Query, arguments[0]).results_key
        answer = world.instance.client(user).get(f"/api/v1/sqllab/results/?q=(key:'{key}')")
        assert agree(answer.get_json()["data"], expected), user


def test_warming_the_cache_up_gives_nobody_the_rows_of_who_did(world: World) -> None:
    world.instance.forget_rows()
    for number, _ in world.charts.values():
        body = {"chart_id": number, "dashboard_id": world.dashboard}
        answer = world.instance.client().put("/api/v1/chart/warm_up_cache", json=body)
        assert answer.get_json()["result"][0]["viz_error"] is None
    for key, (_, context) in world.charts.items():
        for user in CLAUSES:
            result = data(world.instance.client(user), context)
            assert not result["is_cached"]
            assert agree(result["data"], world.expected[user][key])


def test_users_have_thumbnails_of_their_own(world: World) -> None:
    from superset import db, security_manager
    from superset.models.dashboard import Dashboard
    from superset.utils.core import override_user

    digests = set()
    with world.instance.app.app_context():
        dashboard = db.session.get(Dashboard, world.dashboard)
        for user in CLAUSES:
            with override_user(security_manager.find_user(user)):
                digests |= {dashboard.digest, *(chart.digest for chart in dashboard.slices)}
        assert len(digests) == 2 * (1 + len(dashboard.slices))


def test_a_report_is_made_as_its_owner_and_an_alert_counts_everybodys_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which Superset does not promise otherwise; docs/security.md says so."""
    from flask import current_app
    from superset import db, security_manager
    from superset.commands.report.alert import AlertCommand
    from superset.models.core import Database
    from superset.reports.models import ReportSchedule
    from superset.tasks.utils import get_executor

    with world.instance.app.app_context():
        anna = security_manager.find_user("anna")
        database = db.session.query(Database).filter_by(database_name="Telecom warehouse").one()
        alert = ReportSchedule(
            type="Alert",
            name="of anna",
            crontab="0 7 * * *",
            owners=[anna],
            database=database,
            sql="select count(*) as n from telecom.clients",
            validator_type="operator",
            validator_config_json='{"op": ">", "threshold": 0}',
        )
        db.session.add(alert)
        db.session.commit()
        _, name = get_executor(current_app.config["ALERT_REPORTS_EXECUTORS"], alert)
        assert name == "anna"
        AlertCommand(alert, uuid4()).run()
        (whole,) = database.get_df("select count(*) as n from telecom.clients")["n"]
        assert alert.last_value == whole
        db.session.delete(alert)
        db.session.commit()


def test_guests_see_what_the_rules_of_their_tokens_leave(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from superset import db, feature_flag_manager, security_manager
    from superset.connectors.sqla.models import SqlaTable

    instance, client = world.instance, world.instance.client()
    monkeypatch.setitem(feature_flag_manager._feature_flags, "EMBEDDED_SUPERSET", True)
    url = f"/api/v1/dashboard/{world.dashboard}/embedded"
    made = client.post(url, json={"allowed_domains": []}).get_json()["result"]["uuid"]
    with instance.app.app_context():
        security_manager.copy_role("Gamma", "Public")
        db.session.commit()
        tables = [
            table.id
            for table in db.session.query(SqlaTable).filter_by(schema="telecom")
            if any(column.column_name == "client_no" for column in table.columns)
        ]
    instance.forget_rows()
    for _ in ("cold", "warm"):
        for user, clause in CLAUSES.items():
            token = client.post(
                "/api/v1/security/guest_token/",
                json={
                    "user": {"username": f"guest {user}"},
                    "resources": [{"type": "dashboard", "id": made}],
                    "rls": [{"dataset": number, "clause": clause} for number in tables],
                },
            ).get_json()["token"]
            guest = instance.app.test_client()
            for key, (number, context) in world.charts.items():
                form = {**context["form_data"], "slice_id": number, "dashboardId": world.dashboard}
                asked = {**context, "form_data": form}
                result = data(guest, asked, headers={"X-GuestToken": token})
                assert agree(result["data"], world.expected[user][key]), (user, key)
