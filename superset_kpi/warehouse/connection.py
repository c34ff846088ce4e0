"""The one place that opens a connection to a warehouse.

It only reads, but for `materialize`, which asks for a connection that writes.
"""

from __future__ import annotations

import datetime as dt
import decimal
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from superset_kpi.errors import WarehouseError
from superset_kpi.mapping import Mapping


@dataclass(frozen=True)
class Rows:
    """The answer to a query: column names, and one tuple per row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        """Returns the rows as dictionaries by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def expand_url(mapping: Mapping) -> str:
    """Returns the mapping's URL with ${NAME} taken from the environment."""
    if not mapping.url:
        raise WarehouseError(
            f"{mapping.name}: the mapping has no url, which the command line needs. "
            "Add `url:` with a SQLAlchemy URL."
        )

    def variable(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise WarehouseError(
                f"{mapping.name}: the url needs the environment variable {name}, which is not "
                f"set. Set it, for example `export {name}=...`."
            )
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", variable, mapping.url)


def connect(mapping: Mapping, writes: bool = False) -> Engine:
    """Returns an engine for the mapping's URL; a driver that is missing is a WarehouseError."""
    url = expand_url(mapping)
    try:
        parsed = sqlalchemy.engine.make_url(url)
        if parsed.get_backend_name() != mapping.dialect:
            raise WarehouseError(
                f"{mapping.name}: the url is of {parsed.get_backend_name()} and the dialect says "
                f"{mapping.dialect!r}. Let both name the same engine."
            )
        _require_file(parsed, mapping)
        return sqlalchemy.create_engine(parsed, **({} if writes else _read_only(parsed)))
    except (SQLAlchemyError, ImportError) as error:
        raise WarehouseError(
            f"{mapping.name}: the url cannot be used ({_first_line(error)}). "
            f"Correct it, or install its driver: pip install 'superset-kpi[{mapping.dialect}]'."
        ) from error


def _require_file(url: sqlalchemy.engine.URL, mapping: Mapping) -> None:
    """An embedded engine would create the file that is not there, and then lack the tables."""
    embedded = url.get_backend_name() in ("duckdb", "sqlite")
    if not embedded or url.database in (None, "", ":memory:"):
        return
    if not Path(str(url.database)).exists():
        raise WarehouseError(f"{mapping.name}: there is no file {url.database}. Correct the url.")


def _read_only(url: sqlalchemy.engine.URL) -> dict[str, Any]:
    if url.get_backend_name() == "duckdb" and url.database not in (None, "", ":memory:"):
        return {"connect_args": {"read_only": True}}
    return {}


@contextmanager
def connection(mapping: Mapping, writes: bool = False) -> Iterator[Connection]:
    """Yields a connection that is closed again; failing to connect is a WarehouseError."""
    engine = connect(mapping, writes)
    try:
        opened = engine.connect()
    except Exception as error:
        engine.dispose()
        raise WarehouseError(
            f"{mapping.name}: the warehouse cannot be reached ({_first_line(error)}). "
            "Check the url, and that the server runs."
        ) from error
    try:
        yield opened
    finally:
        opened.close()
        engine.dispose()


def select(opened: Connection, sql: str, where: str = "query") -> Rows:
    """Returns the rows of a SELECT; what the warehouse refuses is a WarehouseError."""
    names, columns = select_columns(opened, sql, where)
    return Rows(names, tuple(zip(*columns, strict=True)))


def select_columns(
    opened: Connection, sql: str, where: str = "query"
) -> tuple[tuple[str, ...], list[list[Any]]]:
    """Returns the names and the values of a SELECT's columns, of Python's own types."""
    try:
        # A colon or a percent sign in a text is not a parameter.
        result = opened.execution_options(no_parameters=True).exec_driver_sql(sql)
        names = tuple(str(c) for c in result.keys())
        columns: list[list[Any]] = [[] for _ in names]
        # Many rows at once keep Python's garbage collector busy for as long again.
        for rows in result.partitions(1000):
            for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                column.extend(values)
    except Exception as error:
        raise WarehouseError(
            f"{where}: the warehouse refused the statement ({_first_line(error)}). "
            "Check the mapping with `superset-kpi check-mapping`."
        ) from error
    # Most columns have no other types.
    return names, [
        column if set(map(type, column)) <= _PLAIN else list(map(_plain, column))
        for column in columns
    ]


def change(opened: Connection, statements: Sequence[str], where: str) -> None:
    """Runs statements in one transaction; what the warehouse refuses is a WarehouseError.

    The connection must have been opened for writing.
    """
    try:
        with opened.begin():
            for sql in statements:
                opened.execution_options(no_parameters=True).exec_driver_sql(sql)
    except Exception as error:
        raise WarehouseError(
            f"{where}: the warehouse refused the statement ({_first_line(error)}). "
            "Check that the schema exists, and that the url's user may create tables in it."
        ) from error


def run(mapping: Mapping, sql: str, where: str = "query") -> Rows:
    """Returns the rows of a SELECT on the mapping's warehouse."""
    with connection(mapping) as opened:
        return select(opened, sql, where)


_PLAIN = {bool, int, float, str, bytes, dt.date, dt.datetime, type(None)}


def _plain(value: Any) -> Any:
    """Returns a value of Python's own types: numpy's and decimals become floats."""
    if isinstance(value, decimal.Decimal):
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, (bool, int, float, str, bytes, dt.date, type(None))):
        return value
    item = getattr(value, "item", None)
    return item() if callable(item) else value


def _first_line(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(original).splitlines() if line.strip()]
    text = lines[0] if lines else type(original).__name__
    return text if len(text) <= 200 else f"{text[:197]}..."
