"""Experience macros against pandas and numpy on the demo warehouse."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from superset_kpi.demo.story import AS_OF, SCHEMES
from tests.independent.clusters import interval
from tests.independent.demo import Demo, answers, assert_same, customers, segments_on

TODAY = pd.Timestamp(AS_OF)
STAGES = (
    "awareness",
    "engagement",
    "consideration",
    "purchase",
    "onboarding",
    "loyalty",
    "advocacy",
)


def wilson(hits: float, n: float) -> tuple[float, float]:
    """Both ends of the interval, from its usual form with p and z."""
    p, z = hits / n, 1.96
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return centre - half, centre + half


def given(demo: Demo, question: str, lo: float, hi: float, scheme: str) -> pd.DataFrame:
    """Valid answers up to as_of with the segment on the day of the answer."""
    found = answers(demo, question, lo, hi)
    found = found[found["day"] <= TODAY].copy()
    found["segment"] = segments_on(demo, found["client_no"], found["day"], scheme)
    return found


@pytest.mark.parametrize(
    ("macro", "column", "source"),
    [
        ("cx_by_touchpoint", "touchpoint", "contact_point"),
        ("cx_by_journey_stage", "journey_stage", "stage"),
        ("cx_by_team", "team", "handled_by"),
        ("cx_by_channel", "channel", "asked_by"),
    ],
)
def test_experience_by_a_dimension(demo: Demo, macro: str, column: str, source: str) -> None:
    rated = given(demo, "q_experience", 0, 10, "Region")
    grouped = rated.groupby(["segment", rated[source].fillna("Not stated"), "period_start"])
    score = grouped["score"]
    intervals = [interval(each["score"], each["client_no"]) for _, each in grouped]
    wanted = pd.DataFrame(
        {
            "answers": score.size(),
            "rated_customers": grouped["client_no"].nunique(),
            "cx": score.mean().round(6),
            "ci_low": [each.low for each in intervals],
            "ci_high": [each.high for each in intervals],
        }
    )
    wanted.index.names = ["segment", column, "period_start"]
    wanted = wanted.reset_index()
    found = demo.run(macro, scheme="Region", min_n=1)
    hidden = found["reliability"] == "hidden"
    assert not hidden.any()
    assert_same(found, wanted, ["segment", column, "period_start"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_net_promoter_score(demo: Demo, scheme: str) -> None:
    rated = given(demo, "q_nps", 0, 10, scheme)
    rows = []
    for (segment, start), each in rated.groupby(["segment", "period_start"]):
        n = len(each)
        p, d = (each["rating"] >= 9).mean(), (each["rating"] <= 6).mean()
        nps = round(100 * (p - d), 6)
        balance = 100.0 * (each["rating"] >= 9) - 100.0 * (each["rating"] <= 6)
        ci = interval(balance, each["client_no"], ends=(-100, 100), is_share=True)
        rows.append((segment, start, n, p, d, nps, ci.low, ci.high))
    columns = ["segment", "period_start", "answers", "promoter_share", "detractor_share"]
    wanted = pd.DataFrame(rows, columns=[*columns, "nps", "ci_low", "ci_high"])
    found = demo.run("nps_by_segment", scheme=scheme, min_n=1)
    assert_same(found[found["answers"] > 0], wanted, ["segment", "period_start"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_satisfaction_in_the_top_two_boxes(demo: Demo, scheme: str) -> None:
    rated = given(demo, "q_csat", 1, 5, scheme)
    rows = []
    for (segment, start), each in rated.groupby(["segment", "period_start"]):
        hits, n = int((each["rating"] >= 4).sum()), len(each)
        counted = interval(100.0 * (each["rating"] >= 4), each["client_no"]).answers
        low, high = wilson(hits / n * counted, counted)
        share = round(100 * hits / n, 6)
        rows.append((segment, start, n, hits, share, 100 * low, 100 * high))
    columns = ["segment", "period_start", "answers", "satisfied", "csat", "ci_low", "ci_high"]
    found = demo.run("csat_by_segment", scheme=scheme, min_n=1)
    wanted = pd.DataFrame(rows, columns=columns)
    assert_same(found[found["answers"] > 0], wanted, ["segment", "period_start"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_effort_as_mean_and_share(demo: Demo, scheme: str) -> None:
    rated = given(demo, "q_ces", 1, 7, scheme)
    rows = []
    for (segment, start), each in rated.groupby(["segment", "period_start"]):
        n, mean = len(each), round(each["rating"].mean(), 6)
        ci = interval(each["rating"], each["client_no"], ends=(1, 7))
        hits = int((each["rating"] >= 5).sum())
        easy = wilson(hits / n * ci.answers, ci.answers)
        rows.append((segment, start, n, mean, ci.low, ci.high, hits, *easy))
    columns = ["segment", "period_start", "answers", "ces", "ci_low", "ci_high"]
    wanted = pd.DataFrame(rows, columns=[*columns, "low_effort", "share_low", "share_high"])
    found = demo.run("ces_by_segment", scheme=scheme, min_n=1)
    assert_same(found[found["answers"] > 0], wanted, ["segment", "period_start"])


def test_every_pair_of_segments(demo: Demo) -> None:
    rated = given(demo, "q_experience", 0, 10, "Tariff plan")
    newest = rated[rated["period_start"] == "2026-07-01"].groupby("segment")
    mean, n = newest["score"].mean().round(6), newest.size()
    ci = {name: interval(each["score"], each["client_no"]) for name, each in newest}
    rows = []
    for a in mean.index:
        for b in mean.index[mean.index > a]:
            difference = mean[a] - mean[b]
            z = difference / math.hypot(ci[a].error, ci[b].error)
            verdict = "No significant difference"
            if min(ci[a].customers, ci[b].customers) < 30:
                verdict = "Too few answers"
            elif abs(z) > 1.96:
                verdict = "Higher" if z > 0 else "Lower"
            rows.append((a, b, n[a], n[b], difference, z, verdict))
    columns = ["segment", "other_segment", "answers", "other_answers", "difference", "z"]
    wanted = pd.DataFrame(rows, columns=[*columns, "verdict"])
    found = demo.run("two_segment_test", scheme="Tariff plan")
    assert_same(found, wanted, ["segment", "other_segment"])


def test_a_quarter_against_the_one_a_year_before(demo: Demo) -> None:
    rated = given(demo, "q_experience", 0, 10, "Region")
    later = rated[rated["period_start"] == "2026-07-01"].groupby("segment")["score"]
    earlier = rated[rated["period_start"] == "2025-07-01"].groupby("segment")["score"]
    difference = later.mean().round(6) - earlier.mean().round(6)
    errors = {
        day: [interval(each["score"], each["client_no"]).error for _, each in given]
        for day in ("2026-07-01", "2025-07-01")
        for given in [rated[rated["period_start"] == day].groupby("segment")]
    }
    error = np.hypot(errors["2026-07-01"], errors["2025-07-01"])
    wanted = pd.DataFrame(
        {
            "difference": difference,
            "difference_percent": 100 * difference / earlier.mean().round(6),
            "z": difference / error,
        }
    ).reset_index()
    assert_same(demo.run("two_period_test", scheme="Region"), wanted, ["segment"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_overall_score_weighted_to_all_customers(demo: Demo, scheme: str) -> None:
    rated = given(demo, "q_experience", 0, 10, scheme)
    clients = customers(demo)
    rows = []
    for start, each in rated.groupby("period_start"):
        last = (start + pd.offsets.QuarterEnd(0)).normalize()
        there = clients.index[clients["signed_up_on"] <= last].to_series()
        sizes = pd.Series(segments_on(demo, there, last, scheme)).value_counts()
        counts = each["segment"].value_counts()
        weight = each["segment"].map(
            (sizes[counts.index] / sizes[counts.index].sum()) / (counts / counts.sum())
        )
        effective = weight.sum() ** 2 / (weight**2).sum()
        raw = (weight * each["score"]).sum() / weight.sum()
        # Who changed the segment is one customer in each stratum.
        low = interval(each["score"], each["client_no"].astype(str) + each["segment"], weight).low
        respondents = round(each["score"].mean(), 6)
        rows.append((start, len(each), respondents, round(raw, 6), low, effective))
    columns = ["period_start", "answers", "respondent_mean", "stratified_mean"]
    wanted = pd.DataFrame(rows, columns=[*columns, "stratified_low", "effective_n"])
    assert_same(demo.run("overall_scores", scheme=scheme), wanted, ["period_start"])


def test_experience_against_targets_and_industries(demo: Demo) -> None:
    rated = given(demo, "q_experience", 0, 10, "Region")
    newest = rated[rated["period_start"] == "2026-07-01"]
    mean = newest.groupby("segment")["score"].mean().round(6)
    norms = demo.table("telecom.industry_norms").query("kpi == 'experience'")
    named = dict(zip(norms["sector"], norms["norm"].astype(float), strict=True))
    named["Target"] = 85.0
    rows = [
        (segment, name, norm, cx - norm, int(cx >= norm))
        for segment, cx in mean.items()
        for name, norm in named.items()
    ]
    wanted = pd.DataFrame(rows, columns=["segment", "norm_name", "norm", "gap", "is_met"])
    assert_same(demo.run("cx_benchmarks", scheme="Region"), wanted, ["segment", "norm_name"])


def test_the_funnel_of_the_journey(demo: Demo) -> None:
    events = demo.table("telecom.journey_log")
    events = events[events["happened_at"] < TODAY + pd.Timedelta(days=1)]
    first = events.groupby(["client_no", "step"])["happened_at"].min().unstack()
    segments = segments_on(demo, first.index.to_series(), TODAY, "Region")
    rows = []
    for segment, each in first.groupby(segments):
        for place, stage in enumerate(STAGES):
            here = each[stage].notna()
            row = [segment, stage, here.sum(), np.nan, np.nan, np.nan]
            if place:
                before = each[STAGES[place - 1]].notna()
                days = each[stage].dt.normalize() - each[STAGES[place - 1]].dt.normalize()
                both = (here & before).sum()
                row[3:] = [both, both / before.sum(), days[here & before].dt.days.mean()]
            rows.append(row)
    columns = ["segment", "stage", "customers", "from_previous", "conversion"]
    wanted = pd.DataFrame(rows, columns=[*columns, "days_from_previous"])
    found = demo.run("journey_funnel", scheme="Region")
    assert_same(found, wanted, ["segment", "stage"])


def test_the_follow_up_of_low_ratings(demo: Demo) -> None:
    rated = given(demo, "q_experience", 0, 10, "Region").sort_values(["answered_at", "answer_id"])
    rated["next"] = rated.groupby("client_no")["score"].shift(-1)
    low = rated[rated["score"] <= 40].merge(
        demo.table("telecom.callbacks"), on="answer_id", how="left"
    )
    low["contacted_at"] = low["contacted_at"].where(
        low["contacted_at"] < TODAY + pd.Timedelta(days=1)
    )
    seconds = low["contacted_at"].dt.floor("s") - low["answered_at"].dt.floor("s")
    low["hours"] = seconds.dt.total_seconds() / 3600
    low["contacted"] = low["contacted_at"].notna()
    low["due"] = low["day"] <= TODAY - pd.Timedelta(days=3)
    wait = (low["contacted_at"].dt.normalize() - low["day"]).dt.days
    low["in_time"] = low["due"] & (wait <= 3)
    low["again"] = low["contacted"] & low["next"].notna()
    low["recovered"] = low["contacted"] & (low["next"] >= 70)
    grouped = low.groupby(["segment", "period_start"])
    wanted = pd.DataFrame(
        {
            "low_ratings": grouped.size(),
            "contacted": grouped["contacted"].sum(),
            "due_ratings": grouped["due"].sum(),
            "in_time": grouped["in_time"].sum(),
            "median_hours": grouped["hours"].median(),
            "mean_hours": grouped["hours"].mean(),
            "rated_again": grouped["again"].sum(),
            "recovered": grouped["recovered"].sum(),
        }
    ).reset_index()
    found = demo.run("followup_performance", scheme="Region", min_n=1)
    assert_same(found, wanted, ["segment", "period_start"])


def test_engagement_beside_experience(demo: Demo) -> None:
    rated = answers(demo, "q_experience", 0, 10)
    rated = rated[rated["day"] <= TODAY]
    grouped = rated.groupby(["handled_by", "period_start"])["score"]
    cx = grouped.mean().round(6)[grouped.size() >= 10].rename("cx").reset_index()
    pulse = demo.table("telecom.staff_pulse")
    pairs = cx.merge(
        pulse,
        left_on=["handled_by", "period_start"],
        right_on=["team_name", "quarter_begins_on"],
    )
    r = np.corrcoef(pairs["engagement_index"].astype(float), pairs["cx"])[0, 1]
    found = demo.run("engagement_and_cx")
    assert len(found) == len(pairs) == found["pairs"].iloc[0]
    half = 1.96 / math.sqrt(len(pairs) - 3)
    ends = (r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half))
    assert tuple(found.loc[0, ["r", "r_low", "r_high"]]) == pytest.approx(ends, rel=1e-9)


def test_comments_beside_their_scores(demo: Demo) -> None:
    rated = given(demo, "q_experience", 0, 10, "Region")
    wanted = rated[rated["remark"].notna() & (rated["period_start"] >= "2024-10-01")]
    wanted = wanted.rename(columns={"remark": "comment"})
    wanted = wanted.assign(rating_id="experience " + wanted["answer_id"].astype(str))
    columns = ["rating_id", "segment", "score", "comment"]
    assert_same(demo.run("verbatims", scheme="Region"), wanted[columns], ["rating_id"])
