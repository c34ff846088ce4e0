"""kpi.yaml -> Mapping, or every fault in it at once, each with its place, value and remedy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as Dict
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlglot
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlglot import exp
from sqlglot.errors import SqlglotError

from superset_kpi.dialects import DIALECTS
from superset_kpi.errors import MappingError, nearest
from superset_kpi.mapping.document import Document, KeyPath, read_document
from superset_kpi.mapping.logical import LOGICAL_TABLES, METRICS
from superset_kpi.mapping.model import MappedColumn, Mapping, Scale, Source
from superset_kpi.mapping.models import Models, read_models
from superset_kpi.mapping.schema import ColumnFile, MappingFile, ScaleFile, SourceFile

USUAL_SCALES = {"nps": Scale(0, 10), "csat": Scale(1, 5), "ces": Scale(1, 7)}


def read_mappings(path: Path) -> dict[str, Mapping]:
    """Returns the mappings of a file by name; raises one MappingError that lists every fault."""
    document = read_document(path)
    faults = list(document.faults)
    values = document.values
    if not isinstance(values, dict) or not values:
        raise MappingError(
            f"{document.place(())}: the file holds no mapping. Start it with a name for one, "
            "for example `shop:`, and the keys of the mapping below it."
        )
    mappings = {}
    models = read_models(path)
    for name, body in values.items():
        found, mapping = _read_one(str(name), body, document)
        faults += found
        if mapping:
            mappings[mapping.name] = with_models(mapping, models.get(mapping.name))
    if faults:
        raise MappingError("\n".join(faults))
    return mappings


def with_models(mapping: Mapping, models: Models | None) -> Mapping:
    """Returns the mapping with fitted models; its digest tells the two apart."""
    if models is None:
        return mapping
    return replace(mapping, models=models, digest=f"{mapping.digest}/{models.digest}")


def pick_mapping(mappings: Dict[str, Mapping], name: str | None) -> Mapping:
    """Returns the named mapping, or the only one there is."""
    if name is None:
        if len(mappings) == 1:
            return next(iter(mappings.values()))
        raise MappingError(
            f"mapping: the file holds {len(mappings)} mappings ({', '.join(mappings)}). "
            f"Name one of them, for example `FILE:{next(iter(mappings))}`."
        )
    if name not in mappings:
        raise MappingError(f"mapping: there is no mapping {name!r}. {nearest(name, mappings)}")
    return mappings[name]


def _read_one(name: str, body: Any, document: Document) -> tuple[list[str], Mapping | None]:
    if not name.isidentifier() or name != name.lower():
        return [
            f"{document.place((name,))}: {name!r} cannot be a mapping's name. "
            "Use lower-case letters, digits and _."
        ], None
    try:
        file = MappingFile.model_validate(body)
    except ValidationError as error:
        return [_sentence(name, e, document) for e in error.errors()], None
    faults = _faults_of_meaning(name, file, document)
    return faults, None if faults else _freeze(name, file)


def _sentence(name: str, error: ErrorDetails, document: Document) -> str:
    """Returns a pydantic finding as `<where>: <what, with the value>. <what to do>.`"""
    path: KeyPath = (name, *(p for p in error["loc"] if _is_key(p)))
    if not document.lines.get(path) and isinstance(path[-1], int):
        path = (*path[:-1],)
    # A single source may stand without its list, so its index 0 is no place in the file.
    place = document.place(_drop_absent_indexes(path, document))
    value, kind = error["input"], error["type"]
    if kind == "extra_forbidden":
        return f"{place}: unknown key {path[-1]!r}. {nearest(str(path[-1]), _keys_at(path))}"
    if kind == "missing":
        return f"{place}: the key {path[-1]!r} is missing. Add it."
    if kind == "literal_error":
        if "[key]" in map(str, error["loc"]):
            known = LOGICAL_TABLES if "tables" in path else METRICS
            return f"{place}: unknown name {value!r}. {nearest(str(value), known)}"
        return f"{place}: {value!r} is not allowed here. Choose {error['ctx']['expected']}."
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if kind == "value_error":
        return f"{place}: {message}. Correct it."
    return f"{place}: {value!r} is not right: it {message}. Correct the value."


def _is_key(part: str | int) -> bool:
    return isinstance(part, int) or part not in (
        "[key]",
        "str",
        "int",
        "float",
        "ColumnFile",
        "date",
    )


def _drop_absent_indexes(path: KeyPath, document: Document) -> KeyPath:
    kept: KeyPath = ()
    for part in path:
        if isinstance(part, int) and (*kept, part) not in document.lines:
            continue
        kept = (*kept, part)
    return kept


def _keys_at(path: KeyPath) -> list[str]:
    if "scales" in path:
        return list(ScaleFile.model_fields)
    if "columns" in path:
        return list(ColumnFile.model_fields)
    if "tables" in path:
        return list(SourceFile.model_fields)
    return list(MappingFile.model_fields)


def _faults_of_meaning(name: str, file: MappingFile, document: Document) -> list[str]:
    faults = []
    if file.dialect not in DIALECTS:
        place = document.place((name, "dialect"))
        faults.append(
            f"{place}: {file.dialect!r} is not an engine that is known here. "
            f"{nearest(file.dialect, DIALECTS)}"
        )
        return faults
    for table, sources in file.tables.items():
        for index, source in enumerate(sources):
            path = _drop_absent_indexes((name, "tables", table, index), document)
            faults += _source_faults(table, source, file, path, document)
    return faults


def _source_faults(
    table: str, source: SourceFile, file: MappingFile, path: KeyPath, document: Document
) -> list[str]:
    logical, faults = LOGICAL_TABLES[table], []
    for column, value in source.columns.items():
        place = document.place((*path, "columns", column))
        if column not in logical.columns:
            faults.append(
                f"{place}: {table} has no column {column!r}. {nearest(column, logical.columns)}"
            )
        elif isinstance(value, str) and (problem := _sql_problem(value, file.dialect, "value")):
            faults.append(f"{place}: {problem}")
    for column in logical.required:
        if column not in source.columns:
            faults.append(
                f"{document.place((*path, 'columns'))}: {table} needs the column {column!r}. "
                "Map it to a column or an expression."
            )
    for key, text in (("where", source.where), ("select", source.select), ("table", source.table)):
        if text is not None and (problem := _sql_problem(text, file.dialect, key)):
            faults.append(f"{document.place((*path, key))}: {problem}")
    if table == "ratings":
        faults += _scale_faults(source, file, document.place((*path, "columns")))
    return faults


def _scale_faults(source: SourceFile, file: MappingFile, place: str) -> list[str]:
    metric = source.columns.get("metric")
    if {"lo", "hi"} <= source.columns.keys():
        return []
    if isinstance(metric, ColumnFile) and isinstance(metric.constant, str):
        if metric.constant not in METRICS:
            return [
                f"{place}: unknown metric {metric.constant!r}. {nearest(metric.constant, METRICS)}"
            ]
        if metric.constant not in {*file.scales, *USUAL_SCALES}:
            return [
                f"{place}: the scale of {metric.constant!r} ratings is not stated. Add `scales: "
                f"{{{metric.constant}: {{lo: 1, hi: 10}}}}` to the mapping, or map lo and hi."
            ]
    elif not file.scales:
        return [
            f"{place}: no rating scale is stated. Add `scales:` to the mapping, "
            "or map the columns lo and hi."
        ]
    return []


def _sql_problem(text: str, engine: str, kind: str) -> str | None:
    """Returns what is wrong with SQL that the mapping's author wrote, or None."""
    hint = {
        "value": "Write one expression in the warehouse's dialect; for a column with an unusual "
        'name write {column: "its name"}, for a text {constant: "the text"}.',
        "where": "Write one condition in the warehouse's dialect.",
        "select": "Write one SELECT in the warehouse's dialect, without ; at its end.",
        "table": "Write schema.table as the database spells it, odd names in its quotes.",
    }[kind]
    read = DIALECTS[engine].sqlglot
    try:
        if kind == "table":
            tree: exp.Expression = exp.maybe_parse(text, into=exp.Table, dialect=read)
            good = isinstance(tree, exp.Table) and isinstance(tree.this, exp.Identifier)
        elif kind == "select":
            statements = sqlglot.parse(text, read=read)
            good = len(statements) == 1 and isinstance(statements[0], exp.Query)
        else:
            tree = parse_expression(text, read)
            good = not isinstance(tree, (exp.Alias, exp.Query, exp.Star))
    except (SqlglotError, ValueError):
        good = False
    return None if good else f"{text!r} is not a {_KIND_NAMES[kind]}. {hint}"


