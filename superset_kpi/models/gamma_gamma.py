"""The Gamma-Gamma model of spend per purchase (Fader, Hardie & Lee 2005; Fader & Hardie 2013)."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma

from .arrays import FloatArray, columns, require_above
from .likelihood import Bound, Fit, maximise

# gamma is bounded in multiples of the mean spend. Expected spend is finite only for q > 1.
_BOUNDS = (
    Bound(
        "p",
        1e-3,
        1e4,
        "purchases of one customer differ without limit",
        "a customer always spends the same",
    ),
    Bound(
        "q",
        1e-3,
        1e4,
        "a few customers carry the whole mean",
        "all customers spend alike",
        least=1.0,
    ),
    Bound("gamma", 1e-6, 1e6, "a few customers carry the whole mean", "all customers spend alike"),
)


@dataclass(frozen=True)
class GammaGamma:
    """Spend of one purchase Gamma(p, rate nu), nu among customers Gamma(q, rate gamma).

    p is the shape within a customer, q the shape among customers (above 1), gamma in money.
    """

    p: float
    q: float
    gamma: float

    def __post_init__(self) -> None:
        require_above(0, "Gamma-Gamma parameters", p=self.p, gamma=self.gamma)
        require_above(1, "Gamma-Gamma parameters", q=self.q)


def log_likelihood(
    parameters: GammaGamma, x: npt.ArrayLike, m: npt.ArrayLike, weight: npt.ArrayLike = 1.0
) -> tuple[float, FloatArray]:
    """The log-likelihood and its gradient `(3,)` by p, q, gamma; rows need x > 0 and m > 0.

    Fader & Hardie (2013), equation 1a. weight counts the customers that a row stands for.
    """
    x, m, weight = columns("Gamma-Gamma log-likelihood", x=x, m=m, weight=weight)
    if (x <= 0).any() or (m <= 0).any():
        raise ValueError(
            f"Gamma-Gamma log-likelihood: {int(((x <= 0) | (m <= 0)).sum())} rows have no repeat "
            "purchase or no spend. Leave them out, as fit() does."
        )
    return _log_likelihood(np.array(astuple(parameters)), x, m, weight)


def _log_likelihood(
    values: FloatArray, x: FloatArray, m: FloatArray, weight: FloatArray
) -> tuple[float, FloatArray]:
    """The log-likelihood and its gradient at p, q, gamma; columns are checked already."""
    p, q, gamma = values
    shape, spent = p * x, x * m
    ln_rest, ln_share = np.log(gamma / (gamma + spent)), np.log(spent / (gamma + spent))
    value = weight @ (-betaln(shape, q) + q * ln_rest + shape * ln_share - np.log(m))
    psi = digamma(shape + q)
    gradient = np.array(
        [
            weight @ (x * (psi - digamma(shape) + ln_share)),
            weight @ (psi - digamma(q) + ln_rest),
            weight @ (q / gamma - (shape + q) / (gamma + spent)),
        ]
    )
    return float(value), gradient


def fit(x: npt.ArrayLike, m: npt.ArrayLike, weight: npt.ArrayLike = 1.0) -> Fit[GammaGamma]:
    """The Gamma-Gamma fitted to the rows with x > 0 and m > 0; the others are left out.

    observations counts the customers used. A degenerate fit says so, it does not raise. m may be
    below 0 after refunds: such customers are left out too.
    """
    m = np.asarray(m, dtype=np.float64)
    x, m, weight = columns("Gamma-Gamma fit", x=x, m=np.where(m < 0, 0.0, m), weight=weight)
    used = (x > 0) & (m > 0) & (weight > 0)
    x, m, weight = x[used], m[used], weight[used]
    customers = float(weight.sum())
    mean = float(weight @ m) / customers if customers else 1.0
    problems = []
    if customers < 10:
        problems.append(
            f"Gamma-Gamma fit: {customers:g} customers with repeat purchases and spend are too "
            "few. Fit at least some hundreds."
        )
    return maximise(
        "Gamma-Gamma",
        GammaGamma,
        lambda values: _log_likelihood(values, x, m, weight),
        [replace(bound, unit=mean) if bound.name == "gamma" else bound for bound in _BOUNDS],
        [(6.0, 4.0, mean / 2), (1.0, 2.0, mean)],
        observations=customers,
        problems=problems,
    )


def expected_spend(parameters: GammaGamma, x: npt.ArrayLike, m: npt.ArrayLike) -> FloatArray:
    """Expected spend per purchase `(n,)`; the mean of all customers where x is 0.

    Fader & Hardie (2013), equation 5.
    """
    x, m = columns("Gamma-Gamma expected spend", x=x, m=m)
    p, q, gamma = astuple(parameters)
    spend: FloatArray = p * (gamma + x * m) / (p * x + q - 1)
    return spend
