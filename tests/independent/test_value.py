"""Value macros against numpy on the demo warehouse, and on random ratings with weights."""

from __future__ import annotations

import itertools
import math
from types import MappingProxyType
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from superset_kpi.macros import render_query
from superset_kpi.mapping.model import MappedColumn, Source, replace_tables
from tests.cases import Case, mapping_of
from tests.independent.clusters import interval
from tests.independent.demo import Demo, answers, assert_same, segments_on

Floats = np.ndarray[Any, np.dtype[np.float64]]
NEWEST_YEAR = pd.Timestamp("2025-10-01")


def items(demo: Demo) -> pd.DataFrame:
    """Valid ratings of the own brand's attributes in the survey: answer_id, attribute, score."""
    given = demo.table("telecom.survey_items").merge(
        demo.table("telecom.item_catalogue"), on="item_code"
    )
    given = given[given["points"].between(1, 5)]
    turned = np.where(given["points_direction"] < 0, 6 - given["points"], given["points"])
    return given.assign(score=25.0 * (turned - 1), attribute=given["item_name"])


def complete_answers(demo: Demo, drivers: list[str], since: pd.Timestamp) -> pd.DataFrame:
    """Returns a row per response with a value score and a score of every driver."""
    survey = demo.table("telecom.survey")
    kept = survey[survey["q_value"].between(1, 10) & ~survey["is_void"]]
    kept = kept[kept["answered_at"] >= since]
    kept = kept[kept["answered_at"] < pd.Timestamp("2026-10-01")]
    wide = items(demo).pivot_table(index="answer_id", columns="attribute", values="score")
    wide = kept.set_index("answer_id").join(wide[drivers], how="inner").dropna(subset=drivers)
    return wide.assign(target=100 * (wide["q_value"].astype(float) - 1) / 9)


def r_squared(x: Floats, y: Floats, weight: Floats) -> float:
    """Returns the weighted R2 of y on the columns of x and a constant."""
    root = np.sqrt(weight)[:, None]
    design = np.column_stack([np.ones(len(y)), x]) * root
    left = y * root[:, 0] - design @ np.linalg.lstsq(design, y * root[:, 0], rcond=None)[0]
    mean = np.average(y, weights=weight)
    return 1 - float(left @ left) / float(weight @ (y - mean) ** 2)


