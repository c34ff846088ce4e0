"""The strangers' dashboards in a real browser: nothing spins, nothing is empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import logged_in, require_browser
from tests.browser.test_dashboards import SLOWEST, draw_dashboard
from tests.strangers.conftest import Served
from tests.strangers.dashboards import open_dashboard, slugs
from tests.strangers.warehouses import LURE, STRANGERS


@pytest.fixture(scope="module")
def page(served: Served) -> Iterator[Any]:
    """A page of a logged-in administrator."""
    require_browser()
    with logged_in(served.url, "stranger", "stranger") as opened:
        yield opened


@pytest.mark.browser
@pytest.mark.parametrize("name", STRANGERS)
def test_a_browser_draws_every_chart_of_a_stranger(served: Served, page: Any, name: str) -> None:
    for slug in slugs(served, name):
        charts = open_dashboard(served, slug).charts
        drawn = draw_dashboard(page, f"{served.url}/superset/dashboard/{slug}/", slug)
        assert drawn == len(charts), slug


@pytest.mark.browser
def test_a_comment_with_markup_is_shown_as_it_was_written(served: Served, page: Any) -> None:
    (slug,) = (slug for slug in slugs(served, "harbour") if "experience" in slug)
    page.goto(f"{served.url}/superset/dashboard/{slug}/")
    page.get_by_role("tab", name="What they say").click()
    cells = page.locator("td", has_text="look here")
    cells.first.wait_for(timeout=SLOWEST)
    assert set(cells.all_inner_texts()) == {LURE}
    assert cells.locator("a, b").count() == 0
