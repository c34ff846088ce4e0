"""What charts would show of a dataset, asked of every engine by one statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy

from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.macros import inlined_expression
from superset_kpi.mapping import read_mappings
from superset_kpi.superset.asked import Answer, asked
from superset_kpi.superset.looking import Probe, probe
from superset_kpi.warehouse import run
from tests import engines

pytestmark = pytest.mark.engine

DIALECTS = {"postgres": "postgresql", "mariadb": "mysql", "spark": "hive"}
DIALECTS |= {"clickhouse": "clickhousedb", "duckdb": "duckdb", "sqlite": "sqlite"}
ROWS = """
    select 'North' as segment, 'web' as channel, 7 as score, 12 as answers
    union all select 'South', 'web', null, 8
    union all select 'South', null, null, 9
"""
METRICS = {"mean": "sum(score) / nullif(count(score), 0)", "total": "sum(answers)"}
SEVEN: dict[str, Any] = {"col": "segment", "op": "==", "val": "South"}
QUERIES: dict[str, dict[str, Any]] = {
    "one number": {"columns": [], "metrics": ["mean", "total"]},
    "by segment": {"columns": ["segment"], "metrics": ["mean"]},
    "of one segment": {"columns": ["channel"], "metrics": ["mean"], "filters": [SEVEN]},
    "of none": {"columns": [], "metrics": ["total"], "filters": [{**SEVEN, "val": "East"}]},
    "of large ones": {
        "columns": ["segment"],
        "metrics": ["total"],
        "extras": {"having": "sum(answers) > 100"},
    },
    "rows": {"columns": ["segment", "channel", "score"]},
    "rows of one segment": {"columns": ["segment", "score"], "filters": [SEVEN]},
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
        database = sqlalchemy.create_engine(engine_url(engine))
        with database.begin() as connection:
            connection.exec_driver_sql("create table if not exists looked (n integer)")
        database.dispose()
    demo = read_mappings(MAPPING_FILE)["telecom"]
    mapping = replace(demo, dialect=DIALECTS[engine], url=engine_url(engine), digest=engine)
    trees = {name: inlined_expression(text, mapping) for name, text in METRICS.items()}
    charts = {name: asked([query], trees) for name, query in QUERIES.items()}
    found = probe(
        ROWS, ["segment", "channel"], charts, METRICS, mapping, lambda sql: run(mapping, sql).rows
    )
    assert found == Probe(3, {"segment": 2, "channel": 1}, EXPECTED)
