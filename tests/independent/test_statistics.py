"""Expression macros against scipy, and against other forms of the same formula."""

from __future__ import annotations

import math
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from superset_kpi.macros import render_call
from tests.cases import Case, mapping_of
from tests.independent import scores

# What 1.96 standard errors hold on both sides, a little more than 95 %.
LEVEL = 2 * stats.norm.cdf(1.96) - 1
MAPPING = mapping_of(Case("score", "statistics"), "duckdb")


def results(macro: str, given: pd.DataFrame, **arguments: Any) -> list[Any]:
    """Returns the values of an expression macro over rows, whose columns are arguments."""
    text = render_call(macro, (), {**{c: c for c in given}, **arguments}, MAPPING)
    connection = duckdb.connect()
    connection.register("given", given.assign(place=range(len(given))))
    return [
        row[0] for row in connection.execute(f"select {text} from given order by place").fetchall()
    ]


def result(macro: str, **arguments: Any) -> Any:
    """Returns the value of an expression macro over literals."""
    text = render_call(macro, (), arguments, MAPPING)
    return duckdb.sql(f"select {text}").fetchall()[0][0]


@pytest.mark.parametrize("seed", range(5))
def test_pearsons_correlation_and_its_interval(seed: int) -> None:
    rng = np.random.default_rng([1915, seed])
    x = rng.normal(0, 20, 10 + 40 * seed)
    y = rng.uniform(-1, 1) * x + rng.normal(0, 15, len(x))
    sums = {"x": x.sum(), "y": y.sum(), "xx": x @ x, "yy": y @ y, "xy": x @ y}
    r = result("correlation", answers=len(x), **{k: repr(float(v)) for k, v in sums.items()})
    wanted = stats.pearsonr(x, y)
    low, high = wanted.confidence_interval(confidence_level=LEVEL)
    assert r == pytest.approx(wanted.statistic, rel=1e-9)
    assert result("correlation_low", r=repr(r), answers=len(x)) == pytest.approx(low, rel=1e-9)
    assert result("correlation_high", r=repr(r), answers=len(x)) == pytest.approx(high, rel=1e-9)


