"""The command line in an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from superset_kpi.cli import superset_group

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUPERSET_KPI_MAPPING", raising=False)

    def invoke(*arguments: object, **more: Any) -> Result:
        return CliRunner().invoke(superset_group, [*map(str, arguments)], **more)

    return invoke
