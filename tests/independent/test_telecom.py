"""The first macros against pandas on the telecom of the demo, every column of every row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from superset_kpi.demo.story import AS_OF, SCHEMES
from tests.independent import activity, scores
from tests.independent.demo import Demo, answers, assert_same, customers, segments_on

TODAY = pd.Timestamp(AS_OF)
ALL = "All customers"
EXPERIENCE = ("q_experience", 0, 10)
VALUE = ("q_value", 1, 10)


def placed(demo: Demo, who: pd.Series, day: pd.Series | pd.Timestamp, scheme: str) -> list[str]:
    """The segment of each customer on a day."""
    return [ALL] * len(who) if scheme == ALL else list(segments_on(demo, who, day, scheme))


def rated(
    demo: Demo, question: tuple[str, float, float], scheme: str, months: int = 3
) -> pd.DataFrame:
    """Valid answers with their segment on the day, in periods of so many months."""
    found = answers(demo, *question)
    frequency = {1: "M", 3: "Q", 12: "Y"}[months]
    found["period_start"] = found["day"].dt.to_period(frequency).dt.start_time
    found["segment"] = placed(demo, found["client_no"], found["day"], scheme)
    return found


def latest(found: pd.DataFrame) -> pd.DataFrame:
    """One answer of each customer, period and wave."""
    ordered = found.sort_values(["answered_at", "answer_id"])
    return ordered.groupby(["client_no", "period_start", "wave"], dropna=False).tail(1)


def sizes(demo: Demo, scheme: str, months: int) -> Callable[[pd.Timestamp], pd.Series]:
    """A function from a period's first day to the customers of each segment on its last."""

    def on(start: pd.Timestamp) -> pd.Series:
        end = min(start + pd.DateOffset(months=months) - pd.Timedelta(days=1), TODAY)
        clients = customers(demo)
        there = clients[clients["signed_up_on"] <= end].index.to_series()
        return pd.Series(placed(demo, there, end, scheme)).value_counts()

    return on


@pytest.mark.parametrize("scheme", [ALL, *SCHEMES])
@pytest.mark.parametrize(("period", "months"), [("month", 1), ("quarter", 3), ("year", 12)])
def test_experience_by_segment(demo: Demo, scheme: str, period: str, months: int) -> None:
    wanted = scores.statistics(
        rated(demo, EXPERIENCE, scheme, months), sizes(demo, scheme, months), months,
        scores.cx_band, target=85,
    ).rename(columns={"score": "cx", "score_shown": "cx_shown"})  # fmt: skip
    found = demo.run("cx_by_segment", scheme=scheme, period=period)
    assert_same(found, wanted, ["segment", "period_start"])
    assert set(found["scheme"]) == {scheme}


@pytest.mark.parametrize("scheme", [ALL, *SCHEMES])
@pytest.mark.parametrize("denominator", ["rated_customers", "all_customers", "ratings"])
def test_value_by_segment(demo: Demo, scheme: str, denominator: str) -> None:
    found = rated(demo, VALUE, scheme)
    wanted = scores.statistics(
        found if denominator == "ratings" else latest(found), sizes(demo, scheme, 3), 3,
        scores.cpv_band, target=80, strict_edge=80, over_all=denominator == "all_customers",
    ).rename(columns={"score": "cpv", "score_shown": "cpv_shown"})  # fmt: skip
    found = demo.run("cpv_by_segment", scheme=scheme, denominator=denominator)
    assert_same(found, wanted, ["segment", "period_start"])


