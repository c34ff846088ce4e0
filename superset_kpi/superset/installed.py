"""What Superset holds at this moment, as trees of the import format. Needs the application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from superset_kpi.dashboards.record import PREFIX, Record, Tree, read_record
from superset_kpi.errors import KpiError, nearest
from superset_kpi.mapping import Mapping

_NAMES = {
    "dataset": "table_name",
    "chart": "slice_name",
    "dashboard": "dashboard_title",
    "query": "label",
}
KINDS = tuple(_NAMES)
TEMPLATES_FLAG = "ENABLE_TEMPLATE_PROCESSING"
# Stands in the `extra_json` of an alert that was installed, with the mapping and the key, and of a
# saved query, with its record.
MARK = "superset_kpi"


@dataclass(frozen=True)
class Installed:
    """An object in Superset: its row, its tree, and the record of what was written."""

    kind: str
    model: Any
    tree: Tree
    record: Record | None

    @property
    def name(self) -> str:
        """The name that a reader sees."""
        return str(getattr(self.model, _NAMES[self.kind]))

    @property
    def uuid(self) -> str:
        """The identity, as text."""
        return str(self.model.uuid)

    @property
    def key(self) -> str:
        """The key in the bundle, where there is a record of it."""
        return self.record.key.split("/", 1)[1] if self.record else ""


def find_database(mapping: Mapping) -> Any:
    """Returns the database connection that the mapping is bound to."""
    from superset import db
    from superset.models.core import Database

    found = db.session.query(Database).filter_by(database_name=mapping.database).one_or_none()
    if found is None:
        names = [name for (name,) in db.session.query(Database.database_name)]
        hint = nearest(mapping.database, names) if names else "Create the connection first."
        raise KpiError(
            f"{mapping.name}.database: Superset has no database {mapping.database!r}. {hint}"
        )
    engines = (found.db_engine_spec.engine, *found.db_engine_spec.engine_aliases)
    if mapping.dialect not in engines:
        raise KpiError(
            f"{mapping.name}.dialect: {mapping.dialect!r} does not fit the database "
            f"{mapping.database!r}, which is {engines[0]!r}. Correct it in kpi.yaml."
        )
    return found


def default_catalog(database: Any) -> str | None:
    """Returns the catalog that the database's tables are registered under, if it has any."""
    if not getattr(database.db_engine_spec, "supports_catalog", False):
        return None
    catalog: str | None = database.get_default_catalog()
    return catalog


def renders_templates() -> bool:
    """Returns whether Superset renders templates in SQL, those of charts among them."""
    from superset import feature_flag_manager

    return bool(feature_flag_manager.is_feature_enabled(TEMPLATES_FLAG))


def model_of(kind: str) -> Any:
    """Returns Superset's class for a kind of object."""
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice
    from superset.models.sql_lab import SavedQuery

    classes = {"dataset": SqlaTable, "chart": Slice, "dashboard": Dashboard, "query": SavedQuery}
    return classes[kind]


def by_uuid(kind: str, uuid: str) -> Installed | None:
    """Returns the object with the UUID, whoever made it."""
    from superset import db

    model = db.session.query(model_of(kind)).filter_by(uuid=uuid).one_or_none()
    return None if model is None else installed(kind, model)


def recorded(mapping: str, *kinds: str) -> list[Installed]:
    """Returns all objects that were written for the mapping, by this or an earlier version.

    With kinds, only those of these kinds.
    """
    return [
        installed(kind, model)
        for kind in kinds or _NAMES
        for model, _ in with_records(kind, mapping)
    ]


def with_records(kind: str, mapping: str | None = None) -> Iterator[tuple[Any, Record]]:
    """Yields the objects of a kind that bear a record, of one mapping or of whichever."""
    from superset import db

    cls = model_of(kind)
    column = cls.extra_json if kind == "query" else cls.external_url
    for model in db.session.query(cls).filter(column.contains(PREFIX)):
        known = record_of(kind, model)
        if known is not None and mapping in (None, known.mapping):
            yield model, known


def record_of(kind: str, model: Any) -> Record | None:
    """Returns the record that an object bears, None where it has none."""
    return read_record(model.extra.get(MARK) if kind == "query" else model.external_url)


def recorded_alerts(mapping: str) -> Iterator[tuple[str, Any]]:
    """Yields key and model of each alert that was installed for the mapping."""
    from superset import db
    from superset.reports.models import ReportSchedule

    for alert in db.session.query(ReportSchedule).filter_by(type="Alert"):
        mark = alert.extra.get(MARK)
        if isinstance(mark, list) and len(mark) == 2 and mark[0] == mapping:
            yield str(mark[1]), alert


def mapping_names() -> set[str]:
    """Returns the mappings for which anything is installed."""
    return {known.mapping for kind in _NAMES for _, known in with_records(kind)}


def installed(kind: str, model: Any) -> Installed:
    """Returns a row of Superset's as what it was installed from."""
    trees = {"dataset": _dataset, "chart": _chart, "dashboard": _dashboard, "query": _query}
    return Installed(kind, model, trees[kind](model), record_of(kind, model))


def title_of(kind: str, tree: Tree) -> str:
    """Returns the name of a tree that a reader will see."""
    return str(tree[_NAMES[kind]])


def _plain(model: Any, recursive: bool) -> Tree:
    tree: Tree = model.export_to_dict(
        recursive=recursive, include_parent_ref=False, include_defaults=True, export_uuids=True
    )
    return tree


def _decoded(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _dataset(model: Any) -> Tree:
    tree = _plain(model, recursive=True)
    for key in ("params", "template_params", "extra"):
        tree[key] = _decoded(tree.get(key))
    for child in (*tree["metrics"], *tree["columns"]):
        child["extra"] = _decoded(child.get("extra"))
        child["currency"] = _decoded(child.get("currency"))
    for metric in tree["metrics"]:
        metric.setdefault("currency", None)
    for column in tree["columns"]:
        column.pop("currency")
    return {**tree, "database_uuid": str(model.database.uuid)}


def _chart(model: Any) -> Tree:
    tree = _plain(model, recursive=False)
    tree["params"] = _decoded(tree.get("params")) or {}
    tree["dataset_uuid"] = str(model.table.uuid) if model.table else None
    return tree


def _dashboard(model: Any) -> Tree:
    from superset import db

    tree = _plain(model, recursive=False)
    tree["position"] = _decoded(tree.pop("position_json", None)) or {}
    tree["metadata"] = _decoded(tree.pop("json_metadata", None)) or {}
    for each in tree["metadata"].get("native_filter_configuration") or []:
        for target in each.get("targets") or []:
            number = target.pop("datasetId", None)
            found = db.session.get(model_of("dataset"), number) if number is not None else None
            if found is not None:
                target["datasetUuid"] = str(found.uuid)
    return tree


def _query(model: Any) -> Tree:
    tree = _plain(model, recursive=False)
    database = str(model.database.uuid) if model.database else None
    return {
        **tree,
        "template_parameters": model.template_parameters,
        "database_uuid": database,
    }
