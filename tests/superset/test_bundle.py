"""Files and a mapping become trees; what is wrong or not mapped is said or left out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from superset_kpi.dashboards.bundle import human
from superset_kpi.dashboards.files import BlockFile, DashboardFile
from superset_kpi.dashboards.layout import Placed, position
from superset_kpi.dashboards.standing import standing
from superset_kpi.errors import KpiError
from superset_kpi.mapping import Mapping, changed
from superset_kpi.resources import dashboards
from superset_kpi.superset.query_context import query_context
from tests.bundles import build, bundle, mappings
from tests.superset.conftest import GALLERY

TELECOM = mappings()["telecom"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the gallery."""
    folder = tmp_path / "dashboards"
    shutil.copytree(GALLERY, folder)
    return folder


def change(path: Path, **keys: Any) -> None:
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**body, **keys}, sort_keys=False), encoding="utf-8")


def without(*tables: str) -> Mapping:
    left = {name: table for name, table in TELECOM.tables.items() if name not in tables}
    return changed(TELECOM, tables=MappingProxyType(left))


BUILD = """
import json, sys
from tests.superset.test_bundle import GALLERY, TELECOM, build
print(json.dumps([*build(TELECOM, GALLERY).trees()]))
"""


def test_another_process_builds_the_same_bundle_from_the_same_files() -> None:
    # Sets have another order there, and an upgrade would take it for a change.
    command = [sys.executable, "-c", BUILD]
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    there = json.loads(subprocess.check_output(command, cwd=ROOT, env=environment, text=True))
    here = [*build(TELECOM, GALLERY).trees()]
    assert there == json.loads(json.dumps(here))


def test_two_mappings_share_no_identity_and_no_name() -> None:
    bundles = [build(TELECOM, GALLERY)]
    bundles.append(build(replace(TELECOM, name="other"), GALLERY))
    for name in ("uuid", "table_name", "slug"):
        one, other = (
            {tree[name] for _, _, tree in bundle.trees() if name in tree} for bundle in bundles
        )
        assert one
        assert not one & other


def test_every_shipped_object_says_what_it_is() -> None:
    for name in mappings():
        for _, _, tree in bundle(name).trees():
            assert tree["description"]
            for child in (*tree.get("metrics", ()), *tree.get("columns", ())):
                assert child["description"]
                assert child["verbose_name"]


def test_what_is_not_mapped_is_left_out_with_its_tab() -> None:
    built = build(without("transactions", "subscriptions"), GALLERY)
    assert "gallery/total" in built.charts
    assert "gallery/bars" not in built.charts
    assert {(each.kind, each.key, each.why) for each in built.absent} >= {
        ("dataset", "worth", ("transactions or subscriptions is not mapped",)),
        ("chart", "gallery/bars", ("transactions or subscriptions is not mapped",)),
    }
    bare = without("transactions", "subscriptions", "ratings")
    assert build(bare, GALLERY).dashboards == {}


def test_subscriptions_alone_feed_churn_and_lifetime_value() -> None:
    built = build(without("transactions"))
    assert {key.split("/")[1] for key in built.charts if key.startswith("lifetime_value/")} >= {
        "equity_now", "clv_now", "active_now", "churn_now", "components", "equity_by_segment",
        "tiers", "top_customers", "churn_trend", "clv_calculator", "clv_to_cost",
    }  # fmt: skip
    columns = built.charts["lifetime_value/top_customers"]["params"]["all_columns"]
    assert {"clv", "apv", "assumptions"} <= set(columns)
    assert not {"last_purchase_on", "days_since_purchase"} & set(columns)


def test_a_filter_reaches_exactly_the_charts_whose_dataset_has_its_column() -> None:
    built = build(TELECOM, GALLERY)
    numbers = {key: number for number, key in enumerate(built.charts, 1)}
    worth = built.datasets["worth"]["uuid"]
    without_channel = {
        numbers[key] for key, tree in built.charts.items() if tree["dataset_uuid"] == worth
    }
    filters = built.dashboards["gallery"]["metadata"]["native_filter_configuration"]
    excluded = {each["name"]: set(each["scope"]["excluded"]) for each in filters}
    assert excluded == {"Scheme": set(), "Channel": without_channel, "Time": without_channel}


