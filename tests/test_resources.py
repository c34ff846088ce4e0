"""The files that are not Python are found in the repository and in an installed wheel."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from superset_kpi import resources

REPOSITORY = Path(__file__).resolve().parent.parent
WHERE = """
import json
from superset_kpi import resources
print(json.dumps([str(resources.sql_macros()), str(resources.dashboards()),
                  str(resources.superset_config()), resources.__file__]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the package as the installation of its wheel leaves it."""
    target = tmp_path_factory.mktemp("installed")
    wheels = tmp_path_factory.mktemp("wheels")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels)]
    subprocess.run([*pip, *build, str(REPOSITORY)], check=True, capture_output=True)
    (wheel,) = wheels.glob("superset_kpi-*.whl")
    install = ["install", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*pip, *install, str(wheel)], check=True, capture_output=True)
    return target


def test_the_repository_keeps_them_at_its_top() -> None:
    assert resources.sql_macros() == REPOSITORY / "sql_macros"
    assert resources.dashboards() == REPOSITORY / "dashboards"
    assert resources.superset_config() == REPOSITORY / "docker" / "superset_config.py"


def test_a_wheel_carries_every_macro_dashboard_and_the_configuration(installed: Path) -> None:
    where = subprocess.run(
        [sys.executable, "-c", WHERE],
        cwd=installed,
        check=True,
        capture_output=True,
        text=True,
    )
    macros, dashboards, config, module = map(Path, json.loads(where.stdout))
    assert module.is_relative_to(installed)
    assert _files(macros) == _files(REPOSITORY / "sql_macros")
    assert _files(dashboards) == _files(REPOSITORY / "dashboards")
    assert config.read_text() == (REPOSITORY / "docker" / "superset_config.py").read_text()


def test_a_wheel_carries_no_tests_and_says_that_it_is_typed(installed: Path) -> None:
    top = {each.name for each in installed.iterdir()}
    assert {name for name in top if not name.startswith("superset_kpi")} <= {"bin"}
    assert (installed / "superset_kpi" / "py.typed").exists()


def _files(directory: Path) -> set[str]:
    """Names of all files below, so that a file left out of the wheel shows."""
    return {str(each.relative_to(directory)) for each in directory.rglob("*") if each.is_file()}
