"""init, presets: the first mapping file, as a starter or as a proposal for a warehouse."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from superset_kpi.cli.answers import answered, read_answers, share
from superset_kpi.cli.group import FINDINGS, UsageFault, json_option, output_option

if TYPE_CHECKING:
    from superset_kpi.mapping import Mapping
    from superset_kpi.proposal.draft import Draft
    from superset_kpi.proposal.presets import Recognised
    from superset_kpi.warehouse.survey import Survey

STARTER = Path(__file__).with_name("starter.yaml")
MOST_REMARKS = 10
WIDTH = 160


@click.command(
    epilog="Example: superset-kpi init --url 'postgresql://reader:${PASSWORD}@host/warehouse'"
)
@click.argument(
    "file", default="kpi.yaml", type=click.Path(dir_okay=False, path_type=Path), required=False
)
@click.option(
    "--url",
    metavar="URL",
    help="SQLAlchemy URL of the warehouse; ${NAME} is read from the environment.",
)
@click.option("--schema", metavar="NAME", help="Look at this schema only.")
@click.option("--name", default="shop", show_default=True, help="The mapping's name.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the defaults.")
@click.option(
    "-o",
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Answer a question beforehand: title, database, currency, margin_rate, minor_units, "
    "scale.METRIC, or the table of customers or transactions (`none` leaves them out).",
)
@click.option(
    "--preset",
    "presets",
    multiple=True,
    metavar="NAME",
    help="Take these presets only, see `superset-kpi presets`; `none` guesses instead. "
    "[default: those that are there]",
)
def init(
    file: Path,
    url: str | None,
    schema: str | None,
    name: str,
    yes: bool,
    options: tuple[str, ...],
    presets: tuple[str, ...],
) -> None:
    """Write a mapping file: a proposal for the warehouse at --url, else a starter.

    Looks at names, types, keys, comments and at most 1,000 rows of each table, only reading;
    shows what each logical table and column would be, why, and how sure that is; asks what nobody
    can tell; checks the result as check-mapping does, and leaves out what that finds fault with.
    The file names the URL as ${WAREHOUSE_URL}, and holds no rows: of what was read, only the
    words of a scale or a status that an expression needs. Never overwrites a file.
    """
    from superset_kpi.cli.output import write

    if file.exists():
        raise UsageFault(
            f"init: {str(file)!r} already exists and is left as it is. "
            "Name another file, or delete this one."
        )
    if url is None:
        if schema or options or presets:
            raise UsageFault("init: without a warehouse there is nothing to propose. Add --url.")
        write(STARTER.read_text(encoding="utf-8"), file)
        click.echo(f"{file}: written. Enter your tables, then run `superset-kpi check-mapping`.")
        return
    if not name.isidentifier() or name != name.lower():
        raise UsageFault(
            f"init: {name!r} cannot be a mapping's name. Use lower-case letters, digits and _."
        )
    if not file.absolute().parent.is_dir():  # before anybody answers questions
        raise UsageFault(
            f"output: {str(file)!r} cannot be written (No such file or directory). "
            "Name another file."
        )
    _propose(file, name, _unmapped(name, url), schema, read_answers(options), presets, yes)


def _propose(
    file: Path,
    name: str,
    unmapped: Mapping,
    schema: str | None,
    answers: dict[str, str],
    presets: tuple[str, ...],
    yes: bool,
) -> None:
    """Looks, shows, asks, checks and writes."""
    from superset_kpi.cli.output import note, table_text, working, write
    from superset_kpi.proposal.mapping_text import mapping_text
    from superset_kpi.proposal.presets import recognised
    from superset_kpi.proposal.propose import promise, propose

    with _survey(unmapped, schema, promise) as survey:
        known = recognised(survey, presets)
        fed = [source for each in known for source in each.sources]
        draft = _settled(propose(survey, answers, fed), known, unmapped, answers)
        if known and not presets:
            draft.remarks.append("No other table was looked at; --preset none guesses from all.")
        for remark in [*survey.remarks, *draft.remarks][:MOST_REMARKS]:
            note(remark)
        if not draft.sources:
            raise UsageFault(
                f"init: in {len(survey.tables)} tables there is nothing that looks like customers, "
                "purchases or ratings. Name a schema with --schema, or write the file by hand: "
                "`superset-kpi init` without --url makes a starter."
            )
        columns = ["table", "column", "from", "because", "how sure"]
        click.echo(table_text(columns, _rows(draft), WIDTH))
        asked = [q for q in draft.questions if q.key not in answers]
        if asked and not yes:
            answers |= {q.key: answered(q) for q in asked}
            draft = _settled(propose(survey, answers, fed), known, unmapped, answers)
    url = str(unmapped.url)
    with working("init") as step:
        from superset_kpi.proposal.checked import checked, end_of_data, faults_of

        faults = checked(name, draft, url, step)
        if not draft.sources:
            raise UsageFault(
                "init: check-mapping finds fault with everything that was proposed, and nothing is "
                f"written. The first fault: {faults[0] if faults else 'none'}"
            )
        left = faults_of(name, draft, url) if faults else []
        if not left:
            end_of_data(name, draft, url)
    gone = [fault for fault in faults if fault not in left]
    for fault in gone[:MOST_REMARKS]:
        note(f"mended or left out: {fault}")
    for fault in left[:MOST_REMARKS]:
        note(f"still to correct: {fault}")
    write(mapping_text(name, draft), file)
    _next_step(file, draft, left)
    if left:
        raise click.exceptions.Exit(FINDINGS)


def _next_step(file: Path, draft: Draft, left: list[str]) -> None:
    """Says what was written and what to do with it."""
    logical = list(dict.fromkeys(source.logical for source in draft.sources))
    verdict = f"{len(left)} findings are left" if left else "file and warehouse agree"
    click.echo(f"{file}: written, with {', '.join(logical)}; {verdict}.")
    is_set = bool(os.environ.get("WAREHOUSE_URL"))
    first = "set WAREHOUSE_URL to the URL of the warehouse (export WAREHOUSE_URL=...), "
    click.echo(
        f"Next: {'' if is_set else first}read the file, then run `superset-kpi check` and "
        "`superset-kpi plan`."
    )


def _unmapped(name: str, url: str) -> Mapping:
    """Returns a mapping of nothing, with which a connection can be opened."""
    from types import MappingProxyType

    import sqlalchemy

    from superset_kpi.errors import URL_FORM
    from superset_kpi.mapping import Mapping
    from superset_kpi.warehouse.connection import expand_url

    def made(dialect: str) -> Mapping:
        nothing: Any = MappingProxyType({})
        return Mapping(
            name=name,
            title=name,
            database="",
            url=url,
            dialect=dialect,
            as_of="yesterday",
            currency=None,
            fiscal_year_starts=1,
            margin_rate=None,
            inactive_days=180,
            scales=nothing,
            tables=nothing,
            digest=name,
        )

    try:
        backend = sqlalchemy.engine.make_url(expand_url(made(""))).get_backend_name()
    except (sqlalchemy.exc.SQLAlchemyError, ValueError) as error:  # their words hold the URL
        raise UsageFault(f"init: the url is not a SQLAlchemy URL. Write {URL_FORM}.") from error
    return made(backend)


@contextmanager
def _survey(unmapped: Mapping, schema: str | None, order: Any) -> Iterator[Survey]:
    """Yields the survey, its steps shown where somebody watches."""
    from contextlib import ExitStack

    from superset_kpi.cli.output import working
    from superset_kpi.warehouse.survey import look

    with ExitStack() as stack:
        with working("init") as step:
            survey = stack.enter_context(look(unmapped, schema, order, step))
        yield survey


def _settled(
    draft: Draft,
    known: list[Recognised],
    unmapped: Mapping,
    answers: dict[str, str],
) -> Draft:
    """Returns the draft with the settings that are no matter of tables."""
    from superset_kpi.proposal.draft import Question
    from superset_kpi.proposal.mapping_text import URL

    title = answers.get("title") or unmapped.name.replace("_", " ").capitalize()
    first = {
        "title": title,
        "database": answers.get("database") or f"{title} warehouse",
        "dialect": unmapped.dialect,
        "url": URL,
        "as_of": "yesterday",
    }
    settings: dict[str, Any] = {}
    for each in known:
        settings |= each.preset.settings
        draft.remarks.append(f"The preset {each.preset.name} is used: {each.preset.title}.")
        draft.remarks += each.remarks
    draft.settings = {**first, **settings, **draft.settings}
    text = "Name of the database in Superset"
    draft.questions.insert(0, Question("database", text, first["database"]))
    has_margin = any(s.has("margin_amount") for s in draft.of("transactions"))
    if draft.of("transactions") and not has_margin:
        text = "Share of an amount that is margin, from 0 to 1 (empty: value is revenue)"
        draft.questions.append(Question("margin_rate", text, ""))
        if rate := answers.get("margin_rate"):
            draft.settings["margin_rate"] = share(rate)
    if answers.get("currency"):
        draft.settings["currency"] = answers["currency"].upper()
    return draft


def _rows(draft: Draft) -> list[list[Any]]:
    """Returns the proposal for reading, a row for each logical column."""
    from superset_kpi.proposal.mapping_text import scalar, sureness

    rows: list[list[Any]] = []
    for source in draft.sources:
        origin = source.table or "a select"
        rows.append([source.logical, None, origin, source.reason, sureness(source.confidence)])
        for line in source.lines:
            value = scalar(line.value)
            rows.append(["", line.column, value, line.reason, sureness(line.confidence)])
    return rows


@click.command(epilog="Example: superset-kpi presets")
@json_option
@output_option
def presets(as_json: bool, output: Path | None) -> None:
    """List the presets: schemas of well-known products that init recognises."""
    from superset_kpi.cli.output import json_text, table_text, write
    from superset_kpi.proposal.preset_files import read_presets

    known = read_presets().values()
    if as_json:
        records = [
            {
                "name": p.name,
                "title": p.title,
                "feeds": p.feeds,
                "engines": p.engines,
                "source": p.source,
            }
            for p in known
        ]
        write(json_text(records), output)
        return
    columns = ["preset", "what", "known by the tables", "feeds", "on"]
    rows = [
        [p.name, p.title, ", ".join(p.tables), ", ".join(p.feeds), ", ".join(p.engines) or "any"]
        for p in known
    ]
    write(table_text(columns, rows), output)
