"""Installing, upgrading and removing: what users made or edited is theirs."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from superset_kpi.errors import KpiError
from superset_kpi.mapping import Mapping, changed
from superset_kpi.superset.difference import differences
from superset_kpi.superset.install import apply, install
from superset_kpi.superset.plan import Plan, plan
from superset_kpi.superset.removal import plan_uninstall, uninstall
from tests.superset.conftest import GALLERY, Instance, chart_data, installed_charts


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the gallery with the charts total, bars and heat, to be changed by a test."""
    folder = tmp_path / "dashboards"
    shutil.copytree(GALLERY, folder)
    kept = {"total", "bars", "heat"}
    for path in (folder / "gallery/charts").glob("*.yaml"):
        if path.stem not in kept:
            path.unlink()
    change(folder / "gallery/dashboard.yaml", layout=[row("total"), row("bars"), row("heat")])
    return folder


@pytest.fixture
def installed(instance: Instance, telecom: Mapping, files: Path) -> Iterator[Mapping]:
    """The mapping, with the copied gallery installed for it; it is removed after the test."""
    with instance.app.app_context():
        install(telecom, files)
    yield telecom
    with instance.app.app_context():
        uninstall(telecom.name, edited=True)


def row(*charts: str) -> dict[str, Any]:
    return {"row": [{"chart": chart} for chart in charts]}


def change(path: Path, **keys: Any) -> None:
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**body, **keys}, sort_keys=False), encoding="utf-8")


def set_metric(files: Path, dataset: str, name: str, **keys: Any) -> None:
    path = files / f"datasets/{dataset}.yaml"
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    metrics = [m for m in body["metrics"] if m["metric_name"] != name]
    old = next((m for m in body["metrics"] if m["metric_name"] == name), {"metric_name": name})
    change(path, metrics=[*metrics, {**old, **keys}])


def actions(planned: Plan) -> Counter[str]:
    return Counter(step.action for step in planned.steps)


def find(instance: Instance, mapping: str, kind: str, key: str) -> int:
    from superset_kpi.superset.installed import recorded

    with instance.app.app_context():
        return next(i.model.id for i in recorded(mapping) if (i.kind, i.key) == (kind, key))


def dataset(instance: Instance, number: int) -> dict[str, Any]:
    return dict(instance.client().get(f"/api/v1/dataset/{number}").get_json()["result"])


def metrics(instance: Instance, number: int) -> dict[str, dict[str, Any]]:
    return {m["metric_name"]: m for m in dataset(instance, number)["metrics"]}


def save_metrics(instance: Instance, number: int, changed: list[dict[str, Any]]) -> None:
    """Saves metrics as the dataset editor does: all of them, with what it shows of each."""
    known = ("id", "metric_name", "expression", "description", "verbose_name", "d3format", "extra")
    body = {"metrics": [{k: m[k] for k in (*known, "currency") if k in m} for m in changed]}
    answer = instance.client().put(f"/api/v1/dataset/{number}", json=body)
    assert answer.status_code == 200, answer.data


