"""How PostgreSQL means to run macros and charts: it asks nobody before it joins in loops."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import psycopg2.extensions
import pytest

from superset_kpi import demo
from superset_kpi.dashboards.bundle import Bundle
from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, read_mappings
from tests import engines
from tests.benchmark import macros
from tests.bundles import build

pytestmark = pytest.mark.engine
CUSTOMERS = 20_000
DOCKER = Path(__file__).parents[2] / "docker"
DEMO_MAPPING = Path(demo.__file__).parent / "kpi.yaml"
# Customers, and what each has several of: their keys, whatever the CTEs and tables call them.
KEYS = re.compile(
    r"\b(customer_id|client_no|response_id|answer_id|respondent|frequency|age_days)\b\S* = \S"
)
# What the filters of dashboards are set to, where the planner knows something of it.
EVERYTHING = "1 = 1"
SCHEMES = ("scheme in ('All customers')", "scheme in ('Region')")
CHOSEN = {
    "segment": "segment in ('North', 'South')",
    "answers": "answers >= 10 and answers <= 500",
}


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> Mapping:
    """The benchmark's mapping, in PostgreSQL's dialect."""
    file = macros.mapping_file(tmp_path_factory.mktemp("plans"), "postgresql")
    return read_mappings(file)["benchmark"]


@pytest.fixture(scope="module")
def cursor() -> Iterator[psycopg2.extensions.cursor]:
    """A cursor on the benchmark's tables."""
    engines.require("postgres")
    with duckdb.connect() as source:
        source.execute(macros.DATA.format(n=10 * CUSTOMERS, c=CUSTOMERS))
        with macros.on_postgres(source) as opened:
            yield opened


def test_customers_are_not_compared_pair_by_pair(
    mapping: Mapping, cursor: psycopg2.extensions.cursor
) -> None:
    called = {**macros.MACROS, **macros.others(mapping)}
    asked = {name: render_query(name, called[name][0], mapping) for name in called}
    assert len(asked) > 40
    assert {name: found for name, sql in asked.items() if (found := loops(cursor, sql))} == {}


@pytest.fixture(scope="module")
def telecom(
    demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Bundle, psycopg2.extensions.cursor]]:
    """The demo as it is installed for PostgreSQL, and a cursor on its tables, not yet analysed."""
    engines.require("postgres")
    folder = tmp_path_factory.mktemp("telecom")
    sed = ["sed", "-f", str(DOCKER / "postgres_mapping.sed"), str(DEMO_MAPPING)]
    (folder / "kpi.yaml").write_bytes(subprocess.run(sed, check=True, capture_output=True).stdout)
    models = DEMO_MAPPING.with_name("kpi.models.yaml").read_bytes()
    (folder / "kpi.models.yaml").write_bytes(models)
    bundle = build(read_mappings(folder / "kpi.yaml")["telecom"])
    load = runpy.run_path(str(DOCKER / "load_warehouse.py"))["load"]
    with engines.running("postgres", folder) as url:
        opened = psycopg2.connect(url.replace("+psycopg2", ""))
        opened.autocommit = True
        with opened.cursor() as cursor:
            # Nobody but the test decides when the tables are analysed.
            cursor.execute("alter system set autovacuum = off")
            cursor.execute("select pg_reload_conf()")
            load(demo_warehouse, url)
            yield bundle, cursor
        opened.close()


@pytest.mark.parametrize("first", ["select 1", "analyze"])
def test_no_filter_of_a_dashboard_has_customers_compared_pair_by_pair(
    first: str, telecom: tuple[Bundle, psycopg2.extensions.cursor]
) -> None:
    bundle, cursor = telecom
    cursor.execute(first)
    asked = {
        f"{key} where {condition}": f"select * from ({tree['sql']}) as virtual_table"
        f" where {condition}"
        for key, tree in bundle.datasets.items()
        for condition in conditions(key, bundle)
    }
    assert len(asked) > 5 * len(bundle.datasets)
    assert {name: found for name, sql in asked.items() if (found := loops(cursor, sql))} == {}


def loops(cursor: psycopg2.extensions.cursor, sql: str) -> list[str]:
    """Returns the conditions by which a statement's plan compares customers pair by pair."""
    cursor.execute(f"explain (format json) {sql}")
    ((plans,),) = cursor.fetchall()
    filters = [
        re.sub(r"'[^']*'", "''", node.get("Join Filter", ""))
        for node in nodes(plans[0]["Plan"])
        if node["Node Type"] == "Nested Loop"
    ]
    return [text for text in filters if KEYS.search(text)]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the steps of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def conditions(key: str, bundle: Bundle) -> Iterator[str]:
    """Yields what is asked of a dataset: nothing, and by its charts each filter and all at once."""
    tree = bundle.datasets[key]
    columns = {column["column_name"] for column in tree["columns"]}
    found = [EVERYTHING]
    for number, (name, chart) in enumerate(bundle.charts.items(), 1):
        if chart["dataset_uuid"] == tree["uuid"]:
            dashboard = bundle.dashboards[name.split("/")[0]]
            set_ = columns & filters_of(number, dashboard)
            schemes = SCHEMES if "scheme" in set_ else [EVERYTHING]
            others = [
                CHOSEN.get(column, f"{column} in ('Of the demo')")
                for column in sorted(set_ - {"scheme"})
            ]
            own = list(of_chart(chart))
            for scheme in schemes:
                found += [" and ".join([scheme, *own, *more]) for more in [[], others]]
                found += [" and ".join([scheme, *own, other]) for other in others]
    yield from dict.fromkeys(found)


def filters_of(chart: int, dashboard: dict[str, Any]) -> set[str]:
    """Returns the columns that a dashboard's filters narrow a chart by."""
    return {
        target["column"]["name"]
        for chosen in dashboard["metadata"]["native_filter_configuration"]
        for target in chosen["targets"]
        if "column" in target and chart not in chosen["scope"]["excluded"]
    }


def of_chart(chart: dict[str, Any]) -> Iterator[str]:
    """Yields the conditions that a chart itself sets."""
    for query in json.loads(chart["query_context"])["queries"]:
        for each in query.get("filters") or []:
            operator = {"==": "="}.get(each["op"], each["op"])
            value = each.get("val", "")
            text = str(tuple(value)) if isinstance(value, list) else repr(value)
            yield f"{each['col']} {operator} {text if 'val' in each else ''}".strip()
