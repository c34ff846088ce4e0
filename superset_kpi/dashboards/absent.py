"""What is left out for want of data, and what would bring it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from sqlglot import exp

from superset_kpi.dashboards.files import CallFile
from superset_kpi.macros import Rendered, library, rendered
from superset_kpi.macros.compiler.facts import facts
from superset_kpi.macros.compiler.fold import is_null
from superset_kpi.macros.compiler.statement import Facts, Observed
from superset_kpi.macros.origins import ROWS, Origin, Origins, read_by
from superset_kpi.mapping import MappedColumn, Mapping
from superset_kpi.mapping.model import replace_tables

Kind = Literal["dataset", "chart", "column", "filter", "tab", "dashboard", "query"]


@dataclass(frozen=True)
class Absent:
    """An object that is left out; `why` are reasons, all of which would have to change.

    A chart that stands without some of its columns is of the kind `column`.
    """

    kind: Kind
    key: str
    name: str
    why: tuple[str, ...]


# Where no one column, metric or table is to blame: a year is missing, or answers are too few.
NOT_YET = "the data is not there yet"
# What a reader misses; a dataset shows in its charts.
_COUNTED: tuple[Kind, ...] = ("dashboard", "tab", "chart", "column", "filter", "query")


def counted(absent: Iterable[Absent]) -> dict[tuple[str, ...], dict[str, int]]:
    """Returns by their reasons how many objects of each kind are left out, the most first."""
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for kind in _COUNTED:
        for each in absent:
            if each.kind == kind and each.why:
                counts = found.setdefault(each.why, {})
                counts[kind] = counts.get(kind, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -sum(item[1].values())))


@dataclass(frozen=True)
class Reasons:
    """Why datasets of a mapping have no rows, or no value in a column."""

    mapping: Mapping
    observed: Observed | None = None

    def not_callable(self, file: CallFile) -> tuple[str, ...]:
        """Returns why the macro gives no rows at all for the mapping, whatever the tables hold."""
        single = library().find(file.macro).gives_single_answers(file.arguments)
        if single and not self.mapping.single_answers:
            return ("privacy.single_answers: false keeps single answers out",)
        return self.not_mapped(file)

    def not_mapped(self, file: CallFile) -> tuple[str, ...]:
        """Returns what the mapping lacks for the dataset."""
        lacking = library().missing(library().find(file.macro), self.mapping)
        why = [
            f"the {name} is not fitted" if name.startswith("model ") else f"{name} is not mapped"
            for name in lacking
        ]
        # Without a model a macro has no value for its arguments, and so no tree to look into.
        is_readable = not any(name.startswith("model ") for name in lacking)
        if why and is_readable and self.mapping.is_mapped("ratings"):
            why += self._metrics(read_by(file.macro, file.arguments, self.mapping).metrics)
        return tuple(why)

    def no_rows(self, file: CallFile, made: Rendered) -> tuple[str, ...]:
        """Returns why a dataset has no rows."""
        found = self._metrics(made.metrics or ()) or [
            self._sentence(each) for each in self._decisive(file)
        ]
        return tuple(dict.fromkeys(found)) or (NOT_YET,)

    def no_values(
        self,
        file: CallFile,
        names: Iterable[str],
        made: Rendered,
        metrics: Dict[str, Any],
        rows: Facts,
    ) -> tuple[str, ...]:
        """Returns why columns and metrics of a dataset are null in every row."""
        known = self._origins(file)
        found: list[str] = []
        for column in _columns(names, metrics, rows):
            behind = sorted(known.get(column, ()))
            empty = [each for each in behind if self._is_empty(each, made)]
            # What is null for another reason also reads columns that nobody maps, such as weights.
            if _is_null(rows, column) or len(empty) == len(behind):
                found += map(self._sentence, empty)
        return tuple(dict.fromkeys(found)) or (NOT_YET,)

    def _origins(self, file: CallFile) -> Origins:
        return read_by(file.macro, file.arguments, self.mapping).origins

    def _metrics(self, asked: Iterable[str]) -> list[str]:
        return [f"no ratings of metric {m!r}" for m in sorted(asked) if self._lacks(m)]

    def _lacks(self, metric: str) -> bool:
        return facts("ratings", self.mapping, {"metric": {metric}}, self.observed).rows == "none"

    def _known(self, table: str, made: Rendered | None) -> Facts:
        asked = made.metrics if made and table == "ratings" else None
        only = {} if asked is None else {"metric": set(asked)}
        return facts(table, self.mapping, only, self.observed)

    def _is_empty(self, origin: Origin, made: Rendered | None) -> bool:
        known = self._known(origin[0], made)
        return known.rows == "none" or _is_null(known, origin[1])

    def _sentence(self, origin: Origin) -> str:
        table, column = origin
        if not self.mapping.is_mapped(table):
            return f"{table} is not mapped"
        if self._known(table, None).rows == "none":
            return f"{table} has no rows"
        if not self.mapping.maps_column(table, column):
            return f"{table}.{column} is not mapped"
        return f"{table}.{column} has no value"

    def _has_rows(self, file: CallFile, mapping: Mapping) -> bool:
        made = rendered(file.macro, file.arguments, mapping, observed=self.observed)
        return made.facts.rows != "none"

    def _decisive(self, file: CallFile) -> Iterator[Origin]:
        """Yields what would give the dataset rows, each by itself."""
        if self._has_rows(file, self.mapping):
            return
        for origin in sorted(self._origins(file).get(ROWS, ())):
            if not self._is_empty(origin, None):
                continue
            filled = _filled(self.mapping, *origin)
            if filled and self._has_rows(file, filled):
                yield origin


def _columns(names: Iterable[str], metrics: Dict[str, Any], known: Facts) -> Iterator[str]:
    """Yields the columns without a value that the names stand for."""
    for name in names:
        if name not in metrics:
            yield name
            continue
        for column in metrics[name].find_all(exp.Column):
            if _is_null(known, column.name):
                yield column.name


def _is_null(known: Facts, column: str) -> bool:
    value = known.value(column)
    return value is not None and is_null(value)


def _filled(mapping: Mapping, table: str, column: str) -> Mapping | None:
    """Returns the mapping as it were if every source of the table had the column."""
    if mapping.maps_column(table, column) or not mapping.is_mapped(table):
        return None
    some = MappedColumn("column", column)
    sources = tuple(
        replace(source, columns=MappingProxyType({**source.columns, column: some}))
        for source in mapping.tables[table]
    )
    return replace_tables(mapping, {table: sources})
