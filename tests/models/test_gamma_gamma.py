"""The Gamma-Gamma against the paper."""

from __future__ import annotations

import numpy as np
import pytest

from superset_kpi.models import gamma_gamma
from superset_kpi.models.gamma_gamma import GammaGamma

from .conftest import Customers, assert_slopes


def test_the_fit_of_cdnow_is_the_published_one(cdnow: Customers) -> None:
    """Fader & Hardie (2013): 946 customers with a repeat purchase."""
    fit = gamma_gamma.fit(cdnow.x, cdnow.m)
    found = fit.parameters
    assert (found.p, found.q, found.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=5e-3)
    assert fit.observations == 946
    assert fit.problems == ()


def test_the_papers_first_customers_spend_as_published(
    cdnow: Customers, published_spend: GammaGamma
) -> None:
    spend = gamma_gamma.expected_spend(published_spend, cdnow.x[:3], cdnow.m[:3])
    assert spend == pytest.approx((24.66, 18.92, 35.22), abs=5e-3)


def test_gradient_and_hessian_are_slopes_of_the_log_likelihood(cdnow: Customers) -> None:
    repeats = cdnow.m > 0
    x, m = cdnow.x[repeats], cdnow.m[repeats]
    assert_slopes(
        lambda at: gamma_gamma.log_likelihood(GammaGamma(*at), x, m), np.array([5.0, 3.0, 12.0])
    )


def test_the_currency_does_not_matter(cdnow: Customers) -> None:
    dollars = gamma_gamma.fit(cdnow.x, cdnow.m).parameters
    cents = gamma_gamma.fit(cdnow.x, 100 * cdnow.m).parameters
    assert (cents.p, cents.q, cents.gamma) == pytest.approx(
        (dollars.p, dollars.q, 100 * dollars.gamma), rel=1e-6
    )


def test_a_customer_without_repeat_purchase_spends_the_mean(published_spend: GammaGamma) -> None:
    mean = 6.25 * 15.44 / (3.74 - 1)
    assert gamma_gamma.expected_spend(published_spend, 0, 0)[0] == pytest.approx(mean)


def test_a_mean_without_bound_is_refused() -> None:
    with pytest.raises(ValueError, match=r"q is 1\.0, a number above 1 is needed"):
        GammaGamma(6.25, 1.0, 15.44)


def test_rows_without_spend_are_refused_in_the_likelihood(published_spend: GammaGamma) -> None:
    with pytest.raises(ValueError, match="1 rows have no repeat purchase or no spend"):
        gamma_gamma.log_likelihood(published_spend, [1, 0], [20, 0])
