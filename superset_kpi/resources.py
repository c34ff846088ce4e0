"""Where the files that are not Python are: macros, dashboards and the short Superset configuration.

In the repository they stand at the top; in the wheel inside the package, under names with an
underscore (see ``[tool.hatch.build.targets.wheel]`` in pyproject.toml).
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def sql_macros() -> Path:
    """The directory with one folder of macro files for each area."""
    return _directory("sql_macros")


def dashboards() -> Path:
    """The directory with one folder for each dashboard, and the datasets that they share."""
    return _directory("dashboards")


def superset_config() -> Path:
    """The shortest Superset configuration that works; the demo and the containers run on it."""
    return _directory("docker") / "superset_config.py"


def _directory(name: str) -> Path:
    packaged = _PACKAGE / f"_{name}"
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
