"""The shortest Superset configuration works outside the containers too."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from superset_kpi import resources


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUPERSET_KPI_MAPPING", str(tmp_path / "kpi.yaml"))
    monkeypatch.delenv("SUPERSET_CACHE_URL", raising=False)


def test_it_switches_templates_on_and_adds_the_macros() -> None:
    config = runpy.run_path(str(resources.superset_config()))
    assert config["FEATURE_FLAGS"]["ENABLE_TEMPLATE_PROCESSING"] is True
    assert "kpi" in config["JINJA_CONTEXT_ADDONS"]
    assert "DATA_CACHE_CONFIG" not in config


def test_it_caches_in_redis_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERSET_CACHE_URL", "redis://redis:6379/0")
    config = runpy.run_path(str(resources.superset_config()))
    assert config["DATA_CACHE_CONFIG"]["CACHE_REDIS_URL"] == "redis://redis:6379/0"


def test_it_holds_no_secret() -> None:
    assert "SECRET_KEY =" not in resources.superset_config().read_text()
