"""Sums, intervals and what is hidden of them, in pandas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

LEAST, LEAST_OF_BAND = 10, 30


def complementary(
    cells: pd.DataFrame, total: Sequence[str], label: str = "segment", least: int = LEAST
) -> pd.Series:
    """Which cells are hidden once a total no longer tells a lone hidden cell, or the sum of a few.

    The cells have `n`, how many they are of, and `hidden`. See docs/decisions.md#small-numbers.
    """
    hidden = cells["hidden"].copy()
    for _, part in cells.groupby(list(total), dropna=False):
        others = part[~part["hidden"] & (part["n"] > 0)].sort_values(["n", label])
        few = part[part["hidden"]]
        if len(others) and (len(few) == 1 or 0 < few["n"].sum() < least):
            hidden[others.index[0]] = True
    return hidden


def of_few(cells: pd.DataFrame, total: Sequence[str], label: str = "segment") -> pd.DataFrame:
    """The cells, and which of them are hidden."""
    cells = cells.reset_index(drop=True)
    cells["hidden"] = (cells["n"] > 0) & (cells["n"] < LEAST)
    return cells.assign(hidden=complementary(cells, total, label))


def in_parts(
    cells: pd.DataFrame, total: Sequence[str], whole: Sequence[str], part: str
) -> pd.Series:
    """The same where parts make up a segment: by segments, by parts, and by segments once more."""
    for by, label in ((total, "segment"), (whole, part), (total, "segment")):
        cells = cells.assign(hidden=complementary(cells, by, label))
    return cells["hidden"]


def group_of(cells: pd.DataFrame, total: Sequence[str]) -> pd.Series:
    """Which hidden cells share a sum: those of a total, or the rest, or all for one alone."""
    label = cells[list(total)].astype(str).agg(", ".join, axis=1)
    lone = cells["hidden"] & (cells["hidden"].groupby(label).transform("sum") == 1)
    return label.where(~(cells["hidden"] if lone.sum() == 1 else lone), "the others")


def pooled(
    cells: pd.DataFrame,
    part: pd.DataFrame,
    top: str,
    bottom: str | None = None,
    groups: Sequence[str] = (),
) -> float | None:
    """A total of some of the cells, or of `top` over `bottom`.

    Null of fewer than ten, and where it would tell some of the hidden cells of a group.
    """
    if part["n"].sum() < LEAST or tells(cells, part, groups):
        return None
    return ratio(part[top].sum(), part[bottom].sum() if bottom else 1)


def tells(cells: pd.DataFrame, part: pd.DataFrame, groups: Sequence[str]) -> bool:
    """Whether some hidden cells of a group are taken and others not, or one is all there is."""
    if not part["hidden"].any():
        return False
    hidden = cells[cells["hidden"]]
    parts = [each for _, each in hidden.groupby(list(groups), dropna=False)] if groups else [hidden]
    asked = [(each.index.isin(part.index).sum(), len(each)) for each in parts]
    return any(some and (some < every or every == 1) for some, every in asked)


def only(part: pd.DataFrame, column: str) -> Any:
    """The number of the one cell that there is."""
    return part[column].iloc[0] if len(part) == 1 else None


def ratio(top: float, bottom: float) -> float | None:
    return float(top / bottom) if bottom else None


def weighted_mean(rows: pd.DataFrame, score: str = "score") -> float:
    return round(float(np.average(rows[score], weights=rows["weight"])), 6)


def displayed(score: float | None) -> float | None:
    if score is None or math.isnan(score):
        return None
    return math.floor(round(score * 10, 5)) / 10


def cx_band(score: float) -> str:
    return "Excellent" if score >= 85 else "Good" if score >= 70 else "Critical"


def cpv_band(score: float) -> str:
    if score > 80:
        return "Strong alignment"
    return "Moderate alignment" if score >= 60 else "Significant disconnect"


def effective_n(rows: pd.DataFrame) -> float:
    """Answers of equal weight, of as many customers, that would be as certain (Kish; clusters)."""
    weight, score = rows["weight"].to_numpy(), rows["score"].to_numpy()
    total, mean = weight.sum(), np.average(score, weights=weight)
    variance = np.average((score - mean) ** 2, weights=weight)
    customers = _by_customer(rows, weight)
    of_customers = total**2 / (customers**2).sum()
    if variance <= 1e-12 or of_customers <= 1 + 1e-9:
        return float(of_customers)
    kish = total**2 / (weight**2).sum()
    error = (_by_customer(rows, weight * (score - mean)) ** 2).sum() / total**2
    repeats = len(customers) < len(rows)
    return float(variance / error if repeats and error * kish > variance else kish)


def interval(
    rows: pd.DataFrame, lo: float, hi: float, spread: str = "sample"
) -> tuple[float, float] | None:
    """The 95 % interval of a weighted mean; of answers that agree, by adjusted Wald."""
    weight, score = rows["weight"].to_numpy(), rows["score"].to_numpy()
    n = weight.sum() ** 2 / (_by_customer(rows, weight) ** 2).sum()
    if len(rows) < 2 or n <= 1 + 1e-9:
        return None
    mean = np.average(score, weights=weight)
    variance = np.average((score - mean) ** 2, weights=weight)
    if variance * 400 < (hi - lo) ** 2:
        centre = (n * mean + lo + hi) / (n + 2)
        square = (n * (variance + mean**2) + lo**2 + hi**2) / (n + 2) - centre**2
        error = math.sqrt(square / (n + 2))
    else:
        centre = round(mean, 6)
        bessel = n / (n - 1) if spread == "sample" else 1
        error = math.sqrt(variance / effective_n(rows) * bessel)
    return max(lo, centre - 1.96 * error), min(hi, centre + 1.96 * error)


def wilson(share: float, n: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return centre - half, centre + half


def fisher(r: float | None, n: float) -> tuple[float | None, float | None]:
    """Fisher's 95 % interval of a correlation."""
    if r is None or n <= 3:
        return None, None
    half = 1.96 / math.sqrt(n - 3)
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def correlation(x: pd.Series, y: pd.Series) -> float | None:
    if len(x) < 2 or x.std() < 1e-9 or y.std() < 1e-9:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def _by_customer(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Sums by customer; an answer of nobody is a customer of its own."""
    nobody = rows["customer_id"].isna().to_numpy()
    sums = pd.Series(values[~nobody]).groupby(rows["customer_id"][~nobody].to_numpy()).sum()
    return np.concatenate([sums.to_numpy(), values[nobody]])