@pytest.mark.parametrize("scheme", [ALL, *SCHEMES])
def test_value_beside_satisfaction(demo: Demo, scheme: str) -> None:
    value, satisfaction = (
        scores.statistics(
            latest(rated(demo, question, scheme)), sizes(demo, scheme, 3), 3,
            scores.cpv_band, target=80, strict_edge=80,
        )
        for question in (VALUE, ("q_satisfaction", 1, 5))
    )  # fmt: skip
    both = value.merge(satisfaction, on=["segment", "period_start"], suffixes=("", "_s"))
    hidden = (both[["reliability", "reliability_s"]] == "hidden").any(axis=1)
    few = (both[["reliability", "reliability_s"]] == "directional").any(axis=1)
    wanted = both[["segment", "period_start", "answers"]].assign(
        satisfaction_answers=both["answers_s"],
        cpv=both["score"],
        cpv_shown=both["score_shown"],
        cpv_low=both["ci_low"],
        cpv_high=both["ci_high"],
        cpv_band=both["band"],
        satisfaction=both["score_s"],
        satisfaction_shown=[None if pd.isna(s) else scores.shown(s, None) for s in both["score_s"]],
        satisfaction_low=both["ci_low_s"],
        satisfaction_high=both["ci_high_s"],
        liked_beyond_price=both["score_s"] - both["score"],
        reliability=np.select([hidden, few], ["hidden", "directional"], "reliable"),
    )
    found = demo.run("cpv_and_satisfaction", scheme=scheme)
    assert_same(found, wanted, ["segment", "period_start"])


def test_periods_have_their_names_and_ages(demo: Demo) -> None:
    found = demo.run("cx_by_segment", scheme=ALL)
    quarter = pd.to_datetime(found["period_start"]).dt.to_period("Q")
    names = quarter.dt.year.astype(str) + "-Q" + quarter.dt.quarter.astype(str)
    assert list(found["period"]) == list(names)
    running = pd.Period(TODAY + pd.Timedelta(days=1), "Q")
    assert list(found["period_age"]) == [(running - q).n - 1 for q in quarter]


def test_every_rating_with_its_segment(demo: Demo) -> None:
    found = demo.run("rating_scores", metric="experience")
    wanted = []
    for scheme in [ALL, *SCHEMES]:
        one = rated(demo, EXPERIENCE, scheme)
        wanted.append(
            pd.DataFrame(
                {
                    "rating_id": "experience " + one["answer_id"].astype(str),
                    "customer_id": one["client_no"],
                    "response_id": one["answer_id"].astype(str),
                    "metric": "experience",
                    "scheme": scheme,
                    "segment": one["segment"],
                    "period_start": one["period_start"],
                    "responded_at": one["answered_at"].dt.strftime("%Y-%m-%d %H:%M:%S"),
                    "cycle": one["wave"],
                    "rating": one["rating"],
                    "score": one["score"],
                    "band": one["score"].map(scores.cx_band),
                    "weight": 1.0,
                    "brand": "Aurelia Mobile",
                    "attribute": None,
                    "touchpoint": one["contact_point"],
                    "journey_stage": one["stage"],
                    "team": one["handled_by"],
                    "channel": one["asked_by"],
                    "comment": one["remark"],
                }
            )
        )
    found["responded_at"] = found["responded_at"].dt.strftime("%Y-%m-%d %H:%M:%S")
    assert_same(found, pd.concat(wanted), ["rating_id", "scheme"])


