"""What is wrong with an instance, each finding with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from superset_kpi.errors import KpiError
from superset_kpi.superset.app import app_context
from superset_kpi.superset.environment import installation
from superset_kpi.superset.finding import Finding


def instance() -> list[Finding]:
    """Returns the faults of the configuration and the mapping. Needs the application."""
    from flask import current_app

    from superset_kpi.superset.security_rules import rule_findings

    config = current_app.config
    found = [*_flags(), *_mappings(config), *rule_findings()]
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


def examine(verbose: bool = False) -> list[Finding]:
    """Returns all findings; those of the instance only where the environment lets it start."""
    found = installation()
    if any(each.name == "superset" and each.severity == "error" for each in found):
        return found
    try:
        with app_context(verbose):
            found += instance()
    except Exception as error:  # whatever keeps Superset from starting is a finding, too
        if not any(each.severity == "error" for each in found):
            found.append(_start(error))
    return found


def _start(error: Exception) -> Finding:
    """Returns the finding of what ended the examination."""
    if isinstance(error, KpiError):
        what, _, remedy = str(error).removeprefix("superset: ").partition(". ")
        return Finding("start", "error", f"{what.rstrip('.')}.", remedy)
    return Finding("start", "error", _first_line(error), "Correct it.")


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def _flags() -> Iterator[Finding]:
    from superset_kpi.superset.installed import TEMPLATES_FLAG, renders_templates

    if not renders_templates():
        yield Finding(
            TEMPLATES_FLAG,
            "error",
            "Templates are switched off: {{ kpi... }} reaches the warehouse as it is, and charts "
            "that were installed with templates show an error.",
            f'Set FEATURE_FLAGS = {{"{TEMPLATES_FLAG}": True}}, or install again: charts are then '
            "written without templates.",
        )


def _mappings(config: dict[str, Any]) -> Iterator[Finding]:
    from superset_kpi.macros.unverified import unverified
    from superset_kpi.mapping import read_mappings
    from superset_kpi.superset.configure import MAPPING_KEY, mapping_path
    from superset_kpi.superset.installed import find_database, mapping_names
    from superset_kpi.superset.security_rules import mapping_findings
    from superset_kpi.superset.table_findings import table_findings

    path = mapping_path(config)
    if not path.is_file():
        yield Finding(
            "mapping",
            "error",
            f"There is no mapping file {path}.",
            f"Write one with `superset-kpi init`, or name it in {MAPPING_KEY}.",
        )
        return
    mappings, bound_to = {}, dict[str, Any]()
    try:
        mappings = read_mappings(path)
    except KpiError as error:
        yield Finding("mapping", "error", str(error), "Check it with `superset-kpi check-mapping`.")
    for mapping in mappings.values():
        if fault := _message(lambda bound=mapping: find_database(bound)):  # type: ignore[misc]
            yield Finding(f"database of {mapping.name}", "error", fault, "")
        else:
            bound_to[mapping.database] = find_database(mapping)
        if warning := unverified(mapping):
            yield Finding(f"dialect of {mapping.name}", "warning", *warning)
    yield from _connections(bound_to)
    yield from table_findings(mappings, path)
    yield from mapping_findings(mappings.values())
    for name in sorted(mapping_names() - set(mappings)) if mappings else ():
        yield Finding(
            f"mapping {name}",
            "warning",
            f"Dashboards are installed for the mapping {name!r}, which {path.name} does not have.",
            f"Map it again, or remove them with `superset-kpi uninstall {name}`.",
        )


def _connections(bound_to: dict[str, Any]) -> Iterator[Finding]:
    """Yields what keeps the connections of the mappings from answering, now or soon."""
    from superset_kpi.superset.answers import holds_its_file, silence

    for name, database in bound_to.items():
        if fault := silence(database):
            yield Finding(f"connection {name}", "error", *fault)
        elif holds_its_file(database):
            yield Finding(
                f"connection {name}",
                "warning",
                "DuckDB lets only one process open a file to write: a second worker of Superset, "
                "or any other program, fails with 'Unique file handle conflict' or a lock.",
                "Add ?access_mode=READ_ONLY to the connection's URI.",
            )


def _message(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except KpiError as error:
        return str(error)
    return ""
