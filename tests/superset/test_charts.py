"""A chart of every kind has rows, and every chart is one that Superset's API takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from superset_kpi.superset.install import install
from tests.superset.conftest import GALLERY, Instance, installed_charts

KINDS = sorted(path.stem for path in (GALLERY / "gallery/charts").glob("*.yaml"))


@pytest.fixture(scope="module")
def charts(instance: Instance) -> dict[str, int]:
    """The ids of the shipped charts and of the gallery's, installed for the telecom."""
    mapping = instance.mappings()["telecom"]
    with instance.app.app_context():
        install(mapping)
    found = installed_charts(instance, "telecom")
    for name in ("retail", "cdnow"):
        with instance.app.app_context():
            install(instance.mappings()[name])
        own = installed_charts(instance, name)
        found |= {f"{name} {key}": number for key, number in own.items()}
    return found


def results(client: Any, number: int) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/chart/{number}/data/")
    assert answer.status_code == 200, answer.get_json()
    found: list[dict[str, Any]] = answer.get_json()["result"]
    assert not [each["error"] for each in found if each["error"]]
    return found


@pytest.fixture(scope="module")
def gallery(instance: Instance, charts: dict[str, int]) -> dict[str, int]:
    """The ids of one chart of every kind."""
    from dataclasses import replace

    mapping = replace(instance.mappings()["telecom"], name="gallery")
    with instance.app.app_context():
        install(mapping, GALLERY)
    return installed_charts(instance, "gallery")


@pytest.mark.parametrize("key", KINDS)
def test_a_chart_of_every_kind_has_rows(
    instance: Instance, gallery: dict[str, int], key: str
) -> None:
    for result in results(instance.client(), gallery[f"gallery/{key}"]):
        assert result["rowcount"] > 0


def test_the_gallery_has_every_kind_of_chart() -> None:
    from superset_kpi.superset.query_context import KINDS_OF_CHART

    files = (GALLERY / "gallery/charts").glob("*.yaml")
    shown = {yaml.safe_load(path.read_text(encoding="utf-8"))["viz_type"] for path in files}
    variants = {"echarts_timeseries", "echarts_timeseries_smooth", "echarts_timeseries_step"}
    assert shown == KINDS_OF_CHART - variants


def test_every_query_context_is_valid_for_the_chart_api(
    instance: Instance, charts: dict[str, int], gallery: dict[str, int]
) -> None:
    from superset.charts.schemas import ChartDataQueryContextSchema

    client = instance.client()
    for number in (*charts.values(), *gallery.values()):
        chart = client.get(f"/api/v1/chart/{number}").get_json()["result"]
        with instance.app.test_request_context():
            assert not ChartDataQueryContextSchema().validate(json.loads(chart["query_context"]))
