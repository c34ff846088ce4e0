"""Segment macros against pandas on the demo warehouse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from superset_kpi.demo.story import AS_OF, SCHEMES
from tests.independent.demo import (
    Demo,
    answers,
    assert_same,
    customers,
    payments,
    quintile,
    segments_on,
)

TODAY = pd.Timestamp(AS_OF)


def test_rfm_quintiles_are_ranks_and_equal_customers_share_the_lowest(demo: Demo) -> None:
    paid = payments(demo, TODAY)
    paid = paid[paid["client_no"].notna()]
    by_client = paid.groupby("client_no")
    bought = paid[paid["total"] >= 0].groupby("client_no")
    wanted = pd.DataFrame(
        {
            "purchases": bought.size(),
            "spent": by_client["total"].sum(),
            "days_since_purchase": (TODAY - bought["day"].max()).dt.days,
        }
    ).dropna()
    wanted = wanted.rename_axis("customer_id").reset_index()
    for score, by, ascending in (
        ("recency_score", "days_since_purchase", True),
        ("frequency_score", "purchases", False),
        ("monetary_score", "spent", False),
    ):
        ordered = wanted.sort_values([by, "customer_id"], ascending=[ascending, True])
        # Sums of money differ in their last digit.
        wanted[score] = quintile(ordered[by]).groupby(wanted[by].round(6)).transform("min")
    found = demo.run("rfm_segments")
    assert_same(found, wanted, ["customer_id"])


def test_rfm_on_a_wholesaler_nets_refunds(demo: Demo) -> None:
    invoices = demo.table("retail.invoices")
    bought = invoices[invoices["amount"] >= 0].groupby("account_no")
    found = demo.run("rfm_segments", "retail").set_index("customer_id").sort_index()
    assert list(found.index) == sorted(bought.groups)
    net = invoices.groupby("account_no")["amount"].sum()[found.index]
    np.testing.assert_allclose(found["spent"], net, rtol=1e-9, atol=1e-9)
    assert (found["purchases"] == bought.size()[found.index]).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_shares_of_segments_at_the_end_of_each_quarter(demo: Demo, scheme: str) -> None:
    clients = customers(demo)
    rows = []
    for quarter in pd.period_range(end="2026Q3", periods=12, freq="Q"):
        last = quarter.end_time.normalize()
        there = clients.index[clients["signed_up_on"] <= last].to_series()
        held = pd.Series(segments_on(demo, there, last, scheme)).value_counts()
        rows += [(quarter.start_time, s, n, n / len(there)) for s, n in held.items()]
    wanted = pd.DataFrame(rows, columns=["period_start", "segment", "customers", "share"])
    wanted = wanted.sort_values("period_start")
    wanted["share_change"] = wanted.groupby("segment")["share"].diff()
    found = demo.run("segment_shares", scheme=scheme)
    assert_same(found, wanted, ["period_start", "segment"])
    assert (found["scheme"] == scheme).all()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("from_age", "to_age"), [(1, 0), (8, 3)])
def test_migration_is_a_cross_table_of_two_days(
    demo: Demo, scheme: str, from_age: int, to_age: int
) -> None:
    clients = customers(demo)
    first, last = ((pd.Period("2026Q3") - age).end_time.normalize() for age in (from_age, to_age))
    there = clients[clients["signed_up_on"] <= last]
    before = segments_on(demo, there.index.to_series(), first, scheme)
    before = np.where(there["signed_up_on"] > first, "New customers", before)
    after = segments_on(demo, there.index.to_series(), last, scheme)
    wanted = (
        pd.DataFrame({"from_segment": before, "to_segment": after})
        .value_counts()
        .rename("customers")
        .reset_index()
    )
    wanted["share"] = wanted["customers"] / wanted.groupby("from_segment")["customers"].transform(
        "sum"
    )
    found = demo.run("segment_migration", scheme=scheme, from_age=from_age, to_age=to_age)
    assert_same(found, wanted, ["from_segment", "to_segment"])


def test_stability_is_what_migration_leaves_in_place(demo: Demo) -> None:
    stability = demo.run("segment_stability", newest=4).set_index(["scheme", "period_age"])
    for scheme in SCHEMES:
        for age in range(4):
            moved = demo.run("segment_migration", scheme=scheme, from_age=age + 1, to_age=age)
            before = moved[moved["from_segment"] != "New customers"]
            found = stability.loc[(scheme, age)]
            assert found["customers"] == before["customers"].sum()
            assert found["changed_customers"] == (before["customers"] * before["has_moved"]).sum()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_stability_by_month(demo: Demo, scheme: str) -> None:
    clients = customers(demo)
    rows = []
    for month in pd.period_range(end="2026-09", periods=5, freq="M"):
        first, last = month.start_time - pd.Timedelta(days=1), month.end_time.normalize()
        there = clients.index[clients["signed_up_on"] <= first].to_series()
        changed = segments_on(demo, there, first, scheme) != segments_on(demo, there, last, scheme)
        rows.append((month.start_time, len(there), changed.sum(), changed.mean()))
    wanted = pd.DataFrame(
        rows, columns=["period_start", "customers", "changed_customers", "changed_share"]
    )
    found = demo.run("segment_stability", scheme=scheme, period="month", newest=5)
    assert_same(found, wanted, ["period_start"])


def eta_squared(values: pd.Series, segments: np.ndarray[Any, Any]) -> float:
    """Between-group over total sum of squares."""
    centred = values - values.mean()
    means = centred.groupby(segments).transform("mean")
    return float((means**2).sum() / (centred**2).sum())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_eta_squared_of_value_and_experience(demo: Demo, scheme: str) -> None:
    everybody = customers(demo).index.to_series()
    year = payments(demo, TODAY)
    year = year[year["day"] > TODAY - pd.Timedelta(days=365)]
    contracts = demo.table("telecom.contracts")
    running = contracts[
        (contracts["begins_on"] <= TODAY)
        & (contracts["ends_on"].isna() | (contracts["ends_on"] > TODAY))
    ]["client_no"]
    value = year.groupby("client_no")["contribution"].sum().reindex(everybody).fillna(0.0)
    value = value.where(everybody.isin(running), 0.0)
    clv = eta_squared(value, segments_on(demo, everybody, TODAY, scheme))
    given = answers(demo, "q_experience", 0, 10)
    given = given[(given["day"] > TODAY - pd.Timedelta(days=365)) & (given["day"] <= TODAY)]
    cx = eta_squared(given["score"], segments_on(demo, given["client_no"], given["day"], scheme))
    found = demo.run("segment_separation", scheme=scheme).set_index("measure")
    assert found["eta_squared"].to_dict() == pytest.approx({"CLV": clv, "CX": cx}, rel=1e-9)
    assert found["cases"].to_dict() == {"CLV": len(everybody), "CX": len(given)}


def test_health_repeats_what_its_parts_say(demo: Demo) -> None:
    health = demo.run("segmentation_health").set_index("scheme")
    assert sorted(health.index) == sorted(SCHEMES)
    shares = demo.run("segment_shares", newest=1)
    for scheme in SCHEMES:
        row = health.loc[scheme]
        of_scheme = shares[shares["scheme"] == scheme].set_index("segment")["share"]
        assigned = of_scheme.drop("Unassigned", errors="ignore")
        assert row["segments"] == len(assigned)
        assert row["smallest_share"] == pytest.approx(assigned.min(), rel=1e-9)
        assert row["largest_share"] == pytest.approx(assigned.max(), rel=1e-9)
        assert row["unassigned_share"] == pytest.approx(of_scheme.get("Unassigned", 0), rel=1e-9)
        stability = demo.run("segment_stability", scheme=scheme, newest=1)
        assert row["changed_share"] == pytest.approx(stability["changed_share"][0], rel=1e-9)
    assert health.loc["Region", "review_status"] == "Due"
    assert health.loc["Region", "months_since_review"] == 7
    due = demo.run("segments_due_for_review")
    assert set(due["scheme"]) == {"Region"}
