"""Predicted value in SQL: the numbers of the papers, and those of the lifetimes package.

Fader, Hardie & Lee (2005), Counting your customers the easy way, Marketing Science 24(2); Fader &
Hardie (2013), The Gamma-Gamma model of monetary value; the CDNOW sample of 2,357 customers.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
from collections.abc import Callable, Iterator
from importlib import resources
from types import MappingProxyType
from typing import Any

import lifetimes
import numpy as np
import pandas as pd
import pytest
import sqlalchemy
from lifetimes.utils import _customer_lifetime_value

from superset_kpi.macros import render_call, render_query
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.model import MappedColumn, Source
from superset_kpi.mapping.models import CustomerModel, Models
from superset_kpi.models.bg_nbd import BgNbd, expected_purchases
from tests.cases import run

ENGINES = {"duckdb": "duckdb", "sqlite": "sqlite", "postgresql": "postgres"}
END = dt.date(1997, 9, 30)
FIT = CustomerModel(
    *("All customers", "All customers", "bg_nbd"), 0.243, 4.414, 0.793, 2.426, 6.25, 3.74, 15.44
)
# One per cent a month, as a yearly rate.
YEARLY = 1.01**12 - 1


@pytest.fixture(scope="module", params=list(ENGINES))
def warehouse(
    request: pytest.FixtureRequest, engine_url: Callable[[str], str]
) -> Iterator[tuple[Mapping, sqlalchemy.engine.Connection]]:
    """The CDNOW sample in a table of the engine, and the mapping to it."""
    engine = sqlalchemy.create_engine(engine_url(ENGINES[request.param]))
    with engine.connect() as opened:
        _load(opened)
        names = {
            "transaction_id": "n",
            "customer_id": "c",
            "occurred_at": "d",
            "amount": "v",
        }
        columns = {name: MappedColumn("expression", text) for name, text in names.items()}
        yield mapping_of(request.param, columns), opened
    engine.dispose()


def mapping_of(dialect: str, columns: dict[str, MappedColumn], fit: CustomerModel = FIT) -> Mapping:
    source = Source("cdnow_sample", None, MappingProxyType(columns))
    return Mapping(
        name="cdnow",
        title="CDNOW",
        database="cdnow",
        url=None,
        dialect=dialect,
        as_of=END,
        currency=None,
        fiscal_year_starts=1,
        margin_rate=None,
        inactive_days=180,
        scales=MappingProxyType({}),
        tables=MappingProxyType({"transactions": (source,)}),
        digest=f"cdnow/{dialect}/{fit}",
        models=Models(dt.date(1997, 1, 1), END, (fit,)),
    )


def _load(opened: sqlalchemy.engine.Connection) -> None:
    path = resources.files("superset_kpi.demo") / "data" / "cdnow_sample_transactions.csv.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    rows = [
        {"n": n, "c": int(row["customer_id"]), "d": row["date"], "v": float(row["value"])}
        for n, row in enumerate(csv.DictReader(io.StringIO(text)))
    ]
    opened.execute(sqlalchemy.text("drop table if exists cdnow_sample"))
    opened.execute(
        sqlalchemy.text(
            "create table cdnow_sample (n integer, c integer, d date, v double precision)"
        )
    )
    table = sqlalchemy.table("cdnow_sample", *map(sqlalchemy.column, "ncdv"))
    values = [{**row, "d": row["d"][:10]} for row in rows]
    for start in range(0, len(values), 500):
        opened.execute(table.insert().values(values[start : start + 500]))


def frame(
    warehouse: tuple[Mapping, sqlalchemy.engine.Connection], macro: str, **arguments: Any
) -> pd.DataFrame:
    mapping, opened = warehouse
    rows = run(opened, render_query(macro, arguments, mapping))
    return pd.DataFrame(rows).sort_values("customer_id").reset_index(drop=True)


@pytest.fixture(scope="module")
def summary(warehouse: tuple[Mapping, sqlalchemy.engine.Connection]) -> pd.DataFrame:
    return frame(warehouse, "customer_summary")


@pytest.fixture(scope="module")
def bgf() -> Any:
    model = lifetimes.BetaGeoFitter()
    model.params_ = pd.Series({"r": FIT.r, "alpha": FIT.alpha, "a": FIT.a, "b": FIT.b})
    model.predict = model.conditional_expected_number_of_purchases_up_to_time
    return model


def test_the_summary_is_the_published_one(summary: pd.DataFrame) -> None:
    assert len(summary) == 2357
    assert summary.frequency.sum() == 2457
    assert (summary.frequency == 0).sum() == 1411
    first = summary.iloc[0]
    assert (first.frequency, round(first.recency, 2), round(first.age, 2)) == (2, 30.43, 38.86)
    assert first.monetary_value == pytest.approx(22.345, abs=1e-9)


def test_p_alive_is_that_of_lifetimes(
    warehouse: tuple[Mapping, sqlalchemy.engine.Connection], summary: pd.DataFrame, bgf: Any
) -> None:
    found = frame(warehouse, "clv_predicted").p_alive.astype(float)
    wanted = bgf.conditional_probability_alive(summary.frequency, summary.recency, summary.age)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize(("weeks", "tolerance", "allowed"), [(39, 1e-9, 1e-9), (39, 1e-6, 1e-6)])
def test_expected_purchases_as_an_expression_are_those_of_lifetimes(
    warehouse: tuple[Mapping, sqlalchemy.engine.Connection],
    summary: pd.DataFrame,
    bgf: Any,
    weeks: float,
    tolerance: float,
    allowed: float,
) -> None:
    mapping, opened = warehouse
    columns = {"frequency": "frequency", "recency": "recency", "age": "age"}
    text = render_call(
        "expected_purchases", (), {**columns, "weeks": weeks, "tolerance": tolerance}, mapping
    )
    inner = render_query("customer_summary", {}, mapping)
    rows = run(opened, f"select customer_id, {text} as bought from ({inner}) as s")
    found = pd.DataFrame(rows).sort_values("customer_id").bought.to_numpy(float)
    np.testing.assert_allclose(found, _lifetimes(bgf, weeks, summary), rtol=allowed)
    assert found.sum() == pytest.approx(1653.9, abs=0.5)


def test_expected_purchases_of_a_year_are_those_of_lifetimes(
    warehouse: tuple[Mapping, sqlalchemy.engine.Connection], summary: pd.DataFrame, bgf: Any
) -> None:
    found = frame(warehouse, "clv_predicted", tolerance=1e-10).expected_purchases.astype(float)
    np.testing.assert_allclose(found, _lifetimes(bgf, 12 * 4.345, summary), rtol=1e-10)


def _lifetimes(bgf: Any, weeks: float, summary: pd.DataFrame) -> Any:
    """Its own formula is NaN at a pole, which no customer of this sample meets."""
    found = bgf.conditional_expected_number_of_purchases_up_to_time(
        weeks, summary.frequency, summary.recency, summary.age
    )
    assert not np.isnan(found).any()
    return found


@pytest.mark.parametrize(("months", "total"), [(12, 71559.03), (60, None)])
def test_value_is_that_of_lifetimes(
    warehouse: tuple[Mapping, sqlalchemy.engine.Connection],
    summary: pd.DataFrame,
    bgf: Any,
    months: int,
    total: float | None,
) -> None:
    found = frame(warehouse, "clv_predicted", months=months, discount_rate=YEARLY)
    spend = (FIT.p * (FIT.gamma + summary.frequency * summary.monetary_value)) / (
        FIT.p * summary.frequency + FIT.q - 1
    )
    np.testing.assert_allclose(found.expected_spend.astype(float), spend, rtol=1e-12)
    wanted = _customer_lifetime_value(
        *(bgf, summary.frequency, summary.recency, summary.age, spend),
        time=months,
        discount_rate=0.01,
        freq="W",
    )
    np.testing.assert_allclose(found.clv.astype(float), wanted, rtol=1e-9)
    if total:
        assert found.clv.sum() == pytest.approx(total, abs=5e-3)


def test_the_papers_customer_buys_1_226_times(
    warehouse: tuple[Mapping, sqlalchemy.engine.Connection],
) -> None:
    mapping, opened = warehouse
    history = {"frequency": 2, "recency": 30.43, "age": 38.86}
    bought = render_call("expected_purchases", (), {**history, "weeks": 39}, mapping)
    alive = render_call("p_alive", (), history, mapping)
    (row,) = run(opened, f"select {bought} as bought, {alive} as alive")
    assert row["bought"] == pytest.approx(1.2260282, abs=1e-6)
    assert row["alive"] == pytest.approx(0.72658, abs=5e-6)


@pytest.mark.parametrize(("x", "weeks_old"), [(0, 1565), (500, 1565), (500, 80), (30, 5), (1, 1)])
def test_thirty_years_and_five_hundred_purchases_are_no_exception(
    warehouse: tuple[Mapping, sqlalchemy.engine.Connection], x: int, weeks_old: float
) -> None:
    mapping, opened = warehouse
    recency = min(weeks_old, weeks_old * x)
    history = {"frequency": x, "recency": recency, "age": weeks_old}
    text = render_call(
        "expected_purchases", (), {**history, "weeks": 52, "tolerance": 1e-8}, mapping
    )
    (row,) = run(opened, f"select {text} as bought")
    parameters = BgNbd(FIT.r, FIT.alpha, FIT.a, FIT.b)
    wanted = expected_purchases(parameters, 52, x, recency, weeks_old)[0]
    assert row["bought"] == pytest.approx(wanted, rel=1e-8)
