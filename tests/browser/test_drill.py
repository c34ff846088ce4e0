"""Drilling into a bar: the rows that appear are those that SQL answers for it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.macros import render_query
from superset_kpi.mapping import read_mappings
from superset_kpi.warehouse import run
from tests.browser.test_dashboards import ERRORS, SLOWEST
from tests.browser.test_filters import CARD

BANDS = CARD.format("How the answers of each segment spread over the CX bands")
MODAL = ".ant-modal-content:visible"
Rating = dict[str, Any]


@pytest.fixture(scope="module")
def ratings(demo_warehouse: Path) -> list[Rating]:
    """The experience ratings that the chart shows before anybody filters."""
    mapping = replace(read_mappings(MAPPING_FILE)["telecom"], url=f"duckdb:///{demo_warehouse}")
    asked = {"metric": "experience", "scheme": "Tariff plan"}
    rows = run(mapping, render_query("rating_scores", asked, mapping))
    named = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
    return [row for row in named if row["period_age"] == 0]


@pytest.fixture
def menu(server: str, page: Any) -> Any:
    """The scorecard, with the menu of a bar of the bands open."""
    page.goto(f"{server}/superset/dashboard/kpi-telecom-scorecard/")
    page.wait_for_selector(f"{BANDS} canvas", timeout=SLOWEST)
    page.wait_for_load_state("networkidle", timeout=SLOWEST)  # a chart that arrives closes menus
    page.wait_for_timeout(2500)  # echarts animates its first picture
    box = page.locator(f"{BANDS} canvas").first.bounding_box()
    x, y = box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"]
    page.mouse.click(x, y, button="right")
    page.get_by_text("Drill to detail by", exact=True).wait_for(timeout=SLOWEST)
    page.wait_for_timeout(1000)  # its columns are asked for
    yield page
    page.keyboard.press("Escape")


def _hover(page: Any, entry: str, wanted: Any) -> None:
    """Points at an entry until what it opens is there: a busy browser loses the first pointing."""
    from playwright.sync_api import TimeoutError

    for _ in range(10):
        page.get_by_text(entry, exact=True).hover()
        try:
            wanted.wait_for(timeout=3000)
        except TimeoutError:
            page.get_by_text("Drill to detail", exact=True).hover()
        else:
            page.wait_for_timeout(500)  # it moves to its place
            return
    wanted.wait_for(timeout=SLOWEST)


@pytest.mark.browser
def test_drill_to_detail_lists_the_ratings_of_the_bar(menu: Any, ratings: list[Rating]) -> None:
    choices = menu.locator("[class*=menu-item]:visible", has_text="Drill to detail by ")
    _hover(menu, "Drill to detail by", choices.nth(2))
    segment, band, both = (
        text.removeprefix("Drill to detail by ") for text in choices.all_inner_texts()
    )
    assert both == "all"
    choices.last.click()
    modal = menu.locator(MODAL)
    modal.get_by_text(re.compile(r"^[\d,]+ rows$")).wait_for(timeout=SLOWEST)
    menu.wait_for_function(f"document.querySelector('{MODAL[:-8]}').innerText.match(/experience /)")
    text = modal.inner_text()
    of_bar = {
        row["rating_id"] for row in ratings if (row["segment"], row["band"]) == (segment, band)
    }
    listed = set(re.findall(r"experience \d+", text))
    assert modal.locator(ERRORS).count() == 0
    assert len(of_bar) < len(ratings)
    assert f"{len(of_bar)} rows" in text
    assert listed
    assert listed <= of_bar
