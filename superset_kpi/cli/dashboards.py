"""plan, install, uninstall, export, demo: what goes into Superset, and out of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from superset_kpi.cli.group import (
    FINDINGS,
    is_verbose,
    json_option,
    mapping_option,
    output_option,
)

if TYPE_CHECKING:
    from superset_kpi.mapping import Mapping
    from superset_kpi.superset.plan import Plan
    from superset_kpi.superset.removal import Removal

materialized_option = click.option(
    "--materialized", is_flag=True, help="Datasets read the tables that materialize wrote."
)
data_option = click.option(
    "--data-check/--no-data-check",
    default=True,
    show_default=True,
    help="Look at what the tables hold, and leave out what has no data.",
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
restore_option = click.option("--restore", is_flag=True, help="Bring back what users deleted.")
owner_option = click.option(
    "--owner", metavar="USER", help="Superset user who owns new objects. [default: an admin]"
)


@click.command(epilog="Example: superset-kpi plan --mapping kpi.yaml:shop")
@mapping_option
@materialized_option
@restore_option
@data_option
@json_option
@output_option
def plan(
    mapping: str | None,
    materialized: bool,
    restore: bool,
    data_check: bool,
    as_json: bool,
    output: Path | None,
) -> None:
    """Show what install would do in Superset.

    Changes nothing. Without --mapping, the mapping file of Superset's configuration is used.
    Exit 1 if names clash.
    """
    from superset_kpi.cli.output import json_text, working, write
    from superset_kpi.superset.app import app_context

    with working("plan") as step, app_context(is_verbose()) as app:
        mappings = mappings_of(mapping, app, materialized)
        plans = [planned_for(each, step, restore, data_check) for each in mappings]
    if as_json:
        write(json_text([_plan_record(p) for p in plans]), output)
    else:
        write("\n".join(_plan_text(p) for p in plans), output)
    if any(p.only("clash") for p in plans):
        raise click.exceptions.Exit(FINDINGS)


@click.command(epilog="Example: superset-kpi install --mapping kpi.yaml:shop --yes")
@mapping_option
@click.option(
    "--alerts", metavar="ADDRESS", help="Also watch the headline KPIs and send mail there."
)
@materialized_option
@restore_option
@data_option
@owner_option
@yes_option
def install(
    mapping: str | None,
    alerts: str | None,
    materialized: bool,
    restore: bool,
    data_check: bool,
    owner: str | None,
    yes: bool,
) -> None:
    """Put datasets, charts, dashboards and saved queries into Superset.

    Shows the plan and asks; all or nothing for each mapping. What a user edited stays, and so do
    owners; what a user deleted stays deleted. The database connection is never touched.
    """
    from superset_kpi.cli.output import working
    from superset_kpi.superset.alerts import are_enabled, install_alerts, require_alerts
    from superset_kpi.superset.app import app_context
    from superset_kpi.superset.install import apply

    with app_context(is_verbose()) as app:
        if alerts is not None:
            require_alerts(alerts)
        mappings = mappings_of(mapping, app, materialized)
        with working("install") as step:
            plans = [planned_for(each, step, restore, data_check) for each in mappings]
        click.echo("\n".join(_plan_text(p) for p in plans))
        if any(p.only("clash") for p in plans):
            raise click.exceptions.Exit(FINDINGS)
        if not yes:
            click.confirm("Write this into Superset?", abort=True, err=True)
        for each, planned in zip(mappings, plans, strict=True):
            with working("install") as step:
                step(f"writing {each.name}")
                apply(planned, owner)
            click.echo(f"{each.name}: installed.")
            if alerts is not None:
                for name in install_alerts(each, alerts, owner=owner):
                    click.echo(f"alert: {name}")
        if alerts is None and are_enabled():
            click.echo("This Superset runs alerts: install --alerts ADDRESS adds some on the KPIs.")


@click.command(epilog="Example: superset-kpi uninstall shop")
@click.argument("name", metavar="MAPPING")
@click.option("--edited", is_flag=True, help="Also remove what users edited.")
@owner_option
@yes_option
def uninstall(name: str, edited: bool, owner: str | None, yes: bool) -> None:
    """Remove what was installed for a mapping.

    Shows what goes and what stays, and asks. What a user edited, or built something on, stays.
    """
    from superset_kpi.superset.app import app_context
    from superset_kpi.superset.installed import mapping_names
    from superset_kpi.superset.removal import plan_uninstall
    from superset_kpi.superset.removal import uninstall as remove_all

    with app_context(is_verbose()):
        planned = plan_uninstall(name, edited)
        click.echo(_removal_text(name, planned, mapping_names()))
        if not any(not each.reason for each in planned):
            return
        if not yes:
            click.confirm("Remove this from Superset?", abort=True, err=True)
        remove_all(name, edited, owner)
        click.echo(f"{name}: removed.")


@click.command(epilog="Example: superset-kpi export --mapping kpi.yaml:shop --bound")
@mapping_option
@click.option(
    "--database-uuid",
    metavar="UUID",
    help="UUID of the connection to import for; Superset lists them under /api/v1/database/.",
)
@click.option("--bound", is_flag=True, help="Use the connection of this environment's Superset.")
@data_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The archive. [default: kpi_<mapping>.zip]",
)
def export(
    mapping: str | None,
    database_uuid: str | None,
    bound: bool,
    data_check: bool,
    output: Path | None,
) -> None:
    """Write a zip for Superset's own import.

    Its dialog, its API and its command line accept the file if the connection that it is made
    for exists; no connection is ever changed or made. Needs Superset's package, and with --bound
    also its configuration.
    """
    from superset_kpi.cli.mapping_file import read_one
    from superset_kpi.cli.output import write_bytes
    from superset_kpi.superset.export import export_bound, export_zip

    if bound == (database_uuid is not None):
        raise click.UsageError(
            "An archive is made for one connection. Use that of this environment's Superset with "
            "--bound, or name one with --database-uuid UUID: /api/v1/database/ in Superset lists "
            "them."
        )
    one = read_one(mapping)
    if database_uuid is None:
        from superset_kpi.superset.app import app_context

        with app_context(is_verbose()):
            archive = export_bound(one, looks=data_check)
    else:
        archive = export_zip(
            one, database_uuid, looks=data_check and bool(one.url) and _reaches(one)
        )
    path = output or Path(f"kpi_{one.name}.zip")
    write_bytes(archive, path)
    click.echo(
        f"{path}: written. Import it under Dashboards, Import dashboards, in a Superset that has "
        "its connection."
    )


@click.command(epilog="Example: superset-kpi demo --port 8089")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".demo"),
    show_default=True,
    help="Where the warehouse and the Superset of the demo are kept.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8088, show_default=True)
@click.option("--no-serve", is_flag=True, help="Prepare everything without starting the server.")
def demo(directory: Path, port: int, no_serve: bool) -> None:
    """Start a Superset with demo data and dashboards.

    Everything stays in one folder; a second start reuses it.
    """
    from superset_kpi.demo.serve import demo as serve

    guide = serve(directory, port, not no_serve, lambda line: click.echo(line, err=True))
    if no_serve:
        click.echo(guide)


def mappings_of(given: str | None, app: Any, materialized: bool) -> list[Mapping]:
    """Returns the mappings of --mapping, else of the file that Superset is configured with.

    With `materialized` they read the tables that may be read; where none may, it is a KpiError.
    """
    from superset_kpi.cli.mapping_file import as_configured, read_all, with_tables
    from superset_kpi.errors import KpiError

    given = as_configured(given, app.config)
    mappings = list(read_all(given).values())
    if not materialized:
        return mappings
    bound = [with_tables(given, each) for each in mappings]
    if not any(each.written for each in bound):
        raise KpiError(
            f"{', '.join(each.name for each in bound)}: there is no table to read. "
            "Run superset-kpi materialize, or install without --materialized."
        )
    return bound


def planned_for(mapping: Mapping, step: Callable[[str], None], restore: bool, looks: bool) -> Plan:
    """Returns the plan for a mapping; `step` names it where somebody watches."""
    from superset_kpi.superset.plan import plan as planned

    step(f"comparing datasets, charts and dashboards of {mapping.name}")
    return planned(mapping, restore=restore, looks=looks)


def _reaches(mapping: Mapping) -> bool:
    """Returns whether the mapping's url leads to its data; an archive can be made without."""
    from superset_kpi.errors import WarehouseError
    from superset_kpi.warehouse.connection import connection

    try:
        with connection(mapping):
            return True
    except WarehouseError as error:
        click.echo(f"The data was not checked. {error}", err=True)
        return False


