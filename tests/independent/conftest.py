"""The demo warehouse, opened once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.independent.demo import Demo, open_demo


@pytest.fixture(scope="session")
def demo(demo_warehouse: Path) -> Demo:
    return open_demo(demo_warehouse)
