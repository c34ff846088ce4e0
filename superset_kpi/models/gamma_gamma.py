"""The Gamma-Gamma model of spend per purchase (Fader, Hardie & Lee 2005; Fader & Hardie 2013)."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma

from .arrays import FloatArray, columns, require_above, trigamma
from .likelihood import Bound, Fit, Slopes, maximise

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
) -> Slopes:
    """The log-likelihood, its gradient `(3,)` and Hessian `(3, 3)` by p, q, gamma.

    Rows need x > 0 and m > 0.

    Fader & Hardie (2013), equation 1a. weight counts the customers that a row stands for.
    """
    x, m, weight = columns("Gamma-Gamma log-likelihood", x=x, m=m, weight=weight)
    if (x <= 0).any() or (m <= 0).any():
        raise ValueError(
            f"Gamma-Gamma log-likelihood: {int(((x <= 0) | (m <= 0)).sum())} rows have no repeat "
            "purchase or no spend. Leave them out, as fit() does."
        )
    return _Spent(x, m, weight).log_likelihood(np.array(astuple(parameters)))


class _Spent:
    """Rows (x, m, weight) with what does not depend on the parameters worked out once."""

    def __init__(self, x: FloatArray, m: FloatArray, weight: FloatArray) -> None:
        self.x, self.spent, self.weight = x, x * m, weight
        # The gamma functions depend on x alone, of which there are few distinct values.
        self.distinct_x, number = np.unique(x, return_inverse=True)
        self.customers = np.bincount(number.ravel(), weights=weight)
        self.ln_m = weight @ np.log(m)

    def log_likelihood(self, values: FloatArray) -> Slopes:
        """The log-likelihood, its gradient `(3,)` and Hessian `(3, 3)` at p, q, gamma."""
        p, q, gamma = values
        x, n, total = self.distinct_x, self.customers, self.customers.sum()
        weight, weight_x = self.weight, self.weight * self.x
        whole = gamma + self.spent
        ln_rest, ln_share = weight @ np.log(gamma / whole), weight_x @ np.log(self.spent / whole)
        value = q * ln_rest + p * ln_share - n @ betaln(p * x, q) - self.ln_m
        psi, psi_1 = digamma(p * x + q), trigamma(p * x + q)
        shape = p * self.x + q
        gradient = np.array(
            [
                n @ (x * (psi - digamma(p * x))) + ln_share,
                n @ psi - total * digamma(q) + ln_rest,
                weight @ (q / gamma - shape / whole),
            ]
        )
        p_q, p_gamma = n @ (x * psi_1), -(weight_x @ (1 / whole))
        q_gamma = weight @ (1 / gamma - 1 / whole)
        hessian = np.array(
            [
                [n @ (x**2 * (psi_1 - trigamma(p * x))), p_q, p_gamma],
                [p_q, n @ psi_1 - total * trigamma(q), q_gamma],
                [p_gamma, q_gamma, weight @ (shape / whole**2 - q / gamma**2)],
            ]
        )
        return float(value), gradient, hessian


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
        _Spent(x, m, weight).log_likelihood,
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