def _plan_record(planned: Plan) -> dict[str, Any]:
    from dataclasses import asdict

    from superset_kpi.dashboards.absent import counted

    return {
        "mapping": planned.mapping.name,
        "database": planned.mapping.database,
        "stale": planned.bundle.stale,
        "steps": [asdict(step) for step in planned.steps],
        "left_out": [asdict(each) for each in planned.absent],
        "would_bring": [
            {"why": list(why), **counts} for why, counts in counted(planned.absent).items()
        ],
    }


def _plan_text(planned: Plan) -> str:
    from superset_kpi.cli.output import table_text

    counts = {action: len(planned.only(action)) for action in _ACTIONS}
    summary = ", ".join(f"{count} to {_ACTIONS[a]}" for a, count in counts.items() if count)
    lines = [
        f"{planned.mapping.name}, on {planned.mapping.database!r}: {summary or 'nothing to do'}."
    ]
    if planned.bundle.stale:
        lines.append(planned.bundle.stale)
    rows = [
        [s.action, s.kind, s.name, s.reason or _edited(s.edited)]
        for s in planned.steps
        if s.action != "keep" or s.reason or s.edited
    ]
    if rows:
        lines.append(table_text(["action", "kind", "name", "why"], rows))
    lines += _absent_lines(planned)
    return "\n".join(lines) + "\n"


