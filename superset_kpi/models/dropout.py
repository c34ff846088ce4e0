"""Expected purchases where customers hardly differ in their chance to leave, for SQL.

With one chance p for everybody they are (1 - (1 + p * t / (alpha + T)) ** -(r + x)) / p, which ln
and exp say at once and no polynomial follows when a and b are large. The more a and b are, the
nearer Beta(a, b + x) is to one point; a few points in its place give the rest of the digits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import betaln

from .arrays import FloatArray, columns
from .beta_geometric import BetaGeometric, weighted_purchases
from .surface import chebyshev_powers

_NODES = 32
# Where the bend towards chances near 0 starts, and how sharp it is: the second for tiny a.
_BENDS = ((-2.0, 1.0), (-3.0, 0.5))
_STEPS = (1.6, 1.4, 1.25, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.42, 0.35)
# Frequencies, and ages in horizons, at which a rule is checked.
_X = (0, 1, 2, 3, 5, 8, 13, 20, 35, 60, 200)
_AGES = (0.0, 0.05, 0.3, 1.0, 4.0, 20.0, 100.0)


@dataclass(frozen=True)
class DropoutRule:
    """The sum over odds o with their shares and horizons t with their weights of

    (x + half) * share(u) * weight * (1 - (1 + o / (x + stays + o) * t / (alpha + T)) ** -(r + x)),
    each share a polynomial in u = (x - half) / (x + half). It holds for all x and T from 0 up;
    max_relative_error is measured in this form.
    """

    r: float
    alpha: float
    stays: float
    half: float
    horizons: tuple[float, ...]
    weights: tuple[float, ...]
    odds: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]
    tolerance: float
    max_relative_error: float


def dropout_rule(
    parameters: BetaGeometric,
    horizons: Sequence[float],
    weights: Sequence[float],
    tolerance: float = 1e-8,
    most_points: int = 60,
) -> DropoutRule:
    """The rule with few points within the tolerance; ValueError if most_points do not do."""
    # Whole numbers, and between the nodes of the shares.
    u = np.linspace(-0.99, 0.97, 25)
    half = parameters.a + parameters.b + parameters.first_counts
    frequencies = np.append(_X, half * (1 + u) / (1 - u))
    x, T = (grid.ravel() for grid in np.meshgrid(frequencies, max(horizons) * np.array(_AGES)))
    exact = weighted_purchases(parameters, horizons, weights, x, T)
    error, points = np.inf, 0
    for bend, step in itertools.product(_BENDS, _STEPS):
        rule = _rule(parameters, horizons, weights, bend, step, tolerance)
        points = len(rule.odds)
        if points > most_points:
            continue
        error = float(np.abs(evaluate(rule, x, T) / exact - 1).max())
        if error <= tolerance:
            return replace(rule, max_relative_error=error)
    raise ValueError(
        f"Dropout rule: {most_points} points leave a relative error of {error:.1e} for "
        f"{parameters} up to a horizon of {max(horizons):g}. Shorten the horizon."
    )


def _rule(
    parameters: BetaGeometric,
    horizons: Sequence[float],
    weights: Sequence[float],
    bend: tuple[float, float],
    step: float,
    tolerance: float,
) -> DropoutRule:
    """The trapezoidal rule over z, where the odds to leave p / (1 - p) are a * exp(y) / beta

    with y = z - exp(-rate * (z - start)): bent, so that chances near 0 die out fast.
    """
    a, stays = parameters.a, parameters.b + parameters.first_counts
    start, rate = bend
    # The log odds vary by about 1 / sqrt(a).
    z = np.arange(-12.0, 12.0, step / max(1.0, math.sqrt(a)))
    tail = np.exp(-rate * (z - start))
    slope, odds = (1 + rate * tail) * (z[1] - z[0]), a * np.exp(np.maximum(z - tail, -300.0))
    u = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    half = a + stays
    beta = stays + half * (1 + u) / (1 - u)
    ln_p = np.log(odds) - np.log(np.add.outer(beta, odds))
    ln_rest = -np.log1p(odds / beta[:, None])
    ln_density = a * ln_p + beta[:, None] * ln_rest - betaln(a, beta)[:, None]
    # Of E[f(p) / p], in units of 1 / (x + half), which varies as p does.
    shares = slope * np.exp(ln_density - ln_p) / (beta + a)[:, None]
    # What a chance adds at most, to purchases among which it counts most: f is below 1, and
    # below p times all purchases to be had.
    longest = (parameters.r + beta - stays)[:, None] * max(horizons) / parameters.alpha
    adds = shares * np.minimum(1.0, longest * np.exp(ln_p))
    counts = np.flatnonzero((adds > 0.01 * tolerance * adds.sum(axis=1)[:, None]).any(axis=0))
    kept = slice(counts[0], counts[-1] + 1)
    least = float(adds.sum(axis=1).min())
    return DropoutRule(
        r=parameters.r,
        alpha=parameters.alpha,
        stays=stays,
        half=half,
        horizons=tuple(map(float, horizons)),
        weights=tuple(map(float, weights)),
        odds=tuple(map(float, odds[kept])),
        shares=tuple(_powers(column, tolerance * least / 30) for column in shares.T[kept]),
        tolerance=tolerance,
        max_relative_error=np.inf,
    )


def _powers(values: FloatArray, budget: float) -> tuple[float, ...]:
    """Power coefficients of the polynomial through the values at the nodes, within the budget."""
    nodes = np.pi * (np.arange(values.size) + 0.5) / values.size
    cheb = 2 / values.size * np.cos(np.outer(np.arange(values.size), nodes)) @ values
    cheb[0] /= 2
    tail = np.cumsum(np.abs(cheb)[::-1])[::-1]
    kept = max(1, int((tail > budget).sum()))
    powers = cheb[:kept] @ chebyshev_powers(max(kept, 2))[:kept]
    decimals = int(np.ceil(-np.log10(budget / kept)))
    return tuple(round(float(c), decimals) for c in powers[:kept])


def evaluate(rule: DropoutRule, x: npt.ArrayLike, T: npt.ArrayLike) -> FloatArray:
    """The (weighted) expected purchases `(n,)` of customers alive, as SQL computes them."""
    x, T = columns("Dropout rule", x=x, T=T)
    u = 1 - 2 * rule.half / (x + rule.half)
    total: FloatArray = np.zeros_like(u)
    for odds, share in zip(rule.odds, rule.shares, strict=True):
        pace = odds / ((x + rule.stays + odds) * (rule.alpha + T))
        part: FloatArray = np.zeros_like(u)
        for horizon, weight in zip(rule.horizons, rule.weights, strict=True):
            part += weight * (1 - np.exp(-(rule.r + x) * np.log(1 + horizon * pace)))
        total += np.polyval(share[::-1], u) * part
    purchases: FloatArray = (x + rule.half) * total
    return purchases
