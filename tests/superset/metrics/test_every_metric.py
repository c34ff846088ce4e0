"""Every metric of every dataset is that of the people and answers behind its rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from superset_kpi.dashboards.files import read_shipped
from superset_kpi.resources import dashboards
from tests.superset.metrics import links, models, money, scores, segments, value
from tests.superset.metrics.shop import EXPECTED, SELECTIONS, Selection, Shop

__all__ = ["links", "models", "money", "scores", "segments", "value"]  # what they expect

SHIPPED = read_shipped(dashboards()).datasets
FILTERS = {"scheme", "segment", "period_start"}
# Why nothing is expected of a dataset; that no filter of people or time reaches it is tested.
EXEMPT = {
    "checks_summary": "counts the checks by their status, and tests/hostile plants what each finds",
    "macros": "counts the macros of the package, and no row of the warehouse",
}


@pytest.mark.parametrize("dataset", sorted(EXPECTED))
def test_a_metric_is_that_of_the_people_and_answers_behind_it(shop: Shop, dataset: str) -> None:
    for where, chosen in asked(shop, dataset).items():
        for wanted in EXPECTED[dataset](shop, chosen):
            found = shop.shown(dataset, wanted.by, where)
            assert found.keys() == wanted.rows.keys(), f"{chosen}, by {wanted.by}"
            for key, numbers in wanted.rows.items():
                for metric, number in numbers.items():
                    assert same(found[key][metric], number), (
                        f"{chosen}: {metric} of {key or 'all'} is {found[key][metric]}, "
                        f"not {number}"
                    )


def test_every_metric_that_is_shipped_is_compared_where_it_has_a_value(
    shops: dict[str, Shop],
) -> None:
    """Whoever adds a metric says what it is expected to be."""
    assert SHIPPED.keys() == EXPECTED.keys() | EXEMPT.keys()
    for dataset, expectation in EXPECTED.items():
        missing = {metric.metric_name for metric in SHIPPED[dataset].metrics}
        for shop in shops.values():
            for chosen in asked(shop, dataset).values():
                for wanted in expectation(shop, chosen) if missing else ():
                    for numbers in wanted.rows.values():
                        missing -= {name for name, each in numbers.items() if not pd.isna(each)}
        assert not missing, f"{dataset}: nothing is expected of {', '.join(sorted(missing))}"


@pytest.mark.parametrize("dataset", EXEMPT)
def test_no_filter_reaches_a_dataset_of_which_nothing_is_expected(shop: Shop, dataset: str) -> None:
    assert not FILTERS & set(shop.columns(dataset))


ALONE = {"segments", "model_status", "segmentation_health"}  # schemes are what their rows are about


def test_without_a_scheme_a_metric_is_that_of_the_default_one(shop: Shop) -> None:
    seen = 0
    for dataset in EXPECTED.keys() - ALONE:
        if "scheme" in shop.columns(dataset):
            alone, wanted = shop.shown(dataset)[()], shop.shown(dataset, (), "scheme = 'Plan'")[()]
            for metric, number in wanted.items():
                assert same(alone[metric], number), f"{dataset}: {metric}"
            seen += sum(number is not None for number in wanted.values())
    assert seen > 50


TREND, HEAT = ("segment", "period_start"), ("frequency_sort", "silence_sort")
FEW = [
    ("nps_by_segment", TREND, "answer_count", "promoter_score"),
    ("net_customer_value", TREND, "respondents", "net"),
    ("experience_scores", (*TREND, "channel"), "answers", "cx"),
    ("money_at_risk", ("segment", "band", "clv_tier"), "people", "value_here"),
    ("alive_matrix", ("segment", *HEAT), "matrix_customers", "p_alive_mean"),
    ("followup_performance", ("segment", "part"), "lows", "contact_rate"),
    ("clv_by_segment", ("segment",), "active", "clv_per_customer"),
]  # fmt: skip


@pytest.mark.parametrize(("dataset", "by", "count", "number"), FEW)
def test_few_are_hidden_in_trends_heat_maps_and_bars_as_in_tables(
    shop: Shop, dataset: str, by: tuple[str, ...], count: str, number: str
) -> None:
    """That the chart says so, and why, is in test_chart_rules.py."""
    shown = shop.shown(dataset, by, "scheme = 'Plan'").values()
    few = [each for each in shown if each[count] < 10]
    assert few
    assert all(each[number] is None for each in few)


def asked(shop: Shop, dataset: str) -> dict[str, Selection]:
    """The selections that differ for the dataset, by their condition; the widest of those alike."""
    columns = shop.columns(dataset)
    return {chosen.where(columns): chosen for chosen in reversed(SELECTIONS)}


def same(found: Any, wanted: Any) -> bool:
    if found is None or pd.isna(wanted):
        return found is None and bool(pd.isna(wanted))
    if isinstance(wanted, str):
        return bool(found == wanted)
    return bool(found == pytest.approx(wanted, rel=1e-6, abs=2e-6))
