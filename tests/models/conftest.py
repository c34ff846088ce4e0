"""Customers of the two real data sets, as the arrays that the models take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
import pytest

from superset_kpi.models.arrays import FloatArray
from superset_kpi.models.bg_nbd import BgNbd
from superset_kpi.models.gamma_gamma import GammaGamma
from superset_kpi.models.likelihood import Slopes


@dataclass(frozen=True)
class Customers:
    """One value per customer, in weeks; holdout counts purchase days after the calibration."""

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    m: FloatArray
    holdout: FloatArray


def summarise(purchases: Any, end: str) -> Customers:
    """Customers with a purchase up to the end; purchases has customer_id, day, value."""
    days = purchases.groupby(["customer_id", "day"])["value"].sum().reset_index()
    last_day = pd.Timestamp(end)
    calibration = days[days.day <= last_day]
    by_customer = calibration.groupby("customer_id")["day"]
    first, last = by_customer.min(), by_customer.max()
    repeat = calibration[calibration.day > calibration.customer_id.map(first)]
    later = days[days.day > last_day].groupby("customer_id").size()
    return Customers(
        x=(by_customer.size() - 1).to_numpy(np.float64),
        t_x=((last - first).dt.days / 7).to_numpy(np.float64),
        T=((last_day - first).dt.days / 7).to_numpy(np.float64),
        m=repeat.groupby("customer_id")["value"]
        .mean()
        .reindex(first.index, fill_value=0)
        .to_numpy(),
        holdout=later.reindex(first.index, fill_value=0).to_numpy(np.float64),
    )


def assert_slopes(log_likelihood: Callable[[FloatArray], Slopes], at: FloatArray) -> None:
    """The gradient is the slope of the value, the Hessian that of the gradient."""
    _, gradient, hessian = log_likelihood(at)
    for i, step in enumerate(np.diag(at * 1e-5)):
        up, down = log_likelihood(at + step), log_likelihood(at - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / (2 * step[i]), rel=1e-6)
        # Relative to the largest: a small one is the difference of large ones.
        slope = (up[1] - down[1]) / (2 * step[i])
        assert hessian[i] == pytest.approx(slope, rel=1e-6, abs=1e-7 * np.abs(hessian[i]).max())


def _read(name: str, **options: Any) -> Any:
    with resources.as_file(resources.files("superset_kpi.demo") / "data" / name) as path:
        return pd.read_csv(path, **options)


@pytest.fixture(scope="session")
def cdnow() -> Customers:
    """The CDNOW sample as the papers use it: 39 weeks of calibration, 39 of holdout."""
    purchases = _read("cdnow_sample_transactions.csv.gz", parse_dates=["date"])
    return summarise(purchases.rename(columns={"date": "day"}), "1997-09-30")


@pytest.fixture(scope="session")
def online_retail() -> Any:
    """The purchases of UCI Online Retail without credit notes: customer_id, day, value."""
    invoices = _read(
        "online_retail_invoices.csv.gz", parse_dates=["invoiced_at"], dtype={"invoice": str}
    )
    sales = invoices[~invoices.invoice.str.startswith("C")]
    return sales.assign(day=sales.invoiced_at.dt.normalize(), value=sales.amount)


@pytest.fixture(scope="session")
def published() -> BgNbd:
    """Fader, Hardie & Lee (2005), table 2."""
    return BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)


@pytest.fixture(scope="session")
def published_spend() -> GammaGamma:
    """Fader & Hardie (2013)."""
    return GammaGamma(p=6.25, q=3.74, gamma=15.44)
