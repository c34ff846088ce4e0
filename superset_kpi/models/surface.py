"""Expected purchases as one polynomial in two fractions, for SQL without a chain of steps.

The series of series.py grows long for young customers and fails for large r or a. A polynomial in
u, from 1 / (x + u_half), and v, from 1 / (T + v_half), does not mind, and it holds for all
frequencies and ages at once: both fractions have a limit. What it stands for is the share of the
horizon that counts: expected purchases over the mean rate (r + x) / (alpha + T), which varies far
less than they do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn

from .arrays import FloatArray, columns
from .beta_geometric import BetaGeometric, weighted_purchases

# Horizons of more than so many alpha take other axes, and so may more chances to leave than these.
_LONG_HORIZON = 100.0
MANY_CHANCES = 20.0
# What a surface among many chances has to hold, so that nothing else is looked for.
_FOLLOWED = 5e-10
# A surface longer than this is given up for a looser tolerance, where one is allowed.
_MOST_TERMS = 600


@dataclass(frozen=True)
class Axes:
    """u = (x - u_half) / (x + u_half) and v = (s - v_half) / (s + v_half), both in [-1, 1].

    s is the age T or, where root_of is above 0, sqrt(T + root_of) - sqrt(root_of).
    """

    u_half: float
    v_half: float
    root_of: float = 0.0

    def u(self, x: FloatArray) -> FloatArray:
        """By frequency."""
        return 1 - 2 * self.u_half / (x + self.u_half)

    def v(self, T: FloatArray) -> FloatArray:
        """By age."""
        s = np.sqrt(T + self.root_of) - math.sqrt(self.root_of) if self.root_of else T
        return 1 - 2 * self.v_half / (s + self.v_half)

    def customers(self, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """x and T at all pairs of u and v, T varying slowest."""
        s = self.v_half * (1 + v) / (1 - v)
        grid = np.meshgrid(
            self.u_half * (1 + u) / (1 - u),
            s * (s + 2 * math.sqrt(self.root_of)) if self.root_of else s,
        )
        return grid[0].ravel(), grid[1].ravel()


def axes(parameters: BetaGeometric, reach: float) -> Axes:
    """Where a surface up to a horizon of reach has its half-way points.

    The nearest singularities lie at x = -(a + b) and, by age, between -alpha and -alpha - reach:
    half-way points that keep both ends of a range equally far from them. Where alpha is small
    beside the horizon that is no longer far enough: the root of the age turns the singularities
    out of the way. And among many chances to leave what happens at the first ones needs room.
    """
    chances = parameters.a + parameters.b + parameters.first_counts
    is_usual = chances <= MANY_CHANCES or is_followed(parameters, reach)
    u_half = chances if is_usual else 1.5 * math.sqrt(chances)
    if is_usual and reach <= _LONG_HORIZON * parameters.alpha:
        return _usual_axes(parameters, reach)
    return Axes(u_half, math.sqrt(parameters.alpha + reach), parameters.alpha)


def _usual_axes(parameters: BetaGeometric, reach: float) -> Axes:
    chances = parameters.a + parameters.b + parameters.first_counts
    return Axes(chances, math.sqrt(parameters.alpha * (parameters.alpha + reach)))


@lru_cache(maxsize=256)
def is_followed(parameters: BetaGeometric, reach: float) -> bool:
    """Whether a surface on the usual axes is short enough and holds up to a horizon of reach.

    It does where a horizon is short beside alpha or few leave, however many their chances are.
    """
    if reach > _LONG_HORIZON * parameters.alpha:
        return False
    samples = _Samples(
        _usual_axes(parameters, reach), _counting_share(parameters, (reach,), (1.0,))
    )
    for points in (16, 32):
        rows, error = samples.fitted(points, _FOLLOWED)
        if error <= _FOLLOWED:
            return sum(map(len, rows)) <= _MOST_TERMS
    return False


def _counting_share(
    parameters: BetaGeometric, horizons: Sequence[float], weights: Sequence[float]
) -> Callable[[FloatArray, FloatArray], FloatArray]:
    """The share of a horizon that counts, as a function of x and T."""

    def share(x: FloatArray, T: FloatArray) -> FloatArray:
        purchases: FloatArray = weighted_purchases(parameters, horizons, weights, x, T)
        purchases *= (parameters.alpha + T) / (parameters.r + x)
        return purchases

    return share


@dataclass(frozen=True)
class PurchaseSurface:
    """(r + x) / (alpha + T) * sum of coefficients[j][i] * u**i * v**j, for all x and T from 0 up.

    max_relative_error is measured in this form; tolerance is what it was built for.
    """

    r: float
    alpha: float
    axes: Axes
    coefficients: tuple[tuple[float, ...], ...]
    tolerance: float
    max_relative_error: float

    @property
    def terms(self) -> int:
        """Number of coefficients."""
        return sum(len(row) for row in self.coefficients)


def purchase_surface(
    parameters: BetaGeometric,
    horizons: Sequence[float],
    weights: Sequence[float],
    tolerance: float = 1e-8,
    reach: float | None = None,
    loosest: float = 0.0,
) -> PurchaseSurface:
    """The surface of sum(weight * E[Y(horizon)]) of customers alive, checked against that sum.

    One horizon with weight 1 gives the expected purchases, a DiscountRule the discounted ones. The
    axes follow from reach, by default the longest horizon. Where a tolerance takes more than 600
    terms, or more than 64 by 64 points, the next power of ten up to loosest is taken.
    ValueError if that does not do either.
    """
    if not 0 < tolerance < 1:
        raise ValueError(f"Purchase surface: tolerance {tolerance}. Give one between 0 and 1.")
    frame = axes(parameters, reach or max(horizons))
    samples = _Samples(frame, _counting_share(parameters, horizons, weights))
    error = np.inf
    for allowed in tolerances(tolerance, loosest):
        is_last = allowed >= loosest
        for points in (16, 32, 64):
            rows, error = samples.fitted(points, allowed)
            if error <= allowed:
                surface = PurchaseSurface(
                    parameters.r, parameters.alpha, frame, rows, allowed, error
                )
                if is_last or surface.terms <= _MOST_TERMS:
                    return surface
                break
        if error > 1e3 * max(loosest, tolerance):
            break
    raise ValueError(
        f"Purchase surface: a relative error of {error:.1e} is left for {parameters} up to a "
        f"horizon of {max(horizons):g}. Shorten the horizon."
    )


def tolerances(tolerance: float, loosest: float) -> Iterator[float]:
    """The tolerance, and after it the powers of ten up to the loosest."""
    yield tolerance
    power = math.floor(math.log10(tolerance) + 1e-9) + 1
    while 10.0**power <= loosest:
        yield 10.0**power
        power += 1


class _Samples:
    """A function at the points where it is interpolated and checked, each worked out once."""

    def __init__(
        self, frame: Axes, function: Callable[[FloatArray, FloatArray], FloatArray]
    ) -> None:
        self.frame, self.function = frame, function
        x, T = _check_points(frame)
        self.u, self.v, self.exact = frame.u(x), frame.v(T), function(x, T)
        self.grids: dict[int, FloatArray] = {}

    def grid(self, points: int) -> FloatArray:
        """The values `(points, points)` at the nodes of so many points a side."""
        if points not in self.grids:
            nodes = np.cos(np.pi * (np.arange(points) + 0.5) / points)
            values = self.function(*self.frame.customers(nodes, nodes))
            self.grids[points] = values.reshape(points, points)
        return self.grids[points]

    def fitted(self, points: int, tolerance: float) -> tuple[tuple[tuple[float, ...], ...], float]:
        """The shortest coefficients through so many points within tolerance, and their error."""
        values = self.grid(points)
        rows: tuple[tuple[float, ...], ...] = ()
        error = np.inf
        # The sum of what is dropped bounds the error, but much of it cancels: shortest first.
        for slack in (8.0, 4.0, 2.0, 1.0, 0.5):
            rows = _shortened(values, slack * tolerance)
            rows = _rounded(rows, 0.05 * tolerance * float(np.abs(values).min()))
            error = float(np.abs(_polynomial(rows, self.u, self.v) / self.exact - 1).max())
            if error <= tolerance:
                break
        return rows, error


def _check_points(frame: Axes) -> tuple[FloatArray, FloatArray]:
    """Frequencies and ages `(n,)` off the nodes: even on the axes, and the first whole numbers."""
    x, T = frame.customers(np.linspace(-1, 1, 41)[:-1], np.linspace(-1, 1, 38)[:-1])
    some_x, some_T = np.meshgrid(np.arange(13.0), np.unique(T))
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
    if surface.axes.root_of:
        raise ValueError("Purchase fraction: there is none by the root of the age. Use a surface.")
    size = max(map(len, surface.coefficients))
    rows = np.array([[*row, *[0.0] * (size - len(row))] for row in surface.coefficients])
    # u = (x - half) / (x + half): u**i is (x - half)**i * (x + half)**(n - i) over (x + half)**n.
    frame = surface.axes
    plain = _plain_powers(len(rows), frame.v_half).T @ rows @ _plain_powers(size, frame.u_half)
    digits = math.ceil(-math.log10(tolerance)) + 4
    kept = tuple(tuple(float(f"{c:.{digits}g}") for c in row) for row in plain)
    x, T = _check_points(frame)
    found: FloatArray = np.zeros_like(x)
    for j, row in enumerate(kept):
        for i, coefficient in enumerate(row):
            found += coefficient * x**i * T**j
    found /= (x + frame.u_half) ** (size - 1) * (T + frame.v_half) ** (len(rows) - 1)
    error = float(np.abs(found / _share(surface, x, T) - 1).max())
    if error > tolerance / 2:
        raise ValueError(
            f"Purchase fraction: writing it out adds a relative error of {error:.1e}. "
            "Raise the tolerance."
        )
    return PurchaseFraction(frame.u_half, frame.v_half, kept, surface.max_relative_error + error)


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
    """The (weighted) expected purchases `(n,)` of customers alive."""
    x, T = columns("Purchase surface", x=x, T=T)
    purchases: FloatArray = (surface.r + x) / (surface.alpha + T) * _share(surface, x, T)
    return purchases


def _share(surface: PurchaseSurface, x: FloatArray, T: FloatArray) -> FloatArray:
    return _polynomial(surface.coefficients, surface.axes.u(x), surface.axes.v(T))


def _polynomial(rows: tuple[tuple[float, ...], ...], u: FloatArray, v: FloatArray) -> FloatArray:
    """The polynomial by Horner's rule, as SQL computes it."""
    total: FloatArray = np.zeros_like(u)
    for row in reversed(rows):
        inner: FloatArray = np.zeros_like(u)
        for coefficient in reversed(row):
            inner = inner * u + coefficient
        total = total * v + inner
    return total
