"""Light and dark: what the dashboards colour themselves can be read in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.test_dashboards import SLOWEST

BANDS = {"Critical", "Good", "Excellent", "Significant disconnect"}
READABLE = 4.5  # WCAG 2.1, 1.4.3, for text of this size
STORED = "superset-theme-mode"  # where the menu beside the settings keeps a reader's choice
# Text, its contrast with what is behind it, and whether that is a colour of the cell's own.
CONTRASTS = """(selector) => {
    const parts = (text) => {
        const [r, g, b, a] = text.match(/[\\d.]+/g).map(Number);
        return {rgb: [r, g, b], alpha: a === undefined ? 1 : a};
    };
    const over = (top, below) => top.rgb.map((c, i) => c * top.alpha + below[i] * (1 - top.alpha));
    const behind = (node) => {
        if (!node) return [255, 255, 255];
        const own = parts(getComputedStyle(node).backgroundColor);
        return own.alpha === 1 ? own.rgb : over(own, behind(node.parentElement));
    };
    const light = (rgb) => rgb.map((c) => c / 255)
        .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    return [...document.querySelectorAll(selector)]
        .filter((node) => node.offsetParent && node.innerText.trim())
        .map((node) => {
            const ground = behind(node);
            const text = over(parts(getComputedStyle(node).color), ground);
            const [low, high] = [light(text), light(ground)].sort((a, b) => a - b);
            const colourful = Math.max(...ground) - Math.min(...ground) > 40;
            return [node.innerText.trim(), (high + 0.05) / (low + 0.05), colourful, light(ground)];
        });
}"""


@pytest.fixture(params=["default", "dark"])
def mode(page: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """The theme that the reader has chosen; afterwards it is as it was."""
    before = page.evaluate(f"localStorage.getItem('{STORED}')")
    page.evaluate(f"localStorage.setItem('{STORED}', '{request.param}')")
    yield request.param
    page.evaluate(
        "([key, value]) => value ? localStorage.setItem(key, value) : localStorage.removeItem(key)",
        [STORED, before],
    )


@pytest.mark.browser
def test_bands_can_be_read_in_light_and_in_dark(server: str, page: Any, mode: str) -> None:
    page.goto(f"{server}/superset/dashboard/kpi-telecom-scorecard/")
    for band in BANDS:
        page.wait_for_selector(f"td:text-is('{band}')", timeout=SLOWEST)
    cells = page.evaluate(CONTRASTS, "td")
    assert {text for text, _, colourful, _ in cells if colourful} >= BANDS
    plain = [ground for _, _, colourful, ground in cells if not colourful]
    assert max(plain) < 0.1 if mode == "dark" else min(plain) > 0.8
    hard = [(text, ratio) for text, ratio, colourful, _ in cells if colourful and ratio < READABLE]
    assert not hard


@pytest.mark.browser
def test_cards_can_be_read_in_light_and_in_dark(server: str, page: Any, mode: str) -> None:
    page.goto(f"{server}/superset/dashboard/kpi-telecom-trust/")
    page.locator(".dashboard-component-tabs .ant-tabs-tab", has_text="CPV").click(timeout=SLOWEST)
    page.wait_for_selector(".dashboard-markdown:visible li", timeout=SLOWEST)
    words = page.evaluate(CONTRASTS, ".dashboard-markdown :is(p, li, h2, h3, h4, code)")
    assert len(words) > 20
    assert not [(text, ratio) for text, ratio, _, _ in words if ratio < READABLE]
