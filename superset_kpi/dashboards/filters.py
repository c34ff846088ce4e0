"""A dashboard's filters as Superset's native filter configuration."""

from __future__ import annotations

import re
from collections.abc import Container
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

from superset_kpi.dashboards.files import FilterFile

_PLUGINS = {
    "value": "filter_select",
    "range": "filter_range",
    "time": "filter_time",
    "grain": "filter_timegrain",
}


@dataclass(frozen=True)
class Reach:
    """A chart on the dashboard, as far as filters are concerned."""

    chart_id: int
    dataset: str
    dataset_uuid: str
    columns: frozenset[str]
    has_time: bool


def native_filters(
    filters: tuple[FilterFile, ...], charts: Dict[str, Reach], sources: Dict[str, str]
) -> list[dict[str, Any]]:
    """Returns the configuration of those filters that some chart on the dashboard can follow.

    `sources` gives by a filter's name the UUID of the dataset that its values come from.
    """
    made = [each for chosen in filters if (each := _native_filter(chosen, charts, sources))]
    known = {each["id"] for each in made}
    for each in made:
        each["cascadeParentIds"] = [name for name in each["cascadeParentIds"] if name in known]
    return made


def follows(chosen: FilterFile, key: str, columns: Container[str], has_time: bool) -> bool:
    """Returns whether a filter works on a chart, by its key and its dataset's columns."""
    if key in chosen.excluded:
        return False
    if chosen.type in ("time", "grain"):
        return has_time
    return chosen.column in columns


def unfollowed(filters: list[dict[str, Any]], chart_id: int) -> str:
    """Returns the sentence that names the filters of a dashboard which leave a chart as it is.

    Empty where the chart follows them all.
    """
    names = [each["name"].lower() for each in filters if chart_id in each["scope"]["excluded"]]
    if not names:
        return ""
    if len(names) == len(filters):
        return "No filter applies."
    if len(names) == 1:
        return f"The {names[0]} filter does not apply."
    return f"The {', '.join(names[:-1])} and {names[-1]} filters do not apply."


def _native_filter(
    chosen: FilterFile, charts: Dict[str, Reach], sources: Dict[str, str]
) -> dict[str, Any] | None:
    inside = [c for key, c in charts.items() if follows(chosen, key, c.columns, c.has_time)]
    if not inside:
        return None
    outside = [c.chart_id for c in charts.values() if c not in inside]
    targets: list[dict[str, Any]] = [{}]
    if chosen.type != "time":
        targets = [{"datasetUuid": sources[chosen.name]}]
    if chosen.column is not None:
        targets[0]["column"] = {"name": chosen.column}
    return {
        "id": _id(chosen.name),
        "name": chosen.name,
        "description": chosen.description or "",
        "type": "NATIVE_FILTER",
        "filterType": _PLUGINS[chosen.type],
        "targets": targets,
        "cascadeParentIds": [_id(parent) for parent in chosen.parents],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": outside},
        "controlValues": _controls(chosen),
        "defaultDataMask": _default(chosen),
        # Without it the charts are drawn unfiltered before the first value is known.
        "requiredFirst": chosen.first,
        "adhoc_filters": _conditions(chosen),
        **({"sortMetric": chosen.sort_metric} if chosen.sort_metric else {}),
    }


def _conditions(chosen: FilterFile) -> list[dict[str, Any]]:
    if not chosen.where:
        return []
    return [
        {
            "clause": "WHERE",
            "expressionType": "SQL",
            "filterOptionName": _id(chosen.name),
            "sqlExpression": chosen.where,
        }
    ]


def _id(name: str) -> str:
    return f"NATIVE_FILTER-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}"


def _controls(chosen: FilterFile) -> dict[str, Any]:
    controls: dict[str, Any] = {"enableEmptyFilter": chosen.required}
    if chosen.type == "value":
        controls |= {
            "multiSelect": chosen.multiple,
            "defaultToFirstItem": chosen.first,
            "inverseSelection": False,
            "searchAllOptions": True,
            "sortAscending": not chosen.descending,
        }
    return controls


def _default(chosen: FilterFile) -> dict[str, Any]:
    if chosen.default is None:
        return {"extraFormData": {}, "filterState": {}, "ownState": {}}
    if chosen.type in ("time", "grain"):
        key = "time_range" if chosen.type == "time" else "time_grain_sqla"
        value = chosen.default if chosen.type == "time" else [chosen.default]
        return {
            "extraFormData": {key: chosen.default},
            "filterState": {"value": value},
            "ownState": {},
        }
    values = chosen.default if isinstance(chosen.default, list) else [chosen.default]
    if chosen.type == "range":
        bounds = [b for b in zip((">=", "<="), values, strict=True) if b[1] is not None]
        conditions = [{"col": chosen.column, "op": op, "val": bound} for op, bound in bounds]
    else:
        conditions = [{"col": chosen.column, "op": "IN", "val": values}]
    return {
        "extraFormData": {"filters": conditions},
        "filterState": {"value": values},
        "ownState": {},
    }
