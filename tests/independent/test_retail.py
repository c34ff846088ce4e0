"""The lifetime macros against pandas on the two real data sets, and their published totals."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.independent import activity
from tests.independent.demo import Demo, assert_same

END = pd.Timestamp("2011-12-09")
RATE = 0.30
CALIBRATION_END = pd.Timestamp("1997-09-30")


def paid(demo: Demo) -> pd.DataFrame:
    """The wholesaler's invoices; credit notes are negative amounts."""
    table = demo.table("retail.invoices")
    amount = table["amount"].astype(float)
    return pd.DataFrame(
        {
            "customer_id": table["account_no"],
            "at": table["invoiced_at"],
            "amount": amount,
            "margin": RATE * amount,
        }
    )


def market(demo: Demo, who: pd.Series) -> pd.Series:
    """The market of each account."""
    markets = demo.table("retail.account_markets").set_index("account_no")["market"]
    return who.map(markets).fillna("Unassigned")


def valued(demo: Demo, scheme: str) -> pd.DataFrame:
    accounts = demo.table("retail.accounts")["account_no"]
    table = activity.activity(paid(demo), accounts, END)
    is_all = scheme == "All customers"
    segment = [scheme] * len(table) if is_all else market(demo, table["customer_id"])
    return activity.values(table, segment)


def test_the_cleaned_data_have_4_338_customers_and_8_911_407_90(demo: Demo) -> None:
    # Chen, Sain & Guo (2012), the UCI data set Online Retail without credit notes and free items.
    found = demo.run("customer_summary", "retail", refunds="ignore")
    assert len(found) == 4338
    assert found["revenue"].sum() == pytest.approx(8_911_407.90, abs=0.005)
    assert found["margin"].sum() == pytest.approx(RATE * 8_911_407.90, abs=0.005)


def test_net_of_credit_notes_they_have_8_300_065_81(demo: Demo) -> None:
    found = demo.run("customer_activity", "retail")
    assert found["revenue"].sum() == pytest.approx(8_300_065.81, abs=0.005)
    by_segment = demo.run("clv_by_segment", "retail", basis="revenue")
    total = (by_segment["clv_historical"] * by_segment["customers"]).groupby(by_segment["scheme"])
    for scheme, value in total.sum().items():
        assert value == pytest.approx(8_300_065.81, abs=0.005), scheme
    # Who only sent goods back is no customer with a purchase.
    summary = demo.run("customer_summary", "retail")
    invoices = paid(demo)
    bought = set(invoices.loc[invoices["amount"] >= 0, "customer_id"])
    refunded = invoices[~invoices["customer_id"].isin(bought)]
    assert set(summary["customer_id"]) == bought
    left_out = refunded["amount"].sum()
    assert left_out < 0
    assert summary["revenue"].sum() == pytest.approx(8_300_065.81 - left_out, abs=0.005)


@pytest.mark.parametrize("refunds", ["net", "ignore"])
@pytest.mark.parametrize("end", ["2011-12-09", "2011-03-31"])
def test_the_summary_of_each_account(demo: Demo, refunds: str, end: str) -> None:
    found = demo.run("customer_summary", "retail", refunds=refunds, observation_end=end)
    wanted = activity.summary(paid(demo), pd.Timestamp(end), refunds)
    assert_same(found, wanted, ["customer_id"])


@pytest.mark.parametrize("inactive_days", [90, 180])
def test_the_activity_of_each_account(demo: Demo, inactive_days: int) -> None:
    accounts = demo.table("retail.accounts")["account_no"]
    wanted = activity.activity(paid(demo), accounts, END, inactive_days)
    found = demo.run("customer_activity", "retail", inactive_days=inactive_days)
    assert_same(found, wanted, ["customer_id"])


@pytest.mark.parametrize("scheme", ["All customers", "Market"])
def test_lifetime_value_by_market(demo: Demo, scheme: str) -> None:
    # The data begin on 2010-12-01, so few accounts were active a year before their end.
    wanted = activity.by_segment(valued(demo, scheme))
    found = demo.run("clv_by_segment", "retail", scheme=scheme)
    assert_same(found, wanted.assign(basis="margin", churn_method="non_contractual"), ["segment"])


@pytest.mark.parametrize("scheme", ["All customers", "Market"])
def test_lifetime_value_by_account(demo: Demo, scheme: str) -> None:
    wanted = activity.by_customer(valued(demo, scheme), END, pd.Series(dtype=float))
    assert_same(demo.run("clv_by_customer", "retail", scheme=scheme), wanted, ["customer_id"])


def test_the_calibration_period_of_cdnow(demo: Demo) -> None:
    # Fader, Hardie & Lee (2005), Marketing Science 24(2), section 5, and the authors' spreadsheet
    # (bgnbd.xls, calibration to 1997-09-30): customer 1 has x = 2, t_x = 30.43, T = 38.86 weeks.
    found = demo.run("customer_summary", "cdnow", observation_end="1997-09-30")
    assert len(found) == 2357
    assert (found["frequency"] == 0).sum() == 1411
    first = found.sort_values("customer_id").iloc[0]
    assert first["frequency"] == 2
    assert first["recency"] == pytest.approx(30.43, abs=0.005)
    assert first["age"] == pytest.approx(38.86, abs=0.005)
    assert found["age"].max() == pytest.approx(38.86, abs=0.005)
    assert found["age"].min() == pytest.approx(27, abs=0.005)


def test_the_holdout_period_of_cdnow_has_1_882_repeat_purchases(demo: Demo) -> None:
    calibration = demo.run("customer_summary", "cdnow", observation_end="1997-09-30")
    whole = demo.run("customer_summary", "cdnow")
    assert len(whole) == 2357
    assert whole["frequency"].sum() - calibration["frequency"].sum() == 1882


def test_the_summary_of_each_buyer_of_cdnow(demo: Demo) -> None:
    table = demo.table("cdnow.purchases")
    amount = table["value"].astype(float)
    bought = pd.DataFrame(
        {
            "customer_id": table["buyer_no"],
            "at": table["bought_on"],
            "amount": amount,
            "margin": RATE * amount,
        }
    )
    found = demo.run("customer_summary", "cdnow", observation_end="1997-09-30")
    assert_same(found, activity.summary(bought, CALIBRATION_END), ["customer_id"])
