"""kpi.yaml -> Mapping, or every fault in it at once, each with its place, value and remedy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as Dict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from superset_kpi.documents import Document, read_document
from superset_kpi.errors import MappingError, nearest, said
from superset_kpi.mapping.constants import keep_texts
from superset_kpi.mapping.faults import draft, faults_of_meaning, faults_of_shape
from superset_kpi.mapping.model import (
    USUAL_SCALES,
    MappedColumn,
    Mapping,
    Materialized,
    Scale,
    Source,
    changed,
)
from superset_kpi.mapping.models import read_models
from superset_kpi.mapping.schema import ColumnFile, MappingFile, ScaleFile, SourceFile

MOST_FAULTS = 200


def read_mappings(path: Path) -> dict[str, Mapping]:
    """Returns the mappings of a file by name; raises one MappingError that lists every fault."""
    document = read_document(path, keep_texts)
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
            fitted = models.get(mapping.name)
            mappings[mapping.name] = changed(mapping, models=fitted) if fitted else mapping
    if faults:
        more = [f"{path.name}: {len(faults) - MOST_FAULTS} more faults."]
        raise MappingError("\n".join(faults[:MOST_FAULTS] + more * (len(faults) > MOST_FAULTS)))
    return mappings


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
            f"{document.place((name,))}: {said(name)} cannot be a mapping's name. "
            "Use lower-case letters, digits and _."
        ], None
    file, faults = None, []
    try:
        file = MappingFile.model_validate(body)
    except ValidationError as error:
        faults = faults_of_shape(name, error.errors(), document)
    faults += faults_of_meaning(body, draft(name, body), document)
    return faults, _freeze(name, file) if file and not faults else None


def _freeze(name: str, file: MappingFile) -> Mapping:
    told = file.model_dump(mode="json", exclude={"materialized"})
    digest = hashlib.sha256(json.dumps([name, told], sort_keys=True).encode()).hexdigest()[:16]
    into = file.materialized
    scales = {**USUAL_SCALES, **{m: _freeze_scale(s) for m, s in file.scales.items()}}
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
        default_scheme=file.default_scheme,
        scales=MappingProxyType(scales),
        tables=MappingProxyType(
            {table: tuple(map(_freeze_source, sources)) for table, sources in file.tables.items()}
        ),
        digest=digest,
        file_digest=digest,
        min_n=file.privacy.min_n if file.privacy else None,
        single_answers=file.privacy.single_answers if file.privacy else True,
        timezone=file.timezone,
        materialized=Materialized(into.schema_, into.days) if into else None,
    )


def _freeze_scale(scale: ScaleFile) -> Scale:
    stated = (scale.promoter_from, scale.low_effort_from, scale.top_from)
    top_from = next((value for value in stated if value is not None), None)
    return Scale(scale.lo, scale.hi, scale.direction, top_from, scale.detractor_to)


def _freeze_source(source: SourceFile) -> Source:
    columns = {column: _freeze_column(value) for column, value in source.columns.items()}
    return Source(source.table, source.select, MappingProxyType(columns), source.where)


def _freeze_column(value: str | int | float | ColumnFile) -> MappedColumn:
    if isinstance(value, ColumnFile):
        if value.column is not None:
            return MappedColumn("column", value.column, value.zoned)
        return MappedColumn("constant", value.constant)
    return MappedColumn("expression" if isinstance(value, str) else "constant", value)
