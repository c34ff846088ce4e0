"""The containers' PostgreSQL warehouse, without containers."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

DOCKER = Path(__file__).parents[2] / "docker"


@pytest.fixture(scope="session")
def postgres_demo(demo_warehouse: Path, engine_url: Callable[[str], str]) -> str:
    """The URL of a PostgreSQL that the script has copied the demo to, and then again."""
    url = engine_url("postgres")
    load = runpy.run_path(str(DOCKER / "load_warehouse.py"))["load"]
    load(demo_warehouse, url)
    load(demo_warehouse, url)
    return url
