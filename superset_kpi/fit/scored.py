"""Whether what was fitted can be scored in SQL, tried before anything is said to be fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from superset_kpi.fit.counts import Purchases
from superset_kpi.models.arrays import FloatArray
from superset_kpi.models.beta_geometric import BetaGeometric
from superset_kpi.models.curve import new_customer_curve, residual_lifetime_curve
from superset_kpi.models.discount import MONTH, discounted_horizons
from superset_kpi.models.forecast import Form, discounted_ahead, error_at, purchases_ahead
from superset_kpi.models.sbg import Sbg

# What macros look ahead by default, and further.
MONTHS = (12, 24, 60, 120)
DISCOUNT = 1.1 ** (1 / 12) - 1
TOLERANCE = 1e-9
# Histories at which a form is compared with quadrature.
_SAMPLE = 300


@dataclass(frozen=True)
class Scored:
    """How far off the formulas are at most, and what cannot be forecast, as sentences."""

    within: float
    problems: tuple[str, ...]


def scored(parameters: BetaGeometric, purchases: Purchases) -> Scored:
    """Returns how exactly a model is scored for its customers; ValueError if a year cannot be."""
    x, T = _sample(purchases)
    within, problems = 0.0, []
    for months in MONTHS:
        try:
            within = max(within, _within(parameters, months, x, T))
        except ValueError as error:
            if months == MONTHS[0]:
                raise
            problems.append(f"Forecasts of {months} months cannot be scored: {error}")
            break
    return Scored(within, tuple(problems))


def _within(parameters: BetaGeometric, months: int, x: FloatArray, T: FloatArray) -> float:
    weeks = months * MONTH
    ahead = purchases_ahead(parameters, weeks, TOLERANCE)
    _check(ahead, parameters, np.array([weeks]), np.ones(1), x, T)
    discounted = discounted_ahead(parameters, months, DISCOUNT, TOLERANCE)
    _check(discounted, parameters, *discounted_horizons(months, DISCOUNT), x, T)
    return max(TOLERANCE, ahead.tolerance, discounted.tolerance)


def _check(
    form: Form,
    parameters: BetaGeometric,
    horizons: FloatArray,
    weights: FloatArray,
    x: FloatArray,
    T: FloatArray,
) -> None:
    error = error_at(form, parameters, horizons, weights, x, T)
    # Between the points where a form was checked the error may be somewhat larger than at them.
    if not error <= 4 * form.tolerance:
        raise ValueError(
            f"a relative error of {error:.1e} is left for {parameters} on the data's histories."
        )


def _sample(purchases: Purchases) -> tuple[FloatArray, FloatArray]:
    """Frequencies and ages of the data, evenly by frequency and with both ends."""
    order = np.lexsort((purchases.T, purchases.x))
    rows = order[np.unique(np.linspace(0, order.size - 1, _SAMPLE).astype(int))]
    return purchases.x[rows], purchases.T[rows]


def backtest_problem(parameters: BetaGeometric, weeks: float, oldest: float) -> str | None:
    """Returns why the calibration's model cannot be shown beside what happened, or None."""
    return _problem(
        lambda: (purchases_ahead(parameters, weeks, 1e-8), new_customer_curve(parameters, oldest))
    )


def renewals_problem(parameters: Sbg) -> str | None:
    """Returns why a model of renewals cannot be scored, or None."""
    return _problem(lambda: residual_lifetime_curve(parameters, DISCOUNT))


def _problem(write: Callable[[], object]) -> str | None:
    try:
        write()
    except ValueError as error:
        return str(error)
    return None
