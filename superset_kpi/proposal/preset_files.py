"""Preset files: the shape of one, and the faults of it with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from superset_kpi.documents import Document, KeyPath, checked, own_document
from superset_kpi.errors import KpiError, nearest
from superset_kpi.mapping import LOGICAL_TABLES
from superset_kpi.mapping.schema import ColumnFile

FOLDER = Path(__file__).resolve().parent.parent / "presets"
BRACES = re.compile(r"\{(\w+)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PresetTable(_Strict):
    """A table that identifies the product: its columns, and names that it may have beside its own.

    One that is `optional` may be missing, with the sources that read it.
    """

    columns: tuple[str, ...] = Field(min_length=1)
    also: tuple[str, ...] = ()
    optional: bool = False


class Rows(_Strict):
    """A table of the preset, or a select, in DuckDB's words or in those of each engine it runs on.

    In a select `{name}` stands for a table.
    """

    table: str | None = None
    select: str | dict[str, str] | None = None
    where: str | None = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> Rows:
        if (self.table is None) == (self.select is None):
            raise ValueError("give either table or select")
        return self

    @property
    def selects(self) -> dict[str, str]:
        """Returns the select by engine; `duckdb` stands for all engines where there is no other."""
        if self.select is None:
            return {}
        return self.select if isinstance(self.select, dict) else {"duckdb": self.select}

    @property
    def tables(self) -> set[str]:
        """Returns the tables of the preset that are read."""
        found = {name for text in self.selects.values() for name in BRACES.findall(text)}
        return found | ({self.table} if self.table else set())

    def is_for(self, engine: str) -> bool:
        """Returns whether the engine can run it."""
        return not isinstance(self.select, dict) or engine in self.select


class PresetSource(Rows):
    """A source, as in a mapping file."""

    columns: dict[str, str | ColumnFile] = Field(min_length=1)


class People(Rows):
    """Who a customer is: rows with the names of the columns of the customer's id and e-mail.

    A customer may have several e-mails. `ids` names what gave the ids, where others have them too.
    """

    id: str
    email: str
    ids: str | None = None


class PresetFile(_Strict):
    """What a file says. With `prefixes` names may begin with anything, the same for all tables."""

    title: str
    source: str
    tables: dict[str, PresetTable] = Field(min_length=1)
    prefixes: bool = False
    settings: dict[str, Any] = {}
    people: People | None = None
    mapping: dict[str, tuple[PresetSource, ...]] = Field(min_length=1)


class Preset(PresetFile):
    """A preset: the tables that identify a product, and the sources of a mapping that read them."""

    name: str

    @property
    def product(self) -> str:
        """Returns the product, which may have a preset for each way into a warehouse."""
        return self.name.split("_")[0]

    @property
    def feeds(self) -> list[str]:
        """Returns the logical tables that it maps, in their order."""
        return [table for table in LOGICAL_TABLES if table in self.mapping]

    @property
    def engines(self) -> list[str]:
        """Returns the engines that it is for, those whose words its selects are in; none: all."""
        found = {e for s in self.sources if isinstance(s.select, dict) for e in s.select}
        return sorted(e for e in found if all(s.is_for(e) for s in self.sources))

    @property
    def sources(self) -> list[PresetSource]:
        """Returns all sources."""
        return [source for sources in self.mapping.values() for source in sources]


@cache
def read_presets(folder: Path = FOLDER) -> dict[str, Preset]:
    """Returns the presets by name; every fault of the files is in one KpiError."""
    found: dict[str, Preset] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        document = own_document(path.read_text(encoding="utf-8"), f"presets/{path.name}")
        file, shape = checked(PresetFile, document.values, document)
        faults += [*document.faults, *shape]
        if file is not None:
            faults += _loose_ends(file, document)
            found[path.stem] = Preset(name=path.stem, **dict(file))
    if faults:
        raise KpiError("\n".join(faults))
    return found


@cache
def table_names() -> frozenset[str]:
    """Returns the names that tables of presets have, in lower case."""
    told = (pair for preset in read_presets().values() for pair in preset.tables.items())
    return frozenset(n.lower() for name, table in told for n in (name, *table.also))


def _loose_ends(file: PresetFile, document: Document) -> Iterator[str]:
    """Yields the names in a file that lead nowhere."""
    if file.people is not None:
        yield from _unknown_tables(file.people, file, document, ("people",))
    for logical, sources in file.mapping.items():
        if logical not in LOGICAL_TABLES:
            place = document.place(("mapping", logical))
            yield f"{place}: unknown key {logical!r}. {nearest(logical, LOGICAL_TABLES)}"
            continue
        known = LOGICAL_TABLES[logical].columns
        for index, source in enumerate(sources):
            at: KeyPath = ("mapping", logical, index)
            yield from _unknown_tables(source, file, document, at)
            for column in source.columns:
                if column not in known:
                    place = document.place((*at, "columns", column))
                    yield f"{place}: unknown key {column!r}. {nearest(column, known)}"


def _unknown_tables(rows: Rows, file: PresetFile, document: Document, at: KeyPath) -> Iterator[str]:
    for name in sorted(rows.tables - {*file.tables}):
        hint = nearest(name, file.tables)
        yield f"{document.place(at)}: there is no table {name!r} in the file. {hint}"
