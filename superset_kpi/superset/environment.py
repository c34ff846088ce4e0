"""Faults of the Python environment, some of which keep Superset from starting."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from superset_kpi.superset.finding import Finding

CONSTRAINTS = "Install with the tested versions: pip install 'superset-kpi[superset]'."
TESTED = ("6.1",)
FORGOTTEN = ("rich", "cachetools")  # Superset 6.1 imports both at its start and requires neither


def installation() -> list[Finding]:
    """Returns the faults of the Python environment, some of which keep Superset from starting."""
    found = [
        _superset(),
        *_missing_packages(),
        _too_new("flask-caching", (2, 4)),
        _flask_sqlalchemy(),
    ]
    return [each for each in found if each]


def import_fault(error: BaseException) -> Finding | None:
    """Returns the known fault behind an error at Superset's start, if it is one."""
    if isinstance(error, ModuleNotFoundError):
        return _missing(error.name) if error.name in FORGOTTEN else None
    return next((each for each in installation() if each.severity == "error"), None)


def _superset() -> Finding | None:
    try:
        known = version("apache-superset")
    except PackageNotFoundError:
        return Finding("superset", "error", "Apache Superset is not installed.", CONSTRAINTS)
    if not known.startswith(TESTED):
        return Finding(
            "superset",
            "warning",
            f"Superset {known} is not one of the tested versions ({', '.join(TESTED)}).",
            "Try the dashboards on a copy of the instance first.",
        )
    return None


def _missing_packages() -> Iterator[Finding]:
    for package in FORGOTTEN:
        if importlib.util.find_spec(package) is None:
            yield _missing(package)


def _missing(package: str) -> Finding:
    return Finding(
        package,
        "error",
        f"Superset does not start: the package {package!r} is missing.",
        f"pip install {package}. {CONSTRAINTS}",
    )


def _too_new(package: str, limit: tuple[int, ...]) -> Finding | None:
    known = _version(package)
    if known is None or known < limit:
        return None
    shown = ".".join(map(str, known))
    return Finding(
        package,
        "error",
        f"Flask-Caching {shown} breaks Superset's metadata cache: filters lose their state.",
        f"pip install 'flask-caching<2.4'. {CONSTRAINTS}",
    )


def _flask_sqlalchemy() -> Finding | None:
    known = _version("flask-sqlalchemy")
    if known is None or known < (3,):
        return None
    shown = ".".join(map(str, known))
    return Finding(
        "flask-sqlalchemy",
        "error",
        f"With Flask-SQLAlchemy {shown} SQL Lab ignores a small LIMIT and reads 1000 rows.",
        f"pip install 'flask-sqlalchemy<3'. {CONSTRAINTS}",
    )


def _version(package: str) -> tuple[int, ...] | None:
    try:
        text = version(package)
    except PackageNotFoundError:
        return None
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())
