"""A metric that adds up what does not is refused when dashboards load."""

from __future__ import annotations

from pathlib import Path

import pytest

from superset_kpi.errors import KpiError
from tests.bundles import build
from tests.superset.test_bundle import TELECOM, change, files

__all__ = ["files"]  # a fixture


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("sum(clv_simple * active_customers)", "weighs finished rows"),
        ("sum(churn)", "adds up churn, which is not a sum"),
        ("avg(clv_simple)", "is a mean of rows"),
        ("max(churn)", "picks one of several rows"),
        ("mean_score(churn)", "Write protected(...)"),
    ],
)
def test_a_metric_that_adds_up_finished_rows_is_refused(
    files: Path, expression: str, fault: str
) -> None:
    metric = {"metric_name": "m", "description": "x", "expression": expression}
    change(files / "datasets/worth.yaml", metrics=[metric])
    with pytest.raises(KpiError, match=r"dashboards/datasets/worth.yaml: m: ") as caught:
        build(TELECOM, files)
    assert fault in str(caught.value)
