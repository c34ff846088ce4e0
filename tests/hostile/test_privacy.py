"""What `privacy` in a mapping promises, and that shipped metrics hide small numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from superset_kpi.dashboards.feeding import feed
from superset_kpi.dashboards.files import read_shipped
from superset_kpi.errors import ArgumentError, MacroError, MappingError
from superset_kpi.macros import library, render_call, render_query
from superset_kpi.mapping import Mapping, changed, read_mappings
from superset_kpi.resources import dashboards
from superset_kpi.superset.query_context import query_context
from tests import cases
from tests.test_engine import values_for, world

SINGLE = {"rating_scores", "verbatims", "scores_with_initiatives", "clv_by_customer"}
FINDINGS = {"check_findings", "low_ratings_are_followed_up", "rating_is_on_scale"}


def private(**privacy: Any) -> Mapping:
    """A mapping of every logical table, with what privacy says."""
    return changed(world("duckdb"), **privacy)


@pytest.mark.parametrize(
    "name", [m.name for m in library().values() if "min_n" in m.args and not m.is_internal]
)
def test_no_argument_goes_below_the_mapping(name: str) -> None:
    macro, mapping = library()[name], private(min_n=20)
    with pytest.raises(ArgumentError) as raised:
        render_query(name, {**values_for(macro), "min_n": "19"}, mapping)
    least = int(macro.args["min_n"].min or 1)
    if least <= 19:
        assert str(raised.value) == (
            f"{name}: min_n is '19', and the mapping's privacy shows no score of fewer than 20 "
            "answers. Give 20 or more."
        )


def test_the_mapping_gives_the_default() -> None:
    own = render_query("cx_by_segment", {}, private(min_n=20))
    assert own == render_query("cx_by_segment", {"min_n": 20}, private(min_n=20))
    assert own != render_query("cx_by_segment", {}, private())
    assert "< 30" in render_call("significance", ("a", "b", "c", "d"), {}, private(min_n=20))
    assert ">= 7 " in render_call("protected", ("a", "b"), {}, private(min_n=7))


@pytest.mark.parametrize("name", sorted(SINGLE | FINDINGS))
def test_single_answers_are_refused_where_the_mapping_keeps_them(name: str) -> None:
    with pytest.raises(MacroError) as raised:
        render_query(name, values_for(library()[name]), private(single_answers=False))
    assert str(raised.value) == (
        f"{name}: it gives single answers, which the mapping 'case' keeps private "
        "(privacy.single_answers). Use a macro that gives scores of segments."
    )
    # Scores that are made of them are not.
    assert render_query("cx_by_team", {}, private(single_answers=False))


def test_part_worths_of_a_respondent_are_single_answers() -> None:
    kept = private(single_answers=False)
    with pytest.raises(MacroError, match="conjoint_part_worths: it gives single answers"):
        render_query("conjoint_part_worths", {"per": "respondent"}, kept)
    # The mean of individuals is none.
    assert render_query("conjoint_part_worths", {}, kept)
    assert render_query("conjoint_importances", {}, kept)


def test_their_datasets_and_charts_are_left_out() -> None:
    shipped = read_shipped(dashboards())
    of_single = {key for key, file in shipped.datasets.items() if file.macro in SINGLE}
    fed = feed(shipped, private(single_answers=False), query_context)
    assert of_single
    assert not of_single & set(fed.datasets)
    assert not {c for c in fed.charts if _dataset(shipped, c) in of_single}
    whys = {a.key: a.why for a in fed.absent if a.kind == "dataset"}
    assert {whys[key] for key in of_single} == {
        ("privacy.single_answers: false keeps single answers out",)
    }


def test_the_security_page_names_the_datasets_of_single_answers() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:kpi_<mapping>)?_(\w+)`", page))
    shipped = read_shipped(dashboards()).datasets
    assert named == {key for key, file in shipped.items() if file.macro in SINGLE}


def _dataset(shipped: Any, chart: str) -> str:
    dashboard, key = chart.split("/")
    return str(shipped.charts[dashboard][key].dataset)


def test_metrics_over_single_answers_hide_fewer_than_ten() -> None:
    shipped = read_shipped(dashboards())
    scores = ("mean_score", "avg(", "band =")
    bare = [
        f"{key}.{metric.metric_name}"
        for key, file in shipped.datasets.items()
        if file.macro in SINGLE
        for metric in file.metrics
        if any(word in metric.expression for word in scores)
        and not metric.expression.startswith("protected(")
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("given", "fault"),
    [({"min_n": 0}, "privacy.min_n"), ({"min": 5}, "privacy.min"), ("none", "privacy")],
)
def test_a_wrong_privacy_is_a_fault(tmp_path: Path, given: object, fault: str) -> None:
    body = {"database": "W", "dialect": "duckdb", "privacy": given, "tables": {}}
    file = tmp_path / "kpi.yaml"
    file.write_text(yaml.safe_dump({"shop": body}), encoding="utf-8")
    with pytest.raises(MappingError, match=f"shop.{fault}"):
        read_mappings(file)


def test_privacy_is_read(tmp_path: Path) -> None:
    file = tmp_path / "kpi.yaml"
    text = "shop: {database: W, dialect: duckdb, privacy: {min_n: 12, single_answers: false}, "
    text += "tables: {customers: {table: c, columns: {customer_id: id}}}}"
    file.write_text(text, encoding="utf-8")
    mapping = read_mappings(file)["shop"]
    assert (mapping.min_n, mapping.single_answers) == (12, False)
    assert cases.mapping_of(cases.Case("m", "c"), "duckdb").min_n is None
