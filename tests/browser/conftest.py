"""The demo, served as users start it, and a browser that is logged in."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
# A dashboard as high as it is: Superset draws only the charts that are in view.
VIEWPORT = {"width": 1600, "height": 4600}
CHART = ".dashboard-component-chart-holder:has(.chart-slice, .slice_container)"  # not of text
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --disable-background-networking "
    "--disable-component-update --disable-sync --no-first-run"
).split()


def require_browser() -> None:
    """Skips the test where there is no Chromium; in CI that is a failure."""
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return
    reason = "no chromium on PATH. Install it (Debian: apt-get install chromium)."
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a fresh demo."""
    require_browser()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("demo")
    directory, log = folder / "demo", (folder / "demo.log").open("w")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "superset_kpi",
            "demo",
            "--directory",
            str(directory),
            "--port",
            str(port),
        ],
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=REPOSITORY,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, folder / "demo.log")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path, seconds: int = 600) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"the demo stopped:\n{log.read_text()[-3000:]}", pytrace=False)
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    pytest.fail(
        f"the demo did not answer within {seconds} s:\n{log.read_text()[-3000:]}", pytrace=False
    )


@pytest.fixture(scope="package")
def page(server: str) -> Iterator[Any]:
    """A page of a logged-in administrator; closed after this folder, as Playwright runs once."""
    with logged_in(server, "admin", "admin") as opened:
        yield opened


@contextmanager
def logged_in(url: str, user: str, password: str) -> Iterator[Any]:
    """A page of a browser in which the user is logged in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"), args=QUIET
        )
        opened = browser.new_context(viewport=VIEWPORT, locale="en-US").new_page()
        for last in (False, False, True):
            if _is_welcome(opened, url, user, password, last):
                break
        yield opened
        browser.close()


def _is_welcome(page: Any, url: str, user: str, password: str, last: bool) -> bool:
    """Sends the form; returns whether the user is in, which the `last` attempt may not miss.

    An answer to an earlier request that comes late may bring the cookie of nobody back.
    """
    from playwright.sync_api import TimeoutError

    page.goto(f"{url}/login/")
    page.wait_for_load_state("networkidle")  # the form works once its script has run
    if "/login" not in page.url:
        return True
    page.fill("#username", user)
    page.fill("#password", password)
    page.keyboard.press("Enter")
    try:
        page.wait_for_url("**/superset/welcome/", timeout=60_000)
    except TimeoutError:
        if last:
            raise
        return False
    return True
