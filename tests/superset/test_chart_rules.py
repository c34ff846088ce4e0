"""What holds for every chart that is shipped, and what a file may not say."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from superset_kpi.dashboards.chart_rules import is_key, is_vouched_for
from superset_kpi.dashboards.files import read_shipped
from superset_kpi.errors import KpiError
from superset_kpi.macros import library
from superset_kpi.mapping.model import changed
from superset_kpi.resources import dashboards
from tests.bundles import build, bundle, mappings
from tests.superset.test_bundle import TELECOM, change, files

__all__ = ["files"]  # a fixture

BUNDLES = {name: bundle(name) for name in mappings()}
SHIPPED = read_shipped(dashboards())
CHARTS = BUNDLES["telecom"].charts
# A count of people, over the shown scheme.
COUNT = r"(case .*)?SUM\(customers\)"
# A hundred times the demo: how many values a column of a chart can have.
MANY = {
    "segment": 400, "from_segment": 400, "to_segment": 400, "touchpoint": 3000, "team": 1000,
    "channel": 100,
    "part": 1000, "attribute": 100, "brand": 50, "component": 8, "side": 2, "stage": 30,
    "level": 500, "lever": 100, "band": 4, "clv_tier": 5, "period": 40, "period_start": 40,
    "week_start": 520, "cohort": 60, "age": 60, "periods_later": 4, "rating": 11, "method": 4,
    "initiative": 100, "direction": 3, "relative_quality": 50, "clv_class": 21,
    "frequency_label": 10, "frequency_group": 10, "silence_group": 10, "recency_score": 5,
    "frequency_score": 5, "cpv_band": 4,
}  # fmt: skip


def test_no_table_shows_text_as_html() -> None:
    tables = [c for c in CHARTS.values() if c["viz_type"] in ("table", "pivot_table_v2")]
    assert tables
    assert all(table["params"]["allow_render_html"] is False for table in tables)


def test_every_bar_and_every_row_of_a_heat_map_has_its_label() -> None:
    for key, chart in CHARTS.items():
        params = chart["params"]
        if chart["viz_type"] == "heatmap_v2":
            assert (params["xscale_interval"], params["yscale_interval"]) == (1, 1), key
        if chart["viz_type"] == "echarts_timeseries_bar":
            assert params["xAxisLabelInterval"] == "0", key


def test_a_line_of_one_point_is_seen() -> None:
    seen = 0
    for key, chart in CHARTS.items():
        params = chart["params"]
        for part in ("", "B"):
            drawn = params.get(f"seriesType{part}")
            if drawn == "line" or (chart["viz_type"] == "echarts_timeseries_line" and not part):
                assert params.get(f"markerEnabled{part}"), key
                seen += 1
    assert seen > 10


def test_a_table_goes_without_what_it_is_about() -> None:
    """Its columns go one by one, and counts of nobody would be left."""
    for name, charts in SHIPPED.charts.items():
        for key, file in charts.items():
            if file.viz_type == "table":
                listed = [*file.params.get("all_columns", ()), *file.params.get("metrics", ())]
                assert file.needs, f"{name}/{key}"
                assert set(file.needs) <= set(listed), f"{name}/{key}"


def test_keys_are_text_and_have_no_format_of_numbers() -> None:
    seen = 0
    for built in BUNDLES.values():
        for key, file in SHIPPED.datasets.items():
            macro = library()[file.macro]
            names = [name for name in macro.returns if is_key(macro, name)]
            if key in built.datasets and names:
                sql = built.datasets[key]["sql"]
                seen += len(names)
                for name in names:
                    assert f"CAST({name} AS TEXT) AS {name}" in sql.rsplit("SELECT", 1)[1]
    assert seen > 20


@pytest.mark.parametrize("key", sorted(CHARTS))
def test_what_a_limit_cuts_at_a_hundred_times_the_size_is_the_least_and_is_said(key: str) -> None:
    chart = CHARTS[key]
    for query in json.loads(chart["query_context"])["queries"]:
        limit, columns = query.get("row_limit"), [_name(c) for c in query["columns"]]
        if limit is None:
            continue
        if not query.get("metrics"):
            assert limit >= 10_000
            ordered = "in this order" in chart["description"]
            keys = [c["column_name"] for c in _dataset(chart)["columns"]]
            assert ordered == any(k.endswith("_id") for k in keys)
            assert query["orderby"]
            continue
        most = {c: MANY[c] for c in columns if "customer_id" not in columns}
        for column in query.get("series_columns") or []:
            if query.get("series_limit"):
                most[column] = min(most[column], query["series_limit"])
                assert f"At most {query['series_limit']}" in chart["description"]
        if math.prod(most.values()) > limit or "customer_id" in columns:
            assert f"At most {limit}: " in chart["description"]
            (first, _), *_ = query["orderby"]
            assert first in [*query["metrics"], query.get("series_limit_metric")]


@pytest.mark.parametrize("key", sorted(CHARTS))
def test_a_chart_with_numbers_that_can_be_hidden_says_of_how_few_and_why(key: str) -> None:
    chart = CHARTS[key]
    said = re.findall(r"fewer than (\d+) answers or customers,", chart["description"])
    asked = {
        name
        for query in json.loads(chart["query_context"])["queries"]
        for name in query.get("metrics") or []
    }
    sql = [m["expression"] for m in _dataset(chart)["metrics"] if m["metric_name"] in asked]
    if any(">= 10 " in text for text in sql):
        assert said == ["10"]
    if asked and all(re.fullmatch(COUNT, text) for text in sql):
        assert said == []
    if key in ("perceived_value/part_worth_evidence", "scorecard/cx_gaps", "trust/evidence"):
        assert said == ["10"]


def test_a_chart_says_the_number_that_privacy_asks_for() -> None:
    twelve = changed(mappings()["telecom"], min_n=12)
    charts = build(twelve).charts
    for key, number in (("experience/nps_now", 12), ("perceived_value/driver_evidence", 30)):
        assert f"fewer than {number} answers" in charts[key]["description"]


def _dataset(chart: dict[str, Any]) -> dict[str, Any]:
    trees = BUNDLES["telecom"].datasets.values()
    return next(tree for tree in trees if tree["uuid"] == chart["dataset_uuid"])


def _name(column: Any) -> str:
    return str(column["label"] if isinstance(column, dict) else column)


def test_only_what_is_computed_from_mapped_data_is_certified() -> None:
    certified = {key for key, chart in CHARTS.items() if chart["certified_by"]}
    assert set(CHARTS) - certified == {"experience/benchmark"}
    extra = BUNDLES["telecom"].datasets["cx_benchmarks"]["extra"]
    assert "certification" not in extra
    assert not is_vouched_for(library()["clv_calculator"])


def test_the_levers_of_clv_are_those_of_the_customers() -> None:
    assert "lifetime_value/clv_calculator" in CHARTS
    kept = {n: t for n, t in TELECOM.tables.items() if n not in ("transactions", "subscriptions")}
    less = changed(TELECOM, tables=MappingProxyType(kept))
    assert "lifetime_value/clv_calculator" not in build(less).charts


def test_a_filter_finds_values_beyond_the_first_thousand() -> None:
    for dashboard in BUNDLES["telecom"].dashboards.values():
        for each in dashboard["metadata"]["native_filter_configuration"]:
            if each["filterType"] == "filter_select":
                assert each["controlValues"]["searchAllOptions"], each["name"]


def test_a_limit_without_order_a_grain_a_format_of_keys_and_raw_html_are_refused(
    files: Path,
) -> None:
    charts = files / "gallery/charts"
    for name, more in {
        "table_rows": {"column_config": {"rating_id": {"d3NumberFormat": "d"}}},
        "bubbles": {"row_limit": 20},
        "lines": {"time_grain_sqla": "P3M", "x_axis": "period_start"},
        "text": {"handlebarsTemplate": "{{{comment}}}"},
    }.items():
        body = yaml.safe_load((charts / f"{name}.yaml").read_text(encoding="utf-8"))
        change(charts / f"{name}.yaml", dataset="scores", params={**body["params"], **more})
        with pytest.raises(KpiError) as caught:
            build(TELECOM, files)
        for line in str(caught.value).splitlines():
            assert line.startswith(f"dashboards/gallery/charts/{name}.yaml: ")
        expected = {
            "table_rows": "column_config: rating_id is a key and has a format of numbers.",
            "bubbles": "row_limit: 20 rows of any. Order them by a metric",
            "lines": "time_grain_sqla: period_start is the first day of a period already",
            "text": "handlebarsTemplate: three braces show text as HTML.",
        }
        assert expected[name] in str(caught.value)
        (charts / f"{name}.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
