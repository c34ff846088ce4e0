"""What is wrong with a mapping: each fault as `<where>: <what, with the value>. <what to do>.`"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from superset_kpi.dialects import KNOWN
from superset_kpi.documents import Document, KeyPath, sentence, shown
from superset_kpi.errors import URL_FORM, nearest, said
from superset_kpi.mapping.logical import LOGICAL_TABLES, METRICS
from superset_kpi.mapping.model import USUAL_NPS_SCALES, USUAL_SCALES
from superset_kpi.mapping.schema import LAST_DAY, ColumnFile, MappingFile, ScaleFile, SourceFile
from superset_kpi.mapping.sql import sql_problem

_SOURCES = {
    "list_type": "a source with table and columns, or a list of them",
    "too_short": "at least one source",
}
_PATTERNS = {
    "currency": "three capital letters such as EUR",
    "schema": "the name of a schema: letters, digits, _ and -, after a catalog and a dot if needed",
}


@dataclass(frozen=True)
class Draft:
    """What of a mapping has the right shape: enough to look for faults of meaning.

    `read` is sqlglot's name of the dialect, None where the dialect is unknown; a scale is None
    where its shape is wrong.
    """

    name: str
    read: str | None
    scales: Dict[str, ScaleFile | None]
    tables: Collection[str]
    sources: Sequence[tuple[str, int, SourceFile]]


def draft(name: str, body: Any) -> Draft:
    """Returns the parts of a mapping's raw values that can be judged one by one."""
    values = body if isinstance(body, dict) else {}
    engine = values.get("dialect")
    known = KNOWN.get(engine) if isinstance(engine, str) else None
    scales, tables = values.get("scales"), values.get("tables")
    tables = tables if isinstance(tables, dict) else {}
    sources = []
    for table, given in tables.items():
        for index, source in enumerate(given if isinstance(given, list) else [given]):
            try:
                sources.append((table, index, SourceFile.model_validate(source)))
            except ValidationError:
                continue
    return Draft(
        name,
        known.sqlglot if known else None,
        {str(m): _scale(s) for m, s in scales.items()} if isinstance(scales, dict) else {},
        set(tables),
        [s for s in sources if s[0] in LOGICAL_TABLES],
    )


def _scale(given: Any) -> ScaleFile | None:
    try:
        return ScaleFile.model_validate(given)
    except ValidationError:
        return None


def faults_of_shape(name: str, errors: Iterable[ErrorDetails], document: Document) -> list[str]:
    """Returns pydantic's findings as sentences, one for each place and reason."""
    found = [_sentence(name, e, document) for e in errors]
    return list(dict.fromkeys(sentence for sentence in found if sentence))


def _sentence(name: str, error: ErrorDetails, document: Document) -> str | None:
    loc, value, kind = error["loc"], error["input"], error["type"]
    if loc[:1] == ("url",):  # whatever stands there may be a password
        return (
            f"{document.place((name, 'url'))}: it must be a text, which is not shown here. "
            f"Write {URL_FORM}."
        )
    if loc[:1] == ("as_of",):
        return (
            f"{document.place((name, 'as_of'))}: it is {shown(value)} and must be a day. "
            "Write a date such as 2026-09-30 without quotes, today or yesterday."
        )
    if "columns" in loc and len(loc) > loc.index("columns") + 2:
        return _column_sentence(name, error, document)
    if kind == "literal_error" and "[key]" in loc:
        place = document.place((name, *loc[:-1]))
        known = LOGICAL_TABLES if "tables" in loc else METRICS
        return f"{place}: unknown name {said(value)}. {nearest(str(value), known)}"
    patterns = (wanted for key, wanted in _PATTERNS.items() if key in loc)
    wanted = {**_SOURCES, "string_pattern_mismatch": next(patterns, "")}
    return sentence(error, MappingFile, document, (name,), wanted)


