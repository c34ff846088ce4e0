"""The macros from Python, as templates have them: `connect("kpi.yaml:telecom").cx_by_segment()`.

Errors are those of the command line; rows have its order.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from superset_kpi.dialects import dialect
from superset_kpi.errors import ArgumentError, MacroError, nearest
from superset_kpi.macros import Macro, library, render_query
from superset_kpi.macros.arguments import name_arguments
from superset_kpi.macros.written import today, with_written
from superset_kpi.mapping import Mapping, pick_mapping, read_mappings
from superset_kpi.mapping.place import locate
from superset_kpi.mapping.tables import read_tables
from superset_kpi.warehouse import Rows, connection, select
from superset_kpi.warehouse.known import known_values

if TYPE_CHECKING:
    import pandas
    import pyarrow


def connect(place: str | Path | None = None, live: bool = False) -> Kpi:
    """Returns the macros bound to a mapping, whose `url` they run on.

    `place` is `FILE` or `FILE:NAME`; without it SUPERSET_KPI_MAPPING says, or ./kpi.yaml. Macros
    read what `superset-kpi materialize` wrote, as far as they may, unless `live`. A file with
    faults is a MappingError. No connection is opened before rows are asked for.
    """
    path, name = locate(str(place) if place is not None else None)
    mapping = pick_mapping(read_mappings(path), name)
    if not live:
        mapping = with_written(mapping, read_tables(path).get(mapping.name, ()), today(mapping))
    return Kpi(mapping)


class Kpi:
    """The macros of a mapping: `kpi.cx_by_segment(scheme="Region")` is a Query.

    `dir(kpi)` lists them, and `help(kpi.cx_by_segment)` shows what one takes and returns.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def __getattr__(self, name: str) -> Callable[..., Query]:
        if name.startswith("_"):
            raise AttributeError(name)
        macro = library().public(name)
        if macro is None:
            raise MacroError(
                f"kpi.{name}: there is no such macro. {nearest(name, library().public_names())}"
            )
        return _method(macro, self._mapping)

    def __dir__(self) -> list[str]:
        return library().public_names()

    def __repr__(self) -> str:
        return f"<superset_kpi: the macros over the mapping {self._mapping.name}>"


def _method(macro: Macro, mapping: Mapping) -> Callable[..., Query]:
    """Returns a function that makes a Query, with the macro's signature and documentation."""

    def call(*positional: Any, **named: Any) -> Query:
        values = name_arguments(macro, positional, named)
        return Query(macro, values, mapping, render_query(macro.name, values, mapping))

    call.__name__ = call.__qualname__ = macro.name
    call.__doc__ = _documentation(macro)
    call.__signature__ = _signature(macro)  # type: ignore[attr-defined]
    return call


def _signature(macro: Macro) -> inspect.Signature:
    """Returns what a call takes; a default that the mapping says is shown as its setting."""
    parameters: list[inspect.Parameter] = []
    kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    for argument in macro.args.values():
        default = inspect.Parameter.empty if argument.is_required else _Setting.of(argument)
        if argument.is_required and any(p.default is not p.empty for p in parameters):
            kind = inspect.Parameter.KEYWORD_ONLY  # Python has no required one behind another
        parameters.append(inspect.Parameter(argument.name, kind, default=default))
    return inspect.Signature(parameters)


@dataclass(frozen=True)
class _Setting:
    """Stands for a default that the mapping says, where a signature is shown."""

    name: str

    @classmethod
    def of(cls, argument: Any) -> Any:
        return cls(argument.setting) if argument.setting else argument.default

    def __repr__(self) -> str:
        return f"<{self.name} of the mapping>"


def _documentation(macro: Macro) -> str:
    lines = [macro.summary, ""]
    lines += [f"Rows: {macro.grain}.", ""] if macro.grain else []
    if macro.args:
        lines += ["Arguments:"]
        lines += [f"    {argument.name}: {argument.doc}" for argument in macro.args.values()]
        lines += [""]
    lines += ["Returns:"]
    for column in macro.returns.values():
        unit = f" [{column.unit}]" if column.unit else ""
        lines.append(f"    {column.name or macro.name}: {column.doc}{unit}")
    return "\n".join([*lines, "", f"Source: {macro.source}"])


@dataclass(frozen=True, repr=False)
class Query:
    """What a call of a macro asks: `sql` is the statement, and the rows come when asked for."""

    macro: Macro
    arguments: dict[str, Any]
    mapping: Mapping
    sql: str

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"<{self.macro.name}({given}) over {self.mapping.name}: .sql, .rows(), .df()>"

    def rows(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Returns the rows as dictionaries, sorted from the left; at most `limit`."""
        return self.answer(limit)[0].records()

    def df(self, limit: int | None = None) -> pandas.DataFrame:
        """Returns the rows as a pandas DataFrame."""
        import pandas

        found, _ = self.answer(limit)
        return pandas.DataFrame.from_records(list(found.rows), columns=list(found.columns))

    def arrow(self, limit: int | None = None) -> pyarrow.Table:
        """Returns the rows as an Arrow table."""
        import pyarrow

        found, _ = self.answer(limit)
        values = list(zip(*found.rows, strict=True)) or [()] * len(found.columns)
        return pyarrow.table(
            {n: pyarrow.array(list(v)) for n, v in zip(found.columns, values, strict=True)}
        )

    def answer(self, limit: int | None = None) -> tuple[Rows, bool]:
        """Returns the rows, and whether there are more than `limit`.

        What the warehouse refuses is a WarehouseError. Where there are none because a scheme or a
        segment of that name is nowhere, that is an ArgumentError with the nearest name.
        """
        target = dialect(self.mapping.dialect).sqlglot
        tree, sql = sqlglot.parse_one(self.sql, read=target), self.sql
        if self.macro.kind == "relation" and isinstance(tree, exp.Query):
            tree = tree.order_by(*map(str, range(1, len(self.macro.returns) + 1)))
            sql = (tree if limit is None else tree.limit(limit + 1)).sql(dialect=target)
        with connection(self.mapping) as opened:
            found = select(opened, sql, self.macro.name)
        if self.macro.kind == "expression":
            found = Rows((self.macro.name,), found.rows)
        if not found.rows:
            self._require_known()
        if limit is not None and len(found.rows) > limit:
            return Rows(found.columns, found.rows[:limit]), True
        return found, False

    def _require_known(self) -> None:
        for argument, places in _NAMED.items():
            asked = self.arguments.get(argument)
            if not isinstance(asked, str) or asked in _ALWAYS:
                continue
            with connection(self.mapping) as opened:
                found = [
                    value
                    for table, column in places
                    if self.mapping.maps_column(table, column)
                    for value in known_values(opened, self.mapping, table, column)
                ]
            if found and asked not in found:
                word = argument.removeprefix("other_")
                raise ArgumentError(
                    f"{self.macro.name}: there is no {word} {asked!r}. {nearest(asked, {*found})}"
                )


# Arguments that name what is in the data, and where.
_NAMED = {
    "scheme": (("segment_membership", "scheme"), ("segments", "scheme")),
    "segment": (("segment_membership", "segment"), ("segments", "segment")),
    "other_segment": (("segment_membership", "segment"), ("segments", "segment")),
    "industry": (("customers", "industry"), ("benchmarks", "industry"), ("targets", "industry")),
}
# Every mapping has these.
_ALWAYS = ("All customers", "Unassigned")
