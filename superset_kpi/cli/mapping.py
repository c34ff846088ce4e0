"""check-mapping, schema: the mapping file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from superset_kpi.cli.group import FINDINGS, json_option, mapping_option, output_option

if TYPE_CHECKING:
    from superset_kpi.mapping import Mapping
    from superset_kpi.warehouse.inspect import Inspection
    from superset_kpi.warehouse.scan import ColumnProfile


@click.command(
    "check-mapping", epilog="Example: superset-kpi check-mapping --mapping kpi.yaml:shop"
)
@mapping_option
@click.option(
    "--no-profile",
    is_flag=True,
    help="Do not count rows, nulls, keys, days and wrong values of each column.",
)
@json_option
@output_option
def check_mapping(
    mapping: str | None, no_profile: bool, as_json: bool, output: Path | None
) -> None:
    """Check the mapping file, and the warehouse behind it.

    Looks at the warehouse if the mapping has a url: a few rows of every source, and one counting
    scan of at most a million rows. Shows all findings at once; without a NAME, those of every
    mapping in the file. Exit 1 if there are findings.
    """
    from superset_kpi.cli.mapping_file import locate, read_all
    from superset_kpi.cli.output import json_text, progress, write
    from superset_kpi.errors import MappingError
    from superset_kpi.macros.unverified import unverified

    path, _ = locate(mapping)
    findings: list[str] = []
    lines: list[str] = []
    warnings: list[str] = []
    try:
        mappings = read_all(mapping)
    except MappingError as error:
        mappings, findings = {}, str(error).splitlines()
    profiles: dict[str, list[ColumnProfile]] = {}
    for each in mappings.values():
        progress(f"check-mapping: {each.name}")
        found = _inspected(each, not no_profile)
        findings += found.faults if found else []
        warnings += found.hints if found else []
        profiles[each.name] = found.profile if found else []
        lines.append(_verdict(each, found.faults if found else None))
        if warning := unverified(each):
            warnings.append(" ".join(warning))
    if as_json:
        record = {
            "file": str(path),
            "mappings": list(mappings),
            "findings": findings,
            "warnings": warnings,
            "profile": [_record(name, p) for name, each in profiles.items() for p in each],
        }
        write(json_text(record), output)
    else:
        tables = [_table(name, each) for name, each in profiles.items() if each]
        write("\n".join([*tables, *findings, *warnings, *lines]), output)
    if findings:
        raise click.exceptions.Exit(FINDINGS)


def _inspected(mapping: Mapping, with_profile: bool) -> Inspection | None:
    """Returns what the warehouse says of a mapping; None where no url says where it is."""
    if not mapping.url:
        return None
    from superset_kpi.errors import WarehouseError
    from superset_kpi.warehouse.inspect import Inspection, inspect_mapping

    try:
        return inspect_mapping(mapping, with_profile)
    except WarehouseError as error:
        return Inspection(faults=[str(error)])


def _record(name: str, profile: ColumnProfile) -> dict[str, Any]:
    from dataclasses import asdict

    return {"mapping": name, **asdict(profile), "where": profile.where.partition(".tables.")[2]}


def _table(name: str, profiles: list[ColumnProfile]) -> str:
    from superset_kpi.cli.output import table_text

    columns = ["table", "column", "rows", "null", "distinct", "first", "last", "misfits"]
    rows = [
        [
            p.where.partition(".tables.")[2],
            p.column,
            f"{p.rows:,}{'+' if p.is_cut else ''}",
            None if p.null_share is None else f"{p.null_share:.1%}",
            None if p.distinct is None else f"{p.distinct:,}",
            p.first,
            p.last,
            None if p.unread is None else f"{p.unread:,}",
        ]
        for p in profiles
    ]
    return f"{name}\n{table_text(columns, rows)}"


def _verdict(mapping: Mapping, found: list[str] | None) -> str:
    tables = f"{len(mapping.tables)} tables mapped"
    if found is None:
        return f"{mapping.name}: {tables}; the file is valid. Add a url to check the warehouse too."
    if found:
        return f"{mapping.name}: {tables}; {len(found)} findings in the warehouse."
    return f"{mapping.name}: {tables}; file and warehouse agree."


@click.command(epilog="Example: superset-kpi schema --output kpi.schema.json")
@output_option
def schema(output: Path | None) -> None:
    """Print the JSON Schema of mapping files.

    With it, editors complete and check kpi.yaml.
    """
    from superset_kpi.cli.output import json_text, write
    from superset_kpi.mapping.schema import json_schema

    write(json_text(json_schema()), output)
