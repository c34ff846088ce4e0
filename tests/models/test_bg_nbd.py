"""BG/NBD and MBG/NBD against the papers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from superset_kpi.models import bg_nbd, mbg_nbd
from superset_kpi.models.beta_geometric import BetaGeometric
from superset_kpi.models.bg_nbd import BgNbd
from superset_kpi.models.mbg_nbd import MbgNbd

from .conftest import Customers, assert_slopes, summarise


def test_the_bg_nbd_fit_of_cdnow_is_the_published_one(cdnow: Customers) -> None:
    """Fader, Hardie & Lee (2005), table 2."""
    fit = bg_nbd.fit(cdnow.x, cdnow.t_x, cdnow.T)
    found = fit.parameters
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(
        (0.243, 4.414, 0.793, 2.426), abs=5e-4
    )
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert fit.observations == 2357
    assert fit.is_converged
    assert fit.problems == ()


def test_ages_rounded_as_in_the_published_table_give_its_likelihood(cdnow: Customers) -> None:
    """The spreadsheet of the paper holds weeks with two decimals: LL -9582.4256."""
    fit = bg_nbd.fit(cdnow.x, cdnow.t_x.round(2), cdnow.T.round(2))
    found = fit.parameters
    assert fit.log_likelihood == pytest.approx(-9582.4256, abs=5e-5)
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(
        (0.24259, 4.41353, 0.79289, 2.42578), abs=5e-5
    )


def test_the_mbg_nbd_fit_of_cdnow_is_the_published_one(cdnow: Customers) -> None:
    """Batislam, Denizel & Filiztekin (2007)."""
    fit = mbg_nbd.fit(cdnow.x, cdnow.t_x, cdnow.T)
    found = fit.parameters
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(
        (0.525, 6.183, 0.891, 1.614), abs=5e-4
    )
    assert fit.problems == ()


def test_the_papers_example_customer_is_expected_to_buy_1_226_times(published: BgNbd) -> None:
    """x = 2, t_x = 30.43, T = 38.86, 39 weeks: Fader, Hardie & Lee (2005), note on Excel."""
    expected = bg_nbd.expected_purchases(published, 39, 2, 30.43, 38.86)
    assert expected[0] == pytest.approx(1.2260282, abs=5e-8)
    assert bg_nbd.p_alive(published, 2, 30.43, 38.86)[0] == pytest.approx(0.72658, abs=5e-6)


def test_cdnows_holdout_forecast_is_the_published_one(cdnow: Customers, published: BgNbd) -> None:
    forecast = bg_nbd.expected_purchases(published, 39, cdnow.x, cdnow.t_x, cdnow.T)
    assert cdnow.holdout.sum() == 1882
    assert forecast.sum() == pytest.approx(1653.9, abs=0.05)


def test_standard_errors_match_those_of_repeated_samples() -> None:
    """Twenty simulated samples: their spread is the standard error, within sampling noise."""
    fits = [bg_nbd.fit(*_simulated(seed)) for seed in range(20)]
    values = np.log([(f.parameters.r, f.parameters.alpha) for f in fits])
    errors = np.array([f.standard_errors[:2] for f in fits])
    relative = errors / np.array([(f.parameters.r, f.parameters.alpha) for f in fits])
    # The standard deviation of 20 draws is known to 16 %; three times that.
    assert values.std(axis=0, ddof=1) == pytest.approx(relative.mean(axis=0), rel=0.5)


def _simulated(seed: int) -> tuple[Any, Any, Any]:
    """2,000 customers of a BG/NBD with r 0.8, alpha 6, a 0.8, b 2.5, up to 78 weeks old."""
    random = np.random.default_rng(seed)
    T = random.uniform(10, 78, 2000)
    rate, chance = random.gamma(0.8, 1 / 6, 2000), random.beta(0.8, 2.5, 2000)
    x, t_x, now = np.zeros(2000), np.zeros(2000), np.zeros(2000)
    is_here = np.ones(2000, dtype=bool)
    while is_here.any():
        now += random.exponential(1, 2000) / rate
        buys = is_here & (now <= T)
        x[buys] += 1
        t_x[buys] = now[buys]
        is_here = buys & (random.random(2000) >= chance)
    return x, t_x, T


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_gradient_and_hessian_are_slopes_of_the_log_likelihood(
    cdnow: Customers, model: type[BetaGeometric]
) -> None:
    assert_slopes(
        lambda at: bg_nbd.log_likelihood(model(*at), cdnow.x, cdnow.t_x, cdnow.T),
        np.array([0.4, 5.0, 1.1, 2.0]),
    )


def test_groups_with_weights_fit_like_their_customers(cdnow: Customers) -> None:
    rows = np.stack([cdnow.x, cdnow.t_x, cdnow.T])
    groups, counts = np.unique(rows, axis=1, return_counts=True)
    one_by_one, grouped = bg_nbd.fit(*rows), bg_nbd.fit(*groups, weight=counts)
    assert len(counts) < len(cdnow.x) / 2
    assert grouped.log_likelihood == pytest.approx(one_by_one.log_likelihood, rel=1e-12)
    assert grouped.parameters.alpha == pytest.approx(one_by_one.parameters.alpha, rel=1e-7)
    assert grouped.standard_errors == pytest.approx(one_by_one.standard_errors, rel=1e-5)


def test_days_and_weeks_give_the_same_forecast(cdnow: Customers) -> None:
    weeks = bg_nbd.fit(cdnow.x, cdnow.t_x, cdnow.T).parameters
    days = bg_nbd.fit(cdnow.x, 7 * cdnow.t_x, 7 * cdnow.T).parameters
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-7)
    assert bg_nbd.expected_purchases(days, 273, 2, 213, 272) == pytest.approx(
        bg_nbd.expected_purchases(weeks, 39, 2, 213 / 7, 272 / 7), rel=1e-8
    )


def test_a_single_purchase_leaves_doubt_only_in_the_mbg_nbd() -> None:
    parameters = (0.5, 6.0, 0.9, 1.6)
    assert bg_nbd.p_alive(BgNbd(*parameters), 0, 0, 30)[0] == 1
    assert mbg_nbd.p_alive(MbgNbd(*parameters), 0, 0, 30)[0] < 0.5


def test_online_retail_shows_no_drop_out(online_retail: Any) -> None:
    """Wholesale buyers: a goes to 0, alone or in its ratio to b, and nothing breaks."""
    for end in ("2011-06-30", "2011-09-30", "2011-12-09"):
        customers = summarise(online_retail, end)
        for model in (bg_nbd, mbg_nbd):
            fit = model.fit(customers.x, customers.t_x, customers.T)
            assert fit.is_converged
            assert fit.parameters.a / fit.parameters.b < 1e-3
            alive = bg_nbd.p_alive(fit.parameters, customers.x, customers.t_x, customers.T)
            assert np.median(alive) > 0.99
            if end != "2011-12-09":
                assert alive.min() > 0.9
                assert any(
                    ": a stopped" in problem or "determine a," in problem
                    for problem in fit.problems
                )
                assert np.isnan(fit.standard_errors[2])
                assert fit.standard_errors[0] > 0
    assert len(customers.x) == 4338


def test_a_last_purchase_after_the_end_of_observation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a last purchase at age 31\.0 lies after the end"):
        bg_nbd.fit([1.0], [31.0], [30.0])


def test_a_negative_frequency_is_refused() -> None:
    with pytest.raises(ValueError, match=r"BG/NBD fit: x holds -1.0, a number from 0 up"):
        bg_nbd.fit([-1.0], [0.0], [30.0])


def test_a_broken_frequency_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x holds 1\.5, repeat purchases are whole numbers"):
        bg_nbd.fit([1.5], [3.0], [30.0])


def test_columns_of_different_length_are_refused(published: BgNbd) -> None:
    with pytest.raises(ValueError, match=r"differ in length \(x 2, t_x 3, T 1, weight 1\)"):
        bg_nbd.p_alive(published, [1, 2], [1, 2, 3], 9)


def test_a_parameter_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="BG/NBD parameters: a is 0, a number above 0 is needed"):
        BgNbd(1, 1, 0, 1)


def test_a_horizon_of_ten_million_times_alpha_is_in_reach() -> None:
    """The mean of (1 - (1 + p * t) ** -5) / p over Beta(2, 4) is 5 at most, as t grows."""
    model = BgNbd(2, 1e-5, 2, 1)
    assert bg_nbd.expected_purchases(model, 1000, 3, 0, 0)[0] == pytest.approx(
        5 * bg_nbd.p_alive(model, 3, 0, 0)[0], rel=1e-6
    )
