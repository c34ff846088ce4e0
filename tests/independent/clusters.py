"""The interval of a mean whose answers belong to customers, written a second time with numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Interval:
    """A mean with its standard error and interval, and what it stands on."""

    mean: float
    error: float
    low: float
    high: float
    customers: float
    answers: float


def interval(
    scores: Sequence[float],
    customers: Sequence[Any],
    weights: Sequence[float] | None = None,
    ends: tuple[float, float] = (0, 100),
    is_share: bool = False,
    share: float = 1,
) -> Interval:
    """Returns what docs/decisions.md#statistics says; NaN where fewer than two customers answered.

    Customers who are missing are one for each answer. `share` is what the mean is multiplied by.
    """
    x = np.asarray(scores, float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, float)
    (low, high), total = ends, w.sum()
    codes = pd.factorize(np.asarray(customers, object))[0]
    codes = np.where(codes < 0, len(x) + np.arange(len(x)), codes)
    _, codes = np.unique(codes, return_inverse=True)
    n = total**2 / (np.bincount(codes, w) ** 2).sum()
    kish = total**2 / (w**2).sum()
    mean = np.average(x, weights=w)
    variance = np.average((x - mean) ** 2, weights=w)
    clustered = (np.bincount(codes, w * (x - mean)) ** 2).sum() / total**2
    if len(x) == codes.max() + 1 or clustered * kish <= variance:
        clustered = variance / kish
    answers = variance / clustered if variance > 1e-9 and n > 1 + 1e-9 else n
    if n < 1 + 1e-9:
        return Interval(mean * share, np.nan, np.nan, np.nan, n, answers)
    if variance < ((high - low) / 20) ** 2:
        filled, heavy = np.append(x, [low, high]), np.append(n * w / total, [1, 1])
        centre = np.average(filled, weights=heavy) * share
        squared = np.average((filled - centre / share) ** 2, weights=heavy) / (n + 2)
    else:
        centre = round(mean * share, 6)
        squared = clustered if is_share else clustered * n / (n - 1)
    error = share * np.sqrt(squared)
    ci = max(centre - 1.96 * error, low), min(centre + 1.96 * error, high)
    return Interval(mean * share, error, *ci, n, answers)
