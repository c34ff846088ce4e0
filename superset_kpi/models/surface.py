"""Expected purchases as one polynomial in two logarithms, for SQL without a chain of steps.

The series of series.py grows long for young customers and fails for large r or a. A polynomial in
u, from ln(x + shift), and v, from ln(alpha + T), does not mind; it holds between the frequencies
and ages it was built for. What it stands for is the share of the horizon that counts: expected
purchases over the mean rate (r + x) / (alpha + T), which varies far less than they do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn

from .arrays import FloatArray, columns
from .beta_geometric import BetaGeometric, weighted_purchases


@dataclass(frozen=True)
class PurchaseSurface:
    """(r + x) / (alpha + T) * sum of coefficients[j][i] * u**i * v**j, with

    u = u_slope * ln(x + shift) + u_constant, v = v_slope * ln(alpha + T) + v_constant, both in
    [-1, 1] for 0 <= x <= x_max and T_min <= T <= T_max. max_relative_error is measured on that
    range, in this form.
    """

    r: float
    alpha: float
    shift: float
    u_slope: float
    u_constant: float
    v_slope: float
    v_constant: float
    coefficients: tuple[tuple[float, ...], ...]
    x_max: int
    T_min: float
    T_max: float
    max_relative_error: float

    @property
    def terms(self) -> int:
        """Number of coefficients."""
        return sum(len(row) for row in self.coefficients)


def purchase_surface(
    parameters: BetaGeometric,
    horizons: Sequence[float],
    weights: Sequence[float],
    x_max: int,
    T_min: float,
    T_max: float,
    tolerance: float = 1e-8,
) -> PurchaseSurface:
    """The surface of sum(weight * E[Y(horizon)]) of customers alive, checked against that sum.

    One horizon with weight 1 gives the expected purchases, a DiscountRule the discounted ones.
    ValueError if 64 by 64 points do not reach the tolerance.
    """
    if not (0 <= T_min <= T_max and x_max >= 0 and 0 < tolerance < 1):
        raise ValueError(
            f"Purchase surface: x up to {x_max}, ages {T_min} to {T_max}, tolerance {tolerance}. "
            "Give ranges from 0 up, in order, and a tolerance between 0 and 1."
        )
    frame = _frame(parameters, x_max, T_min, T_max)

    def share(x: FloatArray, T: FloatArray) -> FloatArray:
        purchases: FloatArray = weighted_purchases(parameters, horizons, weights, x, T)
        purchases *= (frame.alpha + T) / (frame.r + x)
        return purchases

    x, T = _check_points(frame)
    exact, error = share(x, T), np.inf
    for points in (16, 32, 64):
        grid_x, grid_T = _nodes(frame, points)
        values = share(grid_x, grid_T).reshape(points, points)
        # The sum of what is dropped bounds the error, but much of it cancels: shortest first.
        for slack in (8.0, 4.0, 2.0, 1.0, 0.5):
            rows = _shortened(values, slack * tolerance)
            surface = dataclasses.replace(frame, coefficients=rows)
            error = float(np.abs(_share(surface, x, T) / exact - 1).max())
            if error <= tolerance:
                return dataclasses.replace(surface, max_relative_error=error)
    raise ValueError(
        f"Purchase surface: a relative error of {error:.1e} is left for {parameters}, x up to "
        f"{x_max} and ages {T_min:g} to {T_max:g}. Narrow the ranges or raise the tolerance."
    )


def _frame(parameters: BetaGeometric, x_max: int, T_min: float, T_max: float) -> PurchaseSurface:
    """The surface without its coefficients."""
    # Where x + shift is large for all x the logarithm is a straight line and resolves nothing.
    of_chances = parameters.a + parameters.b + parameters.first_counts
    shift = min(of_chances, max(parameters.r, 1.0))
    u_slope, u_constant = _axis(shift, x_max + shift)
    v_slope, v_constant = _axis(parameters.alpha + T_min, parameters.alpha + T_max)
    return PurchaseSurface(
        r=parameters.r,
        alpha=parameters.alpha,
        shift=shift,
        u_slope=u_slope,
        u_constant=u_constant,
        v_slope=v_slope,
        v_constant=v_constant,
        coefficients=(),
        x_max=x_max,
        T_min=T_min,
        T_max=T_max,
        max_relative_error=np.inf,
    )


def _axis(low: float, high: float) -> tuple[float, float]:
    """Slope and constant that take ln(low) to -1 and ln(high) to 1."""
    half = max(np.log(high / low) / 2, 1e-6)
    return float(1 / half), float(-np.log(low * high) / 2 / half)


def _nodes(frame: PurchaseSurface, points: int) -> tuple[FloatArray, FloatArray]:
    """x and T of the Chebyshev points, both `(points ** 2,)`, T varying slowest."""
    nodes = np.cos(np.pi * (np.arange(points) + 0.5) / points)
    x = np.exp((nodes - frame.u_constant) / frame.u_slope) - frame.shift
    T = np.exp((nodes - frame.v_constant) / frame.v_slope) - frame.alpha
    # Rounding may leave the range by a hair.
    grid = np.meshgrid(np.clip(x, 0, frame.x_max), np.clip(T, frame.T_min, frame.T_max))
    return grid[0].ravel(), grid[1].ravel()


def _check_points(frame: PurchaseSurface) -> tuple[FloatArray, FloatArray]:
    """Whole frequencies and ages `(n,)` off the nodes, spread over the range on the log scale."""
    shift, alpha = frame.shift, frame.alpha
    x = np.round(np.geomspace(shift, frame.x_max + shift, 40) - shift).clip(0, frame.x_max)
    T = np.geomspace(alpha + frame.T_min, alpha + frame.T_max, 47) - alpha
    grid = np.meshgrid(np.unique(x), np.clip(T, frame.T_min, frame.T_max))
    return grid[0].ravel(), grid[1].ravel()


def _shortened(values: FloatArray, tolerance: float) -> tuple[tuple[float, ...], ...]:
    """Power coefficients [j][i] of the interpolant, without what is below tolerance in sum."""
    size = values.shape[0]
    cheb = dctn(values, type=2) / size**2
    cheb[0] /= 2
    cheb[:, 0] /= 2
    order = np.argsort(np.abs(cheb), axis=None)
    budget = tolerance * np.abs(values).min()
    dropped = order[np.cumsum(np.abs(cheb).ravel()[order]) <= budget]
    cheb.ravel()[dropped] = 0.0
    # Each kept term keeps all lower powers: they appear in the power form anyway.
    lengths = [int(np.flatnonzero(row)[-1]) + 1 if row.any() else 0 for row in cheb]
    last = max(j for j, length in enumerate(lengths) if length)
    powers = np.zeros((size, size))
    to_powers = _chebyshev_powers(size)
    for j, i in np.argwhere(cheb):
        powers += cheb[j, i] * np.outer(to_powers[j], to_powers[i])
    return tuple(tuple(float(c) for c in powers[j, : max(lengths[j:])]) for j in range(last + 1))


def _chebyshev_powers(size: int) -> FloatArray:
    """Power coefficients `[degree, power]` of the Chebyshev polynomials."""
    powers = np.zeros((size, size))
    powers[0, 0] = powers[1, 1] = 1.0
    for n in range(2, size):
        powers[n, 1:] = 2 * powers[n - 1, :-1]
        powers[n] -= powers[n - 2]
    return powers


def evaluate(surface: PurchaseSurface, x: npt.ArrayLike, T: npt.ArrayLike) -> FloatArray:
    """The (weighted) expected purchases `(n,)` of customers alive; ValueError off the range."""
    x, T = columns("Purchase surface", x=x, T=T)
    outside = (x > surface.x_max) | (surface.T_min > T) | (surface.T_max < T)
    if outside.any():
        raise ValueError(
            f"Purchase surface: x = {x[outside][0]:g} at age {T[outside][0]:g} lies outside x up "
            f"to {surface.x_max} and ages {surface.T_min:g} to {surface.T_max:g}. Build it for "
            "these customers too."
        )
    purchases: FloatArray = (surface.r + x) / (surface.alpha + T) * _share(surface, x, T)
    return purchases


def _share(surface: PurchaseSurface, x: FloatArray, T: FloatArray) -> FloatArray:
    """The polynomial by Horner's rule, as SQL computes it."""
    u = surface.u_slope * np.log(x + surface.shift) + surface.u_constant
    v = surface.v_slope * np.log(surface.alpha + T) + surface.v_constant
    total: FloatArray = np.zeros_like(u)
    for row in reversed(surface.coefficients):
        inner = np.zeros_like(u)
        for coefficient in reversed(row):
            inner = inner * u + coefficient
        total = total * v + inner
    return total
