"""Initiatives on the trend: the tooltip of the quarter in which one began names it."""

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
from tests.browser.test_dashboards import SLOWEST
from tests.browser.test_filters import CARD

TREND = f"{CARD.format('CX by segment over the quarters')} canvas"

BEGAN = {"First-contact resolution", "Readable bill"}


@pytest.mark.browser
def test_the_trend_names_the_initiative_of_a_quarter_at_its_score(
    server: str, page: Any, demo_warehouse: Path
) -> None:
    mapping = replace(read_mappings(MAPPING_FILE)["telecom"], url=f"duckdb:///{demo_warehouse}")
    effects = run(mapping, render_query("initiative_effects", {}, mapping))
    titles = [row[effects.columns.index("title")] for row in effects.rows]
    scores = run(mapping, render_query("cx_by_segment", {"scheme": "All customers"}, mapping))
    named = [dict(zip(scores.columns, row, strict=True)) for row in scores.rows]
    page.goto(f"{server}/superset/dashboard/kpi-telecom-scorecard/")
    page.wait_for_selector(TREND, timeout=SLOWEST)
    page.wait_for_timeout(2500)  # echarts animates its first picture
    box = page.locator(TREND).first.bounding_box()
    found = {}
    steps = 3 * [*range(4, 82, 2)]  # the legend stands on the right; a busy browser misses some
    for step in steps:
        if len(found) == len(BEGAN):
            break
        page.mouse.move(box["x"] + box["width"] * step / 100, box["y"] + box["height"] * 0.6)
        page.wait_for_timeout(150)
        tooltip = page.evaluate(
            "() => [...document.querySelectorAll('div')].map((d) => d.innerText)"
            ".find((text) => /^20\\d\\d-\\d\\d\\n/.test(text) && text.includes('Began')) || ''"
        )
        for title, score in re.findall(r"Began, (.+?)\s+(\d+)", tooltip):
            found[title] = (tooltip[:7], score)
    assert set(found) == BEGAN <= set(titles)
    for quarter, score in found.values():
        (wanted,) = (r["cx_shown"] for r in named if str(r["period_start"])[:7] == quarter)
        assert score == f"{wanted:.0f}"
