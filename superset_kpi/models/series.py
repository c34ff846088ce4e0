"""Expected purchases as a short series in + - * / ln exp: the numbers that SQL needs.

With z = t / (alpha + age + t) and b counted up by one for the MBG/NBD, a customer alive after x
repeat purchases is expected to buy

    N = (c + x) * F - (1 - z) ** (a - 1) * q * z * H
    c = a + b - 1,  q = a + b - 1 - r,  F = (1 - (1 - z) ** (a - 1)) / (a - 1)
    H = 1 + rho_0 * (1 + rho_1 * (1 + ...)),  rho_k = z * numerators[k] / (x + shifts[k])

times. It is the papers' hypergeometric function after Euler's transformation with the pole at
a = 1 divided out; at a + b = 1 nothing happens.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .arrays import FloatArray, columns
from .beta_geometric import BetaGeometric, purchases_if_alive

# F cancels where u = (a - 1) * ln(1 - z) is small; up to here the terms below leave 2e-13 of it.
_SMALL_U = 0.3
U_TERMS = 9
# Purchases at which an error is looked for: it falls with x, except where r + x cancels.
_X = np.array([0, 1, 2, 3, 5, 8, 13, 30, 100, 300, 1000])


@dataclass(frozen=True)
class PurchaseSeries:
    """Coefficients of the series with as many terms as the accuracy up to z_max takes.

    max_relative_error is measured against quadrature, rounding included.
    """

    a: float
    c: float
    q: float
    numerators: tuple[float, ...]
    shifts: tuple[float, ...]
    z_max: float
    max_relative_error: float

    @property
    def is_u_small(self) -> bool:
        """Whether F is to be written `-ln(1 - z) * (1 + u/2 * (1 + u/3 * ...))`.

        u = (a - 1) * ln(1 - z), with U_TERMS terms after the 1. It has no digits to lose at a = 1.
        """
        return abs((self.a - 1) * math.log(1 - self.z_max)) < _SMALL_U


def purchase_series(
    parameters: BetaGeometric,
    z_max: float,
    tolerance: float = 1e-9,
    x_min: int = 0,
    max_terms: int = 400,
) -> PurchaseSeries:
    """The shortest series with a relative error below tolerance for 0 < z <= z_max and x >= x_min.

    z_max is t / (alpha + T_min + t). ValueError if it takes more than max_terms, or if large r or
    a cancel too many digits; surface.py then has another form.
    """
    if not 0 < z_max < 1:
        raise ValueError(
            f"Purchase series: z_max is {z_max}. Give t / (alpha + age + t), between 0 and 1."
        )
    draft = _with_terms(parameters, z_max, max_terms)
    # The error grows with z, but a small z may still be spoilt by rounding.
    z = z_max * np.array([0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97, 1.0])
    x, z = (grid.ravel() for grid in np.meshgrid(x_min + _X, z))
    # t / (alpha + T) = z / (1 - z), whatever the age: take 0.
    exact = purchases_if_alive(parameters, parameters.alpha * z / (1 - z), x, np.zeros_like(x))
    ratios = z[:, None] * draft.numerators / (x[:, None] + draft.shifts)
    with np.errstate(over="ignore", invalid="ignore"):
        products = np.cumprod(np.column_stack([np.ones_like(z), ratios]), axis=1)
        # Column k: the series with k terms.
        values = _assemble(draft, x[:, None], z[:, None], np.cumsum(products, axis=1))
        errors = np.abs(values / exact[:, None] - 1).max(axis=0)
    too_large = np.flatnonzero(~(errors <= tolerance))
    terms = int(too_large[-1]) + 1 if too_large.size else 0
    if terms > max_terms:
        raise ValueError(
            f"Purchase series: {max_terms} terms leave a relative error of {errors[-1]:.1e} up to "
            f"z = {z_max:.4g} for {parameters}. Use a surface, or a shorter horizon."
        )
    return dataclasses.replace(
        draft,
        numerators=draft.numerators[:terms],
        shifts=draft.shifts[:terms],
        max_relative_error=float(errors[terms]),
    )


def _with_terms(parameters: BetaGeometric, z_max: float, terms: int) -> PurchaseSeries:
    """The series with so many terms, its error not yet known."""
    a, b = parameters.a, parameters.b + parameters.first_counts
    q = a + b - 1 - parameters.r
    return PurchaseSeries(
        a=a,
        c=a + b - 1,
        q=q,
        numerators=tuple((a + k) * (q + 1 + k) / (k + 2) for k in range(terms)),
        shifts=tuple(a + b + k for k in range(terms)),
        z_max=z_max,
        max_relative_error=np.inf,
    )


def _assemble(series: PurchaseSeries, x: FloatArray, z: FloatArray, h: FloatArray) -> FloatArray:
    """N from x, z and H."""
    # log and exp as SQL has them: what they lose for small z belongs to the error.
    ln_rest = np.log(1 - z)
    u = (series.a - 1) * ln_rest
    if series.is_u_small:
        nested = np.ones_like(u)
        for n in range(U_TERMS + 1, 1, -1):
            nested = 1 + u / n * nested
        first = -ln_rest * nested
    else:
        first = (1 - np.exp(u)) / (series.a - 1)
    purchases: FloatArray = (series.c + x) * first - np.exp(u) * series.q * z * h
    return purchases


def evaluate(series: PurchaseSeries, x: npt.ArrayLike, z: npt.ArrayLike) -> FloatArray:
    """Expected purchases `(n,)` of customers alive, step by step as SQL computes them."""
    x, z = columns("Purchase series", x=x, z=z)
    h = np.ones_like(z)
    for numerator, shift in zip(reversed(series.numerators), reversed(series.shifts), strict=True):
        h = 1 + numerator * z / (x + shift) * h
    return _assemble(series, x, z, h)
