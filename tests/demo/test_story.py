"""The demo data holds what superset_kpi/demo/story.py says, by pandas alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from superset_kpi.demo.conjoint import PART_WORTHS
from superset_kpi.demo.story import AS_OF, QUARTERS, SCHEMES, STORY

Table = Callable[[str], pd.DataFrame]

AFTER_AS_OF = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
NEWEST = QUARTERS[-1].label


@pytest.fixture(scope="module")
def table(demo_warehouse: Path) -> Table:
    found: dict[str, pd.DataFrame] = {}

    def read(name: str) -> pd.DataFrame:
        if name not in found:
            with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
                found[name] = connection.execute(f"from {name}").df()
        return found[name]

    return read


@pytest.fixture(scope="module")
def survey(table: Table) -> pd.DataFrame:
    """Valid answers, with the quarter and the segment of each scheme on the day of the answer."""
    answers = table("telecom.survey")
    answers = answers[~answers["is_void"]].copy()
    answers["quarter"] = quarter_of(answers["answered_at"])
    answers["experience"] = 100 * answers["q_experience"] / 10
    answers["value"] = 100 * (answers["q_value"] - 1) / 9
    groups = table("telecom.client_groups")
    for scheme in SCHEMES:
        history = groups[groups["grouping"] == scheme].sort_values("from_date")
        joined = answers[["answer_id", "client_no", "answered_at"]].merge(history, on="client_no")
        until = joined["until_date"].fillna(pd.Timestamp.max)
        joined = joined[
            (joined["answered_at"] >= joined["from_date"]) & (joined["answered_at"] < until)
        ]
        assert joined["answer_id"].is_unique
        found = joined.set_index("answer_id")["group_name"]
        answers[scheme] = answers["answer_id"].map(found).fillna("Unassigned")
    return answers


def quarter_of(times: pd.Series) -> pd.Series:
    return times.dt.year.astype(str) + "-Q" + times.dt.quarter.astype(str)


def starts(label: str) -> pd.Timestamp:
    return pd.Timestamp(next(q.start for q in QUARTERS if q.label == label))


def ended_share(contracts: pd.DataFrame, start: pd.Timestamp, months: int) -> float:
    begins, ends = contracts["begins_on"], contracts["ends_on"]
    active = (begins < start) & (ends.isna() | (ends >= start))
    ended = (ends >= start) & (ends < start + pd.DateOffset(months=months))
    return float(ended.sum() / active.sum())


def test_the_experience_rating_falls_to_68_and_is_82_two_quarters_later(
    survey: pd.DataFrame,
) -> None:
    by_quarter = survey.groupby("quarter")["experience"].mean()
    tolerance = STORY.experience_tolerance
    assert by_quarter[STORY.worst_quarter] == pytest.approx(68, abs=tolerance)
    assert by_quarter[STORY.recovered_quarter] == pytest.approx(82, abs=tolerance)
    assert by_quarter.idxmin() == STORY.worst_quarter
    labels = [q.label for q in QUARTERS]
    assert labels.index(STORY.recovered_quarter) == labels.index(STORY.worst_quarter) + 2
    assert starts(STORY.worst_quarter) < pd.Timestamp(STORY.programme_started_on)
    # Each of up to ten cells of plan and touchpoint is rounded to a whole sum of ratings.
    planned = pd.Series({q.label: q.experience for q in QUARTERS})
    pd.testing.assert_series_equal(by_quarter, planned, check_names=False, atol=0.2, rtol=0)


def test_the_youngest_rate_value_a_quarter_lower_until_the_release(survey: pd.DataFrame) -> None:
    rated = survey.dropna(subset=["value"])
    assert not rated.duplicated(["client_no", "quarter"]).any()
    is_young = rated["Age band"] == STORY.young_band
    ratio = (
        rated[is_young].groupby("quarter")["value"].mean()
        / rated[~is_young].groupby("quarter")["value"].mean()
    )
    for quarter in QUARTERS:
        is_before = quarter.start < STORY.released_on
        expected = 1 - STORY.young_shortfall if is_before else 1.0
        assert ratio[quarter.label] == pytest.approx(expected, abs=STORY.young_tolerance)


def test_churn_follows_experience_a_quarter_later(table: Table) -> None:
    contracts = table("telecom.contracts")
    churn = pd.Series({q.label: ended_share(contracts, starts(q.label), 3) for q in QUARTERS})
    for quarter in QUARTERS:
        # The number of contracts is whole: half a contract of 3,700.
        assert churn[quarter.label] == pytest.approx(quarter.churn, abs=0.0002)
    assert churn.idxmax() == STORY.peak_churn_quarter
    experience = np.array([q.experience for q in QUARTERS])
    by_lag = [
        np.corrcoef(experience[: len(experience) - lag], churn.to_numpy()[lag:])[0, 1]
        for lag in range(4)
    ]
    assert int(np.argmin(by_lag)) == STORY.churn_lag_quarters


@pytest.mark.parametrize(("last_quarter", "expected"), STORY.yearly_churn)
def test_yearly_churn_is_as_told(table: Table, last_quarter: str, expected: float) -> None:
    start = starts(last_quarter) - pd.DateOffset(months=9)
    assert ended_share(table("telecom.contracts"), start, 12) == pytest.approx(expected, abs=0.002)


def test_low_ratings_precede_cancellations(survey: pd.DataFrame, table: Table) -> None:
    within = pd.Timedelta(days=STORY.leaving_within_days)
    rated = survey[survey["answered_at"] < AFTER_AS_OF - within]
    ends = table("telecom.contracts").dropna(subset=["ends_on"])[["client_no", "ends_on"]]
    joined = rated[["answer_id", "client_no", "answered_at"]].merge(ends, on="client_no")
    wait = joined["ends_on"] - joined["answered_at"]
    leavers = joined[(wait > pd.Timedelta(0)) & (wait <= within)]["answer_id"]
    leaves = rated["answer_id"].isin(leavers)
    after_low = leaves[rated["q_experience"] <= 4].mean()
    after_high = leaves[rated["q_experience"] >= 8].mean()
    assert after_low == pytest.approx(STORY.leaving_after_low, abs=0.015)
    assert after_high == pytest.approx(STORY.leaving_after_high, abs=0.015)


def test_the_plans_stand_in_different_bands(survey: pd.DataFrame) -> None:
    newest = survey[survey["quarter"] == NEWEST]
    experience = newest.groupby("Tariff plan")["experience"].mean()
    value = newest.groupby("Tariff plan")["value"].mean()
    assert experience["Premium"] > 86
    assert 72 < experience["Basic"] < 83
    assert experience["Prepaid"] < 68
    assert value["Premium"] > 82
    assert 62 < value["Basic"] < 78
    assert value["Prepaid"] < 58


def test_regions_differ_significantly(survey: pd.DataFrame) -> None:
    newest = survey[survey["quarter"] == NEWEST].groupby("Region")["experience"]
    mean, error = newest.mean(), newest.var() / newest.count()
    assert (mean["North"] - mean["East"]) / np.sqrt(error["North"] + error["East"]) > 1.96


def test_billing_is_a_small_touchpoint_with_a_critical_experience(survey: pd.DataFrame) -> None:
    newest = survey[survey["quarter"] == NEWEST]
    by_touchpoint = newest.groupby("contact_point")["experience"]
    assert by_touchpoint.mean().idxmin() == STORY.weak_touchpoint
    assert by_touchpoint.mean()[STORY.weak_touchpoint] < 65
    assert 30 <= by_touchpoint.count()[STORY.weak_touchpoint] < 0.06 * len(newest)


def test_some_segments_have_too_few_answers(survey: pd.DataFrame) -> None:
    counts = survey.groupby(["quarter", "Age band"])["value"].count()
    assert counts[QUARTERS[0].label, "60+"] < 10
    assert 10 <= counts[QUARTERS[0].label, "18-29"] < 30
    by_plan = survey.groupby(["quarter", "Tariff plan"])["experience"].count()
    assert 10 <= by_plan[NEWEST, "Unassigned"] < 30
    assert by_plan[QUARTERS[0].label, "Unassigned"] < 10


def test_the_drivers_are_as_told(survey: pd.DataFrame, table: Table) -> None:
    catalogue = table("telecom.item_catalogue").set_index("item_code")
    items = table("telecom.survey_items")
    sign = items["item_code"].map(catalogue["points_direction"])
    wide = items.assign(score=sign * items["points"]).pivot_table(
        index="answer_id", columns="item_code", values="score"
    )
    wide = wide.rename(columns=catalogue["item_name"])
    rated = survey.set_index("answer_id").loc[wide.index]
    assert wide.corrwith(rated["experience"]).idxmax() == STORY.strongest_driver_of_experience
    assert wide.corrwith(rated["value"]).idxmax() == STORY.strongest_driver_of_value


def test_stated_weights_of_a_side_add_up_to_one(table: Table) -> None:
    by_side = table("telecom.item_catalogue").groupby("side")["importance"].sum()
    assert by_side.to_dict() == {"benefit": pytest.approx(1), "cost": pytest.approx(1)}


def test_one_competitor_is_better_and_two_are_worse(table: Table) -> None:
    study = table("telecom.brand_study").merge(table("telecom.item_catalogue"), on="item_code")
    quality = study[study["side"] == "benefit"]
    mean = quality.groupby("brand_name")["points"].mean()
    brands = table("telecom.brand_list")
    assert len(brands) == 4
    assert brands.loc[brands["is_ours"], "brand_name"].tolist() == [STORY.own_brand]
    assert mean.idxmax() == STORY.better_brand
    assert (mean.drop(STORY.better_brand).idxmax()) == STORY.own_brand


def test_rated_cards_give_back_their_part_worths_and_level_means_do_not(table: Table) -> None:
    cards = table("telecom.study_cards").pivot(
        index="card_no", columns="feature", values="option_name"
    )
    points = table("telecom.card_points").groupby("card_no")["points"].mean()
    columns, names = [np.ones(len(cards))], []
    for feature, worths in PART_WORTHS.items():
        *levels, last = worths
        for level in levels:
            columns.append((cards[feature] == level) * 1.0 - (cards[feature] == last))
            names.append(level)
    solved, *_ = np.linalg.lstsq(np.column_stack(columns), points[cards.index], rcond=None)
    planned = {level: w for worths in PART_WORTHS.values() for level, w in worths.items()}
    for name, worth in zip(names, solved[1:], strict=True):
        # Nine means of 150 ratings, each with a standard error of about 0.1.
        assert worth == pytest.approx(planned[name], abs=0.25)
    by_means = points[cards["Monthly fee"] == "19 EUR"].mean() - points.mean()
    assert by_means < planned["19 EUR"] - 0.5


def test_customers_are_few_thousand_and_two_in_a_hundred_have_no_plan(table: Table) -> None:
    clients = table("telecom.clients")
    real = clients[~clients["is_test"]]
    groups = table("telecom.client_groups")
    have_plan = groups.loc[groups["grouping"] == "Tariff plan", "client_no"]
    assert 5_900 < len(real) < 6_100
    assert (~real["client_no"].isin(have_plan)).mean() == pytest.approx(0.02, abs=0.006)
    changed = groups[groups["grouping"] == "Tariff plan"].duplicated("client_no").sum()
    assert 0.05 < changed / len(real) < 0.15
    assert not groups["client_no"].isin(clients.loc[clients["is_test"], "client_no"]).any()


def test_margins_are_skewed_and_premium_is_worth_most(table: Table) -> None:
    paid = table("telecom.payments").query("status == 'settled' and not is_test")
    margin = paid.groupby("client_no")["contribution"].sum()
    assert margin.mean() > 1.5 * margin.median()
    groups = table("telecom.client_groups")
    current = groups[(groups["grouping"] == "Tariff plan") & groups["until_date"].isna()]
    by_plan = margin.groupby(current.set_index("client_no")["group_name"]).mean()
    assert by_plan.sort_values().index.tolist() == ["Prepaid", "Basic", "Family", "Premium"]
    assert 0.3 < paid["contribution"].sum() / paid["total"].sum() < 0.45
    a_month = paid.groupby("client_no").size() / paid.groupby("client_no")["paid_at"].agg(
        lambda times: times.dt.to_period("M").nunique()
    )
    assert 1.0 < a_month.mean() < 2.0


def test_what_the_mapping_keeps_is_clean(survey: pd.DataFrame, table: Table) -> None:
    for question, lo, hi in (
        ("q_experience", 0, 10), ("q_value", 1, 10), ("q_satisfaction", 1, 5),
        ("q_nps", 0, 10), ("q_csat", 1, 5), ("q_ces", 1, 7),
    ):  # fmt: skip
        assert survey[question].dropna().between(lo, hi).all()
    assert not survey.duplicated(["client_no", "wave"]).any()
    assert survey["answer_id"].is_unique
    assert survey["client_no"].isin(table("telecom.clients")["client_no"]).all()
    assert (
        survey.groupby("quarter")["remark"].count().div(survey.groupby("quarter").size()).min()
        > 0.3
    )
    paid = table("telecom.payments").query("status == 'settled' and not is_test")
    assert set(paid["currency_code"]) == {"EUR"}
    assert paid["paid_at"].max() < AFTER_AS_OF
    assert (paid.loc[paid["kind"] != "refund", "contribution"] > 0).all()
    assert (paid.loc[paid["kind"] == "refund", "total"] < 0).all()
    contacted = table("telecom.callbacks").set_index("answer_id")
    low = survey.loc[survey["q_experience"] <= 5, "answer_id"]
    wait = contacted["contacted_at"] - contacted["raised_at"]
    assert low.isin(contacted.index).all()
    assert wait.max() <= pd.Timedelta(days=3)


def test_what_the_mapping_leaves_out_is_there(table: Table) -> None:
    void = table("telecom.survey").query("is_void")
    assert {-99, 11} <= {*void["q_experience"], *void["q_value"]}
    payments = table("telecom.payments")
    assert (payments["status"] == "cancelled").sum() > 100
    assert payments["is_test"].sum() > 100


def test_retail_has_its_published_totals(table: Table) -> None:
    invoices = table("retail.invoices")
    kept = invoices[~invoices["is_credit_note"]]
    assert kept["account_no"].nunique() == 4_338
    assert round(float(kept["amount"].sum()), 2) == 8_911_407.90
    assert invoices["account_no"].nunique() == 4_371
    assert round(float(invoices["amount"].sum()), 2) == 8_300_065.81
    markets = table("retail.account_markets").groupby("market").size()
    assert markets.sum() == 4_371
    assert 3 <= len(markets) <= 5
    assert table("retail.accounts")["account_no"].is_unique


def test_cdnow_has_its_published_size(table: Table) -> None:
    purchases = table("cdnow.purchases")
    assert len(purchases) == 6_919
    assert purchases["buyer_no"].nunique() == len(table("cdnow.buyers")) == 2_357
    assert purchases["bought_on"].max() == pd.Timestamp("1998-06-30")