def test_a_description_ends_with_the_filters_that_the_chart_does_not_follow() -> None:
    charts = bundle("telecom").charts
    said = {key: last_sentence(tree) for key, tree in charts.items()}
    assert said["scorecard/cpv_gaps"] == "The period and channel filters do not apply."
    assert said["scorecard/cpv_league"] == "The channel filter does not apply."
    assert said["scorecard/guard"] == "No filter applies."
    assert "filter" not in said["trust/cx_coverage"]
    # Without a choice of segments and periods a dashboard has no filter to speak of.
    assert filters_of("retail", "trust") == []
    trust = [t for key, t in bundle("retail").charts.items() if key.startswith("trust/")]
    assert trust
    assert not any("filter" in tree["description"] for tree in trust)


def test_money_by_experience_is_not_shown_to_who_asks_nobody() -> None:
    shown = {name: "money_at_risk" in bundle(name).datasets for name in mappings()}
    assert shown == {"telecom": True, "retail": False, "cdnow": False}


def last_sentence(chart: dict[str, Any]) -> str:
    return re.split(r"(?<=[.]) ", chart["description"])[-1]


def filters_of(mapping: str, dashboard: str) -> list[dict[str, Any]]:
    found = bundle(mapping).dashboards[dashboard]["metadata"]["native_filter_configuration"]
    return list(found)


def test_the_sentence_names_exactly_the_filters_whose_scope_leaves_the_chart_out() -> None:
    built = bundle("telecom")
    numbers = {key: number for number, key in enumerate(built.charts, 1)}
    for key, tree in built.charts.items():
        filters = filters_of("telecom", key.split("/")[0])
        excluded = [f["name"].lower() for f in filters if numbers[key] in f["scope"]["excluded"]]
        sentence = last_sentence(tree)
        if "filter" not in sentence:
            assert excluded == [], key
        elif sentence == "No filter applies.":
            assert len(excluded) == len(filters), key
        else:
            listed = re.fullmatch(r"The (.+) filters? do(es)? not apply\.", sentence)
            assert listed, key
            assert re.split(", | and ", listed[1]) == excluded, key


def test_no_file_says_what_the_scopes_say() -> None:
    for path in dashboards().glob("*/charts/*.yaml"):
        text = " ".join(yaml.safe_load(path.read_text(encoding="utf-8"))["description"].split())
        assert not re.search(r"filters? do(es)? not apply|[Nn]o filter applies", text), path


