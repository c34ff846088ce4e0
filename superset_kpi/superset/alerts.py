"""Alerts on the headline KPIs, for those who want them. Needs the application.

Each counts rows of a dataset that fulfil a condition; Superset sends a message where there are any.
Who gets it, when it is looked at and whether it is active belong to the user: a second installation
leaves them alone. What is ours is remembered in `extra_json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from superset_kpi.dashboards.bundle import identity
from superset_kpi.dashboards.files import read_shipped
from superset_kpi.errors import KpiError
from superset_kpi.macros import render_expression
from superset_kpi.mapping import Mapping
from superset_kpi.resources import dashboards
from superset_kpi.superset.installed import (
    MARK,
    by_uuid,
    find_database,
    recorded_alerts,
)
from superset_kpi.superset.plan import bundle_for
from superset_kpi.superset.session import find_owner, transaction

EVERY_MORNING = "0 7 * * *"
WEEK = 7 * 24 * 3600


def are_enabled() -> bool:
    """Returns whether this Superset runs alerts and reports."""
    from superset import is_feature_enabled

    return bool(is_feature_enabled("ALERT_REPORTS"))


def require_alerts(address: str) -> None:
    """Raises a KpiError where alerts cannot be sent to the address."""
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise KpiError(f"--alerts: {address!r} is not an email address. Correct it.") from None
    if not are_enabled():
        raise KpiError(
            "--alerts: this Superset runs no alerts. Switch the feature flag ALERT_REPORTS on."
        )


def install_alerts(
    mapping: Mapping, address: str, folder: Path | None = None, owner: str | None = None
) -> list[str]:
    """Puts the alerts that the mapping has tables for into Superset; returns their names.

    New ones go by mail to the address, every morning at 7 (UTC), at most once a week. The
    dashboards have to be installed.
    """
    from superset import db
    from superset.reports.models import ReportCreationMethod, ReportRecipients, ReportSchedule

    require_alerts(address)
    with transaction(owner):
        ours = dict(recorded_alerts(mapping.name))
        wanted = dict(_wanted(mapping, folder))
        for key, alert in ours.items():
            if key not in wanted:
                db.session.delete(alert)
        for key, fields in wanted.items():
            alert = ours.get(key)
            if alert is None:
                _refuse_taken(fields["name"])
                to = ReportRecipients(
                    type="Email", recipient_config_json=json.dumps({"target": address})
                )
                alert = ReportSchedule(
                    type="Alert",
                    active=True,
                    crontab=EVERY_MORNING,
                    timezone="UTC",
                    grace_period=WEEK,
                    creation_method=ReportCreationMethod.ALERTS_REPORTS,
                    recipients=[to],
                    owners=[find_owner(owner)],
                    extra_json=json.dumps({MARK: [mapping.name, key]}),
                )
                db.session.add(alert)
            for name, value in fields.items():
                setattr(alert, name, value)
    return [str(fields["name"]) for fields in wanted.values()]


def _wanted(mapping: Mapping, folder: Path | None) -> Iterator[tuple[str, dict[str, Any]]]:
    shipped, bundle = read_shipped(folder or dashboards()), bundle_for(mapping, folder)
    database = find_database(mapping)
    for key, file in shipped.alerts.items():
        dashboard = by_uuid("dashboard", identity(mapping.name, "dashboard", file.dashboard))
        if file.dataset not in bundle.datasets or dashboard is None:
            continue
        sql, condition = bundle.datasets[file.dataset]["sql"], file.condition
        yield (
            key,
            {
                "name": f"{file.title} · {mapping.title}",
                "description": file.description,
                "sql": f"select count(*) as segments from ({sql}) as kpi__watched "
                f"where {render_expression(condition, mapping)}",
                "database": database,
                "dashboard": dashboard.model,
                "validator_type": "operator",
                "validator_config_json": json.dumps({"op": ">", "threshold": 0}),
            },
        )


def _refuse_taken(name: str) -> None:
    from superset import db
    from superset.reports.models import ReportSchedule

    if db.session.query(ReportSchedule).filter_by(type="Alert", name=name).first():
        raise KpiError(f"--alerts: there is already an alert {name!r}. Rename or delete it.")