def _column_sentence(name: str, error: ErrorDetails, document: Document) -> str | None:
    """Returns the sentence for a column, which is a text, a number or keys."""
    end = error["loc"].index("columns") + 2
    path = document.path((name, *error["loc"][:end]))
    is_about_keys = "ColumnFile" in str(error["loc"][end])
    value = error["input"]
    if is_about_keys and error["type"] == "extra_forbidden":
        key = str(error["loc"][-1])
        place = document.place((*path, key))
        return f"{place}: unknown key {said(key)}. {nearest(key, ColumnFile.model_fields)}"
    if is_about_keys and error["type"] == "value_error":
        reason = error["msg"].removeprefix("Value error, ")
        return f"{document.place(path)}: {reason}. Correct it."
    if isinstance(value, dict):
        return None
    return (
        f"{document.place(path)}: it is {shown(value)} and must be a value. Write an expression "
        "in the warehouse's dialect, a number, {column: its name} or {constant: the value}."
    )


def faults_of_meaning(body: Any, drafted: Draft, document: Document) -> list[str]:
    """Returns what is wrong with names, SQL and scales."""
    faults = []
    engine = body.get("dialect") if isinstance(body, dict) else None
    if isinstance(engine, str) and engine not in KNOWN:
        faults.append(
            f"{document.place((drafted.name, 'dialect'))}: {said(engine)} is not a known "
            f"engine. {nearest(engine, KNOWN)}"
        )
    faults += _future_faults(body, drafted.name, document)
    faults += _scale_faults(drafted, document)
    for table, index, source in drafted.sources:
        path = document.path((drafted.name, "tables", table, index))
        faults += _column_faults(table, source, drafted, path, document)
        faults += _sql_faults(source, drafted, path, document)
        if table == "ratings":
            faults += _rating_faults(source, drafted, (*path, "columns"), document)
    return faults


def _future_faults(body: Any, name: str, document: Document) -> list[str]:
    """A day that nobody has lived through is the last complete one of no data."""
    as_of = body.get("as_of") if isinstance(body, dict) else None
    # Somewhere it is tomorrow already.
    newest = dt.datetime.now(dt.timezone.utc).date() + dt.timedelta(days=1)
    if not isinstance(as_of, dt.date) or isinstance(as_of, dt.datetime):
        return []
    if not newest < as_of <= LAST_DAY:
        return []
    return [
        f"{document.place((name, 'as_of'))}: {as_of} is in the future. "
        "Write the last complete day of the data, or yesterday."
    ]


# Which ratings a scale's threshold is about; the others have top boxes.
_THRESHOLDS = {"promoter_from": "nps", "detractor_to": "nps", "low_effort_from": "ces"}


def _scale_faults(drafted: Draft, document: Document) -> list[str]:
    faults = []
    for metric, scale in drafted.scales.items():
        if scale is None or metric not in METRICS:
            continue
        path = (drafted.name, "scales", metric)
        fitting = [k for k, m in _THRESHOLDS.items() if m == metric] or ["top_from"]
        for key in scale.model_fields_set - {"lo", "hi", "direction", *fitting}:
            faults.append(
                f"{document.place((*path, key))}: {key} says nothing about {metric} ratings. "
                f"Write {' and '.join(fitting)}, or leave it out."
            )
        if metric == "nps" and None in (scale.promoter_from, scale.detractor_to):
            faults += _nps_fault(document.place(path), scale.lo, scale.hi, scale.direction)
    return faults


def _nps_fault(place: str, lo: float, hi: float, direction: int = 1) -> list[str]:
    """Returns the line to add where nobody can know who promotes on this scale."""
    if (lo, hi) in USUAL_NPS_SCALES:
        return []
    promoter_from, detractor_to = lo + math.ceil(0.9 * (hi - lo)), lo + (hi - lo) * 6 // 10
    turned = ", direction: -1" if direction < 0 else ""
    return [
        f"{place}: on {lo:g} to {hi:g} it is not known who is a promoter. State it, for example "
        f"`scales: {{nps: {{lo: {lo:g}, hi: {hi:g}{turned}, promoter_from: {promoter_from:g}, "
        f"detractor_to: {detractor_to:g}}}}}`."
    ]


