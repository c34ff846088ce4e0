"""`configure(globals())`: it adds to a configuration and never keeps Superset from starting."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from superset_kpi.superset import configure
from superset_kpi.superset.templates import Kpi


def test_it_adds_the_macros_and_switches_templates_on(tmp_path: Path) -> None:
    config: dict[str, Any] = {
        "FEATURE_FLAGS": {"ALERT_REPORTS": True},
        "JINJA_CONTEXT_ADDONS": {"mine": str},
    }
    configure(config, tmp_path / "kpi.yaml")
    assert config["FEATURE_FLAGS"] == {"ALERT_REPORTS": True, "ENABLE_TEMPLATE_PROCESSING": True}
    assert set(config["JINJA_CONTEXT_ADDONS"]) == {"mine", "kpi"}
    assert isinstance(config["JINJA_CONTEXT_ADDONS"]["kpi"], Kpi)
    assert config["SUPERSET_KPI_MAPPING"] == str(tmp_path / "kpi.yaml")


def test_templates_that_are_switched_off_stay_off_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config: dict[str, Any] = {"FEATURE_FLAGS": {"ENABLE_TEMPLATE_PROCESSING": False}}
    with caplog.at_level(logging.WARNING):
        configure(config, tmp_path / "kpi.yaml")
    assert config["FEATURE_FLAGS"] == {"ENABLE_TEMPLATE_PROCESSING": False}
    assert "ENABLE_TEMPLATE_PROCESSING is switched off" in caplog.text


def test_the_environment_can_switch_templates_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPERSET_FEATURE_ENABLE_TEMPLATE_PROCESSING", "false")
    config: dict[str, Any] = {}
    configure(config, tmp_path / "kpi.yaml")
    assert "FEATURE_FLAGS" not in config


def test_the_mapping_file_is_named_by_argument_configuration_environment_or_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen(mapping: Path | None = None, **config: Any) -> str:
        configure(config, mapping)
        return Path(config["SUPERSET_KPI_MAPPING"]).name

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUPERSET_KPI_MAPPING", raising=False)
    assert chosen(__file__=str(tmp_path / "superset_config.py")) == "kpi.yaml"
    monkeypatch.setenv("SUPERSET_KPI_MAPPING", "from_environment.yaml")
    assert chosen() == "from_environment.yaml"
    assert chosen(SUPERSET_KPI_MAPPING="from_configuration.yaml") == "from_configuration.yaml"
    assert chosen(Path("argument.yaml"), SUPERSET_KPI_MAPPING="b.yaml") == "argument.yaml"


def test_a_broken_mapping_does_not_keep_superset_from_starting(tmp_path: Path) -> None:
    (tmp_path / "kpi.yaml").write_text("telecom: [", encoding="utf-8")
    configure({}, tmp_path / "kpi.yaml")


def test_importing_it_imports_nothing_of_superset() -> None:
    code = "import sys, superset_kpi.superset; print('superset' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"


def run_with_new_store(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Runs the code in a process whose Superset is configured and has no tables yet."""
    config = folder / "superset_config.py"
    config.write_text(
        f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{folder}/superset.db'\n"
        "SECRET_KEY = 'only for tests, only for tests, only for tests'\n",
        encoding="utf-8",
    )
    environment = {"SUPERSET_CONFIG_PATH": str(config), "PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )


@pytest.mark.slow
def test_commands_get_the_application_without_its_chatter(tmp_path: Path) -> None:
    shown = run_with_new_store(
        tmp_path,
        "from superset_kpi.superset.app import app_context\n"
        "with app_context() as app: print(app.config['SQLALCHEMY_DATABASE_URI'][:6])\n",
    )
    assert (shown.stdout, shown.stderr) == ("sqlite\n", "")


@pytest.mark.slow
def test_the_doctor_survives_an_instance_that_was_never_migrated(tmp_path: Path) -> None:
    shown = run_with_new_store(
        tmp_path,
        "from superset_kpi.superset.doctor import examine\n"
        "print([each.name for each in examine()][-1])\n",
    )
    assert shown.stdout == "start\n"


def test_pymysql_stands_in_for_mysqldb_which_superset_imports_whatever_the_driver(
    tmp_path: Path,
) -> None:
    pytest.importorskip("pymysql")
    code = (
        "import sys; from superset_kpi.superset import configure; "
        f"configure({{}}, {str(tmp_path / 'kpi.yaml')!r}); "
        "import MySQLdb; print(MySQLdb.constants.FIELD_TYPE.LONG)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "3", answer.stderr
