"""kpi.tables.yaml -> what `superset-kpi materialize` wrote to the warehouse, beside the mapping.

Rendering never asks the warehouse; this file tells it which relations stand there.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from superset_kpi.documents import checked, read_document
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.schema import SCHEMA_NAME

_DIGEST = r"^[0-9a-f]{16}$"


def _day(value: Any) -> Any:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


class WrittenFile(BaseModel):
    """One table or view."""

    model_config = ConfigDict(extra="forbid")

    schema_: str = Field(alias="schema", pattern=SCHEMA_NAME)
    name: str = Field(pattern=r"^[a-z_][a-z0-9_]*$")
    kind: Literal["table", "view"]
    as_of: Annotated[dt.date | None, BeforeValidator(_day)] = None
    written_at: Annotated[dt.datetime, BeforeValidator(_moment)]
    rows: int | None = None
    mapping: str = Field(pattern=_DIGEST)
    statement: str = Field(pattern=_DIGEST)
    package: str


class TablesFile(RootModel[dict[str, dict[str, WrittenFile]]]):
    """All of them, by mapping and relation."""


def tables_path(mapping: Path) -> Path:
    """Returns where the tables of a mapping file are recorded: kpi.yaml has kpi.tables.yaml."""
    return mapping.with_name(f"{mapping.stem}.tables{mapping.suffix}")


def read_tables(mapping: Path) -> dict[str, tuple[Written, ...]]:
    """Returns what was written by mapping; no file is nothing, faults are a MappingError."""
    path = tables_path(mapping)
    if not path.is_file():
        return {}
    document = read_document(path)
    remedy = "Restore the file, or delete it and run superset-kpi materialize."
    file, faults = checked(TablesFile, document.values or {}, document, (), remedy)
    document.refuse([*document.faults, *faults])
    return {
        name: tuple(_written(key, entry) for key, entry in entries.items())
        for name, entries in (file.root if file else {}).items()
    }


def _written(key: str, file: WrittenFile) -> Written:
    return Written(key=key, schema=file.schema_, **file.model_dump(exclude={"schema_"}))
