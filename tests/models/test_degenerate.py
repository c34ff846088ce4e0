"""Data that no model was made for: a fit reports what is wrong and stays finite."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from superset_kpi.models import bg_nbd, gamma_gamma, mbg_nbd, sbg
from superset_kpi.models.gamma_gamma import GammaGamma

_ONES = np.ones(1000)
_RANDOM = np.random.default_rng(20)
_PURCHASES = {
    "one customer": ([3.0], [20.0], [30.0]),
    "one customer with one purchase": ([0.0], [0.0], [30.0]),
    "nobody repeats": (0 * _ONES, 0 * _ONES, np.linspace(1, 60, 1000)),
    "everybody buys daily": (7 * 52 * _ONES, 52 * _ONES, 52 * _ONES),
    "all leave after two purchases": (_ONES, _ONES, 50 * _ONES),
    "thirty years": (_RANDOM.poisson(20, 1000) * 1.0, 1500 * _ONES, 1565 * _ONES),
    "500 purchases each": (500 * _ONES, 100 * _ONES, 104 * _ONES),
    "one customer carries all": (np.r_[5000.0, 0 * _ONES], np.r_[9.0, 0 * _ONES], 10.0),
    "all bought today": (0 * _ONES, 0 * _ONES, 0 * _ONES),
    "no customers": ([], [], []),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("model", [bg_nbd, mbg_nbd], ids=["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize("case", _PURCHASES)
def test_a_degenerate_purchase_history_is_reported_not_raised(model: ModuleType, case: str) -> None:
    x, t_x, T = _PURCHASES[case]
    fit = model.fit(x, t_x, T)
    assert fit.problems
    assert all(". " in problem for problem in fit.problems)
    assert np.isfinite(fit.log_likelihood)
    forecast = model.expected_purchases(fit.parameters, 52, x, t_x, T)
    assert np.isfinite(forecast).all()
    assert (forecast >= 0).all()


def test_nobody_repeating_forecasts_next_to_nothing() -> None:
    x, t_x, T = _PURCHASES["nobody repeats"]
    fit = bg_nbd.fit(x, t_x, T)
    assert "no customer has a repeat purchase" in fit.problems[0]
    assert bg_nbd.expected_purchases(fit.parameters, 52, x, t_x, T).sum() < 1e-3


def test_everybody_buying_daily_goes_on_daily() -> None:
    x, t_x, T = _PURCHASES["everybody buys daily"]
    fit = bg_nbd.fit(x, t_x, T)
    assert set(fit.at_bounds) == {"r", "a", "b"}
    assert bg_nbd.expected_purchases(fit.parameters, 52, x, t_x, T)[0] == pytest.approx(
        364, rel=1e-4
    )


def test_a_parameter_at_its_bound_has_no_standard_error() -> None:
    fit = bg_nbd.fit(*_PURCHASES["everybody buys daily"])
    r, alpha, a, b = fit.standard_errors
    assert np.isnan([r, a, b]).all()
    assert alpha > 0
    assert fit.problems[0] == (
        "BG/NBD fit: r stopped at its upper bound 1000, all customers buy at one rate. "
        "Read the forecast with care or fit a longer history."
    )


def test_500_purchases_in_thirty_years_are_scored() -> None:
    """A power (ratio) ** (r + x) overflows here."""
    parameters = bg_nbd.BgNbd(0.243, 4.414, 0.793, 2.426)
    alive = bg_nbd.p_alive(parameters, 500, [1, 800, 1565], 1565)
    assert alive[0] == 0
    assert alive[1] < 1e-100
    assert alive[2] == pytest.approx(1 / (1 + 0.793 / 501.426))
    assert bg_nbd.expected_purchases(parameters, 52, 500, 1565, 1565)[0] == pytest.approx(
        16.5, abs=0.2
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("x", "m"),
    [
        ([], []),
        ([0.0, 0.0], [0.0, 0.0]),
        ([3.0], [20.0]),
        (_ONES, 20 * _ONES),
        ([1.0, 1.0], [1e-2, 1e9]),
        ([2.0, 1.0, 500.0], [-5.0, 10.0, 12.0]),
    ],
    ids=["none", "no repeats", "one", "all alike", "extremes", "a refund"],
)
def test_a_degenerate_spend_is_reported_not_raised(x: list[float], m: list[float]) -> None:
    fit = gamma_gamma.fit(x, m)
    assert fit.problems
    assert np.isfinite(gamma_gamma.expected_spend(fit.parameters, x, np.maximum(m, 0))).all()


@pytest.mark.parametrize(("seed", "bound"), [(1, "p"), (4, "q")])
def test_a_fit_that_ends_on_a_bound_is_the_best_there(seed: int, bound: str) -> None:
    """Spend that does not vary among customers, or not within them: a valley to the bound."""
    random = np.random.default_rng(seed)
    x, m = random.integers(1, 6, 20), random.gamma(3, 10, 20).round(1)
    fit = gamma_gamma.fit(x, m)
    assert fit.at_bounds == (bound,)
    assert fit.is_converged
    for factor in (0.99, 1.01):
        others = {
            name: value * (factor if name != bound else 0.99)
            for name, value in vars(fit.parameters).items()
        }
        nearby, _, _ = gamma_gamma.log_likelihood(GammaGamma(**others), x, m)
        assert nearby < fit.log_likelihood


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "survivors", [[1000, 600], [1000, 1000, 1000], [1000, 0], [0, 0, 0], [1, 1, 0]]
)
def test_a_degenerate_cohort_is_reported_not_raised(survivors: list[float]) -> None:
    fit = sbg.fit(*sbg.from_survivors(survivors))
    assert fit.problems
    assert np.isfinite(sbg.survival(fit.parameters, np.arange(10))).all()
