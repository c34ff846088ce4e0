"""Worked examples in SQL Lab: saved queries that run as they are, and stay as users left them."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from superset_kpi.dashboards.bundle import build_bundle
from superset_kpi.dashboards.files import read_shipped
from superset_kpi.errors import KpiError
from superset_kpi.macros import library
from superset_kpi.mapping import Mapping, changed
from superset_kpi.resources import dashboards
from superset_kpi.superset.export import export_bound
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import recorded
from superset_kpi.superset.plan import Plan, plan
from superset_kpi.superset.query_context import query_context
from superset_kpi.superset.removal import plan_uninstall, uninstall
from tests.bundles import NOWHERE
from tests.superset.conftest import Instance, add_reader
from tests.superset.test_install import change, files

__all__ = ["files"]
EXAMPLES = read_shipped(dashboards()).queries


@pytest.fixture
def examples(files: Path) -> Path:
    """The folder of three charts with two examples beside them."""
    for name in ("cx_by_segment", "help"):
        (files / "queries").mkdir(exist_ok=True)
        shutil.copy(dashboards() / f"queries/{name}.yaml", files / "queries")
    return files


@pytest.fixture
def saved(instance: Instance, telecom: Mapping, examples: Path) -> Iterator[dict[str, int]]:
    """The ids of the installed examples, by key; all is removed after the test."""
    with instance.app.app_context():
        install(telecom, examples)
    yield ids(instance)
    with instance.app.app_context():
        uninstall(telecom.name, edited=True)


def ids(instance: Instance, mapping: str = "telecom") -> dict[str, int]:
    with instance.app.app_context():
        return {each.key: each.model.id for each in recorded(mapping, "query")}


def actions(planned: Plan) -> dict[str, str]:
    return {step.key: step.action for step in planned.steps if step.kind == "query"}


def show(instance: Instance, number: int, user: str = "admin") -> dict[str, Any]:
    answer = instance.client(user).get(f"/api/v1/saved_query/{number}").get_json()
    return dict(answer.get("result") or {})


def save(instance: Instance, number: int, **fields: Any) -> None:
    """Saves a query as SQL Lab does: all that its form knows."""
    now = show(instance, number)
    body = {k: now[k] for k in ("label", "description", "sql", "schema", "template_parameters")}
    body |= {"db_id": now["database"]["id"], **fields}
    answer = instance.client().put(f"/api/v1/saved_query/{number}", json=body)
    assert answer.status_code == 200, answer.data


def test_every_family_with_relations_has_an_example() -> None:
    public = [m for m in library().values() if m.kind == "relation" and not m.is_internal]
    assert {library()[e.macro].area for e in EXAMPLES.values()} == {m.area for m in public}


@pytest.mark.parametrize("name", ["telecom", "retail", "cdnow"])
def test_every_example_runs_as_it_is_and_has_rows(
    instance: Instance, name: str, sql_lab: Callable[..., Any]
) -> None:
    mapping = instance.mappings()[name]
    with instance.app.app_context():
        planned = install(mapping)
    found = ids(instance, name)
    absent = {each.key: each.why for each in planned.absent if each.kind == "query"}
    assert found.keys() | absent.keys() == EXAMPLES.keys()
    assert not (found.keys() & absent.keys())
    assert name != "telecom" or not absent
    assert {"ratings is not mapped"} == {
        why for whys in absent.values() for why in whys
    } or not absent
    for key, number in found.items():
        query = show(instance, number)
        assert query["label"] == f"{EXAMPLES[key].title} · {mapping.title}"
        assert query["database"]["database_name"] == mapping.database
        rows = sql_lab(query["sql"], mapping.database)
        assert isinstance(rows, list), (key, rows)
        assert rows, key
    with instance.app.app_context():
        assert {step.action for step in plan(mapping).steps} == {"keep"}
        assert not any(each.reason for each in uninstall(name))
    assert ids(instance, name) == {}


def test_an_example_belongs_to_the_owner_who_alone_sees_it(
    instance: Instance, telecom: Mapping, examples: Path
) -> None:
    with instance.app.app_context():
        add_reader("carla")
        install(telecom, examples, owner="carla")
    (number, *_) = ids(instance).values()
    assert show(instance, number, "carla")["created_by"]["first_name"] == "carla"
    assert show(instance, number) == {}
    with instance.app.app_context():
        uninstall(telecom.name)


def test_an_edited_example_stays_and_the_others_are_updated(
    instance: Instance, telecom: Mapping, examples: Path, saved: dict[str, int]
) -> None:
    sql = "select 1 as mine"
    save(instance, saved["cx_by_segment"], sql=sql, template_parameters='{"a": 1}')
    with instance.app.app_context():
        assert actions(install(telecom, examples)) == {"cx_by_segment": "edited", "help": "keep"}
    for key in saved:
        change(
            examples / f"queries/{key}.yaml", description="New.", sql="select macro from $rows t"
        ) if key == "help" else change(examples / f"queries/{key}.yaml", description="New.")
    with instance.app.app_context():
        planned = install(telecom, examples)
    assert actions(planned) == {"cx_by_segment": "update", "help": "update"}
    (step,) = [step for step in planned.steps if step.key == "cx_by_segment" and step.edited]
    assert step.edited == ("sql", "template_parameters")
    mine, ours = (show(instance, saved[key]) for key in ("cx_by_segment", "help"))
    assert (mine["sql"], mine["template_parameters"]) == (sql, '{"a": 1}')
    assert mine["description"] == ours["description"] == "New."
    assert ours["sql"] == "select macro from {{ kpi.help(mapping='telecom') }} t"
    assert ids(instance) == saved
    with instance.app.app_context():
        reasons = {each.key: each.reason for each in plan_uninstall(telecom.name)}
        assert reasons["cx_by_segment"] == "a user edited it (sql, template_parameters)."
        assert reasons["help"] == ""
        uninstall(telecom.name)
    assert ids(instance).keys() == {"cx_by_segment"}


def test_running_an_example_is_no_edit(
    instance: Instance, telecom: Mapping, examples: Path, saved: dict[str, int]
) -> None:
    from superset import db
    from superset.models.sql_lab import SavedQuery

    save(instance, saved["help"])
    with instance.app.app_context():
        query = db.session.get(SavedQuery, saved["help"])
        query.rows, query.last_run = 7, query.changed_on
        db.session.commit()
        assert actions(plan(telecom, examples)) == {"cx_by_segment": "keep", "help": "keep"}


def test_a_deleted_example_stays_deleted_until_it_is_asked_for(
    instance: Instance, telecom: Mapping, examples: Path, saved: dict[str, int]
) -> None:
    assert instance.client().delete(f"/api/v1/saved_query/{saved['help']}").status_code == 200
    change(examples / "queries/help.yaml", description="New.")
    with instance.app.app_context():
        assert actions(install(telecom, examples)) == {"cx_by_segment": "keep", "help": "away"}
        assert actions(install(telecom, examples)) == {"cx_by_segment": "keep", "help": "away"}
        assert actions(install(telecom, examples, restore=True))["help"] == "create"
        assert actions(plan(telecom, examples)) == {"cx_by_segment": "keep", "help": "keep"}


def test_an_example_that_is_no_longer_shipped_or_fed_goes(
    instance: Instance, telecom: Mapping, examples: Path, saved: dict[str, int]
) -> None:
    (examples / "queries/help.yaml").unlink()
    tables = {name: each for name, each in telecom.tables.items() if name != "ratings"}
    without = changed(telecom, tables=tables)
    with instance.app.app_context():
        planned = plan(without, examples)
        assert actions(planned) == {"cx_by_segment": "remove", "help": "remove"}
        assert actions(install(telecom, examples)) == {"cx_by_segment": "keep", "help": "remove"}
    assert ids(instance).keys() == {"cx_by_segment"}


def test_an_example_follows_its_mapping_to_another_connection(
    instance: Instance, telecom: Mapping, examples: Path, saved: dict[str, int]
) -> None:
    with instance.app.app_context():
        install(changed(telecom, database="Unmapped"), examples)
    assert ids(instance) == saved
    assert show(instance, saved["help"])["database"]["database_name"] == "Unmapped"


def test_two_mappings_have_examples_of_their_own(
    instance: Instance, examples: Path, saved: dict[str, int], sql_lab: Callable[..., Any]
) -> None:
    with instance.app.app_context():
        install(changed(instance.mappings()["retail"], name="cdnow"), examples)
    other = ids(instance, "cdnow")
    assert set(other) == {"help"}
    assert show(instance, other["help"])["label"] != show(instance, saved["help"])["label"]
    # Two mappings are on this database, of which the query names one.
    assert sql_lab(show(instance, other["help"])["sql"], "Shop warehouse")
    with instance.app.app_context():
        uninstall("cdnow")
    assert ids(instance) == saved


@pytest.mark.parametrize("lacks", ["flag", "kpi", "mapping"])
def test_where_the_macros_do_not_run_there_are_no_examples(
    instance: Instance,
    telecom: Mapping,
    examples: Path,
    monkeypatch: pytest.MonkeyPatch,
    lacks: str,
) -> None:
    if lacks == "flag":
        monkeypatch.setattr("superset_kpi.superset.plan.renders_templates", lambda: False)
    if lacks == "kpi":
        monkeypatch.setitem(instance.app.config, "JINJA_CONTEXT_ADDONS", {})
    mapping = changed(telecom, name="elsewhere") if lacks == "mapping" else telecom
    with instance.app.app_context():
        assert actions(plan(mapping, examples)) == {}


def test_an_archive_has_no_examples_and_does_not_take_them_for_deleted(
    instance: Instance, telecom: Mapping, examples: Path
) -> None:
    with instance.app.app_context():
        archive = export_bound(telecom, examples)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        texts = {name: opened.read(name).decode() for name in opened.namelist()}
    assert not any("queries/" in name for name in texts)
    assert not any("query/" in text for name, text in texts.items() if "/dashboards/" in name)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"macro": "cx_band"}, "no public relation 'cx_band'. Did you mean"),
        ({"macro": "memberships"}, "no public relation 'memberships'. "),
        ({"arguments": {"schem": "x"}}, "there is no argument 'schem'. Did you mean 'scheme'?"),
        ({"sql": "select cx from t"}, "sql has to read $rows once"),
        ({"sql": "select cy from $rows t"}, "no column 'cy'. The nearest 10 of 22 are: cx, "),
        ({"sql": "select from from"}, "sql is not one select. Correct it."),
        ({"sql": "select cx from $rows t; select 1"}, "sql is not one select. Correct it."),
    ],
)
def test_a_faulty_example_is_named_with_its_file(
    examples: Path, telecom: Mapping, fields: dict[str, Any], fault: str
) -> None:
    change(examples / "queries/cx_by_segment.yaml", **fields)
    with pytest.raises(KpiError) as raised:
        build_bundle(telecom, NOWHERE, query_context, examples, examples=True)
    assert str(raised.value).startswith("dashboards/queries/cx_by_segment.yaml: ")
    assert fault in str(raised.value)


def test_an_example_with_an_unknown_key_is_refused(examples: Path) -> None:
    path = examples / "queries/help.yaml"
    path.write_text(yaml.safe_dump({"macro": "help", "query": "select 1"}), encoding="utf-8")
    with pytest.raises(KpiError, match=r"dashboards/queries/help\.yaml"):
        read_shipped(examples)
