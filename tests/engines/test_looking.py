"""What charts would show of a dataset, asked of every engine by one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from superset_kpi.dashboards.asked import Answer, asked
from superset_kpi.dashboards.looking import Probe, probe
from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.macros import inlined_expression
from superset_kpi.mapping import Mapping, changed, read_mappings
from superset_kpi.warehouse import run
from tests import engines
from tests.engines.test_mapped_values import execute

pytestmark = pytest.mark.engine

DIALECTS = {"postgres": "postgresql", "mariadb": "mysql", "spark": "hive"}
DIALECTS |= {"clickhouse": "clickhousedb", "duckdb": "duckdb", "sqlite": "sqlite"}
ROWS = """
    select 'North' as segment, 'web' as channel, 7 as score, 12 as answers
    union all select 'South', 'web', null, 8
    union all select 'South', null, null, 9
"""
METRICS = {"mean": "sum(score) / nullif(count(score), 0)", "total": "sum(answers)"}
SOUTH: dict[str, Any] = {"col": "segment", "op": "==", "val": "South"}
QUERIES: dict[str, dict[str, Any]] = {
    "one number": {"columns": [], "metrics": ["mean", "total"]},
    "by segment": {"columns": ["segment"], "metrics": ["mean"]},
    "of one segment": {"columns": ["channel"], "metrics": ["mean"], "filters": [SOUTH]},
    "of none": {"columns": [], "metrics": ["total"], "filters": [{**SOUTH, "val": "East"}]},
    "of large ones": {
        "columns": ["segment"],
        "metrics": ["total"],
        "extras": {"having": "sum(answers) > 100"},
    },
    "rows": {"columns": ["segment", "channel", "score"]},
    "rows of one segment": {"columns": ["segment", "score"], "filters": [SOUTH]},
}
EXPECTED = {
    "one number": Answer(True),
    "by segment": Answer(True),
    "of one segment": Answer(True, frozenset({"mean"})),
    "of none": Answer(False, frozenset({"total"})),
    "of large ones": Answer(False, frozenset({"segment", "total"})),
    "rows": Answer(True),
    "rows of one segment": Answer(True, frozenset({"score"})),
}


@pytest.mark.parametrize("engine", engines.ENGINES)
def test_a_look_says_which_charts_have_rows_and_values(
    engine: str, engine_url: Callable[[str], str]
) -> None:
    if engine in ("duckdb", "sqlite"):  # a file, which nothing has made so far
        execute(engine_url(engine), "create table if not exists looked (n integer)")
    url = engine_url(engine)
    found = _look(DIALECTS[engine], lambda mapping, sql: run(replace(mapping, url=url), sql).rows)
    assert found == Probe(3, {"segment": 2, "channel": 1}, EXPECTED)


def test_oracle_is_asked_for_no_row_without_a_table() -> None:
    said: list[str] = []

    def ask(_: Mapping, sql: str) -> list[list[Any]]:
        said.append(sql)
        return []

    _look("oracle", ask)
    rows = said[0].split("kpi__each")[1]  # the dataset's own SQL comes before
    assert rows.count("select") + rows.count("SELECT") == rows.lower().count(" from ")


def _look(name: str, ask: Callable[[Mapping, str], Sequence[Sequence[Any]]]) -> Probe | None:
    mapping = changed(read_mappings(MAPPING_FILE)["telecom"], dialect=name)
    trees = {metric: inlined_expression(text, mapping) for metric, text in METRICS.items()}
    charts = {key: asked([query], trees) for key, query in QUERIES.items()}
    choices = ["segment", "channel"]
    return probe(ROWS, choices, charts, METRICS, mapping, lambda sql: ask(mapping, sql))
