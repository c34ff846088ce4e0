"""macros, render, query: the library, the SQL of a macro, and its rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from superset_kpi.cli.group import arguments_option, json_option, mapping_option, output_option

if TYPE_CHECKING:
    from superset_kpi.macros import Macro
    from superset_kpi.mapping import Mapping
    from superset_kpi.warehouse import Rows

TABLE_ROWS = 40


def _completed(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    from superset_kpi.macros import library

    return [name for name in library() if name.startswith(begun)]


macro_argument = click.argument("name", shell_complete=_completed)
live_option = click.option(
    "--live", is_flag=True, help="Compute everything, even what materialize wrote."
)


@click.command(epilog="Example: superset-kpi macros --mapping kpi.yaml:shop")
@click.option("--all", "also_internal", is_flag=True, help="Also list internal macros.")
@mapping_option
@json_option
@output_option
def macros(also_internal: bool, mapping: str | None, as_json: bool, output: Path | None) -> None:
    """List the macros.

    With --mapping, says which are switched off, and which tables would switch them on.
    """
    from superset_kpi.cli.mapping_file import read_one
    from superset_kpi.cli.output import LIST_WIDTH, json_text, table_text, write
    from superset_kpi.macros import library

    bound = read_one(mapping) if mapping else None
    found = [m for m in library().values() if also_internal or not m.is_internal]
    found.sort(key=lambda m: (m.area, m.name))
    if as_json:
        write(json_text([_entry(m, bound) for m in found]), output)
        return
    columns = ["area", "macro", "summary", *(["missing tables"] if bound else [])]
    rows = [
        [m.area, m.name, m.summary, *([", ".join(library().missing(m, bound))] if bound else [])]
        for m in found
    ]
    write(table_text(columns, rows, LIST_WIDTH), output)


def _entry(macro: Macro, mapping: Mapping | None) -> dict[str, Any]:
    from superset_kpi.macros import library

    entry: dict[str, Any] = {
        "name": macro.name,
        "area": macro.area,
        "kind": macro.kind,
        "summary": macro.summary,
        "grain": macro.grain,
        "arguments": {
            a.name: {
                "type": a.type,
                "required": a.is_required,
                "default": {"setting": a.setting} if a.setting else a.default,
                "choices": list(a.choices),
                "doc": a.doc,
            }
            for a in macro.args.values()
        },
        "returns": {
            r.name: {"type": r.type, "unit": r.unit, "range": r.range, "doc": r.doc}
            for r in macro.returns.values()
        },
        "needs": {table: sorted(c) for table, c in sorted(library().needs(macro).items())},
        "needs_one_of": sorted(map(list, library().needs_one_of(macro))),
        "source": macro.source,
        "check": dict(macro.check) or None,
    }
    if mapping:
        entry["not_mapped"] = list(library().missing(macro, mapping))
    return entry


@click.command(epilog="Example: superset-kpi render cx_by_segment -o scheme=Region -o period=month")
@macro_argument
@arguments_option
@mapping_option
@click.option("--dialect", metavar="ENGINE", help="Write for an engine other than the mapping's.")
@click.option("--pretty", is_flag=True, help="Break the statement into lines.")
@live_option
@output_option
def render(
    name: str,
    options: tuple[str, ...],
    mapping: str | None,
    dialect: str | None,
    pretty: bool,
    live: bool,
    output: Path | None,
) -> None:
    """Print the SQL of a macro.

    A relation gives a SELECT over the mapped tables, an expression the bare expression.
    """
    from superset_kpi.cli.mapping_file import (
        find_macro,
        in_dialect,
        read_arguments,
        read_one,
        with_tables,
    )
    from superset_kpi.cli.output import write
    from superset_kpi.macros import render_call, render_query

    macro = find_macro(name)
    values = read_arguments(macro, options)
    bound = read_one(mapping)
    if dialect:
        bound = in_dialect(bound, dialect)
    elif not live:
        bound = with_tables(mapping, bound, macro)
    if macro.kind == "expression":
        sql = render_call(name, (), values, bound)
    else:
        sql = render_query(name, values, bound)
    _say_what_is_read(sql, bound)
    write(_pretty(sql, bound) if pretty else sql, output)


def _say_what_is_read(sql: str, mapping: Mapping) -> None:
    from superset_kpi.cli.output import note
    from superset_kpi.macros.written import tables_in

    for each in tables_in(sql, mapping):
        day = f" as of {each.as_of}" if each.as_of else ""
        note(f"{each.key}: read from {each.schema}.{each.name},{day} written {each.written_at}.")


def _pretty(sql: str, mapping: Mapping) -> str:
    import sqlglot

    from superset_kpi.dialects import dialect

    target = dialect(mapping.dialect).sqlglot
    return sqlglot.parse_one(sql, read=target).sql(dialect=target, pretty=True)


@click.command(
    epilog="Example: superset-kpi query cpv_by_segment -o scheme=Region --columns segment,cpv,band"
)
@macro_argument
@arguments_option
@mapping_option
@click.option("--limit", type=click.IntRange(0), help=f"Rows; 0 for all. [default: {TABLE_ROWS}]")
@click.option("--columns", metavar="NAME,...", help="Only these columns, in this order.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@live_option
@json_option
@output_option
def query(
    name: str,
    options: tuple[str, ...],
    mapping: str | None,
    limit: int | None,
    columns: str | None,
    as_csv: bool,
    live: bool,
    as_json: bool,
    output: Path | None,
) -> None:
    """Run a macro on the mapping's url and print its rows.

    The table rounds for reading; --json and --csv do not, and hold all rows unless --limit is
    given. --csv writes an apostrophe before a text that begins with = + - @, a tab or a line
    break and is not a number, so that no spreadsheet runs what a customer wrote.
    """
    from superset_kpi.api import Query
    from superset_kpi.cli.group import UsageFault
    from superset_kpi.cli.mapping_file import find_macro, read_arguments, read_one, with_tables
    from superset_kpi.cli.output import csv_text, fitting, json_text, note, table_text, write
    from superset_kpi.macros import render_query

    if as_csv and as_json:
        raise UsageFault("query: --csv and --json are both given. Give one of them.")
    macro = find_macro(name)
    values = read_arguments(macro, options)
    most = limit if limit is not None else (0 if as_csv or as_json else TABLE_ROWS)
    bound = read_one(mapping)
    if not live:
        bound = with_tables(mapping, bound, macro)
    asked = Query(macro, values, bound, render_query(name, values, bound))
    _say_what_is_read(asked.sql, bound)
    rows, more = asked.answer(most or None)
    rows = _only(rows, columns.split(",")) if columns else rows
    if as_json:
        write(json_text(rows.records()), output)
    elif as_csv:
        write(csv_text(rows.columns, rows.rows), output)
    else:
        wide = len(rows.columns) if output else fitting(rows.columns, rows.rows)
        write(table_text(rows.columns[:wide], [row[:wide] for row in rows.rows]), output)
        if wide < len(rows.columns):
            note(f"{name}: no room for {', '.join(rows.columns[wide:])}. Choose with --columns.")
    if more:
        note(f"{name}: the first {most} rows. Use --limit 0 for all.")


def _only(rows: Rows, columns: list[str]) -> Rows:
    from superset_kpi.cli.group import UsageFault
    from superset_kpi.errors import nearest
    from superset_kpi.warehouse import Rows

    for column in columns:
        if column not in rows.columns:
            raise UsageFault(
                f"columns: there is no column {column!r}. {nearest(column, rows.columns)}"
            )
    places = [rows.columns.index(column) for column in columns]
    return Rows(tuple(columns), tuple(tuple(row[p] for p in places) for row in rows.rows))
