"""The formulas that stand for a model in SQL, against quadrature and against 30 digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from superset_kpi.models import bg_nbd, forecast
from superset_kpi.models.beta_geometric import BetaGeometric, weighted_purchases
from superset_kpi.models.bg_nbd import BgNbd
from superset_kpi.models.discount import MONTH, discounted_horizons
from superset_kpi.models.dropout import dropout_rule
from superset_kpi.models.mbg_nbd import MbgNbd
from superset_kpi.models.surface import PurchaseSurface, purchase_surface
from tests.models.conftest import Customers

MONTHLY = 1.1 ** (1 / 12) - 1
# Fitted to buyers with gaps of days, and to buyers who all leave with one chance.
FREQUENT = (BgNbd(0.164, 0.266, 1.85, 3.18), MbgNbd(1.113, 0.111, 1.89, 2.11))
ALIKE = (BgNbd(1.0, 6.0, 52.0, 1000.0), BgNbd(1.0, 6.0, 10.5, 200.0), MbgNbd(0.9, 0.1, 1.0, 300.0))


def _histories() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    x = random.integers(0, 30, 80) ** 2 // 2
    # At most a purchase a day.
    return x, (x + np.floor(random.exponential(300.0, 80))) / 7


@pytest.mark.parametrize(
    ("model", "months"),
    [
        (BgNbd(0.243, 4.414, 0.793, 2.426), 12),
        (BgNbd(0.83, 9.84, 1e-5, 1000.0), 120),
        (BgNbd(100.0, 50.0, 3.0, 3.0), 120),
        (BgNbd(2.0, 10.0, 30.0, 100.0), 12),
        (FREQUENT[0], 12),
        (FREQUENT[1], 60),
        *((model, 120) for model in ALIKE),
    ],
)
def test_a_form_keeps_its_tolerance_between_its_check_points(
    model: BetaGeometric, months: int
) -> None:
    x, T = _histories()
    form = forecast.discounted_ahead(model, months, MONTHLY, 1e-9)
    exact = weighted_purchases(model, *discounted_horizons(months, MONTHLY), x, T)
    assert form.tolerance <= forecast.LOOSEST
    assert forecast.evaluate(form, x, T) == pytest.approx(exact, rel=2 * form.tolerance)


@pytest.mark.parametrize("months", [12, 24, 60, 120])
@pytest.mark.parametrize("model", [FREQUENT[0], ALIKE[0]])
def test_forecasts_are_those_of_thirty_digits(model: BetaGeometric, months: int) -> None:
    """Fader, Hardie & Lee (2005), equation 10 without P(alive)."""
    weeks = months * MONTH
    form = forecast.purchases_ahead(model, weeks, 1e-9)
    for x, T in ((0, 0.0), (1, 3.0), (6, 0.857), (30, 50.0), (200, 104.0)):
        with mpmath.workdps(30):
            a, b, s = mpmath.mpf(model.a), mpmath.mpf(model.b), mpmath.mpf(model.r) + x
            z = mpmath.mpf(weeks) / (model.alpha + mpmath.mpf(T) + weeks)
            c = a + b + x - 1
            exact = c / (a - 1) * (1 - (1 - z) ** s * mpmath.hyp2f1(s, b + x, c, z))
        assert forecast.evaluate(form, x, T)[0] == pytest.approx(
            float(exact), rel=2 * form.tolerance
        )


def test_buyers_with_one_chance_to_leave_take_few_points() -> None:
    rule = dropout_rule(ALIKE[0], [52.0], [1.0], 1e-9)
    assert len(rule.odds) <= 20
    assert rule.max_relative_error <= 1e-9


def test_a_looser_tolerance_is_taken_only_where_the_form_would_be_too_long() -> None:
    published = forecast.purchases_ahead(BgNbd(0.243, 4.414, 0.793, 2.426), 52, 1e-9)
    assert published.tolerance == 5e-10
    long = forecast.purchases_ahead(BgNbd(0.9, 0.1, 1.0, 300.0), 120 * MONTH, 1e-9)
    assert 1e-9 < long.tolerance <= forecast.LOOSEST


def test_parameters_that_no_form_follows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"error of .* is left for BgNbd\(r=1, alpha=6, a=1000"):
        forecast.purchases_ahead(BgNbd(1, 6, 1000, 1e-4), 52, 1e-9)


def test_a_surface_of_cdnow_has_sixty_terms_for_1e_6(cdnow: Customers, published: BgNbd) -> None:
    surface = purchase_surface(published, [39.0], [1.0], tolerance=1e-6)
    assert surface.terms <= 70
    alive = bg_nbd.p_alive(published, cdnow.x, cdnow.t_x, cdnow.T)
    found = alive * forecast.evaluate(surface, cdnow.x, cdnow.T)
    exact = bg_nbd.expected_purchases(published, 39, cdnow.x, cdnow.t_x, cdnow.T)
    assert isinstance(surface, PurchaseSurface)
    assert found == pytest.approx(exact, rel=2e-6)
