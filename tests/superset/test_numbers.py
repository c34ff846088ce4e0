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
    return ordered(tuple(map(plain, row)) for row in rows)
