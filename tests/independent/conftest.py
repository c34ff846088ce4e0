"""The demo warehouse, opened once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.independent.demo import Demo, open_demo


@pytest.fixture(scope="package")
def demo(demo_warehouse: Path) -> Iterator[Demo]:
    """Closed after this folder's tests: DuckDB refuses a file that is open in another way."""
    opened = open_demo(demo_warehouse)
    yield opened
    opened.connection.close()
