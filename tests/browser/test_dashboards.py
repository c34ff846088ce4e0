"""Every dashboard in a real browser: each chart draws something, and none shows an error."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import CHART, VIEWPORT
from tests.bundles import bundle, mappings

SHOTS = Path(os.environ.get("SUPERSET_KPI_SCREENSHOTS", "build/screenshots"))
DASHBOARDS = {
    f"{mapping.name}-{key}": tree["slug"]
    for mapping in mappings().values()
    for key, tree in bundle(mapping.name).dashboards.items()
}
ERRORS = ".ant-alert-error, [data-test='error-alert'], .ant-result-error, .chart-error"
SLOWEST = 300_000
# A chart counts as drawn when it holds a picture, a table or a number.
DRAWN = "canvas, svg, table, .header-line, .superset-legacy-chart, .handlebars-container"


@pytest.mark.browser
@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_draws_every_chart(server: str, page: Any, name: str) -> None:
    slug = DASHBOARDS[name]
    placed = page.request.get(f"{server}/api/v1/dashboard/{slug}").json()["result"]["position_json"]
    charts = [node for node in json.loads(placed) if node.startswith("CHART-")]
    assert draw_dashboard(page, f"{server}/superset/dashboard/{slug}/", name) == len(charts) > 0


def draw_dashboard(page: Any, url: str, name: str) -> int:
    """Opens every tab of a dashboard and waits for its charts; returns how many were drawn."""
    page.goto(url)
    page.wait_for_selector(
        "[data-test='dashboard-content-wrapper'], .dashboard-content", timeout=SLOWEST
    )
    tabs = page.locator(".dashboard-component-tabs .ant-tabs-tab")
    drawn = 0
    for index in range(max(1, tabs.count())):
        if tabs.count():
            tabs.nth(index).click()
        drawn += _draw(page, name + (f"-{index + 1}" if tabs.count() else ""))
    return drawn


def _draw(page: Any, name: str) -> int:
    """Waits until the charts in view are drawn; returns their number."""
    page.wait_for_selector(f"{CHART}:visible, .dashboard-markdown:visible", timeout=SLOWEST)
    page.wait_for_timeout(500)
    if not page.locator(f"{CHART}:visible").count():  # a tab of text
        _shoot(page, name)
        return 0
    page.wait_for_function(
        """([chart, drawn, errors]) => {
            const seen = [...document.querySelectorAll(chart)].filter(h => h.offsetParent);
            return seen.length && seen.every(h => h.querySelector(drawn) || h.querySelector(errors)
                || h.innerText.includes('No data') || h.innerText.includes('No results'))
                && !document.querySelector("[data-test='loading-indicator']:not(.hidden)");
        }""",
        arg=[CHART, f".slice_container :is({DRAWN})", ERRORS],
        timeout=SLOWEST,
        polling=500,  # by default it looks at every frame, and reading text lays the page out
    )
    page.wait_for_timeout(1500)  # echarts animates its first picture
    _shoot(page, name)
    holders = page.locator(f"{CHART}:visible")
    assert page.locator(ERRORS).count() == 0, page.locator(ERRORS).first.inner_text()
    for i in range(holders.count()):
        text = holders.nth(i).inner_text()
        assert "No results" not in text, text
        assert "No data" not in text, text
        assert holders.nth(i).locator(f".slice_container :is({DRAWN})").count(), text
    return int(holders.count())


def _shoot(page: Any, name: str) -> None:
    """Saves what is to be seen, without the empty space below it."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    lowest = page.evaluate(
        """() => Math.max(...[...document.querySelectorAll('.dashboard-grid, .grid-content')]
            .filter(g => g.offsetParent).map(g => g.getBoundingClientRect().bottom), 600)"""
    )
    clip = {
        "x": 0,
        "y": 0,
        "width": VIEWPORT["width"],
        "height": min(lowest + 20, VIEWPORT["height"]),
    }
    page.screenshot(path=str(SHOTS / f"{name}.png"), clip=clip)
