"""Lifetime macros against pandas on the demo warehouse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from superset_kpi.demo.story import AS_OF, SCHEMES
from tests.independent.demo import Demo, answers, assert_same, customers, payments, segments_on

TODAY = pd.Timestamp(AS_OF)
YEAR = pd.Timedelta(days=365)


def running(demo: Demo, day: pd.Timestamp) -> pd.Index:
    """Customers with a contract that runs on a day."""
    contracts = demo.table("telecom.contracts")
    runs = (contracts["begins_on"] <= day) & ~(contracts["ends_on"] <= day)
    return pd.Index(contracts.loc[runs, "client_no"].unique())


def buying(demo: Demo, day: pd.Timestamp, inactive_days: int = 180) -> pd.Index:
    """Customers with a purchase in the inactive_days up to a day."""
    paid = payments(demo, day)
    paid = paid[(paid["total"] >= 0) & (paid["day"] >= day - pd.Timedelta(days=inactive_days))]
    return pd.Index(paid["client_no"].unique())


def valued(demo: Demo, scheme: str) -> pd.DataFrame:
    """Expected and historical value of each customer, with the segment of today."""
    everybody = customers(demo).index
    paid = payments(demo, TODAY)
    year = paid[paid["day"] > TODAY - YEAR]
    table = pd.DataFrame(index=everybody)
    table["segment"] = segments_on(demo, everybody.to_series(), TODAY, scheme)
    table["to_date"] = paid.groupby("client_no")["contribution"].sum()
    table["year"] = year.groupby("client_no")["contribution"].sum()
    table = table.fillna({"to_date": 0.0, "year": 0.0})
    table["active"] = everybody.isin(running(demo, TODAY))
    table["before"] = everybody.isin(running(demo, TODAY - YEAR))
    table["lost"] = table["before"] & ~table["active"]
    by_segment = table.groupby("segment")
    churn = by_segment["lost"].sum() / by_segment["before"].sum()
    churn = churn.where(
        by_segment["before"].sum() >= 30, table["lost"].sum() / table["before"].sum()
    )
    table["churn"] = table["segment"].map(churn)
    table["clv"] = np.where(table["active"], table["year"] / table["churn"].clip(lower=0.2), 0.0)
    return table


@pytest.mark.parametrize("scheme", SCHEMES)
def test_value_of_each_customer(demo: Demo, scheme: str) -> None:
    table = valued(demo, scheme)
    lifespan = 1 / table["churn"].clip(lower=0.2)
    wanted = pd.DataFrame(
        {
            "customer_id": table.index,
            "segment": table["segment"].to_numpy(),
            "is_active": table["active"].astype(int).to_numpy(),
            "clv_historical": table["to_date"].to_numpy(),
            "clv": table["clv"].to_numpy(),
            "clv_relative": (table["clv"] / table.loc[table["active"], "clv"].mean()).to_numpy(),
            "clv_discounted": np.where(
                table["active"], table["year"] * 1.1 / (0.1 + 1 / lifespan), 0.0
            ),
        }
    )
    assert_same(demo.run("clv_by_customer", scheme=scheme), wanted, ["customer_id"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_value_by_segment_adds_up_to_that_of_customers(demo: Demo, scheme: str) -> None:
    table = valued(demo, scheme)
    by_segment = table.groupby("segment")
    active = table[table["active"]].groupby("segment")
    wanted = pd.DataFrame(
        {
            "customers": by_segment.size(),
            "active_customers": active.size(),
            "equity": by_segment["clv"].sum(),
            "clv_simple": active["clv"].mean(),
            "clv_historical": by_segment["to_date"].mean(),
            "churn": by_segment["churn"].first(),
        }
    ).reset_index()
    wanted["equity_share"] = wanted["equity"] / wanted["equity"].sum()
    wanted["retention"] = 1 - wanted["churn"]
    assert_same(demo.run("clv_by_segment", scheme=scheme), wanted, ["segment"])


def tier_of(table: pd.DataFrame, tiers: int) -> pd.Series:
    """Returns 1 to tiers for active customers by falling value; ties share the lowest."""
    valued = table[table["active"] & (table["clv"].round(6) > 0)]
    active = valued.rename_axis("customer").reset_index()
    ordered = active.sort_values(["clv", "customer"], ascending=[False, True])
    sizes = [len(ordered) // tiers + (i < len(ordered) % tiers) for i in range(tiers)]
    tier = pd.Series(np.repeat(np.arange(1, tiers + 1), sizes), index=ordered["customer"])
    worth = ordered.set_index("customer")["clv"].round(6)
    return tier.groupby(worth).transform("max")


@pytest.mark.parametrize("tiers", [4, 10])
def test_tiers_hold_equal_numbers_and_their_equity(demo: Demo, tiers: int) -> None:
    table = valued(demo, "Region")
    table["tier"] = tier_of(table, tiers)
    grouped = table.groupby(["segment", "tier"], dropna=False)["clv"]
    wanted = pd.DataFrame(
        {
            "customers": grouped.size(),
            "lowest_clv": grouped.min(),
            "mean_clv": grouped.mean(),
            "highest_clv": grouped.max(),
            "equity": grouped.sum(),
        }
    ).reset_index()
    totals = wanted.groupby("segment")
    wanted["customer_share"] = wanted["customers"] / totals["customers"].transform("sum")
    wanted["equity_share"] = wanted["equity"] / totals["equity"].transform("sum")
    found = demo.run("clv_tiers", scheme="Region", tiers=tiers, min_n=1)
    # Two sums of the same payments can differ in the last digit and swap equal neighbours.
    assert_same(found, wanted, ["segment", "tier"])


def test_money_at_risk_by_band_and_tier(demo: Demo) -> None:
    table = valued(demo, "Tariff plan")
    table["tier"] = tier_of(table, 4)
    given = answers(demo, "q_experience", 0, 10)
    given = given[(given["day"] > TODAY - YEAR) & (given["day"] <= TODAY)]
    newest = given.sort_values(["answered_at", "answer_id"]).groupby("client_no")["score"].last()
    cuts = pd.cut(newest, [-1, 69.999999, 84.999999, 100], labels=["Critical", "Good", "Excellent"])
    table["band"] = cuts.astype(str).reindex(table.index).fillna("Not rated")
    active = table[table["active"]]
    grouped = active.groupby(["segment", "band", "tier"], dropna=False)["clv"]
    wanted = pd.DataFrame({"customers": grouped.size(), "clv": grouped.sum()}).reset_index()
    wanted["clv_share"] = wanted["clv"] / wanted.groupby("segment")["clv"].transform("sum")
    wanted["at_risk"] = wanted["clv"].where(wanted["band"] == "Critical", 0.0)
    found = demo.run("money_at_risk", scheme="Tariff plan", min_n=1)
    assert_same(found, wanted, ["segment", "band", "tier"])


@pytest.mark.parametrize("kind", ["total", "expected", "historical"])
def test_value_against_acquisition_cost(demo: Demo, kind: str) -> None:
    table = valued(demo, "Region")
    clients = customers(demo)
    table["cost"] = clients["lead_cost"]
    table["channel"] = clients["lead_source"]
    amounts = {
        "total": table["to_date"] + table["clv"],
        "expected": table["clv"],
        "historical": table["to_date"],
    }
    table["lifetime"] = amounts[kind]
    days = (TODAY - clients["signed_up_on"]).dt.days + 1
    table["months"] = np.where(table["active"], days.clip(upper=365) * 12 / 365, 0.0)
    table["year"] = table["year"].where(table["active"], 0.0)
    both = pd.concat([table, table.assign(channel="All channels")])
    grouped = both.groupby(["segment", "channel"])
    wanted = pd.DataFrame(
        {
            "customers": grouped.size(),
            "acquisition_cost": grouped["cost"].mean(),
            "clv": grouped["lifetime"].mean(),
            "monthly_value": grouped["year"].sum() / grouped["months"].sum(),
        }
    )
    wanted = wanted.rename_axis(["segment", "acquisition_channel"]).reset_index()
    wanted["clv_to_cost"] = wanted["clv"] / wanted["acquisition_cost"]
    wanted["payback_months"] = wanted["acquisition_cost"] / wanted["monthly_value"]
    found = demo.run("clv_to_acquisition_cost", scheme="Region", lifetime_value=kind, min_n=1)
    assert_same(found, wanted, ["segment", "acquisition_channel"])


def cohort_table(
    paid: pd.DataFrame, joined: pd.Series, freq: str, end: pd.Timestamp
) -> pd.DataFrame:
    """Buyers and value by cohort and period, zeros where nobody of a cohort bought."""
    paid = paid.assign(period=paid["day"].dt.to_period(freq))
    paid["cohort"] = paid["customer"].map(joined.dt.to_period(freq))
    sizes = joined.dt.to_period(freq).value_counts()
    bought = paid[paid["amount"] >= 0]
    buyers = bought.groupby(["cohort", "period"])["customer"].nunique()
    worth = paid.groupby(["cohort", "period"])["worth"].sum()
    grid = pd.MultiIndex.from_product(
        [sizes.index, pd.period_range(sizes.index.min(), end, freq=freq)],
        names=["cohort", "period"],
    ).to_frame(index=False)
    grid = grid[grid["cohort"] <= grid["period"]].set_index(["cohort", "period"])
    grid["buyers"] = buyers.reindex(grid.index).fillna(0)
    grid["period_value"] = worth.reindex(grid.index).fillna(0.0)
    grid = grid.reset_index().sort_values(["cohort", "period"])
    grid["cohort_customers"] = grid["cohort"].map(sizes)
    grid["value_to_date"] = grid.groupby("cohort")["period_value"].cumsum()
    grid["age"] = [
        p.ordinal - c.ordinal for c, p in zip(grid["cohort"], grid["period"], strict=True)
    ]
    grid["cohort_start"] = grid["cohort"].dt.start_time
    grid["retention"] = grid["buyers"] / grid["cohort_customers"]
    grid["value_to_date_per_customer"] = grid["value_to_date"] / grid["cohort_customers"]
    return grid


@pytest.mark.parametrize("period", ["month", "quarter"])
def test_cohorts_of_a_wholesaler_by_first_purchase(demo: Demo, period: str) -> None:
    invoices = demo.table("retail.invoices")
    paid = pd.DataFrame(
        {
            "customer": invoices["account_no"],
            "day": invoices["invoiced_at"].dt.normalize(),
            "amount": invoices["amount"],
            "worth": invoices["amount"] * 0.3,
        }
    )
    bought = paid[paid["amount"] >= 0]
    joined = bought.groupby("customer")["day"].min()
    paid, end = paid[paid["customer"].isin(joined.index)], pd.Timestamp("2011-12-09")
    wanted = cohort_table(paid, joined, period[0].upper(), end)
    keys = ["cohort_start", "age"]
    retention = ["buyers", "cohort_customers", "retention"]
    value = ["period_value", "value_to_date", "value_to_date_per_customer"]
    assert_same(
        demo.run("cohort_retention", "retail", period=period), wanted[keys + retention], keys
    )
    found = demo.run("cohort_value", "retail", period=period, min_n=1)
    assert_same(found, wanted[keys + value], keys)


def test_cohorts_of_the_telecom_by_signup(demo: Demo) -> None:
    paid = payments(demo, TODAY)
    paid = paid.rename(
        columns={"client_no": "customer", "total": "amount", "contribution": "worth"}
    )
    wanted = cohort_table(paid, customers(demo)["signed_up_on"], "Q", TODAY)
    keys = ["cohort_start", "age"]
    columns = [*keys, "buyers", "retention"]
    assert_same(demo.run("cohort_retention", cohort="signup"), wanted[columns], keys)
    columns = [*keys, "period_value", "value_to_date"]
    assert_same(demo.run("cohort_value", cohort="signup", min_n=1), wanted[columns], keys)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("period", ["month", "quarter", "year"])
def test_churn_by_both_methods(demo: Demo, scheme: str, period: str) -> None:
    rows = []
    for edge in pd.period_range(end=TODAY, periods=5, freq=period[0].upper()):
        before = edge.start_time - pd.Timedelta(days=1)
        last = min(edge.end_time.normalize(), TODAY)
        for method, active in (("contractual", running), ("non_contractual", buying)):
            base = active(demo, before)
            if len(base) == 0:
                continue
            kept = pd.Series(base.isin(active(demo, last)))
            segments = segments_on(demo, base.to_series(), before, scheme)
            for segment, left in (~kept).groupby(segments):
                rows.append((method, segment, edge.start_time, len(left), left.sum(), left.mean()))
    wanted = pd.DataFrame(
        rows,
        columns=["churn_method", "segment", "period_start", "customers", "lost_customers", "churn"],
    )
    found = demo.run("churn_by_segment", scheme=scheme, period=period, newest=5)
    assert_same(found, wanted, ["churn_method", "segment", "period_start"])


def test_churn_of_a_year_that_ends_on_as_of_is_that_of_lifetime_value(demo: Demo) -> None:
    for churn_method in ("contractual", "non_contractual"):
        arguments = {"scheme": "All customers", "as_of": "2025-12-31"}
        yearly = demo.run("churn_by_segment", period="year", newest=1, **arguments)
        yearly = yearly[yearly["churn_method"] == churn_method]
        segment = demo.run("clv_by_segment", churn_method=churn_method, **arguments)
        assert yearly["churn"].item() == pytest.approx(segment["churn"].item(), rel=1e-12)


def test_the_calculator_gives_a_segment_its_value(demo: Demo) -> None:
    segment = demo.run("clv_by_segment", scheme="All customers").iloc[0]
    found = demo.run(
        "clv_calculator",
        apv=segment["apv"],
        purchase_frequency=segment["purchase_frequency"],
        margin=segment["margin_rate"],
        churn=segment["churn"],
        discount_rate=0.1,
        horizon_years=5,
    )
    base = found[found["component"] == "Base"].iloc[0]
    assert base["clv_simple"] == pytest.approx(segment["clv_simple"], rel=1e-9)
    assert base["clv_discounted"] == pytest.approx(segment["clv_discounted"], rel=1e-9)