def test_wilsons_interval_of_every_share_of_forty() -> None:
    given = pd.DataFrame({"hits": range(41), "answers": 40})
    ends = [
        stats.binomtest(hits, 40).proportion_ci(confidence_level=LEVEL, method="wilson")
        for hits in given["hits"]
    ]
    low, high = results("wilson_low", given), results("wilson_high", given)
    np.testing.assert_allclose(low, [e.low for e in ends], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(high, [e.high for e in ends], rtol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_two_means_differ_where_welchs_statistic_passes_1_96(seed: int) -> None:
    rng = np.random.default_rng([1947, seed])
    one = rng.normal(70, 12, rng.integers(30, 90))
    other = rng.normal(70 + rng.uniform(-8, 8), 20, rng.integers(30, 90))
    z = stats.ttest_ind(one, other, equal_var=False).statistic
    found = result(
        "significance",
        difference=repr(float(one.mean() - other.mean())),
        squared_error=repr(float(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))),
        answers=len(one),
        other_answers=len(other),
    )
    different = "Higher" if z > 0 else "Lower"
    assert found == (different if abs(z) > 1.96 else "No significant difference")


def test_net_promoter_score_and_its_margin_of_random_answers() -> None:
    answers = np.random.default_rng(2003).integers(0, 11, 500)
    signs = np.where(answers >= 9, 100.0, np.where(answers <= 6, -100.0, 0.0))
    said = duckdb.connect()
    said.register("given", pd.DataFrame({"said": answers}))
    found = said.execute(
        f"select {render_call('nps', ('said',), {}, MAPPING)} from given"
    ).fetchall()
    margin = result(
        "nps_margin",
        promoters=int((signs > 0).sum()),
        detractors=int((signs < 0).sum()),
        answers=500,
    )
    assert found[0][0] == pytest.approx(signs.mean(), rel=1e-9)
    assert margin == pytest.approx(1.96 * signs.std() / math.sqrt(500), rel=1e-9)


def test_bands_of_every_tenth_of_a_percent_and_what_is_shown() -> None:
    given = pd.DataFrame(
        {"score": [tenth / 10 + cent / 100 for tenth in range(1000) for cent in (0, 7)]}
    )
    assert results("cx_band", given) == [scores.cx_band(s) for s in given["score"]]
    assert results("cpv_band", given) == [scores.cpv_band(s) for s in given["score"]]
    cut = [scores.shown(s, None) for s in given["score"]]
    np.testing.assert_allclose(results("displayed", given), cut, rtol=1e-12)
    strict = [scores.shown(s, 80) for s in given["score"]]
    np.testing.assert_allclose(results("displayed", given, strict_edge=80), strict, rtol=1e-12)


def test_weighted_means_of_scores_and_of_criteria() -> None:
    rng = np.random.default_rng(1976)
    given = pd.DataFrame({"score": rng.uniform(0, 100, 50), "weight": rng.uniform(0.1, 3, 50)})
    text = render_call("mean_score", (), {"score": "score", "weight": "weight"}, MAPPING)
    connection = duckdb.connect()
    connection.register("given", given)
    found = connection.execute(f"select {text} from given").fetchall()[0][0]
    assert found == pytest.approx(np.average(given["score"], weights=given["weight"]), abs=5e-7)
    weights = [0.5, 1.5, 2.0, 0.25, 3.0, 1.0]
    offers = pd.DataFrame(rng.uniform(0, 10, (20, 6)), columns=[f"score_{n}" for n in range(1, 7)])
    named = {f"weight_{n}": weight for n, weight in enumerate(weights, 1)}
    wanted = np.average(offers, axis=1, weights=weights)
    np.testing.assert_allclose(results("weighted_score", offers, **named), wanted, rtol=1e-12)


@pytest.mark.parametrize(("retention", "rate"), [(0.8, 0.1), (0.95, 0.01), (0.0, 0.1), (1.0, 0.12)])
def test_value_of_a_stream_of_margins_is_its_sum_year_by_year(
    retention: float, rate: float
) -> None:
    year = np.arange(1, 4001)
    present = 120 * (retention / (1 + rate)) ** year
    wanted = {"margin_per_year": 120, "retention": retention, "discount_rate": rate}
    for years in (1, 5, 40):
        found = result("clv_over_years", **wanted, years=years)
        assert found == pytest.approx(present[:years].sum(), rel=1e-9)
    forever = result(
        "clv_discounted", margin_per_period=120, retention=retention, discount_rate=rate
    )
    assert forever == pytest.approx(present.sum(), rel=1e-9)


@pytest.mark.parametrize("churn", [0.05, 0.25, 0.8, 1.0])
def test_value_from_components_is_the_margin_of_the_years_stayed(churn: float) -> None:
    parts = {"apv": 40, "purchase_frequency": 6, "margin": 0.3, "churn": churn}
    # Who leaves with one chance each year stays 1 / churn years on average.
    stayed = stats.geom(churn).mean()
    assert result("clv", **parts, max_years=100) == pytest.approx(72 * stayed, rel=1e-9)
    assert result("clv", **parts) == pytest.approx(72 * min(stayed, 5), rel=1e-9)
    # The first margin now, then what those who stayed bring, by the capped lifespan's retention.
    kept = 1 - 1 / min(stayed, 7)
    present = 72 * (kept / 1.1) ** np.arange(4000)
    found = result("clv", **parts, discount_rate=0.1, max_years=7)
    assert found == pytest.approx(present.sum(), rel=1e-9)
    end_of_year = result("clv_discounted", margin_per_period=72, retention=kept, discount_rate=0.1)
    assert found == pytest.approx(72 + end_of_year, rel=1e-9)


def test_a_discounted_value_is_never_above_the_simple_one() -> None:
    rng = np.random.default_rng(15)
    given = pd.DataFrame(
        {
            "margin_per_year": rng.uniform(0, 500, 400),
            "lifespan_years": rng.uniform(0.1, 100, 400),
            "discount_rate": np.where(rng.random(400) < 0.2, 0, rng.uniform(0, 1, 400)),
        }
    )
    share = np.array(results("clv_over_lifespan", given)) / (
        given["margin_per_year"] * given["lifespan_years"]
    )
    same = (given["discount_rate"] == 0) | (given["lifespan_years"] <= 1)
    np.testing.assert_allclose(share[same], 1, rtol=1e-12)
    assert (share[~same] < 1).all()
