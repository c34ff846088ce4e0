"""What customers paid and are worth: by customer, segment, cohort, channel and tier."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from tests.superset.metrics.shop import WHOLE, Selection, Shop, Wanted, expects, over
from tests.superset.metrics.sums import (
    LEAST,
    complementary,
    cx_band,
    group_of,
    in_parts,
    only,
    pooled,
    ratio,
    tells,
)
from tests.superset.metrics.tables import AS_OF

YEAR_AGO = pd.Timestamp("2025-09-30")
INACTIVE_DAYS = 180
MOST_YEARS, LEAST_BASE, LEAST_DAYS = 5, 30, 90
DISCOUNT = 0.1
AT_RISK = ["Critical experience", "Overdue purchase"]
TIERS = ["Platinum", "Gold", "Silver", "Bronze"]


def active_on(shop: Shop, day: pd.Timestamp) -> set[int]:
    """Customers with a running contract, or who bought within half a year."""
    if shop.is_contractual:
        all_contracts = shop.tables["subscriptions"]
        runs = (all_contracts["started_at"] <= day) & ~(all_contracts["ended_at"] <= day)
        return set(all_contracts.loc[runs, "customer_id"])
    paid = shop.tables["transactions"].query("amount >= 0")
    ago = (day - paid["occurred_at"]).dt.days
    return set(paid.loc[ago.between(0, INACTIVE_DAYS), "customer_id"])


@cache
def activity(shop: Shop) -> pd.DataFrame:
    """What each customer did up to today and in the last year."""
    every = shop.tables["transactions"]
    paid, year = every.query("amount >= 0"), every[every["occurred_at"] > YEAR_AGO]
    days, ids = paid.groupby("customer_id")["occurred_at"], shop.tables["customers"]["customer_id"]
    made = pd.DataFrame(index=pd.Index(ids, name="customer_id"))
    made["purchases"] = days.size()
    made["revenue"] = every.groupby("customer_id")["amount"].sum()
    made["margin"] = every.groupby("customer_id")["margin_amount"].sum()
    made["year_purchases"] = year.query("amount >= 0").groupby("customer_id").size()
    made["year_revenue"] = year.groupby("customer_id")["amount"].sum()
    made["year_value"] = year.groupby("customer_id")["margin_amount"].sum()
    made = made.fillna(0.0)
    made["first"], made["last"] = days.min(), days.max()
    since = made["first"]
    if shop.is_contractual:
        begun = shop.tables["subscriptions"].groupby("customer_id")["started_at"].min()
        since = pd.concat([since, begun.reindex(since.index)], axis=1).min(axis=1)
    made["years"] = np.minimum(1, ((AS_OF - since).dt.days + 1) / 365)
    made["is_active"] = made.index.isin(active_on(shop, AS_OF))
    made["was_active"] = made.index.isin(active_on(shop, YEAR_AGO))
    return made


@cache
def outlook(shop: Shop, scheme: str) -> pd.DataFrame:
    """What the last year of each segment tells of the years to come."""
    people = activity(shop).assign(segment=shop.segments_on(scheme, AS_OF))
    lost = people["was_active"] & ~people["is_active"]
    rows = []
    for segment, part in people.groupby("segment"):
        now, base = part[part["is_active"]], part["was_active"].sum()
        few = base < LEAST_BASE
        bases = people if few else part
        churn = ratio(lost[bases.index].sum(), bases["was_active"].sum())
        years = now["years"].mean()
        new = now[now["years"] < 1]
        repeats = (new["year_purchases"] - 1).clip(lower=0).sum()
        young, annual = few and years * 365 < LEAST_DAYS, base == 0 and repeats > 0
        assert not annual, "no segment of the shop is that new"
        capped = churn is None or churn * MOST_YEARS < 1
        words = [f"Too young: {int(years * 365)} days observed."] if young else []
        words += ["Lifespan capped."] if capped else []
        words += ["Churn of all customers."] if few and base < people["was_active"].sum() else []
        rows.append(
            {
                "segment": segment, "customers": len(part), "n": len(now), "base": base,
                "lost": lost[part.index].sum(), "churn": churn, "years": years,
                "lifespan": MOST_YEARS if capped or churn is None else 1 / churn,
                "valued": 0 if young else len(now), "is_young": young,
                "purchases": now["year_purchases"].sum(), "revenue": now["year_revenue"].sum(),
                "observed": now["year_value"].sum(), "words": " ".join(words) or "None",
            }
        )  # fmt: skip
    found = pd.DataFrame(rows)
    found["value"] = found["observed"].where(~found["is_young"])
    found["equity"] = found["value"] * found["lifespan"]
    long = found["lifespan"]
    factor = (long * (1 + DISCOUNT) / (1 + DISCOUNT * long)).where(long > 1, long)
    found["discounted"] = found["value"] * factor
    found["share"] = found["equity"] / found["equity"].sum()
    found["hidden"] = (found["customers"] < LEAST) | ((found["n"] > 0) & (found["n"] < LEAST))
    return found.assign(hidden=complementary(found.assign(scheme=scheme), ["scheme"]))


@expects("clv_by_segment")
def worth_of_segments(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    cells = outlook(shop, chosen.scheme)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        is_one = len(part) == 1
        asked = part["n"].where(part["n"] > 0, part["customers"]).sum()
        hides = asked < LEAST or tells(cells, part, [])
        lifespan = pooled(cells, part, "equity", "value")
        return {
            "clv_per_customer": pooled(cells, part, "equity", "valued"),
            "customer_equity": None if hides else part["equity"].sum(),
            "active": part["n"].sum(),
            "all_customers": part["customers"].sum(),
            "average_purchase_value": pooled(cells, part, "revenue", "purchases"),
            "purchases_a_year": ratio(
                part["purchases"].where(~part["is_young"]).sum(), part["valued"].sum()
            ),
            "margin_share": pooled(cells, part, "observed", "revenue"),
            "churn_rate": only(part, "churn")
            if is_one
            else ratio(part["lost"].sum(), part["base"].sum()),
            "lifespan": only(part, "lifespan") if is_one else lifespan,
            "discounted_clv": pooled(cells, part, "discounted", "valued"),
            "share_of_equity": None if part["hidden"].any() else part["share"].sum(),
            "observed_share": only(part, "years"),
            "assumed": only(part, "words"),
        }

    yield from over(cells, chosen, [["segment"]], numbers)


@cache
def customers(shop: Shop, scheme: str) -> pd.DataFrame:
    """Every customer with segment, value, tier, newest experience and risk."""
    people = activity(shop).assign(segment=shop.segments_on(scheme, AS_OF))
    outlooks = outlook(shop, scheme).set_index("segment")
    by_segment = people["segment"].map(outlooks["lifespan"].where(~outlooks["is_young"]))
    people["clv"] = (people["year_value"] * by_segment).where(people["is_active"], 0.0)
    rated = shop.answers("experience", WHOLE)
    recent = rated[rated["responded_at"].dt.normalize() > YEAR_AGO]
    newest = recent.dropna(subset="customer_id").groupby("customer_id").tail(1)
    people["cx"] = newest.set_index("customer_id")["score"].astype(float)
    people["silent"] = (AS_OF - people["last"]).dt.days
    gap = (people["last"] - people["first"]).dt.days / (people["purchases"] - 1).replace(0, np.nan)
    overdue = (people["silent"] > 2 * gap) & (people["silent"] > 30)
    people["risk"] = np.select(
        [~people["is_active"], people["cx"].round(6) < 70, overdue], ["Lost", *AT_RISK], "None"
    )
    tiered = people[people["is_active"] & (people["clv"].round(6) > 0)]
    people["tier"] = _fifths(tiered["clv"].round(6), len(TIERS), is_best_first=True)
    people["clv_tier"] = people["tier"].map(dict(enumerate(TIERS, 1)))
    unvalued = np.select(
        [people["clv"] < 0, people["clv"].isna()], ["Negative", "Not valued"], "None"
    )
    return people.assign(clv_tier=people["clv_tier"].fillna(pd.Series(unvalued, people.index)))


def _fifths(values: pd.Series, parts: int, is_best_first: bool) -> pd.Series:
    """Equal parts by rank, 1 the first; equals stand in the last one that any of them reaches."""
    ranked = values.sort_index().sort_values(ascending=not is_best_first, kind="stable")
    sizes = [len(chunk) for chunk in np.array_split(np.arange(len(ranked)), parts)]
    part = pd.Series(np.repeat(np.arange(1, parts + 1), sizes), index=ranked.index)
    return part.groupby(values).transform("max")


@expects("clv_by_customer")
def worth_of_customers(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    people = customers(shop, chosen.scheme).reset_index()
    people["customer_id"] = people["customer_id"].astype(str)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        at_risk = part["risk"].isin(AT_RISK)
        calls = part[at_risk & (part["tier"] <= 2)]
        active, valued = part["is_active"].sum(), part[part["clv"].notna()]["is_active"].sum()
        clv = part["clv"].sum(min_count=1)
        return {
            "all_customers": len(part),
            "active": active,
            "at_risk": at_risk.sum(),
            "clv_at_risk": part["clv"].where(at_risk, 0.0).sum(min_count=1),
            "total_clv": clv,
            "clv_per_customer": ratio(clv, valued) if active >= LEAST else None,
            "value_to_date": part["margin"].sum(),
            "worth_calling": len(calls),
            "clv_worth_calling": calls["clv"].sum(),
            "newest_cx": only(part, "cx"),
            "purchases_a_year": part["year_purchases"].sum(),
            "days_silent": only(part, "silent"),
        }

    yield from over(people, chosen, [["segment", "risk"], ["segment", "customer_id"]], numbers)


@expects("money_at_risk")
def worth_by_experience(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    people = customers(shop, chosen.scheme).query("is_active")
    band = people["cx"].round(6).map(cx_band, na_action="ignore").fillna("Not rated")
    places = {name: place for place, name in enumerate([*TIERS, "None", "Negative", "Not valued"])}
    cells = (
        people.assign(band=band, place=people["clv_tier"].map(places))
        .groupby(["segment", "band", "clv_tier", "place"])
        .agg(n=("clv", "size"), clv=("clv", "sum"))
        .reset_index()
    )
    cells["hidden"] = cells["n"] < LEAST
    cells["hidden"] = in_parts(cells, ["band", "clv_tier"], ["segment", "band"], "place")
    cells["group"] = group_of(cells, ["band", "clv_tier"])
    cells["share"] = cells["clv"] / cells.groupby("segment")["clv"].transform("sum")
    critical = cells[cells["band"] == "Critical"].copy()
    critical["group"] = group_of(critical, ["segment"])

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        at_risk = part[part["band"] == "Critical"]
        shown = pooled(critical, critical.loc[at_risk.index], "clv", groups=["group"])
        nothing = 0.0 if part["n"].sum() >= LEAST else None
        alone = part["segment"].nunique() == 1 and not part["hidden"].any()
        return {
            "value_here": pooled(cells, part, "clv", groups=["group"]),
            "people": part["n"].sum(),
            "share_here": part["share"].sum() if alone else None,
            "critical_value": shown if len(at_risk) else nothing,
        }

    yield from over(
        cells,
        chosen,
        [["segment"], ["band", "clv_tier"], ["segment", "band"], ["segment", "band", "clv_tier"]],
        numbers,
    )


@expects("clv_to_acquisition_cost")
def worth_against_cost(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    known = shop.tables["customers"].set_index("customer_id")
    people = customers(shop, chosen.scheme)
    people = people.assign(
        acquisition_channel=known["acquisition_channel"].fillna("Not stated"),
        cost=known["acquisition_cost"],
        worth=people["margin"] + people["clv"],
    )
    people = pd.concat([people, people.assign(acquisition_channel="All channels")])
    costed = people["cost"].notna() & people["worth"].notna()
    people = people.assign(
        n=costed, cost=people["cost"].where(costed), worth=people["worth"].where(costed)
    )
    keys = ["segment", "acquisition_channel"]
    cells = people.groupby(keys)[["n", "cost", "worth"]].sum().reset_index()
    cells["hidden"] = (cells["n"] > 0) & (cells["n"] < LEAST)
    cells["whole"] = cells["acquisition_channel"] == "All channels"
    cells["hidden"] = in_parts(
        cells, ["acquisition_channel"], ["segment", "whole"], "acquisition_channel"
    )
    parts = cells[~cells["whole"]]
    cells["group"] = (
        group_of(parts, ["acquisition_channel"]).reindex(cells.index).fillna("All channels")
    )

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        part = part if part["acquisition_channel"].nunique() == 1 else part[~part["whole"]]
        return {"clv_to_cost_ratio": pooled(cells, part, "worth", "cost", ["group"])}

    yield from over(
        cells,
        chosen,
        [["segment"], ["acquisition_channel"], ["segment", "acquisition_channel"]],
        numbers,
    )


@expects("clv_levers")
def levers(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    base = outlook(shop, WHOLE).iloc[0]
    today = {
        "Average purchase value": base["revenue"] / base["purchases"],
        "Purchase frequency": base["purchases"] / base["n"],
        "Margin": base["observed"] / base["revenue"],
        "Churn": base["churn"],
    }

    def value(parts: dict[str, float]) -> float:
        *yearly, churn = parts.values()
        return float(np.prod(yearly)) * min(MOST_YEARS, 1 / churn)

    rows = {}
    for component, direction in ((c, d) for c in today for d in ("down", "up")):
        moved = today | {component: today[component] * (0.9 if direction == "down" else 1.1)}
        change = value(moved) / value(today) - 1
        rows[component, direction] = {"clv_value": value(moved), "change_of_clv": change}
    yield Wanted(("component", "direction"), rows)
    yield Wanted((), {(): {"clv_value": None, "change_of_clv": None}})


@cache
def cohorts(shop: Shop) -> pd.DataFrame:
    """Cohorts of the first purchase by quarter since: who bought, and what came in."""
    every = shop.tables["transactions"]
    every = every.assign(quarter=every["occurred_at"].dt.to_period("Q"))
    paid = every.query("amount >= 0")
    began = paid.groupby("customer_id")["quarter"].min()
    rows = []
    for start, members in began.groupby(began):
        theirs = every[every["customer_id"].isin(members.index)]
        to_date = 0.0
        for quarter in pd.period_range(start, AS_OF.to_period("Q"), freq="Q"):
            now = theirs[theirs["quarter"] == quarter]
            to_date += now["margin_amount"].sum()
            rows.append(
                {
                    "cohort_start": start.start_time.date(), "age": (quarter - start).n,
                    "period_age": (AS_OF.to_period("Q") - quarter).n, "n": len(members),
                    "buyers": now[now["amount"] >= 0]["customer_id"].nunique(),
                    "value": now["margin_amount"].sum(), "each": to_date / len(members),
                }
            )  # fmt: skip
    cells = pd.DataFrame(rows)
    cells["hidden"] = cells["n"] < LEAST
    return cells.assign(each=cells["each"].where(~cells["hidden"]))


BY_COHORT = [["cohort_start"], ["age"], ["period_age"], ["cohort_start", "age"]]


@expects("cohort_retention")
def retention_of_cohorts(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        sizes = set(part["n"])
        return {
            "retained": ratio(part["buyers"].sum(), part["n"].sum()),
            "cohort_size": sizes.pop() if len(sizes) == 1 else None,
        }

    yield from over(cohorts(shop), chosen, BY_COHORT, numbers)


@expects("cohort_value")
def value_of_cohorts(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    cells = cohorts(shop)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "value_to_date_each": only(part, "each"),
            "value_of_period": pooled(cells, part, "value", groups=["period_age"]),
        }

    yield from over(cells, chosen, BY_COHORT, numbers)


@expects("rfm_segments")
def buyers_by_recency_and_frequency(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    people = activity(shop).dropna(subset="last")
    recency = 6 - _fifths((AS_OF - people["last"]).dt.days, 5, is_best_first=False)
    frequency = 6 - _fifths(people["purchases"], 5, is_best_first=True)
    pairs = zip(recency, frequency.reindex(recency.index), strict=True)
    names = pd.Series([_rfm_name(r, f) for r, f in pairs], index=recency.index)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        each = part["revenue"].mean() if len(part) >= LEAST else None
        return {"buyers": len(part), "spent_each": each}

    yield from over(people.assign(segment=names), chosen, [["segment"]], numbers)


def _rfm_name(recency: int, frequency: int) -> str:
    """The fields of the grid, rows from recency 5 down to 1, columns from frequency 1 to 5."""
    rows = {
        5: [
            "New customers",
            "Potential loyalists",
            "Potential loyalists",
            "Champions",
            "Champions",
        ],
        4: ["Promising", "Potential loyalists", "Potential loyalists", "Loyal", "Loyal"],
        3: ["About to sleep", "About to sleep", "Need attention", "Loyal", "Loyal"],
        2: ["Hibernating", "Hibernating", "At risk", "At risk", "Cannot lose"],
        1: ["Hibernating", "Hibernating", "At risk", "At risk", "Cannot lose"],
    }
    return rows[recency][frequency - 1]
