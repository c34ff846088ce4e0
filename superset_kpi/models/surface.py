"""Expected purchases as one polynomial in two fractions, for SQL without a chain of steps.

The series of series.py grows long for young customers and fails for large r or a. A polynomial in
u, from 1 / (x + u_half), and v, from 1 / (T + v_half), does not mind, and it holds for all
frequencies and ages at once: both fractions have a limit. What it stands for is the share of the
horizon that counts: expected purchases over the mean rate (r + x) / (alpha + T), which varies far
less than they do.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn

from .arrays import FloatArray, columns
from .beta_geometric import BetaGeometric, weighted_purchases


@dataclass(frozen=True)
class PurchaseSurface:
    """(r + x) / (alpha + T) * sum of coefficients[j][i] * u**i * v**j, with

    u = u_constant - u_slope / (x + u_half), v = v_constant - v_slope / (T + v_half), both in
    [-1, 1] for 0 <= x <= x_max and T_min <= T <= T_max. max_relative_error is measured on that
    range, in this form.
    """

    r: float
    alpha: float
    u_half: float
    u_slope: float
    u_constant: float
    v_half: float
    v_slope: float
    v_constant: float
    coefficients: tuple[tuple[float, ...], ...]
    x_max: float
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
    x_max: float = math.inf,
    T_min: float = 0.0,
    T_max: float = math.inf,
    tolerance: float = 1e-8,
    reach: float | None = None,
) -> PurchaseSurface:
    """The surface of sum(weight * E[Y(horizon)]) of customers alive, checked against that sum.

    One horizon with weight 1 gives the expected purchases, a DiscountRule the discounted ones.
    v_half follows from reach, by default the longest horizon.
    ValueError if 64 by 64 points do not reach the tolerance.
    """
    if not (0 <= T_min <= T_max and x_max >= 0 and 0 < tolerance < 1):
        raise ValueError(
            f"Purchase surface: x up to {x_max}, ages {T_min} to {T_max}, tolerance {tolerance}. "
            "Give ranges from 0 up, in order, and a tolerance between 0 and 1."
        )
    frame = _frame(parameters, reach or max(horizons), x_max, T_min, T_max)

    def share(x: FloatArray, T: FloatArray) -> FloatArray:
        purchases: FloatArray = weighted_purchases(parameters, horizons, weights, x, T)
        purchases *= (frame.alpha + T) / (frame.r + x)
        return purchases

    error = np.inf
    for points in (16, 32, 64):
        surface, error = _fitted(frame, share, points, tolerance)
        if error <= tolerance:
            return surface
    raise ValueError(
        f"Purchase surface: a relative error of {error:.1e} is left for {parameters}, x up to "
        f"{x_max} and ages {T_min:g} to {T_max:g}. Narrow the ranges or raise the tolerance."
    )


def _fitted(
    frame: PurchaseSurface,
    share: Callable[[FloatArray, FloatArray], FloatArray],
    points: int,
    tolerance: float,
) -> tuple[PurchaseSurface, float]:
    """The shortest surface through so many points that keeps the tolerance, and its error."""
    x, T = _check_points(frame)
    exact = share(x, T)
    nodes = np.cos(np.pi * (np.arange(points) + 0.5) / points)
    grid_x, grid_T = _customers(frame, nodes, nodes)
    values = share(grid_x, grid_T).reshape(points, points)
    surface, error = frame, np.inf
    # The sum of what is dropped bounds the error, but much of it cancels: shortest first.
    for slack in (8.0, 4.0, 2.0, 1.0, 0.5):
        rows = _shortened(values, slack * tolerance)
        rows = _rounded(rows, 0.05 * tolerance * float(np.abs(values).min()))
        surface = dataclasses.replace(frame, coefficients=rows)
        error = float(np.abs(_share(surface, x, T) / exact - 1).max())
        if error <= tolerance:
            break
    return dataclasses.replace(surface, max_relative_error=error), error


def _frame(
    parameters: BetaGeometric, horizon: float, x_max: float, T_min: float, T_max: float
) -> PurchaseSurface:
    """The surface without its coefficients."""
    # The nearest singularities lie at x = -(a + b) and, by age, at -alpha and -alpha - horizon:
    # half-way points that keep both ends of a range equally far from them.
    u_half = parameters.a + parameters.b + parameters.first_counts
    youngest = parameters.alpha + T_min
    v_half = math.sqrt(youngest * (youngest + horizon)) - T_min
    u_slope, u_constant = _axis(u_half, x_max + u_half)
    v_slope, v_constant = _axis(T_min + v_half, T_max + v_half)
    return PurchaseSurface(
        r=parameters.r,
        alpha=parameters.alpha,
        u_half=u_half,
        u_slope=u_slope,
        u_constant=u_constant,
        v_half=v_half,
        v_slope=v_slope,
        v_constant=v_constant,
        coefficients=(),
        x_max=x_max,
        T_min=T_min,
        T_max=T_max,
        max_relative_error=np.inf,
    )


def _axis(low: float, high: float) -> tuple[float, float]:
    """Slope and constant with which constant - slope / low is -1 and constant - slope / high 1."""
    slope = 2 / max(1 / low - 1 / high, 1e-9 / low)
    return slope, slope / low - 1


def _customers(
    frame: PurchaseSurface, u: FloatArray, v: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """x and T at all pairs of u and v, T varying slowest."""
    x = frame.u_slope / (frame.u_constant - u) - frame.u_half
    T = frame.v_slope / (frame.v_constant - v) - frame.v_half
    # Rounding may leave the range by a hair.
    grid = np.meshgrid(np.clip(x, 0, frame.x_max), np.clip(T, frame.T_min, frame.T_max))
    return grid[0].ravel(), grid[1].ravel()


def _check_points(frame: PurchaseSurface) -> tuple[FloatArray, FloatArray]:
    """Frequencies and ages `(n,)` off the nodes: even on the axes, and the first whole numbers."""
    x, T = _customers(frame, np.linspace(-1, 1, 41)[:-1], np.linspace(-1, 1, 38)[:-1])
    whole = np.arange(min(12, math.floor(min(frame.x_max, 12)) + 1), dtype=np.float64)
    ages = np.unique(T)
    some_x, some_T = np.meshgrid(whole, ages)
    return np.append(x, some_x.ravel()), np.append(T, some_T.ravel())


def _rounded(rows: tuple[tuple[float, ...], ...], budget: float) -> tuple[tuple[float, ...], ...]:
    """The coefficients with the fewest decimals that move the sum by at most budget."""
    terms = max(1, sum(len(row) for row in rows))
    decimals = math.ceil(-math.log10(max(budget, 1e-300) / terms))
    return tuple(tuple(round(c, decimals) for c in row) for row in rows)


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
    to_powers = chebyshev_powers(size)
    for j, i in np.argwhere(cheb):
        powers += cheb[j, i] * np.outer(to_powers[j], to_powers[i])
    return tuple(tuple(float(c) for c in powers[j, : max(lengths[j:])]) for j in range(last + 1))


def chebyshev_powers(size: int) -> FloatArray:
    """Power coefficients `[degree, power]` of the Chebyshev polynomials."""
    powers = np.zeros((size, size))
    powers[0, 0] = powers[1, 1] = 1.0
    for n in range(2, size):
        powers[n, 1:] = 2 * powers[n - 1, :-1]
        powers[n] -= powers[n - 2]
    return powers


@dataclass(frozen=True)
class PurchaseFraction:
    """(r + x) / (alpha + T) * sum of rows[j][i] * x**i * T**j / ((x + u_half)**n * (T + v_half)**k)

    with n + 1 the length of every row and k + 1 that of rows: a surface for all x and T with each
    of them written plainly, for SQL without a step in between.
    """

    u_half: float
    v_half: float
    rows: tuple[tuple[float, ...], ...]
    max_relative_error: float


def as_fraction(surface: PurchaseSurface, tolerance: float) -> PurchaseFraction:
    """The surface as a fraction; ValueError where that costs more digits than tolerance leaves."""
    size = max(map(len, surface.coefficients))
    rows = np.array([[*row, *[0.0] * (size - len(row))] for row in surface.coefficients])
    # u = (x - half) / (x + half): u**i is (x - half)**i * (x + half)**(n - i) over (x + half)**n.
    plain = _plain_powers(len(rows), surface.v_half).T @ rows @ _plain_powers(size, surface.u_half)
    digits = math.ceil(-math.log10(tolerance)) + 4
    kept = tuple(tuple(float(f"{c:.{digits}g}") for c in row) for row in plain)
    x, T = _check_points(surface)
    found: FloatArray = np.zeros_like(x)
    for j, row in enumerate(kept):
        for i, coefficient in enumerate(row):
            found += coefficient * x**i * T**j
    found /= (x + surface.u_half) ** (size - 1) * (T + surface.v_half) ** (len(rows) - 1)
    error = float(np.abs(found / _share(surface, x, T) - 1).max())
    if error > tolerance / 2:
        raise ValueError(
            f"Purchase fraction: writing it out adds a relative error of {error:.1e}. "
            "Raise the tolerance."
        )
    return PurchaseFraction(
        surface.u_half, surface.v_half, kept, surface.max_relative_error + error
    )


def _plain_powers(size: int, half: float) -> FloatArray:
    """Coefficients `[i, power]` of (x - half)**i * (x + half)**(size - 1 - i)."""
    rows = []
    for i in range(size):
        row = np.ones(1)
        for factor in [-half] * i + [half] * (size - 1 - i):
            row = np.convolve(row, [factor, 1.0])
        rows.append(row)
    return np.array(rows)


def evaluate(surface: PurchaseSurface, x: npt.ArrayLike, T: npt.ArrayLike) -> FloatArray:
    """The (weighted) expected purchases `(n,)` of customers alive; ValueError off the range."""
    x, T = columns("Purchase surface", x=x, T=T)
    outside: npt.NDArray[np.bool_] = (x > surface.x_max) | (surface.T_min > T) | (surface.T_max < T)
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
    u = surface.u_constant - surface.u_slope / (x + surface.u_half)
    v = surface.v_constant - surface.v_slope / (T + surface.v_half)
    total: FloatArray = np.zeros_like(u)
    for row in reversed(surface.coefficients):
        inner: FloatArray = np.zeros_like(u)
        for coefficient in reversed(row):
            inner = inner * u + coefficient
        total = total * v + inner
    return total
