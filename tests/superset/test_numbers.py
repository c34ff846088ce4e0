"""What a chart shows is what `superset-kpi query` answers, for every chart that is shipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from superset_kpi.dashboards.files import Shipped, read_shipped
from superset_kpi.dashboards.metric_rules import scoped
from superset_kpi.macros import library, render_expression, render_query
from superset_kpi.mapping import Mapping
from superset_kpi.resources import dashboards
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import recorded
from superset_kpi.warehouse import run
from tests.bundles import bundle, mappings
from tests.rows import ordered, plain, same
from tests.superset.conftest import Instance, installed_charts
from tests.superset.selects import select

MAPPINGS = mappings()
CHARTS = [(name, key) for name in MAPPINGS for key in sorted(bundle(name).charts)]
# A chart draws the first rows of many; the numbers of all of them are compared.
ALL = 1_000_000
KINDS = {
    "string": "varchar",
    "integer": "bigint",
    "number": "double",
    "date": "date",
    "timestamp": "timestamp",
    "boolean": "boolean",
}


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    return read_shipped(dashboards())


@pytest.fixture(scope="module")
def charts(instance: Instance) -> dict[tuple[str, str], int]:
    """The ids of the charts by mapping and key."""
    found = {}
    for name in MAPPINGS:
        with instance.app.app_context():
            install(instance.mappings()[name])
        for key, number in installed_charts(instance, name).items():
            found[name, key] = number
    return found


@pytest.fixture(scope="module")
def queried(
    demo_warehouse: Path, shipped: Shipped
) -> Callable[[str, str], tuple[Mapping, duckdb.DuckDBPyConnection]]:
    """A function from mapping and dataset to a table `rows` of what query answers for its macro."""
    found: dict[tuple[str, str], tuple[Mapping, duckdb.DuckDBPyConnection]] = {}
    url = f"duckdb:///{demo_warehouse}"
    mappings = {name: replace(mapping, url=url) for name, mapping in MAPPINGS.items()}

    def answer(name: str, dataset: str) -> tuple[Mapping, duckdb.DuckDBPyConnection]:
        if (name, dataset) not in found:
            file, mapping = shipped.datasets[dataset], mappings[name]
            macro = library()[file.macro]
            rows = run(mapping, render_query(macro.name, file.arguments, mapping))
            types = ", ".join(f'"{c}" {KINDS[macro.returns[c].type]}' for c in rows.columns)
            table = duckdb.connect()
            table.execute(f"create table rows ({types})")
            if rows.rows:
                frame = pd.DataFrame(rows.rows, columns=rows.columns, dtype=object)
                columns = ", ".join(f'"{c}"' for c in rows.columns)
                table.execute(f"insert into rows select {columns} from frame")
                del frame
            found[name, dataset] = mapping, table
        return found[name, dataset]

    return answer


@pytest.mark.parametrize(("name", "key"), CHARTS, ids=[f"{n}-{k}" for n, k in CHARTS])
def test_a_chart_shows_what_query_answers(
    instance: Instance,
    charts: dict[tuple[str, str], int],
    shipped: Shipped,
    queried: Callable[[str, str], tuple[Mapping, duckdb.DuckDBPyConnection]],
    name: str,
    key: str,
) -> None:
    client = instance.client()
    chart = client.get(f"/api/v1/chart/{charts[name, key]}").get_json()["result"]
    context = json.loads(chart["query_context"])
    for query in context["queries"]:
        # What the front end does with the rows, and which of them it draws, is left to it.
        query |= {"post_processing": [], "orderby": [], "row_limit": ALL, "row_offset": 0}
    answer = client.post("/api/v1/chart/data", json={**context, "result_type": "full"})
    assert answer.status_code == 200, answer.get_json()
    folder, stem = key.split("/")
    dataset = shipped.charts[folder][stem].dataset
    mapping, table = queried(name, dataset)
    macro = library()[shipped.datasets[dataset].macro]
    metrics = {
        m.metric_name: render_expression(scoped(m.expression, macro, mapping), mapping)
        for m in shipped.datasets[dataset].metrics
    }
    for query, result in zip(context["queries"], answer.get_json()["result"], strict=True):
        shown = [tuple(row.values()) for row in result["data"]]
        expected = table.execute(select(query, metrics)).fetchall()
        assert shown or name != "telecom"
        for one, other in zip(_ordered(shown), _ordered(expected), strict=True):
            assert all(map(same, one, other)), f"{one} is shown, {other} is answered"


def _ordered(rows: list[tuple[Any, ...]]) -> list[Sequence[Any]]:
    """The rows in one order; where a chart lists yes or no, query answers 1 or 0."""
    truths = {"yes": 1, "no": 0}
    return ordered(tuple(plain(truths.get(value, value)) for value in row) for row in rows)


def test_a_chart_opened_alone_shows_what_its_dashboard_opens_with(instance: Instance) -> None:
    with instance.app.app_context():
        install(instance.mappings()["telecom"])
    client, compared = instance.client(), 0
    for dashboard in _dashboards(instance):
        filters = _chosen_first(client, dashboard)
        for number in _charts_on(client, dashboard):
            chart = client.get(f"/api/v1/chart/{number}").get_json()["result"]
            context = json.loads(chart["query_context"])
            chosen = [each for each, reach in filters if number in reach]
            if not chosen:
                continue
            alone = _rows(client, context)
            for query in context["queries"]:
                query["filters"] = [*query.get("filters", []), *chosen]
            opened = _rows(client, context)
            for one, other in zip(alone, opened, strict=True):
                assert _alike(one, other), (chart["slice_name"], one, other)
            compared += any(alone)
    assert compared > 80


def test_a_tile_without_its_condition_counts_every_period(
    instance: Instance, charts: dict[tuple[str, str], int]
) -> None:
    client = instance.client()
    tile = client.get(f"/api/v1/chart/{charts['telecom', 'experience/cx_now']}").get_json()
    context = json.loads(tile["result"]["query_context"])
    whole = {**context, "queries": [{**context["queries"][0], "extras": {}}]}
    assert _rows(client, whole) != _rows(client, context)


def _alike(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    """Returns whether rows are equal but for the last digits, which threads add up in any order."""
    pair = [_ordered([tuple(row.values()) for row in rows]) for rows in (one, other)]
    return len(one) == len(other) and all(all(map(same, *rows)) for rows in zip(*pair, strict=True))


def _dashboards(instance: Instance) -> list[int]:
    with instance.app.app_context():
        return [each.model.id for each in recorded("telecom", "dashboard")]


def _chosen_first(client: Any, dashboard: int) -> list[tuple[dict[str, Any], set[int]]]:
    """Returns the conditions that a dashboard's filters set when it is opened, as a browser does.

    With each come the charts that it is about.
    """
    tree = client.get(f"/api/v1/dashboard/{dashboard}").get_json()["result"]
    charts = client.get(f"/api/v1/dashboard/{dashboard}/charts").get_json()["result"]
    sources = {
        each["id"]: int(str(each["form_data"]["datasource"]).split("__")[0]) for each in charts
    }
    columns = {source: _columns(client, source) for source in set(sources.values())}
    found = []
    for each in json.loads(tree["json_metadata"])["native_filter_configuration"]:
        if not each["controlValues"].get("defaultToFirstItem"):
            continue
        target = each["targets"][0]
        name = target["column"]["name"]
        query = {
            "columns": [name], "metrics": [each["sortMetric"]], "filters": [], "row_limit": 1,
            "orderby": [[each["sortMetric"], True]],
        }  # fmt: skip
        dataset = {"id": target["datasetId"], "type": "table"}
        rows = _rows(client, {"datasource": dataset, "queries": [query]})[0]
        excluded = set(each["scope"]["excluded"])
        reach = {n for n, source in sources.items() if name in columns[source]} - excluded
        found.append(({"col": name, "op": "IN", "val": [rows[0][name]]}, reach))
    assert found
    return found


def _columns(client: Any, dataset: int) -> set[str]:
    tree = client.get(f"/api/v1/dataset/{dataset}").get_json()["result"]
    return {each["column_name"] for each in tree["columns"]}


def _charts_on(client: Any, dashboard: int) -> list[int]:
    charts = client.get(f"/api/v1/dashboard/{dashboard}/charts").get_json()["result"]
    return [int(each["id"]) for each in charts]


def _rows(client: Any, context: dict[str, Any]) -> list[list[dict[str, Any]]]:
    answer = client.post("/api/v1/chart/data", json={**context, "result_type": "full"})
    assert answer.status_code == 200, answer.get_json()
    return [each["data"] for each in answer.get_json()["result"]]