def test_installing_creates_everything_and_again_changes_nothing(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    with instance.app.app_context():
        assert actions(install(telecom, files)) == {"create": 6}
        assert actions(install(telecom, files)) == {"keep": 6}
        assert actions(plan(telecom, files)) == {"keep": 6}
        uninstall(telecom.name)


def test_the_dashboard_is_certified_published_and_shows_its_charts(
    instance: Instance, installed: Mapping
) -> None:
    shown = instance.client().get("/api/v1/dashboard/kpi-telecom-gallery").get_json()["result"]
    assert shown["dashboard_title"] == "Gallery · Aurelia Mobile"
    assert shown["published"] is True
    assert shown["certified_by"] == "superset-kpi"
    assert sorted(shown["charts"]) == ["Gallery: bars", "Gallery: heat", "Gallery: total"]
    charts = installed_charts(instance, "telecom")
    (filter_, *_) = json.loads(shown["json_metadata"])["native_filter_configuration"]
    assert filter_["targets"][0]["datasetId"] == find(instance, "telecom", "dataset", "worth")
    nodes = json.loads(shown["position_json"])
    assert nodes["CHART-total"]["meta"]["chartId"] == charts["gallery/total"]


def test_columns_and_metrics_are_described_formatted_and_typed(
    instance: Instance, installed: Mapping
) -> None:
    shown = dataset(instance, find(instance, "telecom", "dataset", "worth"))
    assert shown["table_name"] == "kpi_telecom_worth"
    assert all(column["description"] and column["type"] for column in shown["columns"])
    (equity,) = [m for m in shown["metrics"] if m["metric_name"] == "equity"]
    assert equity["currency"] == {"symbol": "EUR", "symbolPosition": "prefix"}
    assert equity["d3format"] == ",.0f"
    assert json.loads(equity["extra"])["certification"]["certified_by"] == "superset-kpi"


def test_an_upgrade_keeps_edited_and_own_metrics_and_updates_the_others(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    number = find(instance, "telecom", "dataset", "worth")
    before = metrics(instance, number)
    mine = {"metric_name": "mine", "expression": "max(equity)", "description": "My own."}
    edited = {**before["equity"], "d3format": ".2s"}
    save_metrics(instance, number, [edited, before["customers"], before["purchases"], mine])
    for name in ("equity", "customers"):
        set_metric(files, "worth", name, description=f"New words about {name}.")
    set_metric(files, "worth", "revenue", expression="sum(revenue)", description="New metric.")
    with instance.app.app_context():
        (step,) = install(installed, files).only("update")
        assert step.edited == ("metrics:equity",)
        assert actions(plan(installed, files)) == {"keep": 5, "edited": 1}
    after = metrics(instance, number)
    assert after["equity"]["d3format"] == ".2s"
    assert after["equity"]["description"] == before["equity"]["description"]
    assert after["customers"]["description"] == "New words about customers."
    assert after["mine"]["expression"] == "max(equity)"
    assert after["revenue"]["expression"]
    assert after["customers"]["id"] == before["customers"]["id"]


def test_a_difference_stays_where_no_installation_would_change_it(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    number = find(instance, "telecom", "dataset", "worth")
    before = metrics(instance, number)
    mine = {"metric_name": "mine", "expression": "max(equity)"}
    edited = {**before["equity"], "d3format": ".2s"}
    save_metrics(instance, number, [edited, before["customers"], before["purchases"], mine])
    set_metric(files, "worth", "customers", description="New words.")
    body = yaml.safe_load((files / "datasets/worth.yaml").read_text(encoding="utf-8"))
    left = [m for m in body["metrics"] if m["metric_name"] != "purchases"]
    change(files / "datasets/worth.yaml", metrics=left)
    with instance.app.app_context():
        found = {each.part: each.stays for each in differences(plan(installed, files))}
        assert found == {
            "metrics:equity": True,
            "metrics:mine": True,
            "metrics:customers": False,
            "metrics:purchases": False,
        }
        install(installed, files)
        again = {each.part for each in differences(plan(installed, files))}
    assert again == {"metrics:equity", "metrics:mine"}


def test_a_metric_that_a_user_deleted_stays_deleted(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    number = find(instance, "telecom", "dataset", "worth")
    left = [m for name, m in metrics(instance, number).items() if name != "purchases"]
    save_metrics(instance, number, left)
    for words in ("First new words.", "Second new words."):
        set_metric(files, "worth", "purchases", description=words)
        with instance.app.app_context():
            install(installed, files)
        assert "purchases" not in metrics(instance, number)


def test_an_edited_chart_keeps_its_query_and_gets_the_rest(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    number = installed_charts(instance, "telecom")["gallery/bars"]
    client = instance.client()
    chart = client.get(f"/api/v1/chart/{number}").get_json()["result"]
    params = {**json.loads(chart["params"]), "metrics": ["customers"]}
    answer = client.put(f"/api/v1/chart/{number}", json={"params": json.dumps(params)})
    assert answer.status_code == 200
    path = files / "gallery/charts/bars.yaml"
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(path, slice_name="Renamed", params={**body["params"], "metrics": ["purchases"]})
    with instance.app.app_context():
        steps = {step.key: step for step in install(installed, files).steps}
    assert steps["gallery/bars"].edited == ("query",)
    chart = client.get(f"/api/v1/chart/{number}").get_json()["result"]
    assert chart["slice_name"] == "Renamed"
    assert json.loads(chart["params"])["metrics"] == ["customers"]


def test_what_was_confirmed_is_what_runs(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    everything_changed(files)
    with instance.app.app_context():
        planned = plan(installed, files)
        assert planned.only("update")
        everything_changed(files, "Written after the plan was shown.")
        apply(planned)
    number = installed_charts(instance, "telecom")["gallery/bars"]
    chart = instance.client().get(f"/api/v1/chart/{number}").get_json()["result"]
    assert chart["description"].startswith("Another one.")


@pytest.mark.parametrize("what", ["edited", "deleted"])
def test_a_plan_is_refused_after_somebody_changed_what_it_was_made_for(
    instance: Instance, installed: Mapping, files: Path, what: str
) -> None:
    everything_changed(files)
    with instance.app.app_context():
        planned = plan(installed, files)
    number = installed_charts(instance, "telecom")["gallery/bars"]
    client = instance.client()
    if what == "edited":
        client.put(f"/api/v1/chart/{number}", json={"slice_name": "Mine"})
    else:
        client.delete(f"/api/v1/chart/{number}")
    with instance.app.app_context():
        with pytest.raises(KpiError) as refused:
            apply(planned)
        again = plan(installed, files)
    assert str(refused.value).startswith("telecom: since the plan was made, somebody changed chart")
    assert str(refused.value).endswith("Nothing is written. Look at the plan again.")
    # The others are as they were.
    assert len(again.only("update")) == len(planned.only("update")) - (what == "deleted")
    with instance.app.app_context():
        apply(again)
        assert plan(installed, files).only("update") == []


def test_an_edited_layout_stays_and_new_filters_arrive(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    client, number = instance.client(), find(instance, "telecom", "dashboard", "gallery")
    shown = client.get(f"/api/v1/dashboard/{number}").get_json()["result"]
    position = json.loads(shown["position_json"])
    position["CHART-heat"]["meta"]["width"] = 9
    body = {"position_json": json.dumps(position)}
    assert client.put(f"/api/v1/dashboard/{number}", json=body).status_code == 200
    change(
        files / "gallery/dashboard.yaml",
        filters=[{"name": "Segment", "column": "segment"}],
        layout=[row("heat", "total", "bars")],
    )
    with instance.app.app_context():
        steps = install(installed, files).only("update")
    # Charts say which filters leave them as they are.
    assert {step.kind: step.edited for step in steps} == {"chart": (), "dashboard": ("position",)}
    shown = client.get(f"/api/v1/dashboard/{number}").get_json()["result"]
    assert json.loads(shown["position_json"])["CHART-heat"]["meta"]["width"] == 9
    names = [f["name"] for f in json.loads(shown["json_metadata"])["native_filter_configuration"]]
    assert names == ["Segment"]


def test_colours_that_superset_writes_when_a_dashboard_is_viewed_are_no_edit(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    number = find(instance, "telecom", "dashboard", "gallery")
    body = {"color_scheme_domain": ["#1FA8C9"], "shared_label_colors": ["North"]}
    url = f"/api/v1/dashboard/{number}/colors?mark_updated=false"
    assert instance.client().put(url, json=body).status_code == 200
    with instance.app.app_context():
        assert actions(plan(installed, files)) == {"keep": 6}


def test_synchronising_columns_is_no_edit(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    number = find(instance, "telecom", "dataset", "worth")
    assert instance.client().put(f"/api/v1/dataset/{number}/refresh").status_code == 200
    with instance.app.app_context():
        assert actions(plan(installed, files)) == {"keep": 6}


def test_where_the_sql_was_edited_the_whole_dataset_stays(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    number = find(instance, "telecom", "dataset", "worth")
    sql = "select 'a' as scheme, 'b' as segment, 1 as equity"
    assert instance.client().put(f"/api/v1/dataset/{number}", json={"sql": sql}).status_code == 200
    set_metric(files, "worth", "customers", description="New words.")
    with instance.app.app_context():
        install(installed, files)
    assert dataset(instance, number)["sql"] == sql
    assert metrics(instance, number)["customers"]["description"] == "Number of customers."


def test_an_update_turns_the_cache_of_its_charts_over(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    client, number = instance.client(), installed_charts(instance, "telecom")["gallery/total"]

    def is_cached() -> bool:
        answer = client.get(f"/api/v1/chart/{number}/data/").get_json()
        return bool(answer["result"][0]["is_cached"])

    is_cached()
    assert is_cached()
    set_metric(
        files, "scores", "cx", expression="protected(mean_score(score, weight) - 1, count(*))"
    )
    with instance.app.app_context():
        install(installed, files)
    assert not is_cached()


def test_what_is_no_longer_shipped_is_removed(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    (files / "gallery/charts/heat.yaml").unlink()
    change(files / "gallery/dashboard.yaml", layout=[row("total"), row("bars")])
    with instance.app.app_context():
        (gone,) = install(installed, files).only("remove")
        assert gone.key == "gallery/heat"
        assert actions(plan(installed, files)) == {"keep": 5}


def test_charts_without_tables_are_left_out_and_their_rows_close_up(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    tables = {name: t for name, t in telecom.tables.items() if name != "ratings"}
    less = changed(telecom, name="less", tables=MappingProxyType(tables))
    with instance.app.app_context():
        planned = install(less, files)
        assert [step.key for step in planned.steps] == ["worth", "gallery/bars", "gallery"]
        assert {each.why for each in planned.absent} == {("ratings is not mapped",)}
        uninstall("less")


def test_a_dataset_of_the_same_name_refuses_everything(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    number = instance.database_id("Telecom warehouse")
    body = {"database": number, "table_name": "kpi_telecom_scores", "sql": "select 1 as n"}
    client = instance.client()
    made = client.post("/api/v1/dataset/", json=body).get_json()["id"]
    with instance.app.app_context():
        assert actions(plan(telecom, files)) == {"create": 5, "clash": 1}
        with pytest.raises(KpiError, match=r"^dataset kpi_telecom_scores: a dataset of this name"):
            install(telecom, files)
        assert actions(plan(telecom, files)) == {"create": 5, "clash": 1}
    assert dataset(instance, made)["sql"] == "select 1 as n"
    assert client.delete(f"/api/v1/dataset/{made}").status_code == 200


def test_an_address_that_is_taken_refuses_everything(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    client = instance.client()
    body = {"dashboard_title": "Mine", "slug": "kpi-telecom-gallery"}
    made = client.post("/api/v1/dashboard/", json=body).get_json()["id"]
    with instance.app.app_context(), pytest.raises(KpiError, match=r"to the dashboard 'Mine'"):
        install(telecom, files)
    assert client.delete(f"/api/v1/dashboard/{made}").status_code == 200


def test_a_failure_in_the_middle_leaves_nothing_behind(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    from superset import db

    fault = "create trigger full before insert on dashboards begin select raise(abort, 'full'); end"
    with instance.app.app_context():
        db.session.execute(fault)
        db.session.commit()
        with pytest.raises(Exception, match="full"):
            install(telecom, files)
        db.session.execute("drop trigger full")
        db.session.commit()
        assert actions(plan(telecom, files)) == {"create": 6}


def test_the_database_connection_is_never_touched(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    url = f"/api/v1/database/{instance.database_id('Telecom warehouse')}"
    before = instance.client().get(url).get_json()
    with instance.app.app_context():
        install(telecom, files)
        uninstall(telecom.name)
    assert instance.client().get(url).get_json() == before


def test_objects_belong_to_the_owner(instance: Instance, telecom: Mapping, files: Path) -> None:
    with instance.app.app_context():
        install(telecom, files, owner="admin")
        with pytest.raises(KpiError, match=r"^owner: there is no user 'nobody'"):
            install(telecom, files, owner="nobody")
    shown = instance.client().get("/api/v1/dashboard/kpi-telecom-gallery").get_json()["result"]
    assert [owner["first_name"] for owner in shown["owners"]] == ["Admin"]
    with instance.app.app_context():
        uninstall(telecom.name)


def test_an_upgrade_leaves_owners_as_users_set_them(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    from superset_kpi.superset.installed import recorded

    client, number = instance.client(), find(instance, "telecom", "dashboard", "gallery")
    assert client.put(f"/api/v1/dashboard/{number}", json={"owners": []}).status_code == 200
    with instance.app.app_context():
        for each in recorded("telecom"):
            each.model.owners = []
        from superset import db

        db.session.commit()
    everything_changed(files)
    with instance.app.app_context():
        assert actions(install(installed, files)) == {"update": 6}
        assert [each.model.owners for each in recorded("telecom")] == [[]] * 6


def everything_changed(files: Path, words: str = "Another one.") -> None:
    """Gives each dataset, chart and dashboard of the files another description."""
    paths = [*files.glob("datasets/*.yaml"), *files.glob("*/charts/*.yaml")]
    for path in (*paths, *files.glob("*/dashboard.yaml")):
        change(path, description=words)


def delete(instance: Instance, kind: str, number: int) -> None:
    assert instance.client().delete(f"/api/v1/{kind}/{number}").status_code == 200


def test_a_chart_that_a_user_deleted_stays_away_and_leaves_no_gap(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    delete(instance, "chart", installed_charts(instance, "telecom")["gallery/bars"])
    with instance.app.app_context():
        planned = install(installed, files)
        (away,) = planned.only("away")
        assert (away.key, away.name) == ("gallery/bars", "Gallery: bars")
        assert away.reason == "a user deleted it; install --restore brings it back."
        assert [step.kind for step in planned.only("update")] == ["dashboard"]
        assert actions(plan(installed, files)) == {"keep": 5, "away": 1}
    everything_changed(files)
    with instance.app.app_context():
        assert actions(install(installed, files)) == {"update": 5, "away": 1}
    shown = instance.client().get("/api/v1/dashboard/kpi-telecom-gallery").get_json()["result"]
    nodes = json.loads(shown["position_json"])
    assert "CHART-bars" not in nodes
    assert all(n["children"] for n in nodes.values() if isinstance(n, dict) and n["type"] == "ROW")


def test_what_a_user_deleted_comes_back_on_request(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    delete(instance, "chart", installed_charts(instance, "telecom")["gallery/bars"])
    with instance.app.app_context():
        assert actions(plan(installed, files, restore=True)) == {"keep": 5, "create": 1}
        assert actions(install(installed, files)) == {"keep": 4, "update": 1, "away": 1}
        assert actions(install(installed, files, restore=True))["create"] == 1
        assert actions(plan(installed, files)) == {"keep": 6}
    shown = instance.client().get("/api/v1/dashboard/kpi-telecom-gallery").get_json()["result"]
    charts = installed_charts(instance, "telecom")
    nodes = json.loads(shown["position_json"])
    assert nodes["CHART-bars"]["meta"]["chartId"] == charts["gallery/bars"]
    assert "Gallery: bars" in shown["charts"]


def test_a_chart_and_its_dataset_that_a_user_deleted_both_stay_away(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    charts = installed_charts(instance, "telecom")
    delete(instance, "chart", charts["gallery/bars"])
    delete(instance, "dataset", find(instance, "telecom", "dataset", "worth"))
    with instance.app.app_context():
        gone = {step.key for step in install(installed, files).only("away")}
        assert gone == {"worth", "gallery/bars"}
        assert actions(plan(installed, files)) == {"keep": 4, "away": 2}


def test_a_dataset_that_charts_need_comes_back_under_them(
    instance: Instance, installed: Mapping, files: Path
) -> None:
    client, old = instance.client(), find(instance, "telecom", "dataset", "worth")
    body = {"database": instance.database_id("Telecom warehouse"), "table_name": "later"}
    later = client.post("/api/v1/dataset/", json={**body, "sql": "select 1 as n"}).get_json()["id"]
    delete(instance, "dataset", old)
    with instance.app.app_context():
        planned = install(installed, files)
        assert {s.key: s.action for s in planned.steps if s.action != "keep"} == {
            "worth": "create",
            "gallery/bars": "update",
            "gallery": "update",
        }
        assert actions(plan(installed, files)) == {"keep": 6}
    new = find(instance, "telecom", "dataset", "worth")
    number = installed_charts(instance, "telecom")["gallery/bars"]
    assert client.get(f"/api/v1/chart/{number}/data/").status_code == 200
    shown = client.get("/api/v1/dashboard/kpi-telecom-gallery").get_json()["result"]
    filters = json.loads(shown["json_metadata"])["native_filter_configuration"]
    assert new in {target.get("datasetId") for f in filters for target in f["targets"]}
    assert new > later > old
    delete(instance, "dataset", later)


def test_a_dashboard_that_a_user_deleted_stays_away_and_its_charts_stay(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    shutil.copytree(files / "gallery", files / "second")
    change(files / "second/dashboard.yaml", title="Second", slug="second")
    with instance.app.app_context():
        assert actions(install(telecom, files)) == {"create": 10}
    delete(instance, "dashboard", find(instance, "telecom", "dashboard", "second"))
    with instance.app.app_context():
        planned = install(telecom, files)
        assert [(s.kind, s.key) for s in planned.only("away")] == [("dashboard", "second")]
        assert actions(planned) == {"keep": 9, "away": 1}
        assert actions(install(telecom, files, restore=True)) == {"keep": 9, "create": 1}
        uninstall("telecom")


def test_what_we_removed_ourselves_comes_back(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    shutil.copytree(files / "gallery", files / "second")
    change(files / "second/dashboard.yaml", title="Second", slug="second")
    with instance.app.app_context():
        install(telecom, files)
    number = find(instance, "telecom", "dashboard", "gallery")
    body = {"dashboard_title": "Edited"}
    answer = instance.client().put(f"/api/v1/dashboard/{number}", json=body)
    assert answer.status_code == 200
    with instance.app.app_context():
        assert {each.key for each in uninstall("telecom") if not each.reason} >= {"second"}
        assert actions(install(telecom, files))["create"] == 4
        assert not plan(telecom, files).only("away")
        uninstall("telecom", edited=True)


def test_an_unknown_database_is_named(instance: Instance, telecom: Mapping, files: Path) -> None:
    with instance.app.app_context():
        with pytest.raises(KpiError) as caught:
            plan(replace(telecom, database="Telecom warehous"), files)
        assert str(caught.value) == (
            "telecom.database: Superset has no database 'Telecom warehous'. "
            "Did you mean 'Telecom warehouse'?"
        )
        with pytest.raises(KpiError, match=r"which is 'duckdb'. Correct it in kpi.yaml.$"):
            plan(changed(telecom, dialect="postgresql"), files)


def test_uninstalling_leaves_only_what_users_made(
    instance: Instance, telecom: Mapping, files: Path
) -> None:
    with instance.app.app_context():
        install(telecom, files)
    client, worth = instance.client(), find(instance, "telecom", "dataset", "worth")
    heat = installed_charts(instance, "telecom")["gallery/heat"]
    own = {"slice_name": "My chart", "datasource_id": worth, "datasource_type": "table"}
    chart = client.post("/api/v1/chart/", json=own).get_json()["id"]
    body = {"dashboard_title": "My dashboard"}
    mine = client.post("/api/v1/dashboard/", json=body).get_json()["id"]
    assert client.put(f"/api/v1/chart/{heat}", json={"dashboards": [mine]}).status_code == 200
    with instance.app.app_context():
        reasons = {(r.kind, r.key): r.reason for r in plan_uninstall("telecom")}
        assert reasons == {(r.kind, r.key): r.reason for r in uninstall("telecom")}
    assert {key: reason for key, reason in reasons.items() if reason} == {
        ("dataset", "worth"): "the chart 'My chart' is built on it.",
        ("dataset", "scores"): "the chart 'Gallery: heat' is built on it.",
        ("chart", "gallery/heat"): "it is on the dashboard 'My dashboard'.",
    }
    assert chart_data(client, worth, metrics=["customers"])[0]["customers"] > 0
    for url in (f"chart/{chart}", f"dashboard/{mine}"):
        assert client.delete(f"/api/v1/{url}").status_code == 200
    with instance.app.app_context():
        assert not any(r.reason for r in uninstall("telecom"))
        assert plan_uninstall("telecom") == []


def test_uninstalling_keeps_edited_objects_unless_told_otherwise(
    instance: Instance, installed: Mapping
) -> None:
    number = installed_charts(instance, "telecom")["gallery/bars"]
    answer = instance.client().put(f"/api/v1/chart/{number}", json={"slice_name": "Mine now"})
    assert answer.status_code == 200
    with instance.app.app_context():
        kept = {r.key: r.reason for r in plan_uninstall("telecom") if r.reason}
        assert kept == {
            "gallery/bars": "a user edited it (slice_name).",
            "worth": "the chart 'Mine now' is built on it.",
        }
        assert not any(r.reason for r in plan_uninstall("telecom", edited=True))


def test_a_dataset_with_a_row_level_security_rule_stays(
    instance: Instance, installed: Mapping
) -> None:
    from superset import db
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable

    number = find(instance, "telecom", "dataset", "scores")
    with instance.app.app_context():
        table = db.session.get(SqlaTable, number)
        rule = RowLevelSecurityFilter(
            name="ours", filter_type="Base", clause="1 = 1", tables=[table]
        )
        db.session.add(rule)
        db.session.commit()
        kept = {r.key: r.reason for r in plan_uninstall("telecom") if r.reason}
        db.session.delete(rule)
        db.session.commit()
    assert kept == {"scores": "the row-level security rule 'ours' applies to it."}


def test_an_embedded_dashboard_stays_with_all_that_it_shows(
    instance: Instance, installed: Mapping
) -> None:
    client, number = instance.client(), find(instance, "telecom", "dashboard", "gallery")
    url = f"/api/v1/dashboard/{number}/embedded"
    assert client.post(url, json={"allowed_domains": []}).status_code == 200
    with instance.app.app_context():
        reasons = {r.key: r.reason for r in plan_uninstall("telecom")}
    assert client.delete(url).status_code == 200
    assert reasons["gallery"] == "it is embedded in another application."
    assert all(reasons.values())


def test_two_mappings_live_side_by_side(instance: Instance, telecom: Mapping, files: Path) -> None:
    other = replace(telecom, name="brand", title="Second brand")
    with instance.app.app_context():
        install(telecom, files)
        assert actions(install(other, files)) == {"create": 6}
        uninstall("brand")
        assert actions(plan(telecom, files)) == {"keep": 6}
        uninstall("telecom")
