"""Links between KPIs against pandas and numpy on the demo warehouse."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from superset_kpi.demo.story import AS_OF
from tests.independent.clusters import interval
from tests.independent.demo import Demo, answers, assert_same, payments, segments_on

TODAY = pd.Timestamp(AS_OF)


def pairs(demo: Demo, question: str, lo: float, scheme: str) -> pd.DataFrame:
    """Mean score of a customer in a quarter, with what followed in it and the next three."""
    rated = answers(demo, question, lo, 10)
    rated = rated[rated["day"] <= TODAY].copy()
    rated["segment"] = segments_on(demo, rated["client_no"], rated["day"], scheme)
    rated["quarter"] = rated["day"].dt.to_period("Q")
    scores = rated.groupby(["segment", "client_no", "quarter"])["score"].mean().reset_index()
    paid = payments(demo, TODAY)
    worth = paid.groupby(["client_no", paid["day"].dt.to_period("Q")])["contribution"].sum()
    contracts = demo.table("telecom.contracts")
    outcomes = []
    for quarter in pd.period_range(end="2026Q3", periods=12, freq="Q"):
        before = quarter.start_time - pd.Timedelta(days=1)
        last = quarter.end_time.normalize()
        active, still = (
            set(
                contracts.loc[
                    (contracts["begins_on"] <= day) & ~(contracts["ends_on"] <= day), "client_no"
                ]
            )
            for day in (before, last)
        )
        outcomes += [(c, quarter, int(c not in still)) for c in active]
    lost = pd.DataFrame(outcomes, columns=["client_no", "outcome", "lost"])
    keys = pd.MultiIndex.from_frame(lost[["client_no", "outcome"]])
    lost["worth"] = worth.reindex(keys).fillna(0.0).to_numpy()
    later = [scores.assign(periods_later=k, outcome=scores["quarter"] + k) for k in range(4)]
    return pd.concat(later).merge(lost, on=["client_no", "outcome"])


@pytest.mark.parametrize(
    ("metric", "question", "lo"), [("experience", "q_experience", 0), ("value", "q_value", 1)]
)
def test_scores_go_with_churn_and_value_of_the_same_customer(
    demo: Demo, metric: str, question: str, lo: float
) -> None:
    paired = pairs(demo, question, lo, "Region")
    rows = []
    for (segment, later), each in paired.groupby(["segment", "periods_later"]):
        for outcome, column in (("Churn", "lost"), ("Value", "worth")):
            r = np.corrcoef(each["score"], each[column])[0, 1]
            half = 1.96 / math.sqrt(len(each) - 3)
            low, high = (math.tanh(math.atanh(r) + side * half) for side in (-1, 1))
            rows.append((segment, outcome, later, len(each), r, low, high))
    columns = ["segment", "outcome", "periods_later", "pairs", "r", "r_low", "r_high"]
    wanted = pd.DataFrame(rows, columns=columns)
    found = demo.run("score_links", scheme="Region", metric=metric, min_n=1)
    assert_same(found, wanted, ["segment", "outcome", "periods_later"])


def test_churn_after_each_band(demo: Demo) -> None:
    paired = pairs(demo, "q_experience", 0, "Region")
    edges = [-1, 69.9999995, 84.9999995, 101]
    paired["band"] = pd.cut(paired["score"], edges, labels=["Critical", "Good", "Excellent"])
    paired["band"] = paired["band"].astype(str)
    grouped = paired.groupby(["segment", "periods_later", "band"])["lost"]
    wanted = pd.DataFrame(
        {"customers": grouped.size(), "lost_customers": grouped.sum(), "churn": grouped.mean()}
    ).reset_index()
    overall = paired.groupby(["segment", "periods_later"])["lost"].mean().rename("all")
    wanted = wanted.merge(overall.reset_index(), on=["segment", "periods_later"])
    wanted["relative_churn"] = wanted["churn"] / wanted["all"]
    found = demo.run("cx_to_churn", scheme="Region")
    assert_same(found, wanted.drop(columns="all"), ["segment", "periods_later", "band"])


@pytest.mark.parametrize("pause", [0, 30])
def test_the_score_before_and_after_an_initiative(demo: Demo, pause: int) -> None:
    rated = answers(demo, "q_experience", 0, 10)
    rated = rated[rated["day"] <= TODAY].copy()
    rated["band"] = segments_on(demo, rated["client_no"], rated["day"], "Age band")
    rows = []
    for each in demo.table("telecom.programmes").itertuples():
        meant = rated if pd.isna(each.group_name) else rated[rated["band"] == each.group_name]
        days = (meant["day"] - pd.Timestamp(each.starts_on)).dt.days
        before = meant[(days >= -90) & (days < 0)]
        after = meant[(days >= pause) & (days < pause + 90)]
        then, since = (interval(side["score"], side["client_no"]) for side in (before, after))
        difference = round(since.mean, 6) - round(then.mean, 6)
        z = difference / math.hypot(then.error, since.error)
        percent = 100 * difference / round(then.mean, 6)
        rows.append((each.title, len(before), len(after), difference, percent, z))
    columns = ["title", "before_answers", "after_answers", "difference"]
    wanted = pd.DataFrame(rows, columns=[*columns, "difference_percent", "z"])
    assert_same(demo.run("initiative_effects", pause_days=pause), wanted, ["title"])


@pytest.mark.parametrize("scheme", ["Age band", "Region"])
def test_an_initiative_is_marked_at_the_score_of_those_it_is_for(demo: Demo, scheme: str) -> None:
    rated = answers(demo, "q_experience", 0, 10)
    rated = rated[rated["day"] <= TODAY].copy()
    rated["segment"] = segments_on(demo, rated["client_no"], rated["day"], scheme)
    rows = []
    for each in demo.table("telecom.programmes").itertuples():
        began = pd.Timestamp(each.starts_on).to_period("Q").start_time
        meant = rated[rated["period_start"] == began]
        if not pd.isna(each.group_name):
            meant = meant[meant["segment"] == each.group_name]
        rows += [(each.title, began, len(meant), meant["score"].mean())] if len(meant) else []
    lines = rated.groupby("period_start")["score"].agg(["size", "mean"])
    rows += [("", start, *line) for start, line in lines.iterrows()]
    columns = ["initiative", "period_start", "answers", "height"]
    found = demo.run("scores_with_initiatives", scheme=scheme)
    marks = found.assign(initiative=found["initiative"].fillna(""))
    marks = marks.groupby(["initiative", "period_start"])["score"].agg(["size", "mean"])
    found = marks.reset_index().set_axis(columns, axis=1)
    assert_same(found, pd.DataFrame(rows, columns=columns), ["initiative", "period_start"])
