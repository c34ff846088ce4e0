"""A forecast against what happened after the calibration period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .arrays import FloatArray, columns


@dataclass(frozen=True)
class Backtest:
    """Totals over all customers, their relative errors, and mean absolute errors per customer.

    The errors are nan where nothing was bought in the holdout.
    """

    customers: float
    actual: float
    predicted: float
    naive: float
    predicted_error: float
    naive_error: float
    predicted_mae: float
    naive_mae: float


@dataclass(frozen=True)
class FrequencyGroup:
    """Mean purchases in the holdout of the customers with one frequency (the last: or more)."""

    x: int
    customers: float
    actual: float
    predicted: float
    naive: float


def naive_purchases(t: float, x: npt.ArrayLike, T: npt.ArrayLike) -> FloatArray:
    """Purchases `(n,)` in t if every customer went on at x / T; 0 where the age is 0."""
    x, T = columns("Naive forecast", x=x, T=T)
    return np.where(T > 0, t * x / np.where(T > 0, T, 1.0), 0.0)


def backtest(
    actual: npt.ArrayLike,
    predicted: npt.ArrayLike,
    naive: npt.ArrayLike,
    weight: npt.ArrayLike = 1.0,
) -> Backtest:
    """The forecast and the naive rate beside the actual purchases of the holdout."""
    actual, predicted, naive, weight = columns(
        "Backtest", actual=actual, predicted=predicted, naive=naive, weight=weight
    )
    customers = float(weight.sum())
    bought, foreseen, extrapolated = (float(weight @ v) for v in (actual, predicted, naive))
    return Backtest(
        customers=customers,
        actual=bought,
        predicted=foreseen,
        naive=extrapolated,
        predicted_error=foreseen / bought - 1 if bought else np.nan,
        naive_error=extrapolated / bought - 1 if bought else np.nan,
        predicted_mae=float(weight @ abs(predicted - actual)) / customers if customers else np.nan,
        naive_mae=float(weight @ abs(naive - actual)) / customers if customers else np.nan,
    )


def by_frequency(
    x: npt.ArrayLike,
    actual: npt.ArrayLike,
    predicted: npt.ArrayLike,
    naive: npt.ArrayLike,
    weight: npt.ArrayLike = 1.0,
    last: int = 7,
) -> tuple[FrequencyGroup, ...]:
    """Means per frequency 0, 1, ..., last (and more): where a forecast is off, not only how far."""
    x, actual, predicted, naive, weight = columns(
        "Backtest", x=x, actual=actual, predicted=predicted, naive=naive, weight=weight
    )
    capped = np.minimum(x, last)
    groups = []
    for value in np.unique(capped):
        rows = capped == value
        w = weight[rows] / weight[rows].sum()
        groups.append(
            FrequencyGroup(
                x=int(value),
                customers=float(weight[rows].sum()),
                actual=float(w @ actual[rows]),
                predicted=float(w @ predicted[rows]),
                naive=float(w @ naive[rows]),
            )
        )
    return tuple(groups)
