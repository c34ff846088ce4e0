"""Discounted purchases and value to come, month by month."""

from __future__ import annotations

import numpy.typing as npt

from .arrays import FloatArray
from .beta_geometric import BetaGeometric, p_alive, weighted_purchases
from .discount import MONTH, discounted_horizons
from .gamma_gamma import GammaGamma, expected_spend


def discounted_purchases(
    parameters: BetaGeometric,
    months: int,
    discount_rate: float,
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    T: npt.ArrayLike,
    month: float = MONTH,
) -> FloatArray:
    """Expected purchases `(n,)` in the coming months, each month's discounted at its end."""
    alive = p_alive(parameters, x, t_x, T)
    horizons, weights = discounted_horizons(months, discount_rate, month)
    return alive * weighted_purchases(parameters, horizons, weights, x, T)


def lifetime_value(
    parameters: BetaGeometric,
    spend: GammaGamma,
    months: int,
    discount_rate: float,
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    T: npt.ArrayLike,
    m: npt.ArrayLike,
    margin: float = 1.0,
    month: float = MONTH,
) -> FloatArray:
    """Discounted value `(n,)` of the purchases expected in the coming months, times the margin."""
    purchases = discounted_purchases(parameters, months, discount_rate, x, t_x, T, month)
    return margin * expected_spend(spend, x, m) * purchases
