"""The query contexts that are shipped are those that Superset's front end sends."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import yaml

from superset_kpi.superset.install import install
from tests.browser.conftest import CHART, QUIET
from tests.superset.conftest import GALLERY, PASSWORD, Instance, installed_charts

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KINDS = sorted(path.stem for path in (GALLERY / "gallery/charts").glob("*.yaml"))
# Set by the front end for bookkeeping; no part of Superset's cache key.
BOOKKEEPING = ("custom_form_data", "custom_params", "url_params", "applied_time_extras")


@pytest.fixture(scope="module")
def sent(instance: Instance) -> dict[str, list[dict[str, Any]]]:
    """The queries that a browser sends when it opens the gallery, by the chart's key."""
    mapping = replace(instance.mappings()["telecom"], name="gallery")
    with instance.app.app_context():
        install(mapping, GALLERY)
    keys = {number: key for key, number in installed_charts(instance, "gallery").items()}
    found: dict[str, list[dict[str, Any]]] = {}

    def note(request: Any) -> None:
        if request.method == "POST" and "/api/v1/chart/data" in request.url:
            body = request.post_data_json
            key = keys.get(body["form_data"].get("slice_id"))  # filters ask for values, too
            if key:
                found[key] = body["queries"]

    with opened(instance) as (page, url):
        page.on("request", note)
        page.goto(f"{url}/superset/dashboard/kpi-gallery-gallery/")
        asked = 0
        for tab in (0, 1):
            page.locator(".dashboard-component-tabs .ant-tabs-tab").nth(tab).click()
            page.locator(f"{CHART}:visible").first.wait_for()
            asked += page.locator(f"{CHART}:visible").count()
            until(page, lambda wanted=asked: len(found) >= wanted)
    assert set(found) == set(keys.values())
    return found


def until(page: Any, holds: Callable[[], bool], seconds: int = 300) -> None:
    """Waits for what the browser does in its own time; fails where it does not."""
    for _ in range(5 * seconds):
        if holds():
            return
        page.wait_for_timeout(200)
    pytest.fail(f"it did not come in {seconds} s")


@contextmanager
def opened(instance: Instance) -> Iterator[tuple[Any, str]]:
    """A page of the administrator, on the instance served from this process."""
    from playwright.sync_api import sync_playwright
    from werkzeug.serving import make_server

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        reason = "no chromium on PATH. Install it (Debian: apt-get install chromium)."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    server = make_server("127.0.0.1", 0, instance.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        # As high as the dashboard: Superset asks only for the charts that are in view.
        page = browser.new_page(viewport={"width": 1600, "height": 4000})
        page.set_default_timeout(300_000)
        page.goto(f"{url}/login/")
        page.fill("#username", "admin")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url("**/superset/welcome/")
        yield page, url
        browser.close()
    server.shutdown()


@pytest.mark.parametrize("key", KINDS)
def test_a_chart_sends_the_queries_that_it_is_shipped_with(
    instance: Instance, sent: dict[str, list[dict[str, Any]]], key: str
) -> None:
    file = yaml.safe_load((GALLERY / f"gallery/charts/{key}.yaml").read_text(encoding="utf-8"))
    number = installed_charts(instance, "gallery")[f"gallery/{key}"]
    chart = instance.client().get(f"/api/v1/chart/{number}").get_json()["result"]
    shipped = json.loads(chart["query_context"])["queries"]
    for mine, theirs in zip(shipped, sent[f"gallery/{key}"], strict=True):
        own, asked = mine.pop("filters", None) or [], theirs.pop("filters")
        assert all(f in asked for f in own), file["viz_type"]
        added = [f for f in asked if f not in own]
        assert all(f["col"] == "scheme" for f in added), file["viz_type"]  # the dashboard's filter
        assert stripped(mine) == stripped(theirs), file["viz_type"]


def stripped(query: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in query.items() if k not in BOOKKEEPING}
