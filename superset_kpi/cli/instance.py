"""status, diff, doctor: what is in Superset, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from superset_kpi.cli.dashboards import (
    data_option,
    mappings_of,
    materialized_option,
    number_of,
    planned_for,
)
from superset_kpi.cli.group import (
    FINDINGS,
    is_verbose,
    json_option,
    mapping_option,
    output_option,
)

if TYPE_CHECKING:
    from superset_kpi.superset.difference import Difference
    from superset_kpi.superset.status import Status


@click.command(epilog="Example: superset-kpi status")
@mapping_option
@json_option
@output_option
def status(mapping: str | None, as_json: bool, output: Path | None) -> None:
    """Show what is installed for each mapping.

    By which version, with how many edits, and how old the models and tables are that it reads.
    Without --mapping, the mapping file of Superset's configuration is used.
    """
    from dataclasses import asdict

    from superset_kpi.cli.mapping_file import as_configured, locate, read_all
    from superset_kpi.cli.output import json_text, table_text, write
    from superset_kpi.superset.app import app_context
    from superset_kpi.superset.status import statuses

    with app_context(is_verbose()) as app:
        given = as_configured(mapping, app.config)
        path, name = locate(given)
        found = statuses(read_all(given), path, only=name)
    if as_json:
        write(json_text([asdict(each) for each in found]), output)
        return
    texts = [f"{each.mapping}\n{table_text(('', ''), _status_rows(each))}" for each in found]
    write("\n".join(texts), output)


@click.command(epilog="Example: superset-kpi diff --mapping kpi.yaml:shop")
@mapping_option
@materialized_option
@data_option
@json_option
@output_option
def diff(
    mapping: str | None,
    materialized: bool,
    data_check: bool,
    as_json: bool,
    output: Path | None,
) -> None:
    """Show how Superset differs from what install would write.

    Part by part, from the instance (-) to the files (+); what users edited stays, and is marked.
    Exit 1 if anything differs.
    """
    from dataclasses import asdict

    from superset_kpi.cli.output import json_text, working, write
    from superset_kpi.superset.app import app_context
    from superset_kpi.superset.difference import differences

    found = {}
    with working("diff") as step, app_context(is_verbose()) as app:
        for each in mappings_of(mapping, app, materialized):
            found[each.name] = differences(planned_for(each, step, False, data_check))
    if as_json:
        write(
            json_text({n: [asdict(each) for each in parts] for n, parts in found.items()}), output
        )
    else:
        write("\n".join(_difference_text(name, parts) for name, parts in found.items()), output)
    if any(found.values()):
        raise click.exceptions.Exit(FINDINGS)


@click.command(epilog="Example: superset-kpi doctor")
@json_option
@output_option
def doctor(as_json: bool, output: Path | None) -> None:
    """Find what is wrong with this Superset.

    Each finding comes with its remedy. Exit 1 if something does not work.
    """
    from dataclasses import asdict

    from superset_kpi.cli.output import json_text, table_text, write
    from superset_kpi.superset.doctor import examine

    findings = examine(is_verbose())
    if as_json:
        write(json_text([asdict(f) for f in findings]), output)
    elif findings:
        rows = [[f.severity, f.name, f.found, f.remedy] for f in findings]
        write(table_text(["severity", "about", "found", "remedy"], rows), output)
    else:
        write("doctor: nothing is wrong.", output)
    if any(f.severity == "error" for f in findings):
        raise click.exceptions.Exit(FINDINGS)


def _status_rows(one: Status) -> list[list[str]]:
    installed = ", ".join(number_of(kind, n) for kind, n in one.objects.items())
    rows = [
        ["database", one.database or "not known: the mapping file does not have this mapping"],
        ["installed", installed if any(one.objects.values()) else "nothing"],
    ]
    if any(one.objects.values()):
        rows += [
            ["version", one.version or "not noted: an early one"],
            ["by users", f"{one.edited} edited, {one.deleted} deleted"],
        ]
    rows += [["dashboard", f"{title}: {place}"] for title, place in one.dashboards.items()]
    if not one.is_mapped:
        rows.append(["remedy", f"Map it again, or run `superset-kpi uninstall {one.mapping}`."])
    if one.fitted_until is not None:
        age = f"{one.fitted_days_ago} days before as_of"
        rows.append(["models", f"fitted until {one.fitted_until}, {age}"])
    if (tables := one.tables) is not None:
        oldest = f"{tables.count}, the oldest as of {tables.as_of or 'now'}"
        rows.append(["tables", f"{oldest}, written {tables.written_at}"])
        if tables.not_read:
            rows.append(["not read", f"{tables.not_read} of them. {tables.why_not}"])
    return rows


def _difference_text(name: str, parts: list[Difference]) -> str:
    if not parts:
        return f"{name}: Superset has what the files have."
    lines = []
    for each in parts:
        what = f"{each.kind} {each.name!r}"
        if not each.part:
            side = "only in Superset" if each.action == "remove" else "not in Superset"
            lines.append(f"{name}: {what}: {side}")
            continue
        lines.append(f"{name}: {what}: {each.part}{', stays as a user made it' * each.stays}")
        lines += each.lines
    return "\n".join(lines)
