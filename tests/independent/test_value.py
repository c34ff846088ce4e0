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
from tests.independent.demo import Demo, assert_same, segments_on

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
