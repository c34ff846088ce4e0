"""Filters and cross-filters change what they should: what is shown then is what SQL answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.macros import render_query
from superset_kpi.mapping import read_mappings
from superset_kpi.warehouse import run
from tests.browser.conftest import VIEWPORT
from tests.browser.test_dashboards import SLOWEST

CARD = ".dashboard-component-chart-holder:has-text('{}')"
EXPERIENCE = f"{CARD.format('How do they experience us?')} .header-line"
LEAGUE = CARD.format("CX by segment: band")


@pytest.fixture(scope="module")
def answer(demo_warehouse: Path) -> Callable[..., dict[str, str]]:
    """A function from scheme and age of the quarter to the CX that SQL answers, by segment."""
    mapping = replace(read_mappings(MAPPING_FILE)["telecom"], url=f"duckdb:///{demo_warehouse}")

    def ask(scheme: str, quarters_ago: int = 0) -> dict[str, str]:
        rows = run(mapping, render_query("cx_by_segment", {"scheme": scheme}, mapping))
        named = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
        now = [row for row in named if row["period_age"] == quarters_ago]
        return {row["segment"]: f"{row['cx_shown']:.1f}" for row in now}

    return ask


@pytest.fixture
def scorecard(server: str, page: Any) -> Iterator[Any]:
    """The top of the scorecard, with its numbers drawn; what is out of view is not asked for."""
    page.set_viewport_size({**VIEWPORT, "height": 1400})
    page.goto(f"{server}/superset/dashboard/kpi-telecom-scorecard/")
    page.wait_for_selector(EXPERIENCE, timeout=SLOWEST)
    page.wait_for_selector(f"{LEAGUE} td", timeout=SLOWEST)
    yield page
    page.set_viewport_size(VIEWPORT)


def choose(page: Any, filter_name: str, value: str) -> None:
    page.locator(f"[data-test='NATIVE_FILTER-{filter_name}'] .ant-select-selector").click()
    page.keyboard.type(value)
    option = page.locator(f".ant-select-item-option:visible[title='{value}']")
    option.wait_for(timeout=SLOWEST)
    option.click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Apply filters").click()


def shown(page: Any) -> str:
    """The experience rating in large figures."""
    return str(page.locator(EXPERIENCE).first.inner_text()).strip()


def until(page: Any, holds: Callable[[], bool], seconds: int = 300) -> None:
    """Waits for what a filter brings about; fails where it does not come."""
    for _ in range(2 * seconds):
        if page.locator(EXPERIENCE).count() and holds():
            return
        page.wait_for_timeout(500)
    assert holds(), f"{shown(page)} and {league(page)} are shown"


def league(page: Any) -> dict[str, str]:
    """The segments that the table lists, with their CX."""
    rows = page.locator(f"{LEAGUE} tbody tr").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    return {texts[0].strip(): texts[1].strip() for texts in cells}


@pytest.mark.browser
def test_the_default_is_the_mapping_s_scheme_and_the_newest_quarter(
    scorecard: Any, answer: Callable[..., dict[str, str]]
) -> None:
    assert league(scorecard) == answer("Tariff plan")
    assert shown(scorecard) == answer("All customers")["All customers"]


@pytest.mark.browser
def test_a_segment_filters_every_chart_that_has_segments(
    scorecard: Any, answer: Callable[..., dict[str, str]]
) -> None:
    expected = answer("Tariff plan")["Premium"]
    choose(scorecard, "segment", "Premium")
    until(scorecard, lambda: shown(scorecard) == expected)
    until(scorecard, lambda: league(scorecard) == {"Premium": expected})


@pytest.mark.browser
def test_another_scheme_shows_its_segments(
    scorecard: Any, answer: Callable[..., dict[str, str]]
) -> None:
    choose(scorecard, "segmentation-scheme", "Region")
    until(scorecard, lambda: league(scorecard) == answer("Region"))


@pytest.mark.browser
def test_another_period_shows_its_numbers(
    scorecard: Any, answer: Callable[..., dict[str, str]]
) -> None:
    choose(scorecard, "period", "2026-Q1")
    until(scorecard, lambda: league(scorecard) == answer("Tariff plan", quarters_ago=2))
    until(scorecard, lambda: shown(scorecard) == answer("All customers", 2)["All customers"])


@pytest.mark.browser
def test_a_click_on_a_segment_filters_the_other_charts_and_a_second_one_undoes_it(
    scorecard: Any, answer: Callable[..., dict[str, str]]
) -> None:
    before, expected = shown(scorecard), answer("Tariff plan")
    scorecard.locator(f"{LEAGUE} td:text-is('Basic')").click()
    until(scorecard, lambda: shown(scorecard) == expected["Basic"])
    assert league(scorecard) == expected  # the table that was clicked keeps its rows
    scorecard.locator(f"{LEAGUE} td:text-is('Basic')").click()
    until(scorecard, lambda: shown(scorecard) == before)
