"""Puts the bundle into Superset, all of it or nothing. Needs the application.

Superset's import commands would overwrite the database connection, delete the metrics that users
added, and take over other datasets of the same name. Its functions for single objects, used here,
do none of that (same signatures in 4.1 to 6.1).
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

from superset_kpi.dashboards.record import Tree, merged, record
from superset_kpi.mapping import Mapping
from superset_kpi.superset.deleted import remember
from superset_kpi.superset.installed import MARK, Installed, by_uuid, find_database
from superset_kpi.superset.plan import Plan, Step, plan, refuse_clashes, refuse_misfit
from superset_kpi.superset.removal import remove
from superset_kpi.superset.session import transaction


def install(
    mapping: Mapping,
    folder: Path | None = None,
    owner: str | None = None,
    restore: bool = False,
    looks: bool = False,
) -> Plan:
    """Plans and carries the plan out at once; returns it."""
    planned = plan(mapping, folder, restore, looks)
    apply(planned, owner)
    return planned


def apply(planned: Plan, owner: str | None = None) -> None:
    """Carries the plan out in one transaction.

    Any clash refuses all of it, and so does anything that somebody changed since. `owner` is the
    name of the user whom new objects belong to; without it, an administrator.
    """
    refuse_clashes(planned)
    bundle, name = planned.bundle, planned.mapping.name
    with transaction(owner):
        refuse_misfit(planned)
        database_id = find_database(planned.mapping).id
        trees = {tree["uuid"]: tree for _, _, tree in bundle.trees()}
        ids: dict[str, int] = {}
        for step in planned.only("create", "update", "keep", "edited"):
            if step.uuid in trees:
                ids[step.uuid] = _write(step, trees[step.uuid], name, database_id, ids)
        gone = [by_uuid(step.kind, step.uuid) for step in planned.only("remove")]
        remove([each for each in gone if each is not None])
        remember(name, bundle.keys())


def _write(step: Step, shipped: Tree, mapping: str, database_id: int, ids: dict[str, int]) -> int:
    """Writes one object, if the plan says so, and returns its id."""
    current = by_uuid(step.kind, step.uuid)
    has_owners = step.kind != "query"  # which is its user's
    owners = list(current.model.owners) if current is not None and has_owners else None
    if current is not None and step.action in ("keep", "edited"):
        return int(current.model.id)
    tree = copy.deepcopy(shipped)
    if step.kind == "dashboard":
        _set_chart_ids(tree, ids)
    if current is not None:
        tree = copy.deepcopy(merged(step.kind, tree, current.tree, current.record)[0])
    tree["uuid"] = step.uuid
    tree["external_url"] = record(mapping, step.kind, step.key, shipped).text()
    if step.kind == "query":
        model = _write_query(tree, current, database_id)
    elif step.kind == "dataset":
        model = _write_dataset(tree, current, database_id)
    elif step.kind == "chart":
        model = _write_chart(tree)
    else:
        model = _write_dashboard(tree, "position" not in step.edited)
    if owners is not None:
        model.owners = owners  # Superset's functions add the user who imports
    # Part of the cache key of every chart; a changed metric alone would not touch it.
    model.changed_on = dt.datetime.now()
    return int(model.id)


def _write_dataset(tree: Tree, current: Installed | None, database_id: int) -> Any:
    from superset import db
    from superset.commands.dataset.importers.v1.utils import import_dataset

    for key in ("version", "database_uuid"):
        tree.pop(key, None)
    if current is not None and current.model.database_id != database_id:
        current.model.database_id = database_id  # the mapping was bound to another connection
        db.session.flush()
    tree["database_id"] = database_id
    return import_dataset(tree, overwrite=True, ignore_permissions=True)


def _write_chart(tree: Tree) -> Any:
    from superset.commands.chart.importers.v1.utils import import_chart

    dataset = by_uuid("dataset", tree.pop("dataset_uuid"))
    assert dataset is not None
    number = dataset.model.id
    tree |= {
        "datasource_id": number,
        "datasource_type": "table",
        "datasource_name": dataset.model.table_name,
    }
    tree["params"]["datasource"] = f"{number}__table"
    context = json.loads(tree["query_context"] or "null")
    if context:
        context["datasource"] = {"id": number, "type": "table"}
        context["form_data"]["datasource"] = f"{number}__table"
        tree["query_context"] = json.dumps(context)
    return import_chart(tree, overwrite=True, ignore_permissions=True)


def _write_query(tree: Tree, current: Installed | None, database_id: int) -> Any:
    """Writes a saved query; a new one is the owner's, and Superset shows it to nobody else."""
    from flask import g
    from superset import db
    from superset.commands.query.importers.v1.utils import import_saved_query

    if current is not None and current.model.db_id != database_id:
        current.model.db_id = database_id
        db.session.flush()
    record, parameters = tree["external_url"], tree["template_parameters"]
    model = import_saved_query({**tree, "db_id": database_id}, overwrite=True)
    model.template_parameters = parameters  # which Superset does not import
    model.set_extra_json_key(MARK, record)
    if current is None:
        model.user = g.user
    return model


def _write_dashboard(tree: Tree, own_layout: bool) -> Any:
    from superset import db
    from superset.commands.dashboard.importers.v1.utils import import_dashboard
    from superset.models.slice import Slice

    for each in tree["metadata"].get("native_filter_configuration") or []:
        for target in each.get("targets") or []:
            if "datasetUuid" in target:
                dataset = by_uuid("dataset", target.pop("datasetUuid"))
                target["datasetId"] = dataset.model.id if dataset else None
    numbers = [meta["chartId"] for meta in _charts(tree)]
    model = import_dashboard(tree, overwrite=True, ignore_permissions=True)
    if own_layout:
        model.slices = db.session.query(Slice).filter(Slice.id.in_(numbers)).all()
    db.session.flush()
    return model


def _charts(tree: Tree) -> list[dict[str, Any]]:
    nodes = tree["position"].values()
    return [n["meta"] for n in nodes if isinstance(n, dict) and n.get("type") == "CHART"]


def _set_chart_ids(tree: Tree, ids: dict[str, int]) -> None:
    """Puts the ids of this instance where the bundle numbers its charts."""
    known = {}
    for meta in _charts(tree):
        known[meta["chartId"]] = meta["chartId"] = ids[meta["uuid"]]
    for each in tree["metadata"]["native_filter_configuration"]:
        each["scope"]["excluded"] = [known[number] for number in each["scope"]["excluded"]]
