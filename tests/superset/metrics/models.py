"""What customers will do by the fitted models, from the papers' closed forms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import hyp2f1

from tests.superset.metrics.shop import (
    CALIBRATED_TO,
    OBSERVED_FROM,
    PURCHASES,
    SPEND,
    WHOLE,
    Selection,
    Shop,
    Wanted,
    expects,
    over,
)
from tests.superset.metrics.sums import LEAST, complementary, group_of, in_parts, pooled
from tests.superset.metrics.tables import AS_OF

MONTH, MONTHS, YEARLY = 4.345, 12, 0.1
Parameters = dict[str, float]


@cache
def histories(shop: Shop, end: pd.Timestamp) -> pd.DataFrame:
    """Frequency, recency and age in weeks of who bought by a day; purchase days after it."""
    every = shop.tables["transactions"]
    paid = every.query("amount >= 0").drop_duplicates(["customer_id", "occurred_at"])
    first = paid.groupby("customer_id")["occurred_at"].min()
    known = paid[paid["occurred_at"] <= end].groupby("customer_id")["occurred_at"]
    made = pd.DataFrame({"first": first[first <= end], "last": known.max(), "x": known.size() - 1})
    made["later"] = paid[paid["occurred_at"] > end].groupby("customer_id").size()
    made["t_x"] = (made["last"] - made["first"]).dt.days / 7
    made["T"] = (end - made["first"]).dt.days / 7
    after = every[every["occurred_at"] > every["customer_id"].map(first)]
    made["m"] = after.groupby("customer_id")["amount"].sum() / made["x"]
    sums = every.groupby("customer_id")[["amount", "margin_amount"]].sum()
    return made.join(sums).fillna({"later": 0}).assign(m=lambda f: f["m"].where(f["x"] > 0, 0.0))


def p_alive(of: Parameters, h: pd.DataFrame) -> pd.Series:
    """Fader, Hardie & Lee (2005): alive for certain without a repeat purchase."""
    r, alpha, a, b = of.values()
    odds = a / (b + h["x"] - 1) * ((alpha + h["T"]) / (alpha + h["t_x"])) ** (r + h["x"])
    return (1 / (1 + odds)).where(h["x"] > 0, 1.0)


def if_alive(of: Parameters, h: pd.DataFrame, weeks: float) -> pd.Series:
    """Purchases expected of who is alive, equation 10 over the probability."""
    r, alpha, a, b = of.values()
    x, reached = h["x"], alpha + h["T"]
    share = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (reached + weeks))
    return (a + b + x - 1) / (a - 1) * (1 - (reached / (reached + weeks)) ** (r + x) * share)


def of_anybody(of: Parameters, weeks: np.ndarray) -> np.ndarray:
    """Purchases expected of a new customer, equation 9."""
    r, alpha, a, b = of.values()
    share = hyp2f1(r, b, a + b - 1, weeks / (alpha + weeks))
    return np.asarray((a + b - 1) / (a - 1) * (1 - (alpha / (alpha + weeks)) ** r * share))


@cache
def forecasts(shop: Shop, scheme: str) -> pd.DataFrame:
    """Every buyer's chance to be alive, purchases and value of the next year."""
    parts = []
    everybody = histories(shop, AS_OF)
    everybody = everybody.assign(segment=shop.segments_on(scheme, AS_OF))
    for segment, h in everybody.groupby("segment"):
        of = PURCHASES.get(segment if scheme == "Plan" else WHOLE, PURCHASES[WHOLE])
        alive, p, q, gamma = p_alive(of, h), *SPEND.values()
        ahead = [if_alive(of, h, MONTH * month) for month in range(MONTHS + 1)]
        factor = (1 + YEARLY) ** (-1 / 12)
        discounted = sum((ahead[j] - ahead[j - 1]) * factor**j for j in range(1, MONTHS + 1))
        spend = (p * (gamma + h["x"] * h["m"]) / (p * h["x"] + q - 1)).where(h["m"] >= 0)
        value = discounted * spend * h["margin_amount"].sum() / h["amount"].sum()
        known = {"alive": alive, "purchases": alive * ahead[-1]}
        parts.append(h.assign(**known, clv=alive * value, stake=(1 - alive) * value))
    return pd.concat(parts)


@expects("clv_predicted")
def forecasts_of_customers(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "predicted_total": part["clv"].sum(),
            "value_at_stake": part["stake"].sum(),
            "mean_p_alive": part["alive"].mean() if len(part) >= LEAST else None,
            "scored_customers": len(part),
        }

    yield from over(forecasts(shop, chosen.scheme), chosen, [["segment"]], numbers)


