"""Scores by segment as kpi-spec's words put them, in plain Python over pandas rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tests.independent.clusters import interval

Row = dict[str, Any]


def cx_band(score: float) -> str:
    return "Excellent" if score >= 85 else "Good" if score >= 70 else "Critical"


def cpv_band(score: float) -> str:
    if score > 80:
        return "Strong alignment"
    return "Moderate alignment" if score >= 60 else "Significant disconnect"


def shown(score: float, strict_edge: float | None) -> float:
    """One decimal that never contradicts a band: cut, but not back to an edge to be passed."""
    cut = math.floor(round(score * 10, 5)) / 10
    return cut + 0.1 if strict_edge is not None and score > strict_edge >= cut else cut


def statistics(
    answers: pd.DataFrame,
    sizes: Callable[[pd.Timestamp], pd.Series],
    months: int,
    band: Callable[[float], str],
    target: float,
    strict_edge: float | None = None,
    over_all: bool = False,
) -> pd.DataFrame:
    """Returns what every score carries, by segment and period.

    `answers` has segment, period_start, client_no and score; `sizes` gives the customers by
    segment at the end of a period; `over_all` divides by all customers.
    """
    cells: dict[tuple[str, pd.Timestamp], Row] = {}
    for start in sorted(answers["period_start"].unique()):
        here = answers[answers["period_start"] == start]
        customers = sizes(pd.Timestamp(start))
        for segment in sorted({*here["segment"], *customers[customers > 0].index}):
            cells[segment, pd.Timestamp(start)] = _cell(
                here[here["segment"] == segment], int(customers.get(segment, 0)), over_all
            )
        _protect({s: c for (s, period), c in cells.items() if period == start})
    for (segment, start), cell in cells.items():
        earlier = cells.get((segment, start - pd.DateOffset(months=months)))
        _describe(cell, band, target, strict_edge)
        _compare(cell, earlier)
    rows = [{"segment": s, "period_start": p, **c} for (s, p), c in cells.items()]
    return pd.DataFrame(rows).drop(columns=["squared_error"])


def _cell(given: pd.DataFrame, customers: int, over_all: bool) -> Row:
    n, rated = len(given), int(given["client_no"].nunique())
    coverage = min(1.0, rated / customers) if customers else None
    share = (coverage if customers else min(1.0, rated)) if over_all else 1.0
    ci = interval(given["score"], given["client_no"], share=share) if n else None
    has_interval = ci is not None and not np.isnan(ci.error)
    is_reliable = ci is not None and n >= 30 and round(ci.customers, 6) >= 30
    return {
        "customers": customers,
        "rated_customers": rated,
        "answers": n,
        "coverage": coverage,
        "score": round(ci.mean, 6) if ci else None,
        "squared_error": ci.error**2 if ci and has_interval else None,
        "ci_low": ci.low if ci and has_interval else None,
        "ci_high": ci.high if ci and has_interval else None,
        "reliability": "hidden" if n < 10 else "reliable" if is_reliable else "directional",
    }


def _protect(period: dict[str, Row]) -> None:
    """Hides the smallest shown segment where a single one is hidden, or fewer than 10 answers."""
    hidden = [c for c in period.values() if c["reliability"] == "hidden" and c["answers"]]
    others = [s for s, c in period.items() if c["reliability"] != "hidden"]
    if others and (len(hidden) == 1 or 0 < sum(c["answers"] for c in hidden) < 10):
        smallest = min(others, key=lambda s: (period[s]["answers"], s))
        period[smallest]["reliability"] = "hidden"


def _describe(
    cell: Row, band: Callable[[float], str], target: float, strict_edge: float | None
) -> None:
    if cell["reliability"] == "hidden":
        cell["score"] = cell["squared_error"] = cell["ci_low"] = cell["ci_high"] = None
    score = cell["score"]
    cell["score_shown"] = None if score is None else shown(score, strict_edge)
    cell["band"] = cell["certainty"] = None
    if cell["reliability"] == "reliable":
        cell["band"] = band(score)
        inside = band(round(cell["ci_low"], 6)) == band(round(cell["ci_high"], 6))
        cell["certainty"] = "certain" if inside else "uncertain"
    cell["target"] = target
    cell["target_gap"] = None if score is None else score - target


def _compare(cell: Row, earlier: Row | None) -> None:
    cell["previous"] = cell["change"] = cell["change_z"] = cell["change_verdict"] = None
    if earlier is None or not earlier["answers"]:
        return
    cell["change_verdict"] = "Too few answers"
    cell["previous"] = earlier["score"]
    if cell["score"] is None or earlier["score"] is None:
        return
    cell["change"] = cell["score"] - earlier["score"]
    error = cell["squared_error"] + earlier["squared_error"]
    z = cell["change"] / math.sqrt(error)
    cell["change_z"] = z
    if cell["reliability"] == earlier["reliability"] == "reliable":
        is_significant = abs(z) > 1.96
        cell["change_verdict"] = (
            ("Up" if z > 0 else "Down") if is_significant else "No significant change"
        )
