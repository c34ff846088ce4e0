"""From six mappings of other people's tables to dashboards without an empty chart."""

from __future__ import annotations

import pytest

from tests.strangers.conftest import Served
from tests.strangers.dashboards import Opened, open_dashboard, slugs
from tests.strangers.warehouses import LARGE, STRANGERS

NAMES = tuple(STRANGERS)


OPENED: dict[str, list[Opened]] = {}


def dashboards(served: Served, name: str) -> list[Opened]:
    """Returns the dashboards of a mapping, opened once."""
    if name not in OPENED:
        OPENED[name] = [open_dashboard(served, slug) for slug in slugs(served, name)]
    assert OPENED[name], f"{name}: nothing is installed"
    return OPENED[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_has_rows_when_its_dashboard_opens(served: Served, name: str) -> None:
    empty = []
    for opened in dashboards(served, name):
        for number, title in opened.charts.items():
            empty += [f"{opened.slug}: {title}" for rows in opened.rows(number) if not _shows(rows)]
    assert not empty, "\n".join(empty)


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_has_rows_by_itself(served: Served, name: str) -> None:
    empty = []
    for opened in dashboards(served, name):
        for number, title in opened.charts.items():
            answer = served.get(f"/api/v1/chart/{number}/data/")
            assert "result" in answer, (opened.slug, title, answer)
            empty += [f"{opened.slug}: {title}" for r in answer["result"] if not _shows(r["data"])]
    assert not empty, "\n".join(empty)


@pytest.mark.parametrize("name", NAMES)
def test_every_filter_has_values_to_choose_from(served: Served, name: str) -> None:
    poor = []
    for opened in dashboards(served, name):
        for each in opened.filters:
            if each["filterType"] != "filter_select":
                continue
            values = opened.options[each["id"]]
            needed = 1 if each["controlValues"].get("enableEmptyFilter") else 2
            if len(values) < needed or None in values or "" in values:
                poor.append(f"{opened.slug}: {each['name']} offers {values[:5]}")
    assert not poor, "\n".join(poor)


@pytest.mark.parametrize("name", NAMES)
def test_no_tab_is_without_a_chart_or_a_text(served: Served, name: str) -> None:
    for opened in dashboards(served, name):
        bare = [tab for tab, shown in opened.tabs.items() if not shown]
        assert not bare, (opened.slug, bare)


def test_keys_that_no_browser_can_count_with_are_shown_as_they_are(served: Served) -> None:
    shown = {
        row["customer_id"]
        for opened in dashboards(served, "toasty")
        for number in opened.charts
        for rows in opened.rows(number)
        for row in rows
        if "customer_id" in row
    }
    assert len(shown) > 50
    assert shown <= {str(LARGE + n) for n in range(100)}


def _shows(rows: list[dict[str, object]]) -> bool:
    """Whether a reader sees anything: a row, with at least one value that is not null."""
    return any(value is not None for row in rows for value in row.values())