def _column_faults(
    table: str, source: SourceFile, drafted: Draft, path: KeyPath, document: Document
) -> list[str]:
    logical, faults = LOGICAL_TABLES[table], []
    for column, value in source.columns.items():
        place = document.place((*path, "columns", column))
        if column not in logical.columns:
            faults.append(
                f"{place}: {table} has no column {said(column)}. {nearest(column, logical.columns)}"
            )
        elif isinstance(value, str) and drafted.read:
            problem = sql_problem(value, drafted.read, "value")
            faults += [f"{place}: {problem}"] if problem else []
    for column in logical.required:
        if column not in source.columns:
            faults.append(
                f"{document.place((*path, 'columns'))}: {table} needs the column {column!r}. "
                "Map it to a column or an expression."
            )
    return faults


def _sql_faults(source: SourceFile, drafted: Draft, path: KeyPath, document: Document) -> list[str]:
    faults = []
    for key, text in (("where", source.where), ("select", source.select), ("table", source.table)):
        if text is not None and drafted.read:
            problem = sql_problem(text, drafted.read, key)
            faults += [f"{document.place((*path, key))}: {problem}"] if problem else []
    return faults


def _rating_faults(
    source: SourceFile, drafted: Draft, path: KeyPath, document: Document
) -> list[str]:
    faults, place = [], document.place(path)
    metric = source.columns.get("metric")
    is_column = isinstance(metric, str) or (isinstance(metric, ColumnFile) and bool(metric.column))
    constant = metric.constant if isinstance(metric, ColumnFile) else metric
    has_scale = {"lo", "hi"} <= source.columns.keys()
    if metric is not None and not is_column and constant not in METRICS:
        faults.append(
            f"{document.place((*path, 'metric'))}: unknown metric {said(constant)}. "
            f"{nearest(str(constant), METRICS)}"
        )
    elif not is_column and not has_scale and constant not in {*drafted.scales, *USUAL_SCALES}:
        faults.append(
            f"{place}: the scale of {said(constant)} ratings is not stated. Add `scales: "
            f"{{{constant}: {{lo: 1, hi: 10}}}}` to the mapping, or map lo and hi."
        )
    elif is_column and not has_scale and not drafted.scales:
        faults.append(
            f"{place}: no rating scale is stated. Add `scales:` to the mapping, "
            "or map the columns lo and hi."
        )
    elif constant == "nps" and has_scale:
        faults += _own_nps_scale_faults(source, drafted, place)
    if "brand" in source.columns and "brands" not in drafted.tables:
        faults.append(
            f"{document.place((*path, 'brand'))}: ratings name a brand, but no table says which "
            "brand is your own. Map the table brands, or leave brand out."
        )
    return faults


def _own_nps_scale_faults(source: SourceFile, drafted: Draft, place: str) -> list[str]:
    """A source that states one scale of its own is judged as a stated one; rows, by a check."""
    lo, hi = (_number(source.columns[limit]) for limit in ("lo", "hi"))
    if lo is None or hi is None or lo >= hi or {"top_from", "bottom_to"} <= source.columns.keys():
        return []
    stated = drafted.scales.get("nps")
    if stated and (stated.lo, stated.hi) == (lo, hi):
        return []
    return _nps_fault(place, lo, hi)


def _number(value: str | int | float | ColumnFile) -> float | None:
    """Returns the number that a column has in all rows, if the mapping says so."""
    constant = value.constant if isinstance(value, ColumnFile) else value
    if isinstance(constant, str):
        try:
            return float(constant)
        except ValueError:
            return None
    return float(constant) if isinstance(constant, (int, float)) else None
