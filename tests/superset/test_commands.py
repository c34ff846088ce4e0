"""The commands that are about an instance, on the command line beside a real one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from superset_kpi import __version__
from superset_kpi.cli import superset_group
from superset_kpi.mapping.models import models_path
from tests.superset.conftest import Instance, installed_charts

Run = Callable[..., Result]


@pytest.fixture
def run(instance: Instance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Run]:
    """The command line inside the application's context, as under `superset kpi`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUPERSET_KPI_MAPPING", raising=False)

    def invoke(*arguments: str, answer: str = "") -> Result:
        with instance.app.app_context():
            return CliRunner().invoke(superset_group, arguments, input=answer)

    yield invoke
    invoke("uninstall", "cdnow", "--edited", "--yes")


def only(instance: Instance, tmp_path: Path, name: str = "cdnow") -> str:
    """--mapping of one mapping, in a file of its own."""
    body = yaml.safe_load((instance.home / "kpi.yaml").read_text(encoding="utf-8"))
    (tmp_path / "one.yaml").write_text(yaml.safe_dump({name: body[name]}), encoding="utf-8")
    return str(tmp_path / "one.yaml")


def test_plan_shows_what_would_be_created_and_what_is_left_out(
    run: Run, instance: Instance, tmp_path: Path
) -> None:
    shown = run("plan", "--json", "--mapping", only(instance, tmp_path))
    assert shown.exit_code == 0
    (planned,) = json.loads(shown.stdout)
    assert planned["mapping"] == "cdnow"
    assert {step["action"] for step in planned["steps"]} == {"create"}
    left_out = {each["key"]: each["why"] for each in planned["left_out"]}
    assert left_out["cx_by_segment"] == left_out["scorecard"] == ["ratings is not mapped"]
    bring = {tuple(each.pop("why")): each for each in planned["would_bring"]}
    assert bring["segment_membership is not mapped",]["chart"] > 1
    text = run("plan", "--mapping", only(instance, tmp_path)).stdout
    assert text.startswith(f"cdnow, on 'Shop warehouse': {len(planned['steps'])} to create.")
    assert "No data for the dashboard 'Experience rating'." in text
    assert "\n  segment_membership is not mapped: 1 tab, 2 charts\n" in text


def test_plan_takes_the_mapping_file_that_superset_is_configured_with(run: Run) -> None:
    shown = run("plan")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "wrong.dialect: 'postgresql' does not fit the database 'Wrong', which is 'duckdb'. "
        "Correct it in kpi.yaml.\n"
    )


def test_install_asks_and_a_no_writes_nothing(run: Run, instance: Instance, tmp_path: Path) -> None:
    result = run("install", "--mapping", only(instance, tmp_path), answer="n\n")
    assert result.exit_code == 1
    assert "Write this into Superset? [y/N]" in result.stderr
    assert installed_charts(instance, "cdnow") == {}


def test_install_writes_and_uninstall_removes(run: Run, instance: Instance, tmp_path: Path) -> None:
    mapping = only(instance, tmp_path)
    assert run("install", "--mapping", mapping, "--yes").stdout.endswith("cdnow: installed.\n")
    assert installed_charts(instance, "cdnow")
    again = json.loads(run("plan", "--json", "--mapping", mapping).stdout)[0]
    assert {step["action"] for step in again["steps"]} == {"keep"}
    assert "keep as it is" in run("plan", "--mapping", mapping).stdout
    refused = run("uninstall", "cdnow", answer="n\n")
    assert refused.exit_code == 1
    assert installed_charts(instance, "cdnow")
    assert run("uninstall", "cdnow", "--yes").stdout.endswith("cdnow: removed.\n")
    assert installed_charts(instance, "cdnow") == {}
    nothing = run("uninstall", "cdnow", "--yes")
    assert nothing.stdout.startswith("cdnow: nothing is installed for this mapping.")


def test_an_owner_who_is_nobody_is_refused(run: Run, instance: Instance, tmp_path: Path) -> None:
    result = run("install", "-m", only(instance, tmp_path), "--yes", "--owner", "nobody")
    assert result.exit_code == 1
    assert result.stderr == "owner: there is no user 'nobody'. Name an existing one.\n"