def test_all_faults_of_the_files_come_at_once(files: Path) -> None:
    change(files / "gallery/charts/total.yaml", dataset="score")
    change(files / "datasets/worth.yaml", titel="x")
    with pytest.raises(KpiError) as caught:
        build(TELECOM, files)
    line = (files / "datasets/worth.yaml").read_text(encoding="utf-8").count("\n")
    assert str(caught.value) == (
        f"dashboards/datasets/worth.yaml:{line} titel: unknown key 'titel'. Did you mean 'title'?"
    )
    change(files / "gallery/dashboard.yaml", layout=[{"row": [{"chart": "totals"}]}])
    body = yaml.safe_load((files / "datasets/worth.yaml").read_text(encoding="utf-8"))
    del body["titel"]
    (files / "datasets/worth.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    with pytest.raises(KpiError) as caught:
        build(TELECOM, files)
    lines = str(caught.value).splitlines()
    assert (
        "dashboards/gallery/charts/total.yaml: no dataset 'score'. Did you mean 'scores'?" in lines
    )
    assert "dashboards/gallery/dashboard.yaml: no chart 'totals'. Did you mean 'total'?" in lines
    assert len(lines) == 2 + len(list((files / "gallery/charts").glob("*.yaml")))


def test_a_fault_deep_in_a_file_has_its_line_and_the_nearest_key(files: Path) -> None:
    layout = """layout:
- markdown:
  - text: About this.
    abuot: [scores]
- row:
  - chart: total
    width: 13
"""
    (files / "gallery/dashboard.yaml").write_text(f"title: G\ntitle: H\ndescription: D\n{layout}")
    with pytest.raises(KpiError) as caught:
        build(TELECOM, files)
    where = "dashboards/gallery/dashboard.yaml"
    assert str(caught.value).splitlines() == [
        f"{where}:2 title: the name 'title' is here a second time (first on line 1). "
        "Rename or remove one of them.",
        f"{where}:7 layout[0].markdown[0].abuot: unknown key 'abuot'. Did you mean 'about'?",
        f"{where}:10 layout[1].row[0].width: it is 13 and must be at most 12. Correct the value.",
    ]


def test_a_condition_for_a_chart_opened_alone_asks_for_what_is_there(files: Path) -> None:
    scheme = {"name": "Scheme", "column": "scheme", "dataset": "worth"}
    faults = {
        "scheme = :default_schema": "there is no value 'default_schema'. "
        "Did you mean 'default_scheme'?",
        "scheme = 'A'; drop": "\"scheme = 'A'; drop\" is not one condition. Correct it.",
    }
    for condition, fault in faults.items():
        change(files / "gallery/dashboard.yaml", filters=[{**scheme, "alone": condition}])
        with pytest.raises(KpiError) as caught:
            build(TELECOM, files)
        assert str(caught.value) == f"dashboards/gallery/dashboard.yaml: Scheme: alone: {fault}"
    change(files / "gallery/dashboard.yaml", filters=[{**scheme, "alone": "segmnt = 'A'"}])
    with pytest.raises(KpiError, match=r"has no column 'segmnt'. Did you mean 'segment'\?"):
        build(TELECOM, files)


def test_columns_and_metrics_that_a_dataset_lacks_are_faults(files: Path) -> None:
    change(files / "gallery/charts/total.yaml", params={"metric": "cxx"})
    change(files / "gallery/charts/bars.yaml", params={"x_axis": "segmnt", "metrics": ["equity"]})
    with pytest.raises(KpiError) as caught:
        build(TELECOM, files)
    assert str(caught.value).splitlines() == [
        "dashboards/gallery/charts/bars.yaml: no column 'segmnt'. Did you mean 'segment'?",
        "dashboards/gallery/charts/total.yaml: no metric 'cxx'. Did you mean 'cx'?",
    ]


def test_an_unknown_kind_of_chart_is_named(files: Path) -> None:
    change(files / "gallery/charts/total.yaml", viz_type="big_numbr")
    with pytest.raises(KpiError) as caught:
        build(TELECOM, files)
    assert str(caught.value) == (
        "dashboards/gallery/charts/total.yaml: viz_type: 'big_numbr' is not a kind of chart that "
        "is supported here. Did you mean 'big_number'?"
    )


def test_colours_currency_and_reference_lines_are_filled_in(files: Path) -> None:
    rule = {"column": "band", "operator": "=", "targetValue": "Good", "colorScheme": "palette:Good"}
    params = {
        "x_axis": "responded_at",
        "metrics": ["cx"],
        "conditional_formatting": [rule],
        "currency_format": True,
        "annotation_layers": [{"name": "Target", "value": "85"}],
    }
    change(files / "gallery/charts/lines.yaml", params=params)
    made = build(TELECOM, files).charts["gallery/lines"]["params"]
    assert made["conditional_formatting"][0]["colorScheme"] == "#56B4E9"
    assert made["currency_format"] == {"symbol": "EUR", "symbolPosition": "prefix"}
    assert made["annotation_layers"][0]["annotationType"] == "FORMULA"
    change(files / "gallery/charts/lines.yaml", params={**params, "color": "palette:God"})
    with pytest.raises(KpiError, match=r"the palette has no 'God'. Did you mean 'Good'\?"):
        build(TELECOM, files)


def blocks(*lines: dict[str, Any]) -> tuple[BlockFile, ...]:
    return tuple(BlockFile.model_validate(line) for line in lines)


def tree_of(layout: tuple[BlockFile, ...], *keys: str) -> dict[str, Any]:
    """The layout with those of its charts that have data."""
    file = standing(DashboardFile(title="Title", description="", layout=layout), keys, ())
    charts = {key: Placed(key, number, key) for number, key in enumerate(keys, 1)}
    return position("Title", file.layout, charts, [block.tab for block in layout])


def test_a_row_closes_up_where_a_chart_is_missing() -> None:
    row = {
        "row": [{"chart": "a", "width": 3}, {"chart": "b", "width": 3}, {"chart": "c", "width": 6}]
    }
    tree = tree_of(blocks(row), "a", "c")
    assert tree["ROW-1"]["children"] == ["CHART-a", "CHART-c"]
    assert [tree[f"CHART-{key}"]["meta"]["width"] for key in "ac"] == [4, 8]


def test_headers_over_nothing_and_empty_tabs_go() -> None:
    first = {"tab": "First", "rows": [{"header": "Gone"}, {"row": [{"chart": "b"}]}]}
    second = {
        "tab": "Second",
        "rows": [
            {"header": "Large", "size": "large"},
            {"header": "Stays"},
            {"row": [{"chart": "a"}]},
            {"header": "Gone"},
            {"row": [{"chart": "b"}, {"markdown": "about b"}]},
        ],
    }
    tree = tree_of(blocks(first, second), "a")
    texts = [node["meta"]["text"] for name, node in tree.items() if name.startswith("HEADER-")]
    assert texts == ["Large", "Stays"]
    assert [name for name in tree if name.startswith("TAB-")] == ["TAB-second-2"]
    assert not any(name.startswith("MARKDOWN") for name in tree)


def test_a_column_stacks_charts_and_texts() -> None:
    column = {"column": [{"chart": "a"}, {"markdown": "about a"}], "width": 4}
    tree = tree_of(blocks({"row": [column, {"chart": "b", "width": 8}]}), "a", "b")
    assert tree["COLUMN-1-1"]["children"] == ["CHART-a", "MARKDOWN-1-1-2"]
    assert tree["CHART-a"]["parents"] == ["ROOT_ID", "GRID_ID", "ROW-1", "COLUMN-1-1"]


def test_a_name_becomes_a_heading() -> None:
    assert human("cx_gap_to_target") == "CX gap to target"
    assert human("rated_customers") == "Rated customers"


def test_every_query_context_is_json_without_nulls() -> None:
    for tree in build(TELECOM, GALLERY).charts.values():
        for query in json.loads(tree["query_context"])["queries"]:
            assert None not in query.values()


def test_a_compared_period_is_subtracted_and_renamed() -> None:
    form = {
        "x_axis": "day",
        "metrics": ["cx"],
        "time_compare": ["1 year ago"],
        "comparison_type": "difference",
    }
    (query,) = query_context("echarts_timeseries_line", form)["queries"]
    steps = {
        step["operation"]: step["options"] for step in query["post_processing"] if "options" in step
    }
    assert query["time_offsets"] == ["1 year ago"]
    assert steps["compare"]["compare_columns"] == ["cx__1 year ago"]
    assert steps["rename"]["columns"] == {"difference__cx__cx__1 year ago": "1 year ago"}


def test_a_column_that_shares_its_label_with_a_metric_has_its_colour() -> None:
    """A browser finds the name behind a label, and of two takes either."""
    telecom = bundle("telecom")
    colours = telecom.dashboards["leading_indicators"]["metadata"]["label_colors"]
    for key in ("experience_links", "value_links", "nps_by_segment"):
        tree = telecom.datasets[key]
        for metric in tree["metrics"]:
            for column in tree["columns"]:
                if column["verbose_name"] == metric["verbose_name"]:
                    assert colours.get(column["column_name"]) == colours.get(metric["metric_name"])
    assert (colours["r"], colours["r_low"]) == (colours["link"], colours["link_low"])