@expects("clv_predicted_by_segment")
def forecasts_of_segments(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    groups = forecasts(shop, chosen.scheme).groupby("segment")
    cells = groups[["clv", "alive", "purchases"]].sum()
    cells = cells.assign(n=groups.size(), valued=groups["clv"].count()).reset_index()
    cells["hidden"] = (cells["n"] < LEAST) | cells["valued"].between(1, LEAST - 1)
    cells["hidden"] = complementary(cells.assign(scheme=chosen.scheme), ["scheme"])
    of_valued = cells.assign(n=cells["valued"])

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "predicted_equity": pooled(cells, part, "clv"),
            "predicted_clv": pooled(of_valued, of_valued.loc[part.index], "clv", "valued"),
            "expected_alive": pooled(cells, part, "alive"),
            "share_alive": pooled(cells, part, "alive", "n"),
            "purchases_to_come": pooled(cells, part, "purchases"),
        }

    yield from over(cells, chosen, [["segment"]], numbers)


@expects("alive_matrix")
def alive_by_frequency_and_silence(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    people = forecasts(shop, chosen.scheme)
    silent = ((people["T"] - people["t_x"]) * 7).round()
    rows = pd.cut(people["x"], [-1, 0, 1, 2, 4, 9, 19, np.inf], labels=range(1, 8))
    columns = pd.cut(silent, [-1, 30, 60, 90, 180, 365, np.inf], labels=range(1, 7))
    placed = people.assign(frequency_sort=rows.astype(int), silence_sort=columns.astype(int))
    place = ["frequency_sort", "silence_sort"]
    groups = placed.groupby(["segment", *place])["alive"]
    cells = groups.agg(n="size", alive="sum").reset_index()
    cells["hidden"] = cells["n"] < LEAST
    cells["hidden"] = in_parts(cells, place, ["segment", "frequency_sort"], "silence_sort")
    cells["group"] = group_of(cells, place)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        mean = pooled(cells, part, "alive", "n", ["group"])
        return {"p_alive_mean": mean, "matrix_customers": part["n"].sum()}

    yield from over(cells, chosen, [["segment"], place, ["segment", *place]], numbers)


@expects("clv_backtest_by_frequency")
def holdout_by_frequency(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    h, of = histories(shop, CALIBRATED_TO), PURCHASES[WHOLE]
    weeks = (AS_OF - CALIBRATED_TO).days / 7
    h = h.assign(
        model=p_alive(of, h) * if_alive(of, h, weeks),
        naive=(h["x"] * weeks / h["T"]).where(h["T"] > 0, 0.0),
        frequency=h["x"].clip(upper=7),
    )

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "actual_each": part["later"].mean(),
            "model_each": part["model"].mean(),
            "naive_each": part["naive"].mean(),
        }

    yield from over(h, chosen, [["frequency"]], numbers)


@expects("clv_backtest_by_week")
def holdout_by_week(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    h = histories(shop, CALIBRATED_TO)
    start, last = (h["first"] - OBSERVED_FROM).dt.days.to_numpy(), (AS_OF - OBSERVED_FROM).days
    paid = shop.tables["transactions"].query("amount >= 0")
    paid = paid.drop_duplicates(["customer_id", "occurred_at"])
    repeats = paid[paid["occurred_at"] > paid["customer_id"].map(h["first"])]
    bought = ((repeats["occurred_at"] - OBSERVED_FROM).dt.days // 7).value_counts()
    cells = pd.DataFrame({"week": range(1, last // 7 + 2)})
    cells["first_day"] = (cells["week"] - 1) * 7
    cells["last_day"] = np.minimum(cells["first_day"] + 6, last)
    cells["actual"] = (cells["week"] - 1).map(bought).fillna(0)
    told = [
        of_anybody(PURCHASES[WHOLE], np.maximum(0, day - start) / 7).sum()
        for day in cells["last_day"]
    ]
    cells["model"] = np.diff(told, prepend=0.0)
    pace = (h["x"] / h["T"]).where(h["T"] > 0, 0.0).sum()
    held = cells["first_day"] > (CALIBRATED_TO - OBSERVED_FROM).days
    cells["is_holdout"] = held.astype(int)
    days = cells["last_day"] - cells["first_day"] + 1
    cells["naive"] = (pace * days / 7).where(held)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        is_held = part["is_holdout"] == 1
        return {
            "fitted_weeks": part["actual"].where(~is_held).sum(min_count=1),
            "holdout_weeks": part["actual"].where(is_held).sum(min_count=1),
            "model_weeks": part["model"].sum(),
            "naive_weeks": part["naive"].sum(min_count=1),
        }

    yield from over(cells, chosen, [["is_holdout"], ["week"]], numbers)


@expects("model_status")
def models_of_the_file(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    """Purchases and spend of each entry; up to date, and without problems."""
    scheme = {WHOLE: WHOLE, "A": "Plan"}
    entries = [s for s in PURCHASES if scheme[s] == chosen.scheme]
    entries = [s for s in entries if chosen.segments is None or s in chosen.segments]
    n = 2 * len(entries)
    yield Wanted((), {(): {"models": n, "models_to_mend": 0 if n else None}})
