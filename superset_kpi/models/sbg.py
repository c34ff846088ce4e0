"""The shifted beta-geometric model of contract renewals (Fader & Hardie 2007, 2010).

At each renewal a customer leaves with a chance of its own, Beta(alpha, beta) among customers.
Periods are counted 1, 2, ...: a customer of tenure n has renewed n times.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma

from .arrays import FloatArray, columns, require_above, trigamma
from .likelihood import Bound, Fit, Slopes, maximise

_BOUNDS = (
    Bound(
        "alpha",
        1e-5,
        1e4,
        "nobody leaves after the first renewals",
        "all leave with one probability",
    ),
    Bound("beta", 1e-5, 1e4, "all leave at the first renewal", "all leave with one probability"),
)


@dataclass(frozen=True)
class Sbg:
    """Chances to leave at a renewal, Beta(alpha, beta) among customers."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        require_above(0, "sBG parameters", alpha=self.alpha, beta=self.beta)


def from_survivors(survivors: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A cohort's numbers alive after 0, 1, 2, ... periods as rows (renewals, has_left, weight).

    Several cohorts are fitted together by concatenating their rows.
    """
    (alive,) = columns("sBG survivors", survivors=survivors)
    if alive.size < 2 or (np.diff(alive) > 0).any():
        raise ValueError(
            f"sBG survivors: {alive.tolist()} is not a survivor table. Give the number of "
            "customers at the start and after each period, never rising."
        )
    ends = np.arange(alive.size - 1, dtype=np.float64)
    return (
        np.append(ends, ends.size),
        np.append(np.ones(ends.size), 0.0),
        np.append(-np.diff(alive), alive[-1]),
    )


def log_likelihood(
    parameters: Sbg, renewals: npt.ArrayLike, has_left: npt.ArrayLike, weight: npt.ArrayLike = 1.0
) -> Slopes:
    """The log-likelihood, its gradient `(2,)` and Hessian `(2, 2)` by alpha, beta.

    A row is a customer, or `weight` of them, who renewed so many times and then left (has_left 1)
    or has not yet come to the next renewal (0).
    """
    renewals, has_left, weight = columns(
        "sBG log-likelihood", renewals=renewals, has_left=has_left, weight=weight
    )
    return _log_likelihood(np.array(astuple(parameters)), renewals, has_left, weight)


def _log_likelihood(
    values: FloatArray, renewals: FloatArray, has_left: FloatArray, weight: FloatArray
) -> Slopes:
    """The log-likelihood, its gradient and Hessian; columns are checked already."""
    alpha, beta = values
    left, stayed = alpha + has_left, beta + renewals
    value = weight @ (betaln(left, stayed) - betaln(alpha, beta))
    psi = digamma(alpha + beta) - digamma(left + stayed)
    gradient = np.array(
        [
            weight @ (digamma(left) - digamma(alpha) + psi),
            weight @ (digamma(stayed) - digamma(beta) + psi),
        ]
    )
    both = weight.sum() * trigamma(alpha + beta) - weight @ trigamma(left + stayed)
    own = [
        weight @ trigamma(left) - weight.sum() * trigamma(alpha),
        weight @ trigamma(stayed) - weight.sum() * trigamma(beta),
    ]
    return float(value), gradient, both + np.diag(own)


def fit(renewals: npt.ArrayLike, has_left: npt.ArrayLike, weight: npt.ArrayLike = 1.0) -> Fit[Sbg]:
    """The sBG fitted to customers or groups; a degenerate fit says so, it does not raise."""
    renewals, has_left, weight = columns(
        "sBG fit", renewals=renewals, has_left=has_left, weight=weight
    )
    if not np.isin(has_left, (0, 1)).all():
        raise ValueError(
            f"sBG fit: has_left holds {has_left[~np.isin(has_left, (0, 1))][0]}. Give 1 for "
            "customers who left and 0 for the others."
        )
    # A contract that has not come to a renewal yet carries no information.
    used = (weight > 0) & ((renewals > 0) | (has_left > 0))
    renewals, has_left, weight = renewals[used], has_left[used], weight[used]
    # Two parameters need two renewals: one retention rate says nothing about how it will change.
    problems = []
    if (renewals + has_left).max(initial=0.0) < 2:
        problems.append("sBG fit: no contract has come to a second renewal. Fit a longer history.")
    return maximise(
        "sBG",
        Sbg,
        lambda values: _log_likelihood(values, renewals, has_left, weight),
        _BOUNDS,
        [(1.0, 2.0), (0.5, 5.0), (20.0, 100.0)],
        observations=float(weight.sum()),
        problems=problems,
    )


def retention(parameters: Sbg, period: npt.ArrayLike) -> FloatArray:
    """The share `(n,)` of those alive that renews at the end of the period, counted from 1."""
    (period,) = columns("sBG retention", period=period)
    if (period < 1).any():
        raise ValueError(
            f"sBG retention: period {period.min():g} does not exist. Count periods from 1."
        )
    alpha, beta = astuple(parameters)
    rate: FloatArray = (beta + period - 1) / (alpha + beta + period - 1)
    return rate


def survival(parameters: Sbg, periods: npt.ArrayLike) -> FloatArray:
    """The share `(n,)` of a cohort still there after so many periods; 1 after none."""
    (periods,) = columns("sBG survival", periods=periods)
    alpha, beta = astuple(parameters)
    share: FloatArray = np.exp(betaln(alpha, beta + periods) - betaln(alpha, beta))
    return share


def discounted_residual_lifetime(
    parameters: Sbg, renewals: npt.ArrayLike, discount_rate: float, periods: int | None = None
) -> FloatArray:
    """Expected payments `(n,)` to come, discounted per period, of customers about to renew again.

    renewals counts what a customer has renewed so far, 0 for a new contract that is paid up. The
    payment at the coming renewal is not discounted. periods ends the sum early; without it the sum
    has no end and discount_rate must be above 0. Fader & Hardie (2010), equation 6.
    """
    (renewals,) = columns("sBG residual lifetime", renewals=renewals)
    if (renewals % 1).any():
        raise ValueError(
            f"sBG residual lifetime: {renewals[renewals % 1 > 0][0]} renewals. Give whole numbers."
        )
    if not (math.isfinite(discount_rate) and discount_rate >= (1e-5 if periods is None else 0)):
        raise ValueError(
            f"sBG residual lifetime: a discount rate of {discount_rate} per period has no finite "
            "sum. Give at least 1e-05, or a number of periods."
        )
    alpha, beta = astuple(parameters)
    keep = 1 / (1 + discount_rate)
    last = int(renewals.max(initial=0))
    if periods is not None:
        payment = np.arange(1, periods + 1)
        tenures, rows = np.unique(renewals, return_inverse=True)
        ln_alive = betaln(alpha, beta + np.add.outer(tenures, payment))
        share = np.exp(ln_alive - betaln(alpha, beta + tenures)[:, None])
        total: FloatArray = (share @ keep ** (payment - 1.0))[rows.ravel()]
        return total
    # Value before a renewal = retention * (payment + discounted value before the next one), started
    # so far out that the discount has wiped out where it starts from.
    values = np.empty(last + 1)
    n = last + math.ceil(38 / math.log1p(discount_rate))
    rate = (beta + n) / (alpha + beta + n)
    value = rate / (1 - keep * rate)
    while n > 0:
        n -= 1
        value = (beta + n) / (alpha + beta + n) * (1 + keep * value)
        if n <= last:
            values[n] = value
    of_rows: FloatArray = values[renewals.astype(int)]
    return of_rows
