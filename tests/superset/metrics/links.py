"""What experience goes with: leaving, value, follow-up, engagement, initiatives, the journey."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from tests.superset.metrics.money import active_on
from tests.superset.metrics.scores import CELL, cpv_shown, scored, sheet, sums_of
from tests.superset.metrics.shop import Q3, WHOLE, Selection, Shop, Wanted, expects, over
from tests.superset.metrics.sums import (
    LEAST,
    correlation,
    cx_band,
    displayed,
    fisher,
    in_parts,
    of_few,
    only,
    pooled,
    ratio,
    weighted_mean,
)
from tests.superset.metrics.tables import AS_OF, STAGES

DAY = pd.Timedelta(days=1)
QUARTERS = pd.period_range("2023Q4", "2026Q3", freq="Q")


@cache
def leavers(shop: Shop) -> pd.DataFrame:
    """Who stood in a relation before a quarter, whether it had ended at its end, and the margin."""
    rows = []
    for quarter in QUARTERS:
        before, last = quarter.start_time - DAY, quarter.end_time.normalize()
        there, stays = active_on(shop, before), active_on(shop, last)
        rows += [(customer, quarter, before, customer not in stays) for customer in sorted(there)]
    made = pd.DataFrame(rows, columns=["customer_id", "quarter", "before", "lost"])
    paid = shop.tables["transactions"]
    margin = paid.groupby(["customer_id", paid["occurred_at"].dt.to_period("Q")])[
        "margin_amount"
    ].sum()
    keys = pd.MultiIndex.from_frame(made[["customer_id", "quarter"]])
    return made.assign(value=margin.reindex(keys).fillna(0.0).to_numpy())


@expects("churn_by_segment")
def churn_of_quarters(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    rows = shop.placed(leavers(shop), chosen.scheme, day="before")
    rows["period_start"] = rows["quarter"].dt.start_time.dt.date

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {"churn_rate": part["lost"].mean(), "lost": part["lost"].sum()}

    yield from over(rows, chosen, [CELL], numbers)


@cache
def outcomes(shop: Shop, metric: str, scheme: str) -> pd.DataFrame:
    """The score that a customer gave in a quarter beside what came of it up to three later."""
    rows = shop.answers(metric, scheme).dropna(subset="customer_id")
    means = sums_of(rows, ["segment", "customer_id", "period_start"])
    means = means.assign(score=means["weighted"] / means["weight"])
    start = pd.PeriodIndex(pd.to_datetime(means["period_start"]), freq="Q")
    later = [means.assign(later=n, quarter=start + n) for n in range(4)]
    joined = pd.concat(later).drop(columns="period_start")
    return joined.merge(leavers(shop), on=["customer_id", "quarter"])


@expects("experience_links", metric="experience")
@expects("value_links", metric="value")
def links_of_scores(shop: Shop, chosen: Selection, metric: str) -> Iterator[Wanted]:
    rows = []
    groups = outcomes(shop, metric, chosen.scheme).groupby(["segment", "later"])
    for (segment, later), part in groups:
        for outcome, column in (("Churn", "lost"), ("Value", "value")):
            r = correlation(part["score"], part[column].astype(float))
            rows.append((segment, outcome, later, len(part), r, *fisher(r, len(part))))
    columns = ["segment", "outcome", "periods_later", "n", "r", "low", "high"]
    cells = of_few(pd.DataFrame(rows, columns=columns), ["outcome", "periods_later"])
    cells[["r", "low", "high"]] = cells[["r", "low", "high"]].astype(float)
    cells.loc[cells["hidden"], ["r", "low", "high"]] = np.nan

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "link": only(part, "r"),
            "link_low": only(part, "low"),
            "link_high": only(part, "high"),
            "pairs_of_both": part["n"].sum(),
        }

    yield from over(
        cells,
        chosen,
        [["outcome", "periods_later"], ["segment", "outcome", "periods_later"]],
        numbers,
    )


@expects("cx_to_churn")
def churn_after_experiences(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    rows = outcomes(shop, "experience", chosen.scheme)
    rows = rows.assign(band=rows["score"].map(cx_band), periods_later=rows["later"])

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        next_quarter = part[part["periods_later"] == 1].groupby("band")["lost"].mean()
        after, others = (next_quarter.get(band) for band in ("Critical", "Excellent"))
        return {
            "later_churn": part["lost"].mean(),
            "pairs_of_both": len(part),
            "lost_after": part["lost"].sum(),
            "churn_after_critical": after,
            "churn_after_excellent": others,
            "times_as_likely": after / others if after is not None and others else None,
        }

    yield from over(
        rows,
        chosen,
        [["segment"], ["periods_later", "band"], ["segment", "periods_later", "band"]],
        numbers,
    )


@expects("followup_performance")
def follow_up_of_low_ratings(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    rows = shop.answers("experience", chosen.scheme).copy()
    named = rows.dropna(subset="customer_id")
    rows["next"] = named.groupby("customer_id")["score"].shift(-1)
    cases = shop.tables["followups"]
    known = cases[cases["first_contact_at"] < AS_OF + DAY]
    contact = known.groupby("response_id")["first_contact_at"].min()
    closed = cases[cases["closed_at"] < AS_OF + DAY]["response_id"]
    low = rows[rows["score"] <= 40].assign(part=rows["team"].fillna("Not stated"))
    low["contact"] = low["response_id"].map(contact)
    low["is_closed"] = low["response_id"].isin(closed)
    low["hours"] = (low["contact"] - low["responded_at"]).dt.total_seconds() / 3600
    asked, met = low["responded_at"].dt.normalize(), low["contact"].dt.normalize()
    low["is_due"] = asked <= AS_OF - 3 * DAY
    low["in_time"] = low["is_due"] & ((met - asked).dt.days <= 3)
    low["returned"] = low["contact"].notna() & low["next"].notna()
    low["won"] = low["contact"].notna() & (low["next"] >= 70)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        n, due, back = len(part), part["is_due"].sum(), part["returned"].sum()
        met = part["hours"].count()
        return {
            "lows": n,
            "contact_rate": part["contact"].notna().mean() if n >= LEAST else None,
            "timely_rate": part["in_time"].sum() / due if due >= LEAST else None,
            "hours_to_contact": part["hours"].mean() if met >= LEAST else None,
            "closed_rate": part["is_closed"].mean() if n >= LEAST else None,
            "returned": back,
            "won_back_rate": part["won"].sum() / back if back >= LEAST else None,
        }

    yield from over(
        low, chosen, [["segment"], ["part"], ["segment", "part", "period_start"]], numbers
    )


@expects("engagement_and_cx")
def engagement_of_teams(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    rows = shop.answers("experience", WHOLE)
    cells = sums_of(rows.assign(team=rows["team"].fillna("Not stated")), ["team", "period_start"])
    cells = of_few(cells, ["period_start"], label="team").query("not hidden")
    asked = shop.tables["engagement"]
    start = asked["period"].dt.to_period("Q").dt.start_time.dt.date
    engagement = asked.groupby(["team", start.rename("period_start")])["score"].mean()
    cells = cells.merge(engagement.reset_index(name="engagement"), on=["team", "period_start"])
    cx = (cells["weighted"] / cells["weight"]).round(6)
    r = correlation(cells["engagement"], cx)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "team_engagement": part["engagement"].mean(),
            "team_cx": ratio(part["weighted"].sum(), part["weight"].sum()),
            "ratings": part["n"].sum(),
            "correlation_here": r,
        }

    yield from over(cells, chosen, [["team"]], numbers)


@expects("cx_benchmarks")
def experience_against_norms(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    cells = scored(shop, chosen.scheme, "experience")
    cells = cells[(cells["period_start"] == Q3) & (cells["n"] > 0)].drop(columns="period_start")
    published = np.where(cells["segment"] == "B", 64.0, 70.0)
    cells = pd.concat(
        [cells.assign(norm_name="Target"), cells.assign(norm_name="Shops", target=published)],
        ignore_index=True,
    )
    cells["gap"] = cells["score"] - cells["target"]

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {"own_cx": displayed(only(part, "score")), "gap_to_norm": only(part, "gap")}

    yield from over(cells, chosen, [["segment", "norm_name"]], numbers)


@expects("initiative_experience", metric="experience")
@expects("initiative_value", metric="value")
def before_and_after(shop: Shop, chosen: Selection, metric: str) -> Iterator[Wanted]:
    rows = shop.answers(metric, chosen.scheme)
    day = rows["responded_at"].dt.normalize()
    found = []
    for _, each in shop.tables["initiatives"].iterrows():
        start, segment = each["started_at"], each["segment"] or WHOLE
        there = rows["segment"] == segment
        spans = (day.between(start - 90 * DAY, start - DAY), day.between(start, start + 89 * DAY))
        parts = [rows[there & span] for span in spans]
        means = [weighted_mean(part) if len(part) >= LEAST else np.nan for part in parts]
        if any(map(len, parts)):
            found.append((segment, each["title"], *means))
    cells = pd.DataFrame(found, columns=["segment", "title", "before", "after"])
    cells["effect"] = (cells["after"] - cells["before"]).astype(float)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "effect": only(part, "effect"),
            "score_before": only(part, "before"),
            "score_after": only(part, "after"),
        }

    yield from over(cells, chosen, [["title"]], numbers)


@expects("journey_funnel")
def stages_of_the_journey(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    today = shop.segments_on(chosen.scheme, AS_OF)
    events = shop.tables["journey_events"]
    came = events[events["occurred_at"] < AS_OF + DAY].drop_duplicates(["customer_id", "stage"])
    came = came.assign(segment=came["customer_id"].map(today))
    reached = came.groupby(["segment", "stage"]).size().unstack(fill_value=0)
    reached = reached.reindex(columns=STAGES, fill_value=0).stack().reset_index(name="people")
    rated = shop.answers("experience", WHOLE).query("period_start == @Q3", local_dict={"Q3": Q3})
    nobody = WHOLE if chosen.scheme == WHOLE else "Unassigned"
    segments = rated["customer_id"].map(today).fillna(nobody)
    felt = sums_of(rated.assign(segment=segments), ["segment", "journey_stage"])
    felt = felt.assign(hidden=felt["n"] < LEAST).rename(columns={"journey_stage": "stage"})
    felt["hidden"] = in_parts(felt, ["stage"], ["segment"], "stage")
    cells = reached.merge(felt, how="outer", on=["segment", "stage"])
    cells["hidden"] = cells["hidden"].fillna(False).astype(bool)
    sums = ["people", "n", "weighted", "weight"]
    cells[sums] = cells[sums].fillna(0)
    cells["place"] = cells["stage"].map({stage: n for n, stage in enumerate(STAGES, 1)})

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        places = set(part["place"])
        return {
            "people": part["people"].sum(),
            "stage_place": places.pop() if len(places) == 1 else None,
            "stage_cx": pooled(cells, part, "weighted", "weight", ["stage"]),
        }

    yield from over(cells, chosen, [["segment"], ["stage"], ["segment", "stage"]], numbers)


@expects("value_score_sensitivity")
def value_by_method(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    methods = {
        "minmax": lambda r: (r - 1) / 9 * 100,
        "share_of_max": lambda r: r * 10,
        "top_box": lambda r: (r >= 9) * 100.0,
    }
    sheets = []
    for method, score in methods.items():
        for denominator in ("rated_customers", "ratings", "all_customers"):
            rows = (shop.answers if denominator == "ratings" else shop.latest)(
                "value", chosen.scheme
            )
            cells = sheet(rows.assign(score=score(rows["rating"])), shop, chosen.scheme)
            answering = np.minimum(1, cells["rated"] / cells["customers"])
            share = answering if denominator == "all_customers" else 1.0
            mean = (cells["weighted"] / cells["weight"] * share).round(6).where(~cells["hidden"])
            sheets.append(cells.assign(method=method, denominator=denominator, mean=mean))
    cells = pd.concat(sheets, ignore_index=True).query("n > 0")

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {"score_by_method": cpv_shown(only(part, "mean"))}

    yield from over(cells, chosen, [[*CELL, "method", "denominator"]], numbers)