@pytest.mark.parametrize("unit", ["latest", "mean"])
def test_one_value_of_each_customer(demo: Demo, unit: str) -> None:
    found = rated(demo, VALUE, ALL)
    keys = ["client_no", "period_start", "wave"]
    kept = latest(found).set_index(keys)
    if unit == "mean":
        kept["score"] = found.groupby(keys)["score"].mean()
    kept = kept.reset_index()
    wanted = pd.DataFrame(
        {"rating_id": "value " + kept["answer_id"].astype(str), "score": kept["score"]}
    )
    found = demo.run("rating_scores", metric="value", scheme=ALL, unit=unit)
    assert_same(found, wanted, ["rating_id"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_ratings_by_the_segment_of_today(demo: Demo, scheme: str) -> None:
    one = answers(demo, *EXPERIENCE)
    wanted = pd.DataFrame(
        {
            "rating_id": "experience " + one["answer_id"].astype(str),
            "segment": placed(demo, one["client_no"], TODAY, scheme),
        }
    )
    found = demo.run("rating_scores", scheme=scheme, membership="current")
    assert_same(found, wanted, ["rating_id"])


def test_the_segment_of_each_customer_today(demo: Demo) -> None:
    everybody = customers(demo).index.to_series()
    wanted = pd.concat(
        pd.DataFrame(
            {
                "customer_id": everybody.to_numpy(),
                "scheme": scheme,
                "segment": placed(demo, everybody, TODAY, scheme),
            }
        )
        for scheme in [ALL, *SCHEMES]
    )
    assert_same(demo.run("current_segments"), wanted, ["customer_id", "scheme"])


def paid(demo: Demo) -> pd.DataFrame:
    """What counts as a transaction."""
    table = demo.table("telecom.payments")
    table = table[(table["status"] != "cancelled") & ~table["is_test"]]
    return pd.DataFrame(
        {
            "customer_id": table["client_no"],
            "at": table["paid_at"],
            "amount": table["total"].astype(float),
            "margin": table["contribution"].astype(float),
        }
    )


def running(demo: Demo, day: pd.Timestamp) -> set[int]:
    """Customers with a contract that runs on a day."""
    contracts = demo.table("telecom.contracts")
    is_open = contracts["ends_on"].isna() | (contracts["ends_on"] > day)
    return set(contracts.loc[(contracts["begins_on"] <= day) & is_open, "client_no"])


@pytest.mark.parametrize("refunds", ["net", "ignore"])
@pytest.mark.parametrize("end", ["2026-09-30", "2025-02-28"])
def test_the_summary_of_each_customer(demo: Demo, refunds: str, end: str) -> None:
    found = demo.run("customer_summary", refunds=refunds, observation_end=end)
    wanted = activity.summary(paid(demo), pd.Timestamp(end), refunds)
    assert_same(found, wanted, ["customer_id"])


@pytest.mark.parametrize("method", ["contractual", "non_contractual"])
def test_the_activity_of_each_customer(demo: Demo, method: str) -> None:
    wanted = activity.activity(
        paid(demo), customers(demo).index, TODAY,
        runs=(lambda day: running(demo, day)) if method == "contractual" else None,
    )  # fmt: skip
    found = demo.run("customer_activity", churn_method=method)
    assert_same(found, wanted, ["customer_id"])


def valued(demo: Demo, scheme: str, basis: str) -> pd.DataFrame:
    table = activity.activity(
        paid(demo), customers(demo).index, TODAY, runs=lambda day: running(demo, day)
    )
    return activity.values(table, placed(demo, table["customer_id"], TODAY, scheme), basis)


@pytest.mark.parametrize("scheme", [ALL, *SCHEMES])
@pytest.mark.parametrize("basis", ["margin", "revenue"])
def test_lifetime_value_by_segment(demo: Demo, scheme: str, basis: str) -> None:
    wanted = activity.by_segment(valued(demo, scheme, basis))
    found = demo.run("clv_by_segment", scheme=scheme, basis=basis)
    assert_same(found, wanted.assign(basis=basis, churn_method="contractual"), ["segment"])


@pytest.mark.parametrize("scheme", [ALL, "Tariff plan"])
def test_lifetime_value_by_customer(demo: Demo, scheme: str) -> None:
    recent = answers(demo, *EXPERIENCE)
    recent = recent[recent["day"] > TODAY - activity.YEAR]
    newest = recent.sort_values(["answered_at", "answer_id"]).groupby("client_no")["score"].last()
    wanted = activity.by_customer(valued(demo, scheme, "margin"), TODAY, newest)
    found = demo.run("clv_by_customer", scheme=scheme)
    assert_same(found, wanted, ["customer_id"])
    by_segment = demo.run("clv_by_segment", scheme=scheme)
    assert found["clv"].sum() == pytest.approx(by_segment["equity"].sum(), rel=1e-9)
