"""The plain numbers for SQL: series, discount rules, surfaces."""

from __future__ import annotations

import numpy as np
import pytest

from superset_kpi.models import bg_nbd
from superset_kpi.models.beta_geometric import BetaGeometric, weighted_purchases
from superset_kpi.models.bg_nbd import BgNbd
from superset_kpi.models.discount import discount_rule, discounted_horizons
from superset_kpi.models.gamma_gamma import GammaGamma
from superset_kpi.models.lifetime_value import discounted_purchases, lifetime_value
from superset_kpi.models.quadrature import beta_rule, reduced_rule
from superset_kpi.models.series import evaluate, purchase_series

from .conftest import Customers


def test_the_series_forecasts_cdnow_like_the_quadrature(cdnow: Customers, published: BgNbd) -> None:
    z = 39 / (published.alpha + cdnow.T + 39)
    series = purchase_series(published, z.max())
    found = bg_nbd.p_alive(published, cdnow.x, cdnow.t_x, cdnow.T) * evaluate(series, cdnow.x, z)
    exact = bg_nbd.expected_purchases(published, 39, cdnow.x, cdnow.t_x, cdnow.T)
    assert found == pytest.approx(exact, rel=1e-9)
    assert len(series.numerators) == 30


@pytest.mark.parametrize(("z_max", "terms"), [(0.3, 15), (0.5, 26), (0.7, 49), (0.9, 157)])
def test_the_number_of_terms_grows_with_z(published: BgNbd, z_max: float, terms: int) -> None:
    series = purchase_series(published, z_max)
    assert len(series.numerators) == len(series.shifts) == terms
    assert series.max_relative_error <= 1e-9


def test_frequent_buyers_need_fewer_terms(published: BgNbd) -> None:
    assert len(purchase_series(published, 0.9, x_min=5).numerators) < 45


def test_one_term_less_breaks_the_tolerance(published: BgNbd) -> None:
    exact = bg_nbd.purchases_if_alive(published, published.alpha, 0, 0)
    series = purchase_series(published, 0.5, tolerance=1e-6)
    shorter = purchase_series(published, 0.5, tolerance=1e-5)
    assert abs(evaluate(series, 0, 0.5) / exact - 1)[0] <= 1e-6
    assert abs(evaluate(shorter, 0, 0.5) / exact - 1)[0] > 1e-6


@pytest.mark.parametrize(
    ("model", "z_max"),
    [(BgNbd(100, 50, 3, 3), 0.5), (BgNbd(0.5, 5, 50, 100), 0.9), (BgNbd(0.2, 5, 5, 0.5), 0.97)],
    ids=["r cancels", "a is large", "z is near 1"],
)
def test_a_series_that_cannot_be_had_is_refused(model: BetaGeometric, z_max: float) -> None:
    with pytest.raises(ValueError, match=r"400 terms leave a relative error of .* Use a surface"):
        purchase_series(model, z_max)


def test_a_z_of_one_is_refused(published: BgNbd) -> None:
    with pytest.raises(ValueError, match=r"z_max is 1\.0\. Give t / \(alpha \+ age \+ t\)"):
        purchase_series(published, 1.0)


def test_a_beta_rule_gives_the_moments_of_the_distribution() -> None:
    for a, b in ((0.5, 0.5), (1e-5, 3.0), (2.0, 500.0)):
        points, weights = beta_rule(a, b, 8)
        mean = a / (a + b)
        assert weights.sum() == pytest.approx(1, rel=1e-12)
        assert weights @ points == pytest.approx(mean, rel=1e-12)
        variance = mean * (1 - mean) / (a + b + 1)
        assert weights @ points**2 == pytest.approx(variance + mean**2, rel=1e-11)


def test_a_reduced_rule_integrates_polynomials_like_the_full_one() -> None:
    horizons, weights = discounted_horizons(60, 0.01)
    points = np.log(horizons + 4.4)
    few, few_weights = reduced_rule(points, weights, 5)
    assert ((few > points[0]) & (few < points[-1])).all()
    assert (few_weights > 0).all()
    for degree in range(10):
        assert few_weights @ few**degree == pytest.approx(weights @ points**degree, rel=1e-11)


def test_summing_by_parts_is_discounting_month_by_month(published: BgNbd) -> None:
    horizons, weights = discounted_horizons(12, 0.01)
    reached = [bg_nbd.purchases_if_alive(published, t, 2, 38.86)[0] for t in (0.0, *horizons)]
    by_month = sum(bought / 1.01**j for j, bought in enumerate(np.diff(reached), start=1))
    assert weights @ reached[1:] == pytest.approx(by_month, rel=1e-13)


def test_without_discount_the_last_horizon_is_all(published: BgNbd) -> None:
    rule = discount_rule(published, 12, 0.0)
    assert rule.horizons == (12 * 4.345,)
    assert rule.weights == (1.0,)


@pytest.mark.parametrize(("months", "horizons"), [(12, 4), (60, 6)])
def test_a_few_horizons_discount_cdnow(
    cdnow: Customers, published: BgNbd, months: int, horizons: int
) -> None:
    """No customer of the sample is younger than 27 weeks."""
    rule = discount_rule(published, months, 0.01, T_min=27.0)
    assert len(rule.horizons) == horizons
    alive = bg_nbd.p_alive(published, cdnow.x, cdnow.t_x, cdnow.T)
    found = alive * weighted_purchases(published, rule.horizons, rule.weights, cdnow.x, cdnow.T)
    exact = discounted_purchases(published, months, 0.01, cdnow.x, cdnow.t_x, cdnow.T)
    assert found == pytest.approx(exact, rel=1e-9)


def test_cdnows_value_over_twelve_months_is_the_published_one(
    cdnow: Customers, published: BgNbd, published_spend: GammaGamma
) -> None:
    """71,559.03 at 1 % a month, months of 4.345 weeks, both models with their published numbers."""
    value = lifetime_value(
        published, published_spend, 12, 0.01, cdnow.x, cdnow.t_x, cdnow.T, cdnow.m
    )
    assert value.sum() == pytest.approx(71559.03, abs=5e-3)
    third = lifetime_value(
        published, published_spend, 12, 0.01, cdnow.x, cdnow.t_x, cdnow.T, cdnow.m, margin=0.3
    )
    assert third == pytest.approx(0.3 * value)


def test_a_month_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"12 months of 0 at 0\.01 a month"):
        discounted_horizons(12, 0.01, month=0)
