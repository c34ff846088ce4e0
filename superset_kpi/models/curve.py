"""Functions of one variable as short polynomials, for SQL.

w = (t - half) / (t + half) takes all t from 0 up to -1 <= w < 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .arrays import FloatArray
from .beta_geometric import BetaGeometric, p_alive, purchases_if_alive
from .sbg import Sbg, discounted_residual_lifetime
from .surface import chebyshev_powers

# Renewals from which on a contract's residual lifetime is taken for constant.
LAST_RENEWAL = 600
# A curve of new customers may be as far off as this.
LOOSEST = 1e-6


def new_customer_curve(
    parameters: BetaGeometric, oldest: float, tolerance: float = 1e-9
) -> tuple[float, ...]:
    """Coefficients of E[X(t)] / t of somebody who just bought for the first time, t <= oldest.

    The variable is w = 2 * ln(1 + t / alpha) / ln(1 + oldest / alpha) - 1. Fader, Hardie & Lee
    (2005), equation 9; in the MBG/NBD some have left at once.
    """
    reach = math.log1p(oldest / parameters.alpha)
    stays = float(p_alive(parameters, 0, 0, 0)[0])

    def mean(w: FloatArray) -> FloatArray:
        # At t = 0 the mean is the limit of a very short time.
        t = np.maximum(parameters.alpha * np.expm1((w + 1) / 2 * reach), 1e-9 * oldest)
        bought: FloatArray = stays * purchases_if_alive(parameters, t, 0, 0.0) / t
        return bought

    return _coefficients(mean, tolerance, "new customers")


def lifetime_half(parameters: Sbg) -> float:
    """The half-way point of residual_lifetime_curve."""
    return parameters.alpha + parameters.beta


def residual_lifetime_curve(
    parameters: Sbg, discount_rate: float, tolerance: float = 1e-9
) -> tuple[float, ...]:
    """Coefficients of the discounted residual lifetime after n = 0 .. LAST_RENEWAL renewals.

    The variable is w = 2 * ln(1 + n / half) / ln(1 + LAST_RENEWAL / half) - 1.
    """
    half = lifetime_half(parameters)
    reach = math.log1p(LAST_RENEWAL / half)
    renewals = np.arange(LAST_RENEWAL + 1, dtype=np.float64)
    exact = discounted_residual_lifetime(parameters, renewals, discount_rate)
    w = 2 * np.log1p(renewals / half) / reach - 1
    for degree in range(2, 41):
        powers = _fitted(w, exact, degree, 1 / exact)
        error = float(np.abs(np.polyval(powers[::-1], w) / exact - 1).max())
        if error <= tolerance:
            return tuple(float(c) for c in powers)
    raise ValueError(
        f"Residual lifetime: a relative error of {error:.1e} is left for {parameters} at "
        f"{discount_rate:.4g} a month. Raise the discount rate."
    )


def _fitted(x: FloatArray, values: FloatArray, degree: int, weight: FloatArray) -> FloatArray:
    """Power coefficients `(degree + 1,)` of the polynomial nearest to the values."""
    basis = np.cos(np.arccos(np.clip(x, -1, 1))[:, None] * np.arange(degree + 1))
    fitted = np.linalg.lstsq(basis * weight[:, None], values * weight, rcond=None)[0]
    powers: FloatArray = fitted @ chebyshev_powers(max(degree + 1, 2))
    return powers


def _coefficients(
    function: Callable[[FloatArray], FloatArray], tolerance: float, what: str
) -> tuple[float, ...]:
    """Power coefficients of the shortest polynomial on [-1, 1] within the relative tolerance."""
    points = np.linspace(-1, 1, 173)
    exact = function(points)
    best, least = np.zeros(1), np.inf
    for degree in range(2, 49):
        nodes = np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
        powers = _fitted(nodes, function(nodes), degree, np.ones_like(nodes))
        error = float(np.abs(np.polyval(powers[::-1], points) / exact - 1).max())
        if error < least:
            best, least = powers, error
        if error <= tolerance:
            break
    # Where alpha is small beside the horizon, powers cancel before the last digits are there.
    if least <= max(tolerance, LOOSEST):
        return tuple(float(c) for c in best)
    raise ValueError(
        f"Curve of {what}: a relative error of {least:.1e} is left. Raise the tolerance."
    )
