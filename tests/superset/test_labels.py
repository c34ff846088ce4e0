"""A column is called the same wherever it is shown, and says yes or no where it is 1 or 0."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from superset_kpi.dashboards.bundle import human
from superset_kpi.dashboards.chart_rules import displayed, is_truth
from superset_kpi.dashboards.files import read_shipped
from superset_kpi.macros import library
from superset_kpi.resources import dashboards
from tests.bundles import bundle, mappings

SHIPPED = read_shipped(dashboards())
DATASETS = {name: bundle(name).datasets for name in mappings()}
# A metric's label, where another dataset has another one, and why.
OTHERWISE = {
    "answer_count": "those of value, where satisfaction is beside it; else all",
    "churn_rate": "of a quarter in churn_by_segment, of a year in clv_by_segment",
    "pairs_of_both": "of customers and quarters, or of scores and outcomes",
    "share_bottom_band": "bands of CPV and CX have names of their own",
    "share_top_band": "bands of CPV and CX have names of their own",
    "score": "of whatever the dataset scores: CPV or CX",
}


def shown(part: str, name: str) -> dict[str, dict[str, str]]:
    """Returns the labels of columns or metrics in the bundles by name, then by dataset."""
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for datasets in DATASETS.values():
        for key, tree in datasets.items():
            for each in tree[part]:
                labels[each[name]][key] = each["verbose_name"]
    return labels


def test_a_column_has_one_label_unless_a_reason_is_written() -> None:
    exceptions = SHIPPED.labels.exceptions
    for column, by_dataset in shown("columns", "column_name").items():
        usual = {
            label
            for key, label in by_dataset.items()
            if column not in exceptions.get(SHIPPED.datasets[key].macro, {})
        }
        assert len(usual) <= 1, (column, by_dataset)


def test_every_exception_is_of_a_column_that_others_have_and_has_its_reason() -> None:
    assert SHIPPED.labels.exceptions
    for macro, columns in SHIPPED.labels.exceptions.items():
        for column, other in columns.items():
            assert column in library().find(macro).returns
            assert other.because
            assert other.label != (SHIPPED.labels.columns.get(column) or human(column))


def test_every_label_is_of_a_column_and_says_more_than_its_name() -> None:
    returned = {
        name for file in SHIPPED.datasets.values() for name in library().find(file.macro).returns
    }
    for column, label in SHIPPED.labels.columns.items():
        assert column in returned, column
        assert label != human(column), column


def test_a_metric_has_one_label_unless_a_reason_is_written() -> None:
    for metric, by_dataset in shown("metrics", "metric_name").items():
        assert (len({*by_dataset.values()}) == 1) == (metric not in OTHERWISE), (metric, by_dataset)


@pytest.mark.parametrize("mapping", DATASETS)
def test_no_label_is_a_name_of_statistics_software(mapping: str) -> None:
    for key, tree in DATASETS[mapping].items():
        labels = [c["verbose_name"] for c in (*tree["columns"], *tree["metrics"])]
        for label in labels:
            assert label[:1].isupper() or label[:1].isdigit() or label in ("z", "stage_place"), key
            assert not label.upper().startswith(("CI ", "R LOW", "R HIGH", "IS ", "HAS ")), label
            assert label not in ("R squared", "R2", "Norm name", "95 % low", "95 % high"), label


def test_the_ends_of_an_interval_are_called_from_and_to() -> None:
    ends: set[str] = set()
    for column, by_dataset in shown("columns", "column_name").items():
        if column.endswith(("_low", "_high")):
            end = "from" if column.endswith("_low") else "to"
            ends |= {*by_dataset.values()}
            assert all(label.endswith(f"95 % {end}") for label in by_dataset.values()), column
    assert len(ends) > 4


def lists(params: dict[str, Any]) -> set[str]:
    """Returns the columns that a chart lists or groups by."""
    kinds = ("all_columns", "groupby", "groupby_b", "groupbyRows", "groupbyColumns", "columns")
    found = [name for kind in kinds for name in params.get(kind) or ()]
    return {name for name in found if isinstance(name, str)}


def test_what_is_true_or_not_is_listed_as_yes_or_no() -> None:
    seen = set()
    for charts in SHIPPED.charts.values():
        for key, file in charts.items():
            macro = library().find(SHIPPED.datasets[file.dataset].macro)
            answers = displayed(file.dataset, SHIPPED, macro)
            for name in lists(file.params) & macro.returns.keys():
                column = macro.returns[name]
                assert column.type != "boolean", (key, name)
                if is_truth(column):
                    assert {"'yes'", "'no'"} <= {*answers[name].split()}, (key, name)
                    seen.add((file.dataset, name))
    assert ("cx_benchmarks", "is_verified") in seen
    for dataset, name in seen:
        (column_tree,) = (
            c for c in DATASETS["telecom"][dataset]["columns"] if c["column_name"] == name
        )
        assert column_tree["type"] == "VARCHAR"
        assert column_tree["verbose_name"].endswith("?")


def test_no_metric_counts_with_a_column_that_says_yes_or_no() -> None:
    for key, file in SHIPPED.datasets.items():
        macro = library().find(file.macro)
        answers = {n for n, sql in displayed(key, SHIPPED, macro).items() if "'yes'" in sql}
        for metric in file.metrics:
            assert not any(name in metric.expression for name in answers), (key, metric.metric_name)
