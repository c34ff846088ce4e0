"""What people answered: scores of segments, of single answers, of comments and of initiatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tests.superset.metrics.shop import LAST_DAYS, Q2, Q3, Selection, Shop, Wanted, expects, over
from tests.superset.metrics.sums import (
    LEAST,
    LEAST_OF_BAND,
    cpv_band,
    cx_band,
    displayed,
    effective_n,
    interval,
    of_few,
    only,
    pooled,
    ratio,
    weighted_mean,
    wilson,
)

CELL = ["segment", "period_start"]
AGES = {Q3: 0, Q2: 1}
TARGETS = {"experience": 76.0, "value": 66.0}
TARGET_OF_A = 71.0
SCORES: dict[str, Callable[[pd.Series], Any]] = {
    "nps": lambda r: 100.0 * ((r > 8) * 1 - (r < 7)),
    "csat": lambda r: np.where(r >= 4, 100.0, 0.0),
    "ces": lambda r: r,
}
NAMES = {"nps": "promoter_score", "csat": "satisfied_share", "ces": "effort_score"}


def sheet(rows: pd.DataFrame, shop: Shop, scheme: str) -> pd.DataFrame:
    """Every segment and quarter: its size, its answers, and the sums of their scores."""
    sizes = [
        (segment, start, n)
        for start, day in LAST_DAYS.items()
        for segment, n in shop.sizes(scheme, day).items()
    ]
    sized = pd.DataFrame(sizes, columns=[*CELL, "customers"])
    cells = sized.merge(sums_of(rows, CELL), how="outer", on=CELL)
    cells[["n", "customers"]] = cells[["n", "customers"]].fillna(0)
    return of_few(cells, ["period_start"])


def sums_of(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """How many answers, of how many customers, their weight, and their weighted scores."""
    groups = rows.assign(weighted=rows["weight"] * rows["score"]).groupby(list(by), dropna=False)
    return groups.agg(
        n=("weight", "size"),
        rated=("customer_id", "nunique"),
        weight=("weight", "sum"),
        weighted=("weighted", "sum"),
    ).reset_index()


def part_of(rows: pd.DataFrame, cell: pd.Series) -> pd.DataFrame:
    same = (rows["segment"] == cell["segment"]) & (rows["period_start"] == cell["period_start"])
    return rows[same]


def newest_first(part: pd.DataFrame) -> int:
    return min((AGES[start] for start in part["period_start"]), default=1_000_000)


@expects("nps_by_segment", metric="nps")
@expects("csat_by_segment", metric="csat")
@expects("ces_by_segment", metric="ces")
def scores_of_segments(shop: Shop, chosen: Selection, metric: str) -> Iterator[Wanted]:
    rows = shop.answers(metric, chosen.scheme)
    rows = rows.assign(score=np.asarray(SCORES[metric](rows["rating"]), dtype=float))
    cells = sheet(rows, shop, chosen.scheme)
    easy = sums_of(rows.assign(score=1.0 * (rows["rating"] > 4)), CELL)
    cells = cells.merge(easy[[*CELL, "weighted"]], how="left", on=CELL, suffixes=("", "_easy"))
    ends = [
        _ends(metric, part_of(rows, cell)) if cell["n"] and not cell["hidden"] else (None, None)
        for _, cell in cells.iterrows()
    ]
    cells["low"], cells["high"] = (
        pd.Series(list(each), dtype=float) for each in zip(*ends, strict=True)
    )

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        shown = {
            NAMES[metric]: pooled(cells, part, "weighted", "weight", ["period_start"]),
            "from_95": only(part, "low"),
            "to_95": only(part, "high"),
            "answer_count": part["n"].sum(),
            "newest_complete_first": newest_first(part),
        }
        if metric == "ces":
            low_effort = pooled(cells, part, "weighted_easy", "weight", ["period_start"])
            shown["low_effort_rate"] = low_effort
        return shown

    yield from over(cells, chosen, [CELL], numbers)


def _ends(metric: str, rows: pd.DataFrame) -> tuple[float | None, float | None]:
    if metric == "csat":
        low, high = wilson(weighted_mean(rows) / 100, effective_n(rows))
        return 100 * low, 100 * high
    if metric == "nps":
        return interval(rows, -100, 100, spread="population") or (None, None)
    return interval(rows, 1, 7) or (None, None)


@expects("cpv_by_segment", metric="value")
@expects("cx_by_segment", metric="experience")
def scores_against_targets(shop: Shop, chosen: Selection, metric: str) -> Iterator[Wanted]:
    cells = scored(shop, chosen.scheme, metric)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "score": displayed(only(part, "score")),
            "gap_to_target": only(part, "gap"),
            "change_on_previous": only(part, "change"),
            "answer_count": part["n"].sum(),
            "coverage_rate": ratio(part["rated"].sum(), part["customers"].sum()),
            "newest_complete_first": newest_first(part),
        }

    yield from over(cells, chosen, [CELL], numbers)


def scored(shop: Shop, scheme: str, metric: str) -> pd.DataFrame:
    """The score of each segment and quarter that may be shown, its target and its change."""
    rows = shop.latest(metric, scheme) if metric != "experience" else shop.answers(metric, scheme)
    cells = sheet(rows, shop, scheme)
    score = (cells["weighted"] / cells["weight"]).round(6).where(~cells["hidden"])
    cells = cells.assign(score=score)
    target = TARGETS.get(metric, 80.0)
    is_a = (cells["segment"] == "A") & (metric == "experience")
    cells["target"] = pd.Series(target, index=cells.index).where(~is_a, TARGET_OF_A)
    before = cells[cells["period_start"] == Q2].set_index("segment")["score"]
    previous = cells["segment"].map(before).where(cells["period_start"] == Q3)
    return cells.assign(gap=score - cells["target"], change=score - previous)


@expects("cpv_and_satisfaction")
def value_beside_satisfaction(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    value, liked = (scored(shop, chosen.scheme, each) for each in ("value", "satisfaction"))
    cells = value.merge(liked, on=CELL, suffixes=("", "_liked"))
    cells["shown"] = [cpv_shown(score) for score in cells["score"]]

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "perceived_value": only(part, "shown"),
            "mean_satisfaction": displayed(only(part, "score_liked")),
            "answer_count": part["n"].sum(),
        }

    yield from over(cells, chosen, [CELL], numbers)


def cpv_shown(score: float | None) -> float | None:
    """CPV cut to one decimal; just above 80 it is not the 80.0 of the band below."""
    shown = displayed(score)
    return 80.1 if shown == 80 and score is not None and round(score, 6) > 80 else shown


@expects("experience_scores", metric="experience", score="cx")
@expects("value_scores", metric="value", score="cpv")
@expects("satisfaction_scores", metric="satisfaction", score="satisfaction")
def single_answers(shop: Shop, chosen: Selection, metric: str, score: str) -> Iterator[Wanted]:
    rows = shop.answers if metric == "experience" else shop.latest
    top, bottom = (85, 70) if metric == "experience" else (80 + 1e-9, 60)
    band = cx_band if metric == "experience" else cpv_band

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        mean = weighted_mean(part) if len(part) >= LEAST else None
        shown = {
            score: displayed(mean),
            "answers": len(part),
            "newest_complete_first": newest_first(part),
        }
        if metric == "satisfaction":
            return shown
        weight = part["weight"]
        return shown | {
            f"{score}_exact": mean,
            f"{score}_band": band(mean)
            if mean is not None and len(part) >= LEAST_OF_BAND
            else None,
            "rated_customers": part["customer_id"].nunique(),
            "share_top_band": None
            if mean is None
            else np.average(part["score"] >= top, weights=weight),
            "share_bottom_band": None
            if mean is None
            else np.average(part["score"] < bottom, weights=weight),
        }

    yield from over(rows(metric, chosen.scheme), chosen, [["segment", "channel"]], numbers)


@expects("brand_attribute_scores")
def answers_about_brands(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "attribute_score": displayed(weighted_mean(part)) if len(part) >= LEAST else None,
            "answers": len(part),
            "newest_complete_first": newest_first(part),
        }

    rows = shop.all_answers("attribute", chosen.scheme)
    yield from over(rows, chosen, [["segment", "brand", "attribute"]], numbers)


@expects("experience_verbatims", metric="experience")
@expects("value_verbatims", metric="value")
def comments(shop: Shop, chosen: Selection, metric: str) -> Iterator[Wanted]:
    rows = shop.answers(metric, chosen.scheme)
    rows = rows[rows["comment"].isin(["Good", "Bad"])].rename(columns={"period_start": "start"})

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        mean = part["score"].mean() if len(part) >= LEAST else None
        return {"comments": len(part), "mean_of_commented": displayed(mean)}

    yield from over(rows, chosen, [["segment", "channel"]], numbers)


@expects("experience_with_initiatives", metric="experience", score="cx")
@expects("value_with_initiatives", metric="value", score="cpv")
def trends_with_initiatives(
    shop: Shop, chosen: Selection, metric: str, score: str
) -> Iterator[Wanted]:
    rows = (shop.answers if metric == "experience" else shop.latest)(metric, chosen.scheme)
    begun = shop.tables["initiatives"]
    marks = []
    for _, each in begun.iterrows():
        quarter = Q2 if each["started_at"] < pd.Timestamp(Q3) else Q3
        meant = rows["segment"].isin([each["segment"]]) if each["segment"] else rows["weight"] > 0
        marks.append(rows[meant & (rows["period_start"] == quarter)].assign(title=each["title"]))
    every = pd.concat([rows.assign(title=None), *marks], ignore_index=True)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        plain, marked = part[part["title"].isna()], part[part["title"].notna()]
        ids = marked["rating_id"].nunique()
        return {
            score: displayed(weighted_mean(plain)) if len(plain) >= LEAST else None,
            "initiative_mark": displayed(weighted_mean(marked)) if ids >= LEAST else None,
        }

    yield from over(every, chosen, [["period_start", "segment"]], numbers)