_KIND_NAMES = {
    "value": "value",
    "where": "condition",
    "select": "SELECT statement",
    "table": "table name",
}


def parse_expression(text: str, read: str) -> exp.Expression:
    """Returns one scalar expression in the dialect; more than one is a ValueError."""
    statement = sqlglot.parse(f"select {text}", read=read)
    select = statement[0]
    if len(statement) != 1 or not isinstance(select, exp.Select) or len(select.expressions) != 1:
        raise ValueError("not one expression")
    if {k for k, v in select.args.items() if v} - {"expressions", "kind", "hint"}:
        raise ValueError("more than an expression")
    tree: exp.Expression = select.expressions[0]
    return tree


def _freeze(name: str, file: MappingFile) -> Mapping:
    dumped = json.dumps([name, file.model_dump(mode="json")], sort_keys=True)
    scales = {**USUAL_SCALES, **{m: Scale(s.lo, s.hi, s.direction) for m, s in file.scales.items()}}
    return Mapping(
        name=name,
        title=file.title or name.replace("_", " ").capitalize(),
        database=file.database,
        url=file.url,
        dialect=file.dialect,
        as_of=file.as_of,
        currency=file.currency,
        fiscal_year_starts=file.fiscal_year_starts,
        margin_rate=file.margin_rate,
        inactive_days=file.inactive_days,
        scales=MappingProxyType(scales),
        tables=MappingProxyType(
            {table: tuple(map(_freeze_source, sources)) for table, sources in file.tables.items()}
        ),
        digest=hashlib.sha256(dumped.encode()).hexdigest()[:16],
    )


def _freeze_source(source: SourceFile) -> Source:
    columns = {column: _freeze_column(value) for column, value in source.columns.items()}
    return Source(source.table, source.select, MappingProxyType(columns), source.where)


def _freeze_column(value: str | int | float | ColumnFile) -> MappedColumn:
    if isinstance(value, ColumnFile):
        if value.column is not None:
            return MappedColumn("column", value.column)
        return MappedColumn("constant", value.constant)
    return MappedColumn("expression" if isinstance(value, str) else "constant", value)
