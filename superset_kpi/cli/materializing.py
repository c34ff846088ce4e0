"""materialize: relations that many charts start from, as tables or views of the warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from superset_kpi.cli.group import json_option, mapping_option, output_option

if TYPE_CHECKING:
    from superset_kpi.mapping import Mapping
    from superset_kpi.mapping.model import Written
    from superset_kpi.materialize import Planned
    from superset_kpi.materialize.record import Entry


@click.command(epilog="Example: superset-kpi materialize -m kpi.yaml:shop --schema kpi --yes")
@mapping_option
@click.option("--schema", metavar="NAME", help="Schema to write to. [default: the mapping's]")
@click.option(
    "--relation",
    "keys",
    multiple=True,
    metavar="NAME",
    help="A relation of the plan; repeat for more. [default: all that are mapped]",
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["table", "view"]),
    default="table",
    show_default=True,
    help="A view is always up to date, but saves no computing.",
)
@click.option("--remove", is_flag=True, help="Drop what was written instead.")
@click.option("--outdated", is_flag=True, help="With --remove: only what no macro reads any more.")
@click.option("--yes", is_flag=True, help="Write; without it, only the plan is shown.")
@json_option
@output_option
def materialize(
    mapping: str | None,
    schema: str | None,
    keys: tuple[str, ...],
    kind: str,
    remove: bool,
    outdated: bool,
    yes: bool,
    as_json: bool,
    output: Path | None,
) -> None:
    """Write the relations that many charts start from into the warehouse.

    Without --yes it shows what it would do and does nothing. With it, every relation is built
    beside its table and takes its place at once; FILE.tables.yaml beside the mapping records it,
    and macros read it while it is recent enough. No other command writes to the warehouse.
    """
    from superset_kpi.cli.group import UsageFault
    from superset_kpi.cli.mapping_file import locate, read_one
    from superset_kpi.cli.output import json_text, note, write
    from superset_kpi.macros.written import today
    from superset_kpi.materialize import checked_schema, plan

    if outdated and not remove:
        raise UsageFault("--outdated: it limits what --remove drops. Give --remove too.")
    path, _ = locate(mapping)
    chosen = read_one(mapping)
    report: dict[str, Any]
    if remove:
        report = _remove(path, chosen, checked_schema(chosen, schema), keys, outdated, yes)
    elif yes:
        report = _write(path, chosen, plan(chosen, schema, keys, kind, today(chosen)))
    else:
        planned = plan(chosen, schema, keys, kind, today(chosen))
        report = {"planned": [_plan_record(each, chosen.name) for each in planned]}
    if as_json:
        write(json_text({chosen.name: report}), output)
    else:
        write(_text(chosen.name, report), output)
    if not yes:
        note(f"{chosen.name}: nothing was changed. Give --yes to do it.")


def _write(path: Path, mapping: Mapping, planned: list[Planned]) -> dict[str, Any]:
    from superset_kpi.cli.output import note, progress
    from superset_kpi.mapping.tables import tables_path
    from superset_kpi.materialize import outdated, recorded, write, write_tables

    def done(written: Written) -> None:
        write_tables(path, mapping.name, [written])
        progress(f"{written.schema}.{written.name}: written.")

    found = write(mapping, planned, done)
    note(f"{tables_path(path)}: written. Commit it with the mapping.")
    schema = planned[0].schema
    for entry in outdated(recorded(mapping, schema), _names(path, mapping, schema)):
        note(
            f"{schema}.{entry.table_name}: was written earlier, and stays. Once no dashboard "
            "reads it: superset-kpi materialize --remove --outdated --yes."
        )
    return {"written": [_written_record(each) for each in found]}


def _names(path: Path, mapping: Mapping, schema: str) -> list[str]:
    from superset_kpi.mapping.tables import read_tables

    return [w.name for w in read_tables(path).get(mapping.name, ()) if w.schema == schema]


def _remove(
    path: Path,
    mapping: Mapping,
    schema: str,
    keys: tuple[str, ...],
    only_outdated: bool,
    yes: bool,
) -> dict[str, Any]:
    from superset_kpi.materialize import forget_tables, outdated, recorded, remove

    entries = recorded(mapping, schema)
    entries = [each for each in entries if not keys or each.relation in keys]
    if only_outdated:
        entries = outdated(entries, _names(path, mapping, schema))
    if not yes or not entries:
        return {"to_remove": [_entry_record(each, schema) for each in entries]}
    # First the file: macros compute the relation from now on.
    forget_tables(path, mapping.name, [each.table_name for each in entries])
    remove(mapping, schema, entries)
    return {"removed": [_entry_record(each, schema) for each in entries]}


def _plan_record(planned: Planned, mapping: str) -> dict[str, Any]:
    from superset_kpi.materialize import swap_of

    # As if nothing stood there yet: the warehouse is not asked.
    swap = swap_of(planned, mapping, "new", is_ours=False, is_there=False)
    return {
        "relation": planned.key,
        "arguments": planned.arguments,
        "table": f"{planned.schema}.{planned.name}",
        "as": planned.kind,
        "as_of": planned.as_of,
        "from": list(planned.sources),
        "statements": [*swap.build, *swap.swap],
    }


def _written_record(written: Written) -> dict[str, Any]:
    return {
        "relation": written.key,
        "table": f"{written.schema}.{written.name}",
        "as": written.kind,
        "as_of": written.as_of,
        "rows": written.rows,
        "written_at": written.written_at,
    }


def _entry_record(entry: Entry, schema: str) -> dict[str, Any]:
    return {
        "relation": entry.relation,
        "table": f"{schema}.{entry.table_name}",
        "as": entry.kind,
        "written_at": entry.written_at,
    }


def _text(name: str, report: dict[str, Any]) -> str:
    ((action, records),) = report.items()
    if not records:
        return f"{name}: there is nothing to remove."
    lines = []
    for each in records:
        about = [each["as"]]
        if each.get("as_of"):
            about.append(f"as of {each['as_of']}")
        if "from" in each:
            about.append(f"from {', '.join(each['from'])}")
        if each.get("rows") is not None:
            about.append(f"{each['rows']:,} rows")
        said = {"to_remove": "would be removed", "removed": "removed", "written": "written"}
        shown = said.get(action, "would be written")
        lines.append(f"{each['table']}: {each['relation']}, {', '.join(about)}: {shown}.")
        if "statements" in each:
            lines += [*(f"{statement};" for statement in each["statements"]), ""]
    return "\n".join(lines).rstrip("\n")
