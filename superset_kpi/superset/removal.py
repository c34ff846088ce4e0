"""Takes out what was installed, and nothing that a user depends on. Needs the application."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from superset_kpi.dashboards.record import edits
from superset_kpi.superset.deleted import forget
from superset_kpi.superset.installed import MARK, Installed, recorded, recorded_alerts
from superset_kpi.superset.session import transaction

_Key = tuple[str, str]

# A dashboard that stays keeps its charts, and a chart its dataset.
_IN_ORDER = ("dashboard", "chart", "dataset", "query")


@dataclass(frozen=True)
class Removal:
    """An object that was installed; with a reason it stays."""

    kind: str
    key: str
    name: str
    reason: str = ""


def plan_uninstall(mapping: str, edited: bool = False) -> list[Removal]:
    """Returns what `uninstall` would remove, and what stays for which reason."""
    found = recorded(mapping)
    reasons = reasons_to_keep(found, edited)
    return [Removal(i.kind, i.key, i.name, reasons.get((i.kind, i.uuid), "")) for i in found]


def uninstall(mapping: str, edited: bool = False, owner: str | None = None) -> list[Removal]:
    """Removes what was installed for the mapping, in one transaction; `edited` takes edits along.

    The mapping may be gone from kpi.yaml. Objects that a user's own charts, dashboards or reports
    need always stay, and so does the database connection. Alerts that were installed go.
    """
    from superset import db

    with transaction(owner):
        for _, alert in recorded_alerts(mapping):
            db.session.delete(alert)
        db.session.flush()
        planned, found = plan_uninstall(mapping, edited), recorded(mapping)
        gone = {(each.kind, each.key) for each in planned if not each.reason}
        remove([each for each in found if (each.kind, each.key) in gone])
    return planned


def remove(objects: Sequence[Installed]) -> None:
    """Deletes the objects, dashboards with our alerts first; the caller owns the transaction."""
    from superset import db

    gone = {each.model.id for each in objects if each.kind == "dashboard"}
    for mapping in {each.record.mapping for each in objects if each.record}:
        for _, alert in recorded_alerts(mapping):
            if alert.dashboard_id in gone:
                db.session.delete(alert)
    for kind in _IN_ORDER:
        for each in objects:
            if each.kind == kind:
                db.session.delete(each.model)
        db.session.flush()
    for each in objects:
        if each.record:
            forget(each.record.mapping, [each.record.key])


def reasons_to_keep(
    objects: Sequence[Installed], edited: bool = False, rewritten: Collection[_Key] = ()
) -> dict[_Key, str]:
    """Returns why objects must stay, where all of them would otherwise be deleted.

    `rewritten` are dashboards and charts that an installation is about to write anew, so that what
    they need now does not count.
    """
    reasons: dict[_Key, str] = {}
    leaving = {(each.kind, each.uuid) for each in objects} | set(rewritten)
    for kind in _IN_ORDER:
        for each in objects:
            if each.kind != kind:
                continue
            reason = _needed(each, leaving) or ("" if edited else _edited(each))
            if reason:
                reasons[kind, each.uuid] = reason
                leaving.discard((kind, each.uuid))
    return reasons


def _edited(each: Installed) -> str:
    changed = edits(each.kind, each.tree, each.record) if each.record else ["its record"]
    if not changed:
        return ""
    shown = ", ".join(changed[:3]) + (" ..." if len(changed) > 3 else "")
    return f"a user edited it ({shown})."


def _needed(each: Installed, leaving: Collection[_Key]) -> str:
    """Returns what that stays needs the object, or nothing."""
    if each.kind == "query":
        return ""
    if each.kind == "dataset":
        return _rule_on(each) or _chart_on(each, leaving) or _filter_on(each, leaving)
    if each.kind == "dashboard" and each.model.embedded:
        return "it is embedded in another application."
    report = _report_on(each)
    if report or each.kind == "dashboard":
        return report
    for dashboard in each.model.dashboards:
        if ("dashboard", str(dashboard.uuid)) not in leaving:
            return f"it is on the dashboard {dashboard.dashboard_title!r}."
    return ""


def _rule_on(each: Installed) -> str:
    # Installed again later, the dataset would lack the rule.
    rules = each.model.row_level_security_filters
    return f"the row-level security rule {rules[0].name!r} applies to it." if rules else ""


def _report_on(each: Installed) -> str:
    from superset import db
    from superset.reports.models import ReportSchedule

    column = {"chart": ReportSchedule.chart_id, "dashboard": ReportSchedule.dashboard_id}[each.kind]
    for report in db.session.query(ReportSchedule).filter(column == each.model.id):
        if MARK not in report.extra:
            return f"the alert or report {report.name!r} is about it."
    return ""


def _chart_on(each: Installed, leaving: Collection[_Key]) -> str:
    from superset import db
    from superset.models.slice import Slice

    charts = db.session.query(Slice).filter_by(datasource_id=each.model.id, datasource_type="table")
    for chart in charts:
        if ("chart", str(chart.uuid)) not in leaving:
            return f"the chart {chart.slice_name!r} is built on it."
    return ""


def _filter_on(each: Installed, leaving: Collection[_Key]) -> str:
    from superset import db
    from superset.models.dashboard import Dashboard

    target = f'"datasetId": {each.model.id}'
    for dashboard in db.session.query(Dashboard).filter(Dashboard.json_metadata.contains(target)):
        exact = any(f"{target}{end}" in dashboard.json_metadata for end in (",", "}", " "))
        if exact and ("dashboard", str(dashboard.uuid)) not in leaving:
            return f"a filter of the dashboard {dashboard.dashboard_title!r} lists its values."
    return ""
