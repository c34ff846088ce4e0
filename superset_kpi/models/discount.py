"""Discounting month by month as a few horizons with weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .arrays import FloatArray
from .beta_geometric import BetaGeometric, weighted_purchases
from .quadrature import reduced_rule

# Weeks in a month, as the published examples and other tools count; the calendar's mean is 4.348.
MONTH = 4.345


def discounted_horizons(
    months: int, discount_rate: float, month: float = MONTH
) -> tuple[FloatArray, FloatArray]:
    """Horizons `(months,)` in units of time and their weights: sum(weight * E[Y(horizon)]).

    What is bought in month j counts 1 / (1 + discount_rate) ** j. Summed by parts (Abel), the
    increments of E[Y] become E[Y] itself with weights above 0, the last one large.
    """
    if months < 1 or not (math.isfinite(discount_rate) and discount_rate >= 0) or month <= 0:
        raise ValueError(
            f"Discounted horizons: {months} months of {month} at {discount_rate} a month. "
            "Give at least 1 month of positive length and a monthly rate from 0 up, as 0.01."
        )
    j = np.arange(1, months + 1)
    factors = (1 + discount_rate) ** -j.astype(np.float64)
    return j * month, factors - np.append(factors[1:], 0.0)


@dataclass(frozen=True)
class DiscountRule:
    """sum(weight * E[Y(horizon)]): discounted expected purchases from few horizons.

    max_relative_error is measured against all months, over customers of any age and frequency.
    """

    horizons: tuple[float, ...]
    weights: tuple[float, ...]
    max_relative_error: float


def discount_rule(
    parameters: BetaGeometric,
    months: int,
    discount_rate: float,
    month: float = MONTH,
    tolerance: float = 1e-9,
    T_min: float = 0.0,
) -> DiscountRule:
    """The fewest horizons that give the discounted purchases of ages >= T_min within tolerance.

    E[Y(t)] is smooth in ln(t + alpha + T), so that a Gauss rule in that variable, taken for the
    youngest customers, stands for all months: 5 horizons for 12 months, 8 for 60 on common data.
    """
    horizons, weights = discounted_horizons(months, discount_rate, month)
    # Without a discount only the last horizon counts.
    horizons, weights = horizons[weights > 0], weights[weights > 0]
    x, T = _customers(T_min, month)
    exact = weighted_purchases(parameters, horizons, weights, x, T)
    offset = parameters.alpha + T_min
    for nodes in range(1, horizons.size):
        points, few_weights = reduced_rule(np.log(horizons + offset), weights, nodes)
        few = np.exp(points) - offset
        found = weighted_purchases(parameters, few, few_weights, x, T)
        error = float(np.abs(found / exact - 1).max())
        if error <= tolerance:
            return _rule(few, few_weights, error)
    return _rule(horizons, weights, 0.0)


def _customers(T_min: float, month: float) -> tuple[FloatArray, FloatArray]:
    """Frequencies and ages `(n,)` at which a rule is checked: at most a purchase a day."""
    grid = np.meshgrid([0, 1, 2, 5, 13, 40, 150], T_min + month * np.array([0, 1, 3, 12, 60, 240]))
    x, T = (values.ravel().astype(np.float64) for values in grid)
    # A customer who bought on x days after the first has been there for x days.
    return x, np.maximum(T, x * month / 31)


def _rule(horizons: FloatArray, weights: FloatArray, error: float) -> DiscountRule:
    return DiscountRule(tuple(map(float, horizons)), tuple(map(float, weights)), error)