def _absent_lines(planned: Plan) -> list[str]:
    """Returns what is left out by what would bring it, the most first."""
    from superset_kpi.dashboards.absent import counted

    found = counted(planned.absent)
    if not found:
        return []
    dashboards = [each.name for each in planned.absent if each.kind == "dashboard"]
    lines = [f"No data for the dashboard {name!r}." for name in dashboards]
    lines.append("Left out because data is missing. What would add it:")
    for why, counts in found.items():
        parts = [number_of(kind, n) for kind, n in counts.items()]
        lines.append(f"  {'; '.join(why)}: {', '.join(parts)}")
    return lines


def number_of(kind: str, number: int) -> str:
    """Returns `1 chart`, `2 charts`, `2 queries`."""
    if number == 1:
        return f"1 {kind}"
    return f"{number} queries" if kind == "query" else f"{number} {kind}s"


_ACTIONS: dict[Any, str] = {
    "create": "create",
    "update": "update",
    "keep": "keep as it is",
    "edited": "leave as users edited it",
    "remove": "remove",
    "away": "leave deleted",
    "clash": "resolve first",
}


def _edited(parts: tuple[str, ...]) -> str:
    return f"a user's {', '.join(parts)} stays" if parts else ""


def _removal_text(name: str, planned: list[Removal], installed: set[str]) -> str:
    from superset_kpi.cli.output import table_text
    from superset_kpi.errors import nearest

    if not planned:
        hint = f" {nearest(name, installed)}" if installed else ""
        return f"{name}: nothing is installed for this mapping.{hint}"
    rows = [["keep" if r.reason else "remove", r.kind, r.name, r.reason] for r in planned]
    return table_text(["action", "kind", "name", "why"], rows)
