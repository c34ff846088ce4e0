"""Forecasts by segment, group and week against lifetimes and numpy, on CDNOW and the telecom."""

from __future__ import annotations

from typing import Any

import lifetimes
import numpy as np
import pandas as pd
import pytest

from superset_kpi.mapping.models import CustomerModel
from tests.independent.demo import Demo, assert_same, segments_on

START, CALIBRATION_END, END = map(pd.Timestamp, ("1997-01-01", "1997-09-30", "1998-06-30"))
GROUPS = ["00", "01", "02", *["03-04"] * 2, *["05-09"] * 5, *["10-19"] * 10]
SILENCES = (
    (30, "0-1 months"),
    (60, "1-2 months"),
    (90, "2-3 months"),
    (180, "3-6 months"),
    (365, "6-12 months"),
)


def bgf(model: CustomerModel) -> Any:
    """The library's model with given parameters."""
    found = lifetimes.BetaGeoFitter()
    found.params_ = pd.Series({"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b})
    # Fitting sets it, and there is nothing to fit.
    found.predict = found.conditional_expected_number_of_purchases_up_to_time
    return found


def buyers(demo: Demo, until: pd.Timestamp) -> pd.DataFrame:
    """Purchases of CDNOW's customers up to a day as the library reads them; times in weeks."""
    bought = demo.table("cdnow.purchases")
    bought = bought[bought["bought_on"] <= until]
    return lifetimes.utils.summary_data_from_transaction_data(
        *(bought, "buyer_no", "bought_on", "value"), observation_period_end=until
    ).assign(recency=lambda t: t["recency"] / 7, T=lambda t: t["T"] / 7)


def fitted(demo: Demo, kind: str) -> CustomerModel:
    models = demo.mappings["cdnow"].models
    assert models is not None
    found: CustomerModel = getattr(models, kind)[0]
    return found


def test_how_likely_groups_of_buyers_are_alive(demo: Demo) -> None:
    table = buyers(demo, END)
    table["alive"] = bgf(fitted(demo, "customers")).conditional_probability_alive(
        table["frequency"], table["recency"], table["T"]
    )
    silent = np.rint(7 * (table["T"] - table["recency"]))
    table["frequency_group"] = [[*GROUPS, "20+"][min(int(x), 20)] for x in table["frequency"]]
    table["silence_group"] = [
        next((name for days, name in SILENCES if s <= days), "over 12 months") for s in silent
    ]
    alive = table.groupby(["frequency_group", "silence_group"])["alive"]
    wanted = pd.DataFrame({"customers": alive.size(), "p_alive": alive.mean()}).reset_index()
    found = demo.run("alive_matrix", "cdnow", scheme="All customers", min_n=1)
    assert_same(found, wanted, ["frequency_group", "silence_group"])


def test_what_all_buyers_together_are_expected_to_be_worth(demo: Demo) -> None:
    table, model = buyers(demo, END), fitted(demo, "customers")
    assert model.p is not None
    assert model.q is not None
    assert model.gamma is not None
    bought = bgf(model).conditional_expected_number_of_purchases_up_to_time(
        12 * 4.345, table["frequency"], table["recency"], table["T"]
    )
    spend = model.p * (model.gamma + table["frequency"] * table["monetary_value"])
    spend = spend / (model.p * table["frequency"] + model.q - 1)
    worth = lifetimes.utils._customer_lifetime_value(
        *(bgf(model), table["frequency"], table["recency"], table["T"], spend),
        time=12,
        discount_rate=1.1 ** (1 / 12) - 1,
        freq="W",
    )
    (found,) = demo.run(
        "clv_predicted_by_segment", "cdnow", scheme="All customers", basis="revenue"
    ).itertuples()
    assert found.customers == len(table)
    assert found.expected_purchases == pytest.approx(bought.sum(), rel=1e-8)
    assert found.expected_spend == pytest.approx((bought * spend).sum() / bought.sum(), rel=1e-8)
    assert found.equity == pytest.approx(worth.sum(), rel=1e-8)
    assert found.clv == pytest.approx(worth.mean(), rel=1e-8)


def test_the_holdout_by_frequency(demo: Demo) -> None:
    table = buyers(demo, CALIBRATION_END)
    weeks = (END - CALIBRATION_END).days / 7
    table["model"] = bgf(
        fitted(demo, "holdout")
    ).conditional_expected_number_of_purchases_up_to_time(
        weeks, table["frequency"], table["recency"], table["T"]
    )
    days = demo.table("cdnow.purchases").drop_duplicates(["buyer_no", "bought_on"])
    later = days[(days["bought_on"] > CALIBRATION_END) & (days["bought_on"] <= END)]
    table["actual"] = later.groupby("buyer_no").size().reindex(table.index).fillna(0)
    rate = table["frequency"] / table["T"].where(table["T"] > 0)
    table["naive"] = (rate * weeks).fillna(0)
    grouped = table.groupby(table["frequency"].clip(upper=7))
    wanted = grouped[["actual", "model", "naive"]].sum().assign(customers=grouped.size())
    for name in ("model", "naive"):
        error = (table[name] - table["actual"]).abs()
        wanted[f"{name}_mae"] = error.groupby(table["frequency"].clip(upper=7)).mean()
    found = demo.run("clv_backtest_by_frequency", "cdnow").set_index("frequency").sort_index()
    for column in wanted:
        np.testing.assert_allclose(found[column].astype(float), wanted[column], rtol=1e-7)


def test_the_holdout_week_by_week(demo: Demo) -> None:
    days = demo.table("cdnow.purchases").drop_duplicates(["buyer_no", "bought_on"])
    days = days[days["bought_on"] <= END]
    first = days.groupby("buyer_no")["bought_on"].transform("min")
    repeated = days[days["bought_on"] > first]
    week = (repeated["bought_on"] - START).dt.days // 7 + 1
    found = demo.run("clv_backtest_by_week", "cdnow").set_index("week").sort_index()
    assert found["actual"].tolist() == week.value_counts().reindex(found.index).fillna(0).tolist()
    starts = days.groupby("buyer_no")["bought_on"].min()
    model = bgf(fitted(demo, "holdout"))
    for number in (1, 20, 39, 78):
        last = min(START + pd.Timedelta(days=7 * number - 1), END)
        ages = (last - starts).dt.days / 7
        expected = model.expected_number_of_purchases_up_to_time(ages[ages > 0])
        assert found.loc[number, "model_cumulative"] == pytest.approx(expected.sum(), rel=1e-7)


@pytest.mark.parametrize("scheme", ["All customers", "Region"])
def test_contracts_are_worth_their_payments_to_come(demo: Demo, scheme: str) -> None:
    today = pd.Timestamp("2026-09-30")
    models = demo.mappings["telecom"].models
    assert models is not None
    (model,) = models.contracts
    held = demo.table("telecom.contracts")
    held = held[(held["begins_on"] <= today) & ~(held["ends_on"] <= today)].copy()
    # Anniversaries up to today; pandas takes the last day of a month that lacks the day.
    begins = held["begins_on"]
    begun = (today.year - begins.dt.year) * 12 + today.month - begins.dt.month
    reached = [b + pd.DateOffset(months=n) <= today for b, n in zip(begins, begun, strict=True)]
    held["tenure_months"] = begun - ~np.array(reached)
    held["mrr"] = held["monthly_fee"].astype(float)
    held["segment"] = scheme
    if scheme != "All customers":
        held["segment"] = segments_on(demo, held["client_no"], today, scheme)
    months = np.arange(1, 6001)
    survival = np.cumprod((model.beta + months - 1) / (model.alpha + model.beta + months - 1))
    survival = np.append(1.0, survival)
    discount = 1.1 ** (-(months - 1) / 12)

    def to_come(tenure: int) -> float:
        ahead = survival[tenure + 1 :] / survival[tenure]
        return float(ahead @ discount[: len(ahead)])

    grouped = held.groupby(["segment", "tenure_months"])["mrr"]
    wanted = pd.DataFrame({"contracts": grouped.size(), "mrr": grouped.mean()}).reset_index()
    wanted["survival"] = survival[wanted["tenure_months"]]
    wanted["residual_months"] = wanted["tenure_months"].map(to_come)
    wanted["equity"] = wanted["contracts"] * wanted["mrr"] * wanted["residual_months"]
    found = demo.run("clv_contractual", scheme=scheme, basis="revenue", min_n=1)
    found = found[(found["scheme"] == scheme) & (found["contracts"] > 0)]
    keys = ["segment", "tenure_months"]
    found, wanted = (t.sort_values(keys, ignore_index=True) for t in (found, wanted))
    assert_same(found, wanted[[*keys, "contracts", "mrr", "survival"]], keys)
    for column in ("residual_months", "equity"):
        np.testing.assert_allclose(found[column], wanted[column], rtol=1e-7)
