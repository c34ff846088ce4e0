"""The shifted beta-geometric against the paper and against its closed forms."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from superset_kpi.models import sbg
from superset_kpi.models.sbg import Sbg

from .conftest import assert_slopes

# Survivors of 1,000 customers over seven years: Fader & Hardie (2007), from Berry & Linoff.
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)
# Years 8 to 12, which the paper holds back.
REGULAR_LATER = (223, 207, 194, 183, 173)
HIGH_END_LATER = (468, 445, 427, 409, 394)


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood"),
    [(REGULAR, 0.704, 1.182, -1680.3), (HIGH_END, 0.668, 3.806, -1611.2)],
    ids=["regular", "high end"],
)
def test_the_fit_is_the_published_one(
    survivors: tuple[int, ...], alpha: float, beta: float, log_likelihood: float
) -> None:
    fit = sbg.fit(*sbg.from_survivors(survivors))
    assert (fit.parameters.alpha, fit.parameters.beta) == pytest.approx((alpha, beta), abs=5e-4)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.05)
    assert fit.problems == ()
    assert min(fit.standard_errors) > 0


def test_gradient_and_hessian_are_slopes_of_the_log_likelihood() -> None:
    customers = sbg.from_survivors(REGULAR)
    assert_slopes(lambda at: sbg.log_likelihood(Sbg(*at), *customers), np.array([0.9, 2.0]))


@pytest.mark.parametrize(
    ("survivors", "later"), [(REGULAR, REGULAR_LATER), (HIGH_END, HIGH_END_LATER)]
)
def test_the_years_held_back_are_forecast_within_two_points(
    survivors: tuple[int, ...], later: tuple[int, ...]
) -> None:
    parameters = sbg.fit(*sbg.from_survivors(survivors)).parameters
    forecast = 1000 * sbg.survival(parameters, np.arange(8, 13))
    assert forecast == pytest.approx(later, abs=20)


def test_retention_rises_and_its_product_is_survival() -> None:
    parameters = Sbg(0.668, 3.806)
    rates = sbg.retention(parameters, np.arange(1, 13))
    assert (np.diff(rates) > 0).all()
    assert np.cumprod(rates) == pytest.approx(sbg.survival(parameters, np.arange(1, 13)), rel=1e-13)


@pytest.mark.parametrize("discount_rate", [0.001, 0.01, 0.1, 0.25])
@pytest.mark.parametrize("parameters", [Sbg(0.704, 1.182), Sbg(3.0, 0.5), Sbg(40.0, 900.0)])
def test_the_residual_lifetime_is_the_papers_closed_form(
    parameters: Sbg, discount_rate: float
) -> None:
    """Fader & Hardie (2010), equation 6, by mpmath."""
    renewals = np.array([0, 1, 5, 60])
    found = sbg.discounted_residual_lifetime(parameters, renewals, discount_rate)
    a, b = parameters.alpha, parameters.beta
    with mpmath.workdps(30):
        exact = [
            float((b + n) / (a + b + n) * mpmath.hyp2f1(1, b + n + 1, a + b + n + 1, keep))
            for keep in [1 / (1 + mpmath.mpf(discount_rate))]
            for n in renewals.tolist()
        ]
    assert found == pytest.approx(exact, rel=1e-11)


def test_a_limited_lifetime_is_the_sum_of_its_payments() -> None:
    parameters = Sbg(0.704, 1.182)
    found = sbg.discounted_residual_lifetime(parameters, [3, 0], 0.1, periods=4)
    ratios = sbg.survival(parameters, np.arange(4, 8)) / sbg.survival(parameters, 3)
    assert found[0] == pytest.approx((ratios / 1.1 ** np.arange(4)).sum(), rel=1e-13)
    assert sbg.discounted_residual_lifetime(parameters, 3, 0.1, periods=2000) == pytest.approx(
        sbg.discounted_residual_lifetime(parameters, 3, 0.1), rel=1e-12
    )


def test_a_sum_without_end_or_discount_is_refused() -> None:
    with pytest.raises(ValueError, match="a discount rate of 0 per period has no finite sum"):
        sbg.discounted_residual_lifetime(Sbg(0.7, 1.2), 0, 0)


def test_a_rising_survivor_table_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a survivor table"):
        sbg.from_survivors([1000, 900, 950])


def test_period_zero_has_no_retention() -> None:
    with pytest.raises(ValueError, match="period 0 does not exist"):
        sbg.retention(Sbg(0.7, 1.2), [0, 1])


def test_a_contract_before_its_first_renewal_says_nothing() -> None:
    rows = sbg.from_survivors(REGULAR)
    more = [np.append(column, value) for column, value in zip(rows, (0, 0, 500), strict=True)]
    assert sbg.fit(*more).parameters == sbg.fit(*rows).parameters
