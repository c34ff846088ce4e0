"""Forecast, naive rate and what happened."""

from __future__ import annotations

import numpy as np
import pytest

from superset_kpi.models import bg_nbd
from superset_kpi.models.backtest import backtest, by_frequency, naive_purchases
from superset_kpi.models.bg_nbd import BgNbd

from .conftest import Customers


def test_cdnows_holdout_is_missed_by_12_percent_and_naively_by_56(
    cdnow: Customers, published: BgNbd
) -> None:
    forecast = bg_nbd.expected_purchases(published, 39, cdnow.x, cdnow.t_x, cdnow.T)
    result = backtest(cdnow.holdout, forecast, naive_purchases(39, cdnow.x, cdnow.T))
    assert result.customers == 2357
    assert result.actual == 1882
    assert result.predicted == pytest.approx(1653.9, abs=0.05)
    assert result.predicted_error == pytest.approx(-0.121, abs=5e-4)
    assert result.naive_error == pytest.approx(0.557, abs=5e-4)
    assert result.predicted_mae < result.naive_mae


def test_frequency_groups_add_up_to_the_totals(cdnow: Customers, published: BgNbd) -> None:
    forecast = bg_nbd.expected_purchases(published, 39, cdnow.x, cdnow.t_x, cdnow.T)
    naive = naive_purchases(39, cdnow.x, cdnow.T)
    groups = by_frequency(cdnow.x, cdnow.holdout, forecast, naive)
    assert [group.x for group in groups] == list(range(8))
    assert sum(group.customers for group in groups) == 2357
    assert sum(group.customers * group.actual for group in groups) == pytest.approx(1882)
    assert sum(group.customers * group.predicted for group in groups) == pytest.approx(
        forecast.sum()
    )


def test_weights_count_customers() -> None:
    once = backtest([1, 1, 4], [2, 2, 3], [0, 0, 8])
    assert backtest([1, 4], [2, 3], [0, 8], weight=[2, 1]) == once
    assert once.predicted_mae == pytest.approx(1.0)


def test_a_customer_of_age_zero_is_extrapolated_to_nothing() -> None:
    assert naive_purchases(39, [0, 2], [0, 26]).tolist() == [0, 3]


@pytest.mark.filterwarnings("error")
def test_a_holdout_without_purchases_has_no_relative_error() -> None:
    result = backtest([0, 0], [0.1, 0.2], [0, 0])
    assert np.isnan(result.predicted_error)
    assert result.predicted_mae == pytest.approx(0.15)
