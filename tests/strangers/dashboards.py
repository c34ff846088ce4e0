"""A dashboard as a reader meets it: its filters' first values, and the rows of each chart then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.strangers.conftest import Served


@dataclass
class Opened:
    """A dashboard with its filters set as its opening sets them."""

    served: Served
    slug: str
    title: str
    charts: dict[int, str]
    filters: list[dict[str, Any]]
    tabs: dict[str, int]
    options: dict[str, list[Any]] = field(default_factory=dict)
    chosen: dict[str, Any] = field(default_factory=dict)

    def rows(self, chart: int) -> list[list[dict[str, Any]]]:
        """Returns the rows of each query of a chart, or raises with what Superset says."""
        described = self.served.get(f"/api/v1/chart/{chart}")["result"]
        context = json.loads(described["query_context"])
        conditions = [
            {"col": each["targets"][0]["column"]["name"], "op": "IN", "val": [value]}
            for each in self.filters
            if (value := self.chosen.get(each["id"])) is not None
            and chart not in each["scope"]["excluded"]
        ]
        for query in context["queries"]:
            query["filters"] = [*(query.get("filters") or []), *conditions]
        answer = self.served.post("/api/v1/chart/data", context)
        assert "result" in answer, answer
        return [each["data"] for each in answer["result"]]


def open_dashboard(served: Served, slug: str) -> Opened:
    """Returns the dashboard with every required filter at its first value."""
    body = served.get(f"/api/v1/dashboard/{slug}")["result"]
    position = json.loads(body["position_json"])
    metadata = json.loads(body["json_metadata"])
    charts = {
        node["meta"]["chartId"]: node["meta"]["sliceName"]
        for node in position.values()
        if isinstance(node, dict) and node.get("type") == "CHART"
    }
    filters = metadata["native_filter_configuration"]
    tabs = {
        node["meta"]["text"]: sum(1 for _ in _shown_below(position, node["id"]))
        for node in position.values()
        if isinstance(node, dict) and node.get("type") == "TAB"
    }
    opened = Opened(served, slug, body["dashboard_title"], charts, filters, tabs)
    for each in filters:
        if each["filterType"] == "filter_select":
            opened.options[each["id"]] = _options(opened, each)
            if each["controlValues"].get("defaultToFirstItem") and opened.options[each["id"]]:
                opened.chosen[each["id"]] = opened.options[each["id"]][0]
    return opened


def _shown_below(position: dict[str, Any], name: str) -> Iterator[str]:
    """Yields the charts and texts that stand under a node."""
    node = position[name]
    if node["type"] in ("CHART", "MARKDOWN"):
        yield name
    for child in node.get("children", []):
        yield from _shown_below(position, child)


def _options(opened: Opened, each: dict[str, Any]) -> list[Any]:
    """Asks for a filter's values as Superset's own select filter does."""
    target = each["targets"][0]
    column, metric = target["column"]["name"], each.get("sortMetric")
    conditions = [
        {"col": parent["targets"][0]["column"]["name"], "op": "IN", "val": [value]}
        for parent in opened.filters
        if parent["id"] in each["cascadeParentIds"]
        and (value := opened.chosen.get(parent["id"])) is not None
    ]
    where = " and ".join(f"({a['sqlExpression']})" for a in each.get("adhoc_filters") or [])
    query = {
        "columns": [column],
        "metrics": [metric] if metric else [],
        "filters": conditions,
        "extras": {"where": where} if where else {},
        "orderby": [[metric or column, each["controlValues"].get("sortAscending", True)]],
        "row_limit": 1000,
    }
    body = {"datasource": {"id": target["datasetId"], "type": "table"}, "queries": [query]}
    answer = opened.served.post("/api/v1/chart/data", {**body, "result_format": "json"})
    assert "result" in answer, answer
    return [row[column] for row in answer["result"][0]["data"]]


def slugs(served: Served, mapping: str) -> list[str]:
    """Returns the addresses of the dashboards that are installed for a mapping."""
    found = served.get("/api/v1/dashboard/", q="(page_size:100)")["result"]
    return sorted(d["slug"] for d in found if (d["slug"] or "").startswith(f"kpi-{mapping}-"))