def test_export_takes_the_connection_of_the_instance(
    run: Run, instance: Instance, tmp_path: Path
) -> None:
    from superset import db
    from superset.models.core import Database

    result = run("export", "--bound", "--mapping", only(instance, tmp_path))
    assert result.stdout.startswith("kpi_cdnow.zip: written.")
    with zipfile.ZipFile(tmp_path / "kpi_cdnow.zip") as archive:
        tree = yaml.safe_load(archive.read("kpi_cdnow/databases/cdnow.yaml"))
    with instance.app.app_context():
        database = db.session.query(Database).filter_by(database_name="Shop warehouse").one()
        assert tree["uuid"] == str(database.uuid)


def test_status_and_diff_tell_what_users_changed(
    run: Run, instance: Instance, tmp_path: Path
) -> None:
    given = ("--mapping", only(instance, tmp_path))
    shutil.copy(models_path(instance.home / "kpi.yaml"), models_path(Path(given[1])))
    assert json.loads(run("status", "--json", *given).stdout)[0]["objects"]["chart"] == 0
    run("install", "--yes", *given)
    assert run("diff", *given).stdout == "cdnow: Superset has what the files have.\n"
    charts = installed_charts(instance, "cdnow")
    (renamed, gone), client = sorted(charts.items())[:2], instance.client()
    client.put(f"/api/v1/chart/{renamed[1]}", json={"slice_name": "Ours"})
    client.delete(f"/api/v1/chart/{gone[1]}")
    (found,) = json.loads(run("status", "--json", *given).stdout)
    assert (found["version"], found["edited"], found["deleted"]) == (__version__, 1, 1)
    assert found["objects"]["chart"] == len(charts) - 1
    assert (found["fitted_until"], found["fitted_days_ago"]) == ("1998-06-30", 0)
    assert "/superset/dashboard/kpi-cdnow-lifetime-value/" in found["dashboards"].values()
    assert "1 edited, 1 deleted" in run("status", *given).stdout

    path = Path(given[1])
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({"cdnow": {**body["cdnow"], "title": "Discs"}}), "utf-8")
    shown = run("diff", *given)
    assert shown.exit_code == 1
    title = "dashboard 'Trust and handbook · CDNOW': dashboard_title\n"
    assert f"{title}--- instance\n+++ files\n@@ -1 +1 @@\n" in shown.stdout
    assert "-Trust and handbook · CDNOW\n+Trust and handbook · Discs\n" in shown.stdout
    parts = json.loads(run("diff", "--json", *given).stdout)["cdnow"]
    assert [p["lines"][3] for p in parts if p["part"] == "slice_name" and p["stays"]] == ["-Ours"]


def test_status_names_what_the_file_has_no_more(
    run: Run, instance: Instance, tmp_path: Path
) -> None:
    run("install", "--yes", "--mapping", only(instance, tmp_path))
    found = json.loads(
        run("status", "--json", "--mapping", only(instance, tmp_path, "retail")).stdout
    )
    assert [(each["mapping"], each["is_mapped"]) for each in found] == [
        ("retail", True),
        ("cdnow", False),
    ]


def test_what_a_later_version_installed_is_not_overwritten(
    run: Run, instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("--mapping", only(instance, tmp_path))
    run("install", "--yes", *given)
    monkeypatch.setattr("superset_kpi.superset.plan.__version__", "0.0.9")
    refused = run("install", "--yes", *given)
    assert refused.exit_code == 1
    assert (
        f"superset-kpi {__version__} installed these dashboards, and this is 0.0.9"
        in refused.stderr
    )
    assert "removed" in run("uninstall", "cdnow", "--yes").stdout


def test_doctor_fails_where_something_does_not_work(run: Run) -> None:
    result = run("doctor", "--json")
    findings = json.loads(result.stdout)
    assert any(f["severity"] == "error" for f in findings) == (result.exit_code == 1)
    assert all(f["found"] for f in findings)


@pytest.mark.slow
def test_superset_bears_the_commands(instance: Instance, tmp_path: Path) -> None:
    """As an entry point of another distribution, whether this one is installed or not."""
    entry = tmp_path / "site" / "kpi_entry-1.dist-info"
    entry.mkdir(parents=True)
    (entry / "METADATA").write_text("Metadata-Version: 2.1\nName: kpi-entry\nVersion: 1\n")
    (entry / "entry_points.txt").write_text(
        "[flask.commands]\nkpi = superset_kpi.cli:superset_group\n"
    )
    repository = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(entry.parent), str(repository)])
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from superset.cli.main import superset; superset()"),
            *("kpi", "render", "cx_band", "-o", "score=s"),
            *("--mapping", f"{instance.home}/kpi.yaml:telecom", "--output", "band.sql"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "band.sql").read_text().startswith("CASE WHEN s IS NULL")
