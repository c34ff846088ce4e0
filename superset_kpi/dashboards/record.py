"""What was written into Superset, remembered in the object itself, and merged with edits.

An object is a set of parts: a dataset's SQL, each of its metrics and columns; a chart's query; a
dashboard's layout. The record holds a digest of each part as it was written. On the next install a
part that still has its digest is ours to update; any other is the user's, and stays.

The record stands in `external_url`: a text column that datasets, charts and dashboards all have,
that no form of Superset shows or overwrites, that "save as" does not copy, and that survives
Superset's own import. Saved queries have none, and bear it in `extra_json`. See
docs/decisions.md#upgrades.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from typing import Any

Tree = dict[str, Any]

PREFIX = "superset-kpi:"
_FIELDS = {
    "dataset": (
        "table_name",
        "database_uuid",
        "catalog",
        "schema",
        "sql",
        "description",
        "main_dttm_col",
        "cache_timeout",
        "fetch_values_predicate",
        "filter_select_enabled",
        "offset",
        "template_params",
        "extra",
        "normalize_columns",
        "always_filter_main_dttm",
    ),
    "chart": (
        "slice_name",
        "description",
        "certified_by",
        "certification_details",
        "cache_timeout",
    ),
    "dashboard": (
        "dashboard_title",
        "slug",
        "description",
        "css",
        "published",
        "certified_by",
        "certification_details",
        "position",
        "metadata",
    ),
    "query": (
        "label",
        "description",
        "sql",
        "database_uuid",
        "catalog",
        "schema",
        "template_parameters",
    ),
}
_QUERY = ("viz_type", "params", "query_context", "dataset_uuid")
_NAMED = {"metrics": "metric_name", "columns": "column_name"}

# Superset changes these by itself: column types when it synchronises, the chart's identity in its
# own params, and the colours that a dashboard's owner happened to see.
_OWN_TO_SUPERSET = {
    "columns": ("type", "is_active", "datetime_format", "uuid", "id"),
    "metrics": ("metric_type", "uuid", "id"),
    "query": ("query_context",),
    "params": (
        "datasource",
        "slice_id",
        "dashboards",
        "dashboardId",
        "url_params",
        "extra_form_data",
    ),
}
METADATA_KEYS = (
    "color_scheme",
    "label_colors",
    "expanded_slices",
    "refresh_frequency",
    "cross_filters_enabled",
    "global_chart_configuration",
    "native_filter_configuration",
)


@dataclass(frozen=True)
class Record:
    """Whose object it is, a digest of all that was shipped, and one of each part as written.

    A dashboard's also names everything that was installed with it, see deleted.py, and the version
    of the package that did it.
    """

    mapping: str
    key: str
    shipped: str
    parts: Dict[str, str] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    version: str = ""

    def text(self) -> str:
        """Returns the record as it is stored."""
        body: list[Any] = [self.mapping, self.key, self.shipped, dict(self.parts)]
        body += [sorted(self.members), self.version] if self.members or self.version else []
        return PREFIX + json.dumps(body, separators=(",", ":"), sort_keys=True)


def read_record(text: str | None) -> Record | None:
    """Returns the record of an object, or None where there is none (any more)."""
    if not text or not text.startswith(PREFIX):
        return None
    try:
        mapping, key, shipped, parts, *more = json.loads(text[len(PREFIX) :])
    except ValueError:
        return None
    members, version = (more[:1] or [[]])[0], (more[1:] or [""])[0]
    return Record(mapping, key, shipped, parts, frozenset(members), version)


def record(mapping: str, kind: str, key: str, shipped: Tree) -> Record:
    """Returns the record for an object. It holds what was shipped, also where an edit was kept."""
    digests = {part: digest(part, value) for part, value in parts(kind, shipped).items()}
    return Record(mapping, f"{kind}/{key}", whole_digest(kind, shipped), digests)


def parts(kind: str, tree: Tree) -> dict[str, Any]:
    """Returns the parts of a tree by name, such as `sql`, `metrics:cx` or `position`."""
    found: dict[str, Any] = {name: tree.get(name) for name in _FIELDS[kind]}
    if kind == "dashboard":
        ids = _uuids_of_charts(tree)
        found["position"] = _without_ids(tree.get("position") or {})
        found["metadata"] = _metadata(tree.get("metadata") or {}, ids)
    if kind == "chart":
        found["query"] = {name: tree.get(name) for name in _QUERY}
    if kind == "dataset":
        for children, name in _NAMED.items():
            for child in tree.get(children) or []:
                found[f"{children}:{child[name]}"] = child
    return found


def digest(part: str, value: Any) -> str:
    """Returns a short digest of what a user can edit in a part."""
    return _hash(_editable(part, value))


def normal(kind: str, tree: Tree) -> dict[str, Any]:
    """Returns what a user can edit in a tree, by part, without anything empty."""
    return {part: _bare(_editable(part, value)) for part, value in parts(kind, tree).items()}


def _editable(part: str, value: Any) -> Any:
    group = part.split(":")[0]
    dropped = _OWN_TO_SUPERSET.get(group, ())
    if dropped and isinstance(value, dict):
        value = {k: v for k, v in value.items() if k not in dropped}
    if group == "query":
        ignored = _OWN_TO_SUPERSET["params"]
        kept = {k: v for k, v in (value["params"] or {}).items() if k not in ignored}
        value = {**value, "params": kept}
    return value


def whole_digest(kind: str, tree: Tree) -> str:
    """Returns a digest of all that is shipped, also of what a user cannot edit."""
    return _hash(parts(kind, tree))


def merged(kind: str, shipped: Tree, current: Tree, known: Record | None) -> tuple[Tree, list[str]]:
    """Returns the tree to write, and the parts that stay as the user made them.

    Where a dataset's SQL was edited the whole dataset stays: our metrics need our columns.
    """
    current = relinked(kind, shipped, current)
    want, have = parts(kind, shipped), parts(kind, current)
    base = known.parts if known else {}
    edited = []
    for part in {**want, **have, **base}:
        now = digest(part, have[part]) if part in have else None
        if now == base.get(part):
            continue
        wanted = digest(part, want[part]) if part in want else None
        if now != wanted and (part in want or part in base):
            edited.append(part)
    if kind == "dataset" and "sql" in edited:
        return current, edited
    own = {part for part in have if part not in want and part not in base}
    return _assembled(kind, shipped, current, {*edited, *own}), edited


def relinked(kind: str, shipped: Tree, current: Tree) -> Tree:
    """Returns the tree with our datasets where a chart or filter has lost its own.

    Nobody edits an object by deleting the dataset under it, which comes back under another id.
    """
    if kind == "chart" and current.get("dataset_uuid") is None:
        return {**current, "dataset_uuid": shipped["dataset_uuid"]}
    if kind != "dashboard":
        return current
    ours = {each["id"]: each for each in shipped["metadata"]["native_filter_configuration"]}
    filters = []
    for each in current["metadata"].get("native_filter_configuration") or []:
        targets = each.get("targets") or []
        lost = any("column" in target and "datasetUuid" not in target for target in targets)
        found = {"targets": ours[each["id"]]["targets"]} if lost and each.get("id") in ours else {}
        filters.append({**each, **found})
    return {**current, "metadata": {**current["metadata"], "native_filter_configuration": filters}}


def edits(kind: str, current: Tree, known: Record) -> list[str]:
    """Returns the parts that a user changed, removed or added since the object was written."""
    have = parts(kind, current)
    now = {part: digest(part, value) for part, value in have.items()}
    changed = [part for part, was in known.parts.items() if now.get(part) != was]
    return [*changed, *(part for part in now if part not in known.parts)]


def _assembled(kind: str, shipped: Tree, current: Tree, kept: set[str]) -> Tree:
    tree = dict(shipped)
    for name in (*_FIELDS[kind], *_QUERY):
        if name in kept or (name in _QUERY and "query" in kept):
            tree[name] = current.get(name)
    if kind == "dataset":
        for children, name in _NAMED.items():
            tree[children] = _children(children, name, shipped, current, kept)
    if kind == "dashboard" and "metadata" not in kept:
        tree["metadata"] = {**(current.get("metadata") or {}), **shipped["metadata"]}
    return tree


def _children(children: str, name: str, shipped: Tree, current: Tree, kept: set[str]) -> list[Tree]:
    theirs = {c[name]: c for c in current.get(children) or [] if f"{children}:{c[name]}" in kept}
    ours = [c for c in shipped[children] if f"{children}:{c[name]}" not in kept]
    return [*ours, *theirs.values()]


def _uuids_of_charts(tree: Tree) -> dict[int, str]:
    nodes = (tree.get("position") or {}).values()
    metas = [n["meta"] for n in nodes if isinstance(n, dict) and n.get("type") == "CHART"]
    return {meta["chartId"]: meta["uuid"] for meta in metas if "uuid" in meta}


def _without_ids(position: Tree) -> Tree:
    return {
        name: {**node, "meta": {k: v for k, v in node["meta"].items() if k != "chartId"}}
        if isinstance(node, dict) and node.get("type") == "CHART"
        else node
        for name, node in position.items()
    }


def _metadata(metadata: Tree, ids: dict[int, str]) -> Tree:
    found = {key: metadata.get(key) for key in METADATA_KEYS}
    filters = []
    for each in metadata.get("native_filter_configuration") or []:
        scope = each.get("scope") or {}
        excluded = sorted(ids[i] for i in scope.get("excluded") or [] if i in ids)
        kept = {k: v for k, v in each.items() if k not in ("chartsInScope", "tabsInScope")}
        filters.append({**kept, "scope": {**scope, "excluded": excluded}})
    found["native_filter_configuration"] = filters
    whole = dict(metadata.get("global_chart_configuration") or {})
    whole.pop("chartsInScope", None)
    found["global_chart_configuration"] = whole
    return found


def _hash(value: Any) -> str:
    text = json.dumps(_bare(value), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _bare(value: Any) -> Any:
    """Returns the value without anything empty: forms turn null into '' and the other way."""
    if isinstance(value, dict):
        return {k: b for k, v in value.items() if not _is_empty(b := _bare(v))}
    if isinstance(value, list):
        return [_bare(v) for v in value]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", {}, [])
