"""The same numbers as the library lifetimes, on the CDNOW sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from superset_kpi.models import bg_nbd, gamma_gamma, mbg_nbd
from superset_kpi.models.bg_nbd import BgNbd
from superset_kpi.models.gamma_gamma import GammaGamma
from superset_kpi.models.lifetime_value import lifetime_value
from superset_kpi.models.mbg_nbd import MbgNbd

from .conftest import Customers

lifetimes = pytest.importorskip("lifetimes", reason="lifetimes comes with the extra `bench`")

_MODELS = [
    (BgNbd(0.243, 4.414, 0.793, 2.426), bg_nbd, "BetaGeoFitter"),
    (MbgNbd(0.525, 6.183, 0.891, 1.614), mbg_nbd, "ModifiedBetaGeoFitter"),
]


def _fitter(name: str, **parameters: float) -> Any:
    """A lifetimes model that was not fitted but given its parameters."""
    fitter = getattr(lifetimes, name)()
    fitter.params_ = pd.Series(parameters)
    return fitter


@pytest.mark.parametrize(("model", "module", "name"), _MODELS)
def test_scores_are_those_of_lifetimes(
    cdnow: Customers, published_spend: GammaGamma, model: BgNbd, module: Any, name: str
) -> None:
    other = _fitter(name, r=model.r, alpha=model.alpha, a=model.a, b=model.b)
    other.predict = other.conditional_expected_number_of_purchases_up_to_time
    customer = cdnow.x, cdnow.t_x, cdnow.T
    assert module.p_alive(model, *customer) == pytest.approx(
        np.asarray(other.conditional_probability_alive(*customer)), rel=1e-12
    )
    assert module.expected_purchases(model, 39, *customer) == pytest.approx(
        np.asarray(other.predict(39, *customer)), rel=1e-10
    )
    spend = _fitter("GammaGammaFitter", p=6.25, q=3.74, v=15.44)
    assert gamma_gamma.expected_spend(published_spend, cdnow.x, cdnow.m) == pytest.approx(
        np.asarray(spend.conditional_expected_average_profit(cdnow.x, cdnow.m)), rel=1e-12
    )
    columns = (pd.Series(column) for column in (*customer, cdnow.m))
    value = spend.customer_lifetime_value(other, *columns, time=12, discount_rate=0.01, freq="W")
    mine = lifetime_value(model, published_spend, 12, 0.01, *customer, cdnow.m)
    assert mine == pytest.approx(value.to_numpy(), rel=1e-9)


@pytest.mark.parametrize(("model", "module", "name"), _MODELS)
def test_the_fit_is_at_least_as_likely_as_that_of_lifetimes(
    cdnow: Customers, model: BgNbd, module: Any, name: str
) -> None:
    customer = cdnow.x, cdnow.t_x, cdnow.T
    other = getattr(lifetimes, name)().fit(*customer).params_
    theirs = type(model)(*(other[field] for field in ("r", "alpha", "a", "b")))
    fit = module.fit(*customer)
    assert fit.log_likelihood >= module.log_likelihood(theirs, *customer)[0] - 1e-9
    assert fit.parameters.alpha == pytest.approx(theirs.alpha, rel=1e-5)
