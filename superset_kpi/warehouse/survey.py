"""What stands in a warehouse that nobody has mapped yet: tables, keys, and a few rows of each."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy
from sqlalchemy.engine import Connection, Inspector
from sqlglot import exp

from superset_kpi.dialects import Dialect, dialect
from superset_kpi.errors import WarehouseError, masked, nearest
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.physical import spelling
from superset_kpi.warehouse.catalog import schemas_of, tables_of
from superset_kpi.warehouse.connection import connection, select
from superset_kpi.warehouse.scan import reason_of

ROWS = 1_000
SECONDS = 10  # for one statement
MOST_SECONDS = 60  # for all tables
MOST_TABLES = 200
LONGEST = 200  # characters of a text that are kept

# What no logical column can be, and what may be large.
_UNREAD = (
    sqlalchemy.types.LargeBinary,
    sqlalchemy.types.JSON,
    sqlalchemy.types.ARRAY,
    sqlalchemy.types.Interval,
)


@dataclass(frozen=True)
class SurveyColumn:
    """A column with its sampled values; `type` is the engine's word for it."""

    name: str
    type: str
    comment: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class SurveyTable:
    """A table or view. `references` says, by column, the table and column it is a key of.

    `unread` are the columns whose values nobody looked at, such as documents and lists.
    """

    schema: str | None
    name: str
    comment: str
    columns: tuple[SurveyColumn, ...]
    primary_key: tuple[str, ...]
    references: dict[str, tuple[str, str]]
    rows: int
    unread: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Returns the names of all columns."""
        return [*(c.name for c in self.columns), *self.unread]

    @property
    def is_whole(self) -> bool:
        """Returns whether the sample holds every row."""
        return self.rows < ROWS


@dataclass
class Survey:
    """All tables that could be read, and a sentence for what could not."""

    dialect: Dialect
    reserved: frozenset[str]
    opened: Connection
    tables: list[SurveyTable] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def written(self, *parts: str | None) -> str:
        """Returns a name as SQL of the engine, quoted where it must."""
        return spelling(tuple(p for p in parts if p), self.dialect.sqlglot, self.reserved)

    def share_found(self, values: list[Any], table: SurveyTable, column: str) -> float:
        """Returns the share of some values that the column has; 0 where nobody can tell."""
        wanted = {*values}
        if not wanted:
            return 0.0
        known = {v for c in table.columns if c.name == column for v in c.values}
        if table.is_whole or wanted <= known:
            return len(wanted & known) / len(wanted)
        some = sorted(wanted, key=str)[:20]
        if not all(isinstance(v, (int, str)) for v in some):
            return 0.0
        literals = ", ".join(exp.convert(v).sql(dialect=self.dialect.sqlglot) for v in some)
        key = self.written(column)
        place = self.written(table.schema, table.name)
        sql = f"select count(distinct {key}) from {place} where {key} in ({literals})"
        try:
            return int(select(self.opened, sql).rows[0][0]) / len(some)
        except WarehouseError:  # of another type, say
            return 0.0


@contextmanager
def look(
    mapping: Mapping,
    schema: str | None,
    order: Callable[[str], float],
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Survey]:
    """Yields the survey of a mapping's warehouse, its connection open.

    Where there are too many tables, those that `order` puts first are looked at.
    """
    target = dialect(mapping.dialect)
    with connection(mapping, seconds=SECONDS) as opened:
        inspector = sqlalchemy.inspect(opened.engine)
        words = getattr(opened.dialect.identifier_preparer, "reserved_words", ())
        survey = Survey(target, frozenset(words), opened)
        names = _names(inspector, schema, survey)
        names.sort(key=lambda each: order(each[1]))
        until = time.monotonic() + MOST_SECONDS
        for place, (home, name) in enumerate(names):
            if place >= MOST_TABLES or time.monotonic() > until:
                survey.remarks.append(
                    f"{len(names) - place:,} of {len(names):,} tables were not looked at, those "
                    "whose names promise least. Name a schema with --schema to see more of it."
                )
                break
            say(f"{name}, {place + 1} of {min(len(names), MOST_TABLES)} tables")
            _add(inspector, home, name, survey)
        yield survey


def _names(
    inspector: Inspector, schema: str | None, survey: Survey
) -> list[tuple[str | None, str]]:
    """Returns schema and name of all tables and views."""
    try:
        schemas: list[str] = schemas_of(inspector)
    except Exception:  # a driver that can't list schemas: the default one is what there is
        schemas = []
    if schema is not None and schemas and schema not in schemas:
        raise WarehouseError(f"init: there is no schema {schema!r}. {nearest(schema, schemas)}")
    found: list[tuple[str | None, str]] = []
    homes: list[str | None] = [schema] if schema else [*schemas] or [None]
    for home in homes:
        try:
            found += [(home, name) for name in dict.fromkeys(tables_of(inspector, home))]
        except Exception as error:
            survey.remarks.append(f"{home}: its tables cannot be listed ({_first_line(error)}).")
    return found


def _add(inspector: Inspector, schema: str | None, name: str, survey: Survey) -> None:
    """Adds the table, or a remark that says why it cannot be read."""
    place = survey.written(schema, name)
    try:
        with warnings.catch_warnings():  # of types that SQLAlchemy does not know
            warnings.simplefilter("ignore")
            columns = inspector.get_columns(name, schema=schema)
    except Exception as error:  # each driver has errors of its own
        survey.remarks.append(f"{place}: its columns cannot be listed ({_first_line(error)}).")
        return
    readable = [c for c in columns if not isinstance(c["type"], _UNREAD)]
    if not readable:
        return
    listed = ", ".join(survey.written(str(c["name"])) for c in readable)
    limited: exp.Select = exp.maybe_parse(
        f"select {listed} from {place}", dialect=survey.dialect.sqlglot
    ).limit(ROWS)
    try:
        rows = select(survey.opened, limited.sql(dialect=survey.dialect.sqlglot)).rows
    except WarehouseError as error:
        survey.remarks.append(f"{place}: it cannot be read ({reason_of(error)}), and is left out.")
        return
    values: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) or [()] * len(readable)
    survey.tables.append(
        SurveyTable(
            schema,
            name,
            _comment(inspector, schema, name),
            tuple(
                SurveyColumn(
                    str(c["name"]), str(c["type"]).lower(), c.get("comment") or "", tuple(cells)
                )
                for c, cells in zip(readable, (map(_kept, v) for v in values), strict=True)
            ),
            _primary_key(inspector, schema, name),
            _references(inspector, schema, name),
            len(rows),
            tuple(str(c["name"]) for c in columns if c not in readable),
        )
    )


def _kept(value: Any) -> Any:
    """Returns a value that can be compared: of a long text its beginning, of the rest its text."""
    if isinstance(value, str):
        return value[:LONGEST]
    return repr(value) if isinstance(value, (list, dict, set)) else value


def _comment(inspector: Inspector, schema: str | None, name: str) -> str:
    try:
        return str(inspector.get_table_comment(name, schema=schema).get("text") or "")
    except Exception:  # not every engine has comments
        return ""


def _primary_key(inspector: Inspector, schema: str | None, name: str) -> tuple[str, ...]:
    try:
        return tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"] or ())
    except Exception:  # nor keys
        return ()


def _references(inspector: Inspector, schema: str | None, name: str) -> dict[str, tuple[str, str]]:
    try:
        keys = inspector.get_foreign_keys(name, schema=schema)
    except Exception:
        return {}
    return {
        str(k["constrained_columns"][0]): (str(k["referred_table"]), str(k["referred_columns"][0]))
        for k in keys
        if len(k["constrained_columns"]) == 1 and k["referred_columns"]
    }


def _first_line(error: Exception) -> str:
    return masked((str(error).strip().splitlines() or [type(error).__name__])[0][:200])
