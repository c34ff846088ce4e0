"""Alerts on the headline KPIs: offered, installed, right, and gone with what they watch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from click.testing import CliRunner, Result

from superset_kpi.cli import superset_group
from superset_kpi.errors import KpiError
from superset_kpi.superset.alerts import install_alerts
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import recorded_alerts
from superset_kpi.superset.removal import uninstall
from tests.superset.conftest import Instance, installed_charts


@pytest.fixture
def enabled(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Superset that runs alerts; what was installed in the test is gone after it."""
    from superset import feature_flag_manager

    monkeypatch.setitem(feature_flag_manager._feature_flags, "ALERT_REPORTS", True)
    yield
    with instance.app.app_context():
        uninstall("telecom", edited=True)


def alerts(instance: Instance) -> dict[str, dict[str, Any]]:
    with instance.app.app_context():
        return {
            key: {
                "name": alert.name,
                "to": json.loads(alert.recipients[0].recipient_config_json)["target"],
                "crontab": alert.crontab,
                "dashboard": alert.dashboard.dashboard_title,
            }
            for key, alert in recorded_alerts("telecom")
        }


def triggered(
    instance: Instance, key: str, changed: tuple[str, str] = ("", "")
) -> tuple[bool, Any]:
    """Whether Superset would send the alert, and the number that it saw."""
    from superset.commands.report.alert import AlertCommand

    with instance.app.app_context():
        alert = dict(recorded_alerts("telecom"))[key]
        assert changed[0] in alert.sql
        alert.sql = alert.sql.replace(*changed)
        sent, _ = AlertCommand(alert, uuid4()).run()
        return sent, alert.last_value


def test_alerts_are_installed_once_and_go_with_the_dashboards(
    instance: Instance, enabled: None
) -> None:
    mapping = instance.mappings()["telecom"]
    with instance.app.app_context():
        install(mapping)
        names = install_alerts(mapping, "kpi@example.com")
    found = alerts(instance)
    assert sorted(names) == sorted(each["name"] for each in found.values())
    assert set(found) == {
        "cx_turned_critical", "cx_fell", "cpv_turned_critical", "cpv_fell", "churn_rose",
    }  # fmt: skip
    assert found["cx_fell"] == {
        "name": "A segment's experience fell significantly · Aurelia Mobile",
        "to": "kpi@example.com",
        "crontab": "0 7 * * *",
        "dashboard": "Experience rating · Aurelia Mobile",
    }
    with instance.app.app_context():
        from superset import db

        for _, alert in recorded_alerts("telecom"):
            alert.crontab, alert.sql = "0 9 * * 1", "select 1"
        db.session.commit()
        install_alerts(mapping, "other@example.com")
    again = alerts(instance)
    assert {each["crontab"] for each in again.values()} == {"0 9 * * 1"}
    assert {each["to"] for each in again.values()} == {"kpi@example.com"}
    assert triggered(instance, "cx_fell")[0] is False
    with instance.app.app_context():
        assert not [each for each in uninstall("telecom") if each.reason]
    assert alerts(instance) == {}


def test_superset_sends_an_alert_where_there_is_one(instance: Instance, enabled: None) -> None:
    mapping = instance.mappings()["telecom"]
    with instance.app.app_context():
        install(mapping)
        install_alerts(mapping, "kpi@example.com")
    assert triggered(instance, "cx_fell") == (False, 0)
    # Winter 2024/25 was bad in every scheme, as the demo tells it.
    bad = ("period_age = 0", "period_age = 6")
    sent, segments = triggered(instance, "cx_fell", bad)
    assert sent
    assert segments > 3
    assert triggered(instance, "cx_turned_critical", bad)[0]


@pytest.mark.parametrize(
    "address",
    ["", "kpi", "kpi@example", "a@b.example c@d.example", '"><script>@x.y', "<b>@example.com"],
)
def test_what_is_no_address_is_refused(instance: Instance, enabled: None, address: str) -> None:
    with instance.app.app_context(), pytest.raises(KpiError) as raised:
        install_alerts(instance.mappings()["telecom"], address)
    assert str(raised.value) == f"--alerts: {address!r} is not an email address. Correct it."


def test_an_alert_of_the_same_name_is_left_alone(instance: Instance, enabled: None) -> None:
    from superset import db
    from superset.reports.models import ReportSchedule

    mapping = instance.mappings()["telecom"]
    name = "A segment's experience fell significantly · Aurelia Mobile"
    with instance.app.app_context():
        install(mapping)
        own = ReportSchedule(type="Alert", name=name, crontab="0 1 * * *", sql="select 1")
        db.session.add(own)
        db.session.commit()
        with pytest.raises(KpiError, match=r"there is already an alert .* Rename or delete it\."):
            install_alerts(mapping, "kpi@example.com")
        assert alerts(instance) == {}
        db.session.delete(db.session.query(ReportSchedule).filter_by(name=name).one())
        db.session.commit()


def invoke(instance: Instance, tmp_path: Path, *arguments: str) -> Result:
    body = yaml.safe_load((instance.home / "kpi.yaml").read_text(encoding="utf-8"))
    file = tmp_path / "one.yaml"
    file.write_text(yaml.safe_dump({"telecom": body["telecom"]}), encoding="utf-8")
    command = ["install", "--yes", "--mapping", str(file), *arguments]
    with instance.app.app_context():
        return CliRunner().invoke(superset_group, command)


def test_the_installer_offers_alerts_where_they_run(
    instance: Instance, enabled: None, tmp_path: Path
) -> None:
    assert "install --alerts ADDRESS adds some" in invoke(instance, tmp_path).stdout
    told = invoke(instance, tmp_path, "--alerts", "kpi@example.com").stdout
    assert "alert: A segment's perceived value fell significantly · Aurelia Mobile" in told
    assert "ADDRESS adds" not in told


def test_without_alerts_the_installer_says_what_to_switch_on(
    instance: Instance, tmp_path: Path
) -> None:
    refused = invoke(instance, tmp_path, "--alerts", "kpi@example.com")
    assert refused.exit_code == 1
    assert "Switch the feature flag ALERT_REPORTS on." in refused.stderr
    assert installed_charts(instance, "telecom") == {}
