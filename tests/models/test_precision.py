"""Expected purchases against 40 digits, also where the papers' formula has poles or cancels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import mpmath
import numpy as np
import pytest

from superset_kpi.models import bg_nbd
from superset_kpi.models.arrays import FloatArray
from superset_kpi.models.beta_geometric import BetaGeometric
from superset_kpi.models.bg_nbd import BgNbd
from superset_kpi.models.mbg_nbd import MbgNbd
from superset_kpi.models.series import evaluate, purchase_series

_X = (0, 1, 2, 3, 7, 20, 100, 500)
_Z = (0.001, 0.02, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
# z for which the series is tried: beyond, it needs more terms than a statement should have.
_SERIES_Z = 0.7


@dataclass(frozen=True)
class Grid:
    """A model at all x and z of the grid, and the purchases expected to 15 digits."""

    model: BetaGeometric
    x: FloatArray
    z: FloatArray
    exact: FloatArray


def _models() -> list[BetaGeometric]:
    """64 parameter sets: on and beside both poles, a from 1e-5 to 8, r from 0.05 to 20."""
    on_poles: list[BetaGeometric] = [
        BgNbd(0.243, 4.414, 1.0, 2.426),
        BgNbd(0.243, 4.414, 1.0 + 1e-9, 2.426),
        BgNbd(0.243, 4.414, 0.99, 2.426),
        BgNbd(0.5, 3.0, 0.4, 0.6),
        BgNbd(0.5, 3.0, 0.4, 0.6 + 1e-9),
        BgNbd(2.0, 3.0, 1.0, 1e-4),
        BgNbd(0.7, 30.0, 1e-5, 1.0),
        MbgNbd(0.525, 6.183, 1.0, 1.614),
    ]
    random = np.random.default_rng(2005)
    spread = [
        model(r, alpha, a, b)
        for model in (BgNbd, MbgNbd)
        for r, alpha, a, b in np.exp(
            random.uniform(np.log([0.05, 0.2, 1e-5, 0.01]), np.log([20, 50, 8, 30]), (28, 4))
        )
    ]
    return on_poles + spread


def _exact(model: BetaGeometric, x: float, z: float) -> float:
    """Fader, Hardie & Lee (2005), equation 10 without P(alive), 1e-25 off its poles."""
    a = mpmath.mpf(model.a) + mpmath.mpf(10) ** -25
    b, s, z = mpmath.mpf(model.b) + model.first_counts, mpmath.mpf(model.r) + x, mpmath.mpf(z)
    c = a + b + x - 1
    return float(c / (a - 1) * (1 - (1 - z) ** s * mpmath.hyp2f1(s, b + x, c, z)))


@pytest.fixture(scope="module")
def grids() -> list[Grid]:
    x, z = np.array(list(itertools.product(_X, _Z))).T
    with mpmath.workdps(40):
        return [
            Grid(model, x, z, np.array([_exact(model, *point) for point in zip(x, z, strict=True)]))
            for model in _models()
        ]


def test_expected_purchases_hold_1e_9_at_5120_points(grids: list[Grid]) -> None:
    points, worst = 0, 0.0
    for grid in grids:
        t = grid.model.alpha * grid.z / (1 - grid.z)
        found = bg_nbd.purchases_if_alive(grid.model, t, grid.x, np.zeros_like(t))
        assert not np.isnan(found).any()
        points += found.size
        worst = max(worst, float(np.abs(found / grid.exact - 1).max()))
    assert points == 5120
    # 1e-9 is what is promised, 1e-11 what the quadrature has.
    assert worst < 1e-11


def test_the_series_holds_1e_9_wherever_it_can_be_had(grids: list[Grid]) -> None:
    refused = 0
    for grid in grids:
        try:
            series = purchase_series(grid.model, _SERIES_Z)
        except ValueError:
            refused += 1
            continue
        inside = grid.z <= _SERIES_Z
        found = evaluate(series, grid.x[inside], grid.z[inside])
        assert found == pytest.approx(grid.exact[inside], rel=1e-9)
        assert len(series.numerators) <= 130
    assert refused == 0


def test_the_poles_of_the_papers_formula_are_none_here() -> None:
    """At a = 1 and at a + b = 1 the values lie between their neighbours."""
    for a, b in ((1.0, 2.4), (0.4, 0.6)):
        below, at, above = (
            bg_nbd.expected_purchases(BgNbd(0.243, 4.414, a + step, b), 39, [0, 2], [0, 30], 38)
            for step in (-1e-6, 0.0, 1e-6)
        )
        assert at == pytest.approx((below + above) / 2, rel=1e-11)
