"""What BG/NBD and MBG/NBD share: buying at a gamma rate, leaving with a beta chance per purchase.

The two differ in one place. In the BG/NBD a customer may leave after each repeat purchase; in the
MBG/NBD also after the first one. With k the number of chances to leave that a customer was seen to
let pass before the last, k = x - 1 for the BG/NBD and k = x for the MBG/NBD, all formulas are one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import ClassVar, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, digamma, expit, gammaln

from .arrays import FloatArray, columns, purchase_columns, require_above, trigamma
from .likelihood import Bound, Fit, Slopes, maximise
from .quadrature import beta_rule

# alpha is bounded in multiples of the longest age, whatever the unit of time.
_BOUNDS = (
    Bound("r", 1e-4, 1e3, "almost nobody comes back", "all customers buy at one rate"),
    Bound("alpha", 1e-6, 1e6, "purchases follow at once", "all customers buy at one rate"),
    Bound("a", 1e-5, 1e3, "no customer is seen to leave", "all leave with one probability"),
    Bound("b", 1e-4, 1e3, "customers leave after a purchase", "all leave with one probability"),
)


@dataclass(frozen=True)
class BetaGeometric:
    """Purchase rates Gamma(r, rate alpha), chances to leave Beta(a, b); alpha in units of time."""

    r: float
    alpha: float
    a: float
    b: float

    # 1 if a customer may leave right after the first purchase, so that x = 0 may be gone too.
    first_counts: ClassVar[int]
    title: ClassVar[str]

    def __post_init__(self) -> None:
        where = f"{self.title} parameters"
        require_above(0, where, r=self.r, alpha=self.alpha, a=self.a, b=self.b)


M = TypeVar("M", bound=BetaGeometric)


def log_likelihood(
    parameters: BetaGeometric,
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    T: npt.ArrayLike,
    weight: npt.ArrayLike = 1.0,
) -> Slopes:
    """The log-likelihood, its gradient `(4,)` and Hessian `(4, 4)` by r, alpha, a, b.

    weight counts the customers that a row stands for. Fader, Hardie & Lee (2005), equation 6;
    Batislam, Denizel & Filiztekin (2007) for the MBG/NBD.
    """
    where = f"{parameters.title} log-likelihood"
    x, t_x, T, weight = purchase_columns(where, x, t_x, T, weight)
    counts = _Counts(x, t_x, T, weight, parameters.first_counts)
    return counts.log_likelihood(np.array(astuple(parameters)))


# Rows worked on at once: they stay in the processor's cache, and numpy does not start threads.
_BLOCK = 2048


class _Counts:
    """Rows (x, t_x, T, weight) with what does not depend on the parameters worked out once."""

    def __init__(
        self, x: FloatArray, t_x: FloatArray, T: FloatArray, weight: FloatArray, first_counts: int
    ) -> None:
        self.t_x, self.T, self.weight, self.first_counts = t_x, T, weight, first_counts
        # The gamma functions depend on x alone, of which there are few distinct values.
        self.distinct_x, inverse = np.unique(x, return_inverse=True)
        self.x_number = inverse.ravel()
        self.customers = np.bincount(self.x_number, weights=weight)
        may_be_gone = x + first_counts > 0
        self.blocks = [
            (x[rows], t_x[rows], T[rows], weight[rows], np.flatnonzero(may_be_gone[rows]))
            for rows in (slice(i, i + _BLOCK) for i in range(0, x.size, _BLOCK))
        ]

    def coarse(self) -> _Counts:
        """The same customers in fewer groups: alike in x, and about alike in t_x and T."""
        width = self.T.max(initial=0.0) / 15 or 1.0
        bins = (self.t_x // width).astype(np.intp), (self.T // width).astype(np.intp)
        number = (self.x_number * 16 + bins[0]) * 16 + bins[1]
        weight = np.bincount(number, self.weight).astype(np.float64)
        used = np.flatnonzero(weight)
        t_x, T = (
            np.bincount(number, self.weight * column)[used] / weight[used]
            for column in (self.t_x, self.T)
        )
        return _Counts(self.distinct_x[used // 256], t_x, T, weight[used], self.first_counts)

    def log_likelihood(self, values: FloatArray) -> Slopes:
        """The log-likelihood, its gradient `(4,)` and Hessian `(4, 4)` at r, alpha, a, b."""
        r, alpha, a, b = values
        x, n = self.distinct_x, self.customers
        total = n.sum()
        k = b + x - 1 + self.first_counts
        value = n @ (gammaln(r + x) + gammaln(k + 1) - gammaln(a + k + 1)) + total * (
            r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b)
        )
        psi_last, psi_all = n @ digamma(a + k + 1), total * digamma(a + b)
        gradient = np.array(
            [
                n @ digamma(r + x) + total * (np.log(alpha) - digamma(r)),
                total * r / alpha,
                psi_all - psi_last,
                psi_all - psi_last + n @ digamma(k + 1) - total * digamma(b),
            ]
        )
        hessian = np.zeros((4, 4))
        hessian[0, 0] = n @ trigamma(r + x) - total * trigamma(r)
        hessian[0, 1] = hessian[1, 0] = total / alpha
        hessian[1, 1] = -total * r / alpha**2
        hessian[2:, 2:] = total * trigamma(a + b) - n @ trigamma(a + k + 1)
        hessian[3, 3] += n @ trigamma(k + 1) - total * trigamma(b)
        for block in self.blocks:
            ends = self._ends(values, *block)
            value, gradient, hessian = value + ends[0], gradient + ends[1], hessian + ends[2]
        return float(value), gradient, hessian

    def _ends(
        self,
        values: FloatArray,
        x: FloatArray,
        t_x: FloatArray,
        T: FloatArray,
        weight: FloatArray,
        may_be_gone: npt.NDArray[np.intp],
    ) -> Slopes:
        """The part of some rows with their two ways to end: still here at T, or gone since t_x."""
        r, alpha, a, b = values
        # Still here: (alpha + T) ** -(r + x).
        here, by_here, s = np.log(alpha + T), 1 / (alpha + T), r + x
        value = -(weight @ (s * here))
        gradient, hessian = np.zeros(4), np.zeros((4, 4))
        gradient[:2] = -(weight @ here), -(weight @ (s * by_here))
        hessian[0, 1] = -(weight @ by_here)
        hessian[1, 1] = weight @ (s * by_here**2)
        # Or gone: times 1 + odds.
        x, t_x, weight, here, by_here, s = (
            column[may_be_gone] for column in (x, t_x, weight, here, by_here, s)
        )
        left, by_left = np.log(alpha + t_x), 1 / (alpha + t_x)
        k = b + x - 1 + self.first_counts
        odds = np.log(a / k) + s * (here - left)
        tail = np.exp(-np.abs(odds))
        value += weight @ (np.maximum(odds, 0) + np.log1p(tail))
        share = np.where(odds > 0, 1.0, tail) / (1 + tail)
        gone = weight * share
        by_odds = np.stack([here - left, s * (by_here - by_left), np.full_like(k, 1 / a), -1 / k])
        gradient += by_odds @ gone
        hessian += (by_odds * (gone * (1 - share))) @ by_odds.T
        hessian[0, 1] += gone @ (by_here - by_left)
        hessian[1, 0] = hessian[0, 1]
        hessian[1, 1] += gone @ (s * (by_left**2 - by_here**2))
        hessian[2, 2] -= gone.sum() / a**2
        hessian[3, 3] += gone @ (1 / k**2)
        return value, gradient, hessian


def fit(
    model: type[M],
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    T: npt.ArrayLike,
    weight: npt.ArrayLike = 1.0,
) -> Fit[M]:
    """The model fitted by maximum likelihood; a degenerate fit says so, it does not raise."""
    x, t_x, T, weight = purchase_columns(f"{model.title} fit", x, t_x, T, weight)
    x, t_x, T, weight = (column[weight > 0] for column in (x, t_x, T, weight))
    counts = _Counts(x, t_x, T, weight, model.first_counts)
    unit = float(T.max(initial=0.0)) or 1.0
    # Purchases a customer per unit of time, as if nobody left.
    rate = max(float(weight @ x), 0.5) / max(float(weight @ T), 0.5 * unit)
    shapes = [(0.3, 0.8, 2.5), (3.0, 0.8, 2.5), (0.8, 0.02, 1.0), (0.8, 5.0, 50.0)]
    return maximise(
        model.title,
        model,
        counts.log_likelihood,
        [replace(bound, unit=unit) if bound.name == "alpha" else bound for bound in _BOUNDS],
        [(r, r / rate / 2, a, b) for r, a, b in shapes],
        observations=float(weight.sum()),
        problems=_problems(model.title, x, T, weight),
        race=counts.coarse().log_likelihood,
    )


def _problems(title: str, x: FloatArray, T: FloatArray, weight: FloatArray) -> list[str]:
    """What makes the data itself unfit for the model, as sentences."""
    if x.size == 0:
        return [f"{title} fit: no customers. Widen the calibration period or the filter."]
    problems = []
    if weight.sum() < 10:
        problems.append(
            f"{title} fit: {weight.sum():g} customers are too few. Fit at least some hundreds."
        )
    if not (x > 0).any():
        problems.append(
            f"{title} fit: no customer has a repeat purchase. Fit a longer calibration period."
        )
    if not (T > 0).any():
        problems.append(
            f"{title} fit: every age is 0. Move the end of observation after the first purchases."
        )
    return problems


def p_alive(
    parameters: BetaGeometric, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike
) -> FloatArray:
    """The probability `(n,)` of being still a customer at age T.

    1 for x = 0 in the BG/NBD, which lets nobody leave before a repeat purchase.
    """
    x, t_x, T, _ = purchase_columns(f"{parameters.title} P(alive)", x, t_x, T)
    r, alpha, a, b = astuple(parameters)
    k = x - 1 + parameters.first_counts
    gone = k >= 0
    alive = np.ones_like(T)
    # Never as a power: (ratio) ** (r + x) overflows from a few hundred purchases on.
    odds = np.log(a / (b + k[gone])) + (r + x[gone]) * (
        np.log((alpha + T[gone]) / (alpha + t_x[gone]))
    )
    alive[gone] = expit(-odds)
    return alive


def expected_purchases(
    parameters: BetaGeometric,
    t: npt.ArrayLike,
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    T: npt.ArrayLike,
) -> FloatArray:
    """Expected purchases `(n,)` in the next t units of time; t is one number or one per customer.

    Defined for all parameters and all t >= 0.
    """
    alive = p_alive(parameters, x, t_x, T)
    return alive * purchases_if_alive(parameters, t, x, T)


def purchases_if_alive(
    parameters: BetaGeometric, t: npt.ArrayLike, x: npt.ArrayLike, T: npt.ArrayLike
) -> FloatArray:
    """Expected purchases `(n,)` in the next t units of time of a customer known to be alive at T.

    The papers write it with a hypergeometric function, which has a pole at a = 1 and at
    a + b = 1 and cancels for large r. It is also the mean, over the chance p to leave of those
    still there, of (1 - (1 + p * t / (alpha + T)) ** -(r + x)) / p: a sum of positive terms.
    """
    t, x, T = columns(f"{parameters.title} expected purchases", t=t, x=x, T=T)
    tau = t / (parameters.alpha + T)
    distinct, inverse = _distinct_pairs(x, tau)
    values = np.empty(distinct.shape[1])
    of_x, counts = np.unique(distinct[0], return_counts=True)
    ends = np.cumsum(counts)
    for value, first, last in zip(of_x, ends - counts, ends, strict=True):
        values[first:last] = _mean_over_p(parameters, value, distinct[1, first:last])
    return values[inverse]


def weighted_purchases(
    parameters: BetaGeometric,
    horizons: Sequence[float] | FloatArray,
    weights: Sequence[float] | FloatArray,
    x: npt.ArrayLike,
    T: npt.ArrayLike,
) -> FloatArray:
    """The sum `(n,)` of weight * purchases_if_alive(horizon), once for customers alike."""
    x, T = columns(f"{parameters.title} expected purchases", x=x, T=T)
    ahead = [(h, w) for h, w in zip(horizons, weights, strict=True) if w > 0]
    distinct, inverse = _distinct_pairs(x, T)
    # All horizons at once: what depends on the frequency alone is worked out once.
    at = np.array([horizon for horizon, _ in ahead])[:, None]
    bought = purchases_if_alive(
        parameters,
        np.broadcast_to(at, (len(ahead), distinct.shape[1])).ravel(),
        np.tile(distinct[0], len(ahead)),
        np.tile(distinct[1], len(ahead)),
    ).reshape(len(ahead), -1)
    total: FloatArray = np.array([weight for _, weight in ahead]) @ bought
    return total[inverse]


def _distinct_pairs(x: FloatArray, y: FloatArray) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """The distinct pairs `(2, pairs)` in order of x, and for each row the index of its pair."""
    order = np.lexsort((y, x))
    pairs = np.stack([x[order], y[order]])
    is_new = np.ones(x.size, dtype=bool)
    is_new[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
    inverse = np.empty(x.size, dtype=np.intp)
    inverse[order] = np.cumsum(is_new) - 1
    return pairs[:, is_new], inverse


def _mean_over_p(parameters: BetaGeometric, x: float, tau: FloatArray) -> FloatArray:
    """The mean over Beta(a, b + x) for one x and many tau, by a rule that suits the largest."""
    r, _, a, b = astuple(parameters)
    s = r + x

    def mean(nodes: int, at: FloatArray) -> FloatArray:
        p, weight = beta_rule(a, b + x + parameters.first_counts, nodes)
        bought = -np.expm1(-s * np.log1p(np.multiply.outer(at, p)))
        means: FloatArray = bought @ (weight / p)
        return means

    worst = tau.max(keepdims=True)
    nodes, coarse = 16, mean(16, worst)
    while nodes < 256:
        nodes, fine = 2 * nodes, mean(2 * nodes, worst)
        # The error of a Gauss rule squares as its points double: 1e-8 here is 1e-15 there.
        if abs(coarse[0] - fine[0]) <= 1e-8 * fine[0]:
            return mean(nodes, tau)
        coarse = fine
    return _mean_by_parts(parameters, x, tau)


def _mean_by_parts(parameters: BetaGeometric, x: float, tau: FloatArray) -> FloatArray:
    """The mean over Beta(a, b + x) where the horizon is hundreds of times alpha + age.

    By parts it is the integral of the falling slope of (1 - (1 + p * tau) ** -s) / p, times the
    distribution function of p. Over ln(p / (1 - p)) both ends die out exponentially, and the
    trapezoidal rule converges as fast as a Gauss rule (Trefethen & Weideman 2014).
    """
    s, beta = parameters.r + x, parameters.b + x + parameters.first_counts
    first = -math.log(float(tau.max()) * (s + 1)) - 40

    def integral(points: int) -> FloatArray:
        y, step = np.linspace(first, 40.0, points, retstep=True)
        p, rest = expit(y), expit(-y)
        weight: FloatArray = step * betainc(parameters.a, beta, p) * rest / p
        total = np.empty_like(tau)
        # A few rows at once: many ages by many points would not fit the cache.
        for rows in (slice(i, i + 16) for i in range(0, tau.size, 16)):
            total[rows] = _slope(s, np.multiply.outer(tau[rows], p)) @ weight
        return total

    # What is left at p = 1, where the distribution function is 1.
    end = -np.expm1(-s * np.log1p(tau))
    points, coarse = 257, integral(257)
    while points < 20_000:
        points = 2 * points - 1
        fine = integral(points)
        if (np.abs(fine - coarse) <= 1e-9 * (end + fine)).all():
            total: FloatArray = end + fine
            return total
        coarse = fine
    raise ValueError(
        f"{parameters.title} expected purchases: a horizon of {tau.max():.4g} times alpha + age is "
        "out of reach. Shorten the horizon or fit with a larger alpha."
    )


def _slope(s: float, z: FloatArray) -> FloatArray:
    """1 - (1 + z) ** -s - s * z * (1 + z) ** -(s + 1), without cancelling for small z."""
    exact: FloatArray = -np.expm1(-s * np.log1p(z)) - s * z * np.exp(-(s + 1) * np.log1p(z))
    small = s * (s + 1) * z**2 * (0.5 - (s + 2) * z / 3 + (s + 2) * (s + 3) * z**2 / 8)
    slope: FloatArray = np.where((s + 3) * z > 1e-3, exact, small)
    return slope
