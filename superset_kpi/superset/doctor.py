"""What is wrong with an instance, each finding with its remedy."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from superset_kpi.errors import KpiError

if TYPE_CHECKING:
    from superset_kpi.mapping import Mapping

CONSTRAINTS = "Install with the tested versions: pip install 'superset-kpi[superset]'."
TESTED = ("6.1",)
FORGOTTEN = ("rich", "cachetools")  # Superset 6.1 imports both at its start and requires neither


@dataclass(frozen=True)
class Finding:
    """`error`: something does not work. `warning`: it works otherwise than one may expect.

    `info`: nothing to do.
    """

    name: str
    severity: Literal["error", "warning", "info"]
    found: str
    remedy: str


def installation() -> list[Finding]:
    """Returns the faults of the Python environment, some of which keep Superset from starting."""
    found = [
        _superset(),
        *_missing_packages(),
        _too_new("flask-caching", (2, 4)),
        _flask_sqlalchemy(),
    ]
    return [each for each in found if each]


def instance() -> list[Finding]:
    """Returns the faults of the configuration and the mapping. Needs the application."""
    from flask import current_app

    config = current_app.config
    found = [*_flags(), *_mappings(config), *_row_level_security()]
    if "kpi" not in config.get("JINJA_CONTEXT_ADDONS", {}):
        found.append(
            Finding(
                "configure",
                "error",
                "The `kpi` macros are not known to Superset's templates.",
                "End superset_config.py with: from superset_kpi.superset import configure; "
                "configure(globals()).",
            )
        )
    return found


def examine() -> list[Finding]:
    """Returns all findings; those of the instance only where the environment lets it start."""
    from superset_kpi.superset.app import app_context

    found = installation()
    if any(each.name == "superset" and each.severity == "error" for each in found):
        return found
    try:
        with app_context():
            found += instance()
    except Exception as error:  # whatever keeps Superset from starting is a finding, too
        if not any(each.severity == "error" for each in found):
            shown = str(error) if isinstance(error, KpiError) else _first_line(error)
            remedy = "Correct it; a new metadata store needs `superset db upgrade`."
            found.append(Finding("start", "error", shown, remedy))
    return found


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


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


def _flags() -> Iterator[Finding]:
    from superset import feature_flag_manager

    if not feature_flag_manager.is_feature_enabled("ENABLE_TEMPLATE_PROCESSING"):
        yield Finding(
            "ENABLE_TEMPLATE_PROCESSING",
            "error",
            "Templates are switched off: {{ kpi... }} reaches the warehouse as it stands.",
            'Set FEATURE_FLAGS = {"ENABLE_TEMPLATE_PROCESSING": True}. Installed dashboards work '
            "without it.",
        )
    if not feature_flag_manager.is_feature_enabled("RLS_IN_SQLLAB"):
        yield Finding(
            "RLS_IN_SQLLAB",
            "warning",
            "Row-level security does not apply in SQL Lab: macros show all rows there.",
            'Set FEATURE_FLAGS = {"RLS_IN_SQLLAB": True}, or give SQL Lab only to those who may '
            "see everything.",
        )


def _mappings(config: dict[str, Any]) -> Iterator[Finding]:
    from superset_kpi.macros.unverified import unverified
    from superset_kpi.mapping import read_mappings
    from superset_kpi.superset.configure import MAPPING_KEY, mapping_path
    from superset_kpi.superset.installed import find_database, mapping_names

    path = mapping_path(config)
    if not path.is_file():
        yield Finding(
            "mapping",
            "error",
            f"There is no mapping file {path}.",
            f"Write one with `superset-kpi init`, or name it in {MAPPING_KEY}.",
        )
        return
    mappings = {}
    try:
        mappings = read_mappings(path)
    except KpiError as error:
        yield Finding("mapping", "error", str(error), "Check it with `superset-kpi check-mapping`.")
    for mapping in mappings.values():
        if fault := _message(lambda bound=mapping: find_database(bound)):  # type: ignore[misc]
            yield Finding(f"database of {mapping.name}", "error", fault, "")
        if warning := unverified(mapping):
            yield Finding(f"dialect of {mapping.name}", "warning", *warning)
    yield from _written_tables(mappings, path)
    for name in sorted(mapping_names() - set(mappings)) if mappings else ():
        yield Finding(
            f"mapping {name}",
            "warning",
            f"Dashboards are installed for the mapping {name!r}, which {path.name} does not have.",
            f"Map it again, or remove them with `superset-kpi uninstall {name}`.",
        )


def _written_tables(mappings: dict[str, Mapping], path: Path) -> Iterator[Finding]:
    """Yields the age of what `materialize` wrote, and the datasets that should not read it."""
    from superset_kpi.macros.written import today, why_not
    from superset_kpi.mapping.tables import read_tables
    from superset_kpi.superset.written_tables import ruled_tables, rules_on

    try:
        known = read_tables(path)
    except KpiError as error:
        yield Finding("tables", "error", str(error), "Until then every relation is computed.")
        return
    ruled = ruled_tables()
    for mapping in mappings.values():
        of_mapping = known.get(mapping.name, ())
        for each in of_mapping:
            name, day = f"{each.schema}.{each.name}", each.as_of or "now"
            reason = why_not(each, mapping, today())
            if not reason and (covered := rules_on(each.key, mapping, ruled)):
                reason = f"A rule of row-level security covers {covered[0]}."
            found = f"{each.key} as of {day}, written {each.written_at}: "
            yield Finding(
                f"table {name}",
                "warning" if reason else "info",
                f"{found}macros compute it. {reason}" if reason else f"{found}macros read it.",
                "Write it again with `superset-kpi materialize`, or remove it." if reason else "",
            )
        yield from _readers(mapping, {each.name for each in of_mapping}, ruled)


def _readers(mapping: Mapping, names: set[str], ruled: set[str]) -> Iterator[Finding]:
    """Yields the installed datasets that read a table which a rule covers, or which is gone."""
    from superset_kpi.superset.installed import recorded
    from superset_kpi.superset.written_tables import relations_in, rules_on

    for dataset in (each for each in recorded(mapping.name) if each.kind == "dataset"):
        for table, key in relations_in(dataset.tree["sql"] or "", mapping.name).items():
            if covered := rules_on(key, mapping, ruled):
                yield Finding(
                    f"dataset {dataset.name}",
                    "error",
                    f"It reads {table}, whose rows escape the rule of row-level security on "
                    f"{covered[0]}.",
                    "Run `superset-kpi install` without --materialized.",
                )
            elif table not in names:
                yield Finding(
                    f"dataset {dataset.name}",
                    "warning",
                    f"It reads {table}, which is no longer written.",
                    "Run `superset-kpi install` again.",
                )


def _message(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except KpiError as error:
        return str(error)
    return ""


def _row_level_security() -> Iterator[Finding]:
    """Superset doubles each % of a rule; where it cannot parse the result, it shows all rows."""
    from superset import db
    from superset.connectors.sqla.models import RowLevelSecurityFilter

    for rule in db.session.query(RowLevelSecurityFilter):
        clause = rule.clause.replace("%", "%%")
        if clause != rule.clause and "{{" not in clause and not _parses(clause, rule.tables):
            yield Finding(
                f"row-level security {rule.name}",
                "error",
                f"Superset cannot apply the rule {rule.clause!r} under virtual datasets, and shows "
                "all their rows.",
                "Write it without %, for example with mod(a, b).",
            )


def _parses(clause: str, tables: list[Any]) -> bool:
    from superset.sql.parse import SQLStatement

    engines = {table.database.db_engine_spec.engine for table in tables} or {"postgresql"}
    try:
        for engine in engines:
            SQLStatement(f"select 1 where ({clause})", engine)
    except Exception:  # whatever the parser of that engine raises
        return False
    return True
