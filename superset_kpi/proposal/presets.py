"""Which presets a warehouse holds, and their sources in its own names and words."""

from __future__ import annotations

from collections.abc import Iterable

import sqlglot
from sqlglot import exp

from superset_kpi.errors import KpiError, nearest
from superset_kpi.proposal.draft import SURE, Line, Source
from superset_kpi.proposal.preset_files import (
    BRACES,
    Preset,
    PresetSource,
    PresetTable,
    read_presets,
)
from superset_kpi.warehouse.survey import Survey, SurveyTable


def recognised(survey: Survey, asked: Iterable[str]) -> list[tuple[Preset, list[Source]]]:
    """Returns the presets that the warehouse holds, or those asked for, with their sources.

    One that was asked for and is not there is a KpiError.
    """
    presets, wanted = read_presets(), list(asked)
    for name in wanted:
        if name not in presets:
            raise KpiError(f"init: there is no preset {name!r}. {nearest(name, presets)}")
    found = []
    for name, preset in presets.items():
        if wanted and name not in wanted:
            continue
        places = _places(preset, survey)
        missing = [
            table
            for table, place in places.items()
            if place is None and not preset.tables[table].optional
        ]
        if not missing:
            there = {table: place for table, place in places.items() if place is not None}
            found.append((preset, _sources(preset, there, survey)))
        elif wanted:
            columns = ", ".join(preset.tables[missing[0]].columns)
            raise KpiError(
                f"init: the preset {name!r} is not in this warehouse: there is no table "
                f"{missing[0]} with {columns}. Name its schema with --schema, or leave it out."
            )
    both = [preset.name for preset, _ in found if "customers" in preset.feeds]
    if len(both) > 1:
        raise KpiError(
            f"init: the presets {' and '.join(both)} have customers of their own, and nobody "
            f"can tell which are the same. Choose one, for example --preset {both[0]}."
        )
    return found


def _places(preset: Preset, survey: Survey) -> dict[str, SurveyTable | None]:
    """Returns the table of the warehouse for each of the preset's, all of one schema; or null."""
    by_schema: dict[str | None, dict[str, SurveyTable | None]] = {}
    for schema in dict.fromkeys(t.schema for t in survey.tables):
        known = [t for t in survey.tables if t.schema == schema]
        by_schema[schema] = {n: _place(n, told, known) for n, told in preset.tables.items()}
    nothing: dict[str, SurveyTable | None] = dict.fromkeys(preset.tables)
    return max(by_schema.values(), key=lambda p: sum(map(bool, p.values())), default=nothing)


def _place(name: str, told: PresetTable, known: list[SurveyTable]) -> SurveyTable | None:
    names = [name, *told.also]
    for table in known:
        columns = {c.name.lower() for c in table.columns}
        if table.name.lower() in names and columns >= {*told.columns}:
            return table
    return None


def _sources(preset: Preset, places: dict[str, SurveyTable], survey: Survey) -> list[Source]:
    return [
        _source(logical, told, preset, places, survey)
        for logical in preset.feeds
        for told in preset.mapping[logical]
        if told.tables <= {*places}
    ]


def _source(
    logical: str,
    told: PresetSource,
    preset: Preset,
    places: dict[str, SurveyTable],
    survey: Survey,
) -> Source:
    read = survey.dialect.sqlglot
    names = {c.name.lower(): c.name for place in places.values() for c in place.columns}

    def spelled(text: str) -> str:
        """Returns SQL of the preset in the engine's words and with the warehouse's names."""
        filled = BRACES.sub(lambda m: f"kpi__preset_{m[1]}", text)
        tree = sqlglot.parse_one(filled, read="duckdb")
        for node in tree.find_all(exp.Table):
            place = places[node.name.removeprefix("kpi__preset_")]
            real = exp.maybe_parse(
                survey.written(place.schema, place.name), into=exp.Table, dialect=read
            )
            if node.args.get("alias"):
                real.set("alias", node.args["alias"].copy())
            node.replace(real)
        for column in tree.find_all(exp.Column):
            real_name = survey.written(names.get(column.name.lower(), column.name))
            column.set("this", exp.maybe_parse(real_name, into=exp.Identifier, dialect=read))
        return tree.sql(dialect=read)

    reason = f"the preset {preset.name}"
    place = places[told.table] if told.table else None
    return Source(
        logical,
        [
            Line(
                column,
                spelled(v) if isinstance(v, str) else v.model_dump(exclude_unset=True),
                reason,
                SURE,
            )
            for column, v in told.columns.items()
        ],
        reason,
        SURE,
        table=survey.written(place.schema, place.name) if place else None,
        select=spelled(told.selects["duckdb"]) if told.select else None,
        where=spelled(told.where) if told.where else None,
    )