def lmg(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Returns each column's share of R2: its addition, averaged over the orders of entering."""
    count = x.shape[1]
    fits = {
        held: r_squared(x[:, list(held)], y, weight)
        for size in range(count + 1)
        for held in itertools.combinations(range(count), size)
    }
    shares = np.zeros(count)
    for held, fit in fits.items():
        for one in set(range(count)) - set(held):
            orders = math.factorial(len(held)) * math.factorial(count - len(held) - 1)
            added = fits[tuple(sorted((*held, one)))] - fit
            shares[one] += orders / math.factorial(count) * added
    return shares


def fisher(r: float, answers: float) -> tuple[float, float]:
    """Returns the 95 % interval of a correlation."""
    half = 1.96 / math.sqrt(answers - 3)
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


@pytest.mark.parametrize("scheme", ["All customers", "Age band"])
@pytest.mark.parametrize("count", [1, 5, 8])
def test_drivers_and_their_shares(demo: Demo, scheme: str, count: int) -> None:
    found = demo.run("value_drivers", scheme=scheme, drivers=count)
    drivers = sorted(found["attribute"].unique())
    assert len(drivers) == count
    answers = complete_answers(demo, drivers, NEWEST_YEAR)
    if scheme == "All customers":
        answers["segment"] = scheme
    else:
        days = answers["answered_at"].dt.normalize().to_numpy()
        answers["segment"] = segments_on(demo, answers["client_no"], days, scheme)
    rows = []
    for segment, part in answers.groupby("segment"):
        x, y = part[drivers].to_numpy(float), part["target"].to_numpy(float)
        one = np.ones(len(y))
        shares, fit = lmg(x, y, one), r_squared(x, y, one)
        for place, driver in enumerate(drivers):
            r = float(stats.pearsonr(x[:, place], y)[0])
            known = len(y) >= 30
            values = (
                x[:, place].mean(), r, *fisher(r, len(y)), shares[place],
                100 * shares[place] / fit, fit,
            )  # fmt: skip
            rows.append((segment, driver, len(y), *(v if known else np.nan for v in values)))
    columns = ["segment", "attribute", "answers", "score", "r", "r_low", "r_high", "share"]
    wanted = pd.DataFrame(rows, columns=[*columns, "importance", "r_squared"])
    assert_same(found, wanted, ["segment", "attribute"])


def test_drivers_are_the_attributes_that_correlate_most(demo: Demo) -> None:
    every = list(items(demo)["attribute"].unique())
    strength = {}
    for name in every:
        pairs = complete_answers(demo, [name], NEWEST_YEAR)
        strength[name] = abs(np.corrcoef(pairs[name], pairs["target"])[0, 1])
    strongest = sorted(every, key=lambda name: -strength[name])[:5]
    found = demo.run("value_drivers", scheme="All customers")
    assert set(found["attribute"]) == set(strongest)
    assert found.loc[found["driver_rank"] == 1, "attribute"].item() == "Monthly price"


@pytest.mark.parametrize("seed", range(3))
def test_weighted_shares_also_where_drivers_are_combinations(seed: int) -> None:
    rng = np.random.default_rng([20260930, seed])
    x = rng.integers(0, 11, (40, 8)).astype(float)
    if seed == 1:
        x[:, 5] = 10 - x[:, 2]
    if seed == 2:
        x[:, 6] = (x[:, 0] + x[:, 1]) / 2
        x[:, 3] = 7
    y = np.clip(np.rint(x @ rng.uniform(0, 0.3, 8) + rng.normal(0, 1, 40)), 0, 10)
    weight = rng.uniform(0.2, 3, 40)
    found = run_on_ratings(x, y, weight).sort_values("attribute")
    shares = lmg(10 * x, 10 * y, weight)
    varies = x.std(axis=0) > 0
    wanted = np.where(varies, shares, np.nan)
    np.testing.assert_allclose(found["share"].astype(float), wanted, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found["r_squared"].astype(float), r_squared(x, y, weight), rtol=1e-9)
    effective = weight.sum() ** 2 / (weight**2).sum()
    covariance = np.cov(np.column_stack([x, y]).T, aweights=weight)
    for place, row in enumerate(found.itertuples()):
        if not varies[place]:
            assert row.reason == "Driver does not vary"
            continue
        r = covariance[place, 8] / math.sqrt(covariance[place, place] * covariance[8, 8])
        assert (row.r, row.r_low, row.r_high) == pytest.approx((r, *fisher(r, effective)), abs=1e-9)
        redundant = {1: (2, 5), 2: (0, 1, 6)}.get(seed, ())
        assert row.reason == ("Combination of other drivers" if place in redundant else None)


def run_on_ratings(x: Floats, y: Floats, weight: Floats) -> pd.DataFrame:
    """Returns value_drivers of ratings on a scale of 0 to 10, one row of x a respondent."""
    rows = []
    for respondent, (scores, value, w) in enumerate(zip(x, y, weight, strict=True)):
        rows.append((respondent, "value", None, value, w))
        rows += [(respondent, "attribute", f"a{k}", score, w) for k, score in enumerate(scores)]
    columns = ["response_id", "metric", "attribute", "rating", "weight"]
    given = pd.DataFrame(rows, columns=columns).assign(
        rating_id=range(len(rows)), lo=0, hi=10, responded_at=pd.Timestamp("2026-08-01")
    )
    mapped = {c: MappedColumn("column", c) for c in given.columns}
    arguments = {"drivers": 8}
    case = Case("value_drivers", "random", given={"ratings": "metric"}, call=arguments)
    tables = {"ratings": (Source("given", None, MappingProxyType(mapped)),)}
    mapping = replace_tables(mapping_of(case, "duckdb"), tables)
    with duckdb.connect() as connection:
        connection.register("given", given)
        return connection.execute(render_query("value_drivers", arguments, mapping)).df()


def waves(demo: Demo) -> pd.DataFrame:
    """The latest rating of every attribute by customer, quarter and survey (own brand alone)."""
    survey = demo.table("telecom.survey")[["answer_id", "client_no", "answered_at", "wave"]]
    answered = items(demo).drop(columns="answered_at").drop(columns=["client_no", "wave"])
    given = answered.merge(survey, on="answer_id").rename(columns={"item_id": "row"})
    study = demo.table("telecom.brand_study").merge(
        demo.table("telecom.item_catalogue"), on="item_code"
    )
    study = study[study["points"].between(1, 5)]
    turned = np.where(study["points_direction"] < 0, 6 - study["points"], study["points"])
    study = study.assign(score=25.0 * (turned - 1), attribute=study["item_name"])
    own = study[study["brand_name"] == "Aurelia Mobile"]
    own = own.rename(columns={"asked_at": "answered_at", "study": "wave", "line_id": "row"})
    columns = [
        "client_no",
        "answered_at",
        "wave",
        "attribute",
        "side",
        "importance",
        "score",
        "row",
    ]
    rated = pd.concat([given[columns], own[columns]], ignore_index=True)
    rated = rated[rated["client_no"].notna() & (rated["answered_at"] < pd.Timestamp("2026-10-01"))]
    rated["period_start"] = rated["answered_at"].dt.to_period("Q").dt.start_time
    rated = rated.sort_values(["answered_at", "row"])
    return rated.groupby(["client_no", "period_start", "wave", "attribute"], dropna=False).tail(1)


def net_values(rated: pd.DataFrame, weights: dict[str, float]) -> pd.DataFrame:
    """Returns benefits, costs and net value of each customer and quarter who rated both."""
    rated = rated.assign(weight=rated["attribute"].map(weights))
    rated = rated[rated["weight"].notna()]
    rated = rated.assign(
        level=np.where(rated["side"] == "cost", 100 - rated["score"], rated["score"])
    )
    rated["weighted"] = rated["weight"] * rated["level"]
    sums = rated.groupby(["client_no", "period_start", "side"])[["weight", "weighted"]].sum()
    sides = (sums["weighted"] / sums["weight"]).unstack("side").dropna()
    return sides.assign(net=sides["benefit"] - sides["cost"])


def test_scores_of_attributes(demo: Demo) -> None:
    rated = waves(demo)
    wanted = (
        rated.groupby(["period_start", "attribute"])
        .agg(answers=("score", "size"), score=("score", "mean"))
        .reset_index()
    )
    by_attribute = rated.groupby(["period_start", "attribute"])
    wanted["ci_low"] = [interval(e["score"], e["client_no"]).low for _, e in by_attribute]
    wanted = wanted[wanted["answers"] >= 10]
    found = demo.run("attribute_scores", scheme="All customers")
    found = found[found["reliability"] != "hidden"]
    keys = ["period_start", "attribute"]
    found, wanted = (t.sort_values(keys, ignore_index=True) for t in (found, wanted))
    assert_same(found, wanted[[*keys, "answers"]], keys)
    # Scores are rounded to the sixth decimal before they are banded.
    for column in ("score", "ci_low"):
        np.testing.assert_allclose(found[column], wanted[column], rtol=0, atol=1e-6)


@pytest.mark.parametrize("weights", ["stated", "equal", "derived"])
def test_net_value_is_the_mean_of_customers(demo: Demo, weights: str) -> None:
    rated = waves(demo)
    catalogue = rated.drop_duplicates("attribute").set_index("attribute")
    chosen = catalogue["importance"].to_dict()
    if weights == "equal":
        chosen = dict.fromkeys(chosen, 1.0)
    if weights == "derived":
        for name in chosen:
            pairs = complete_answers(demo, [name], NEWEST_YEAR)
            chosen[name] = float(np.corrcoef(pairs[name], pairs["target"])[0, 1])
    nets = net_values(rated, chosen).groupby("period_start")
    found = demo.run("net_customer_value", scheme="All customers", weights=weights)
    found = found.set_index("period_start").sort_index()
    assert list(found.index) == list(nets.size().index)
    assert found["answers"].tolist() == nets.size().tolist()
    for column, source in (("net_value", "net"), ("benefits", "benefit"), ("costs", "cost")):
        np.testing.assert_allclose(found[column], nets[source].mean(), rtol=0, atol=2e-6)
    half = 1.96 * nets["net"].std() / np.sqrt(nets.size())
    np.testing.assert_allclose(found["ci_high"] - found["net_value"], half, rtol=1e-6)
    np.testing.assert_allclose(found["value_index"], (found["net_value"] + 100) / 2, rtol=1e-12)


def test_contributions_are_weight_times_level(demo: Demo) -> None:
    found = demo.run("value_components", scheme="All customers")
    sign = np.where(found["side"] == "cost", -1, 1)
    np.testing.assert_allclose(found["contribution"], sign * found["weight"] * found["level"])
    weights = found.groupby(["period_start", "side"])["weight"].sum()
    np.testing.assert_allclose(weights, 1)


@pytest.mark.parametrize("denominator", ["rated_customers", "ratings", "all_customers"])
@pytest.mark.parametrize("method", ["minmax", "share_of_max", "top_box"])
def test_sensitivity_is_what_the_headline_gives(demo: Demo, method: str, denominator: str) -> None:
    every = demo.run("score_sensitivity", scheme="Region")
    found = every[(every["method"] == method) & (every["denominator"] == denominator)]
    wanted = demo.run("cpv_by_segment", scheme="Region", method=method, denominator=denominator)
    wanted = wanted.rename(columns={"cpv": "score", "cpv_shown": "score_shown"})
    columns = ["segment", "period_start", "answers", "score", "score_shown", "ci_low", "ci_high"]
    wanted = wanted.loc[wanted["answers"] > 0, [*columns, "band", "certainty", "reliability"]]
    assert_same(found, wanted, ["segment", "period_start"])


def test_value_by_touchpoint_is_the_mean_of_the_latest_ratings(demo: Demo) -> None:
    given = answers(demo, "q_value", 1, 10).sort_values(["answered_at", "answer_id"])
    given = given[given["day"] < pd.Timestamp("2026-10-01")]
    given["touchpoint"] = given["contact_point"].fillna("Not stated")
    columns = ["client_no", "period_start", "wave", "touchpoint"]
    latest = given.groupby(columns, dropna=False).tail(1)
    grouped = latest.groupby(["touchpoint", "period_start"])
    wanted = pd.DataFrame(
        {
            "answers": grouped.size(),
            "rated_customers": grouped["client_no"].nunique(),
            "cpv": grouped["score"].mean().round(6),
            "ci_low": [interval(e["score"], e["client_no"]).low for _, e in grouped],
        }
    ).reset_index()
    found = demo.run("cpv_by_touchpoint", scheme="All customers", min_n=1)
    assert_same(found, wanted, ["touchpoint", "period_start"])


def test_value_of_the_own_brand_is_that_of_its_segments(demo: Demo) -> None:
    columns = ["segment", "period_start", "answers", "rated_customers", "cpv", "ci_low", "band"]
    wanted = demo.run("cpv_by_segment", scheme="Region")
    wanted = wanted.loc[wanted["answers"] > 0, columns].assign(brand="Aurelia Mobile")
    found = demo.run("cpv_by_brand", scheme="Region")
    assert_same(found, wanted, ["segment", "period_start"])


def test_quadrants_are_cut_at_the_means_of_drivers(demo: Demo) -> None:
    found = demo.run("driver_quadrants", scheme="Age band")
    drivers = demo.run("value_drivers", scheme="Age band", drivers=8)
    drivers = drivers[drivers["importance"].notna()]
    means = drivers.groupby("segment")[["score", "importance"]].transform("mean")
    is_strong = drivers["score"] >= means["score"]
    is_important = drivers["importance"] >= means["importance"]
    drivers["quadrant"] = np.select(
        [is_important & ~is_strong, is_important, ~is_strong],
        ["Concentrate here", "Keep up", "Low priority"],
        "Possible overkill",
    )
    wanted = drivers.rename(columns={"score": "performance"})
    columns = ["segment", "attribute", "performance", "importance", "quadrant"]
    assert_same(found[found["importance"].notna()], wanted[columns], ["segment", "attribute"])
    assert wanted["quadrant"].nunique() == 4


def test_value_map_of_the_brand_study(demo: Demo) -> None:
    study = demo.table("telecom.brand_study").merge(
        demo.table("telecom.item_catalogue"), on="item_code"
    )
    study = study[study["asked_at"] >= NEWEST_YEAR]
    turned = np.where(study["points_direction"] < 0, 6 - study["points"], study["points"])
    study = study.assign(score=20.0 * turned)[study["component"] != "monetary"]
    means = study.pivot_table(index="brand_name", columns="item_name", values="score")
    weights = study.drop_duplicates("item_name").set_index("item_name")["importance"][means.columns]
    others = (means.sum() - means) / (len(means) - 1)
    quality = (means / others * weights).sum(axis=1) / weights.sum()
    price = demo.table("telecom.brand_list").set_index("brand_name")["price_index"]
    price = price / ((price.sum() - price) / (len(price) - 1))
    found = demo.run("value_map", scheme="All customers").set_index("brand")
    np.testing.assert_allclose(found["relative_quality"], quality[found.index], rtol=1e-7)
    np.testing.assert_allclose(found["relative_price"], price[found.index], rtol=1e-9)
    gap = quality - price
    assert (found["verdict"] == "Better value").tolist() == (gap[found.index] > 0.02).tolist()


def test_actions_follow_from_drivers_sizes_and_equity(demo: Demo) -> None:
    arguments = {"scheme": "Tariff plan"}
    drivers = demo.run("value_drivers", membership="current", **arguments)
    sizes = demo.run("current_segments", **arguments).groupby("segment").size()
    equity = demo.run("clv_by_segment", **arguments).set_index("segment")["equity"]
    drivers = drivers[drivers["importance"].notna() & (drivers["score"] < 80)]
    share = drivers["importance"] / 100 * (80 - drivers["score"]) / 100
    wanted = drivers[["segment", "attribute", "importance", "score"]].assign(
        value_at_stake=share * drivers["segment"].map(equity),
        customers_at_stake=share * drivers["segment"].map(sizes),
    )
    found = demo.run("action_list", **arguments)
    assert_same(found, wanted, ["segment", "attribute"])
    ordered = found.sort_values("action_rank")["value_at_stake"]
    assert ordered.is_monotonic_decreasing
