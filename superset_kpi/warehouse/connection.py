"""The one place that opens a connection to a warehouse.

It only reads, but for `materialize`, which asks for a connection that writes.
"""

from __future__ import annotations

import datetime as dt
import decimal
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from superset_kpi.dialects import KNOWN, dialect
from superset_kpi.errors import URL_FORM, Unreachable, WarehouseError, masked
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
    """Returns the mapping's URL with ${NAME} taken from the environment.

    What stands in the place of a user, a password or a parameter that is one is quoted, so that it
    may hold any character; elsewhere, and where it is the whole URL, it stands as it is.
    """
    template = mapping.url
    if not template:
        raise WarehouseError(
            f"{mapping.name}: the mapping has no url, which the command line needs. "
            "Add `url:` with a SQLAlchemy URL."
        )
    values = {name: _variable(name, mapping) for name in _NAME.findall(template)}
    parts = _LOGIN.match(template)
    login = _login(parts, values) if parts else ""
    place, mark, query = template[parts.end() if parts else 0 :].partition("?")
    query = _SECRET.sub(lambda m: m[1] + _filled(m[2], values, _quoted), query)
    return login + _filled(f"{place}{mark}{query}", values, _as_it_is)


def _login(parts: re.Match[str], values: dict[str, str]) -> str:
    """Returns the URL up to the @, its variables quoted."""
    user, password = parts["user"], parts["password"]
    if password is None and _NAME.fullmatch(user):  # one variable may hold both
        user = ":".join(map(_quoted, values[user[2:-1]].split(":", 1)))
    user = _filled(user, values, _quoted)
    login = user if password is None else f"{user}:{_filled(password, values, _quoted)}"
    return f"{parts['scheme']}{login}@"


_NAME = re.compile(r"\$\{(\w+)\}")
# The login of a URL; a variable in it is a name in braces, whatever its value holds.
_LOGIN = re.compile(r"(?P<scheme>[^:/@?]*://)(?P<user>[^:/@?]*)(:(?P<password>[^@]*))?@")
_SECRET = re.compile(r"((?:^|&)\w*(?:password|passwd|pwd|token|secret|key)\w*=)([^&]*)", re.I)


def _variable(name: str, mapping: Mapping) -> str:
    if name not in os.environ:
        raise WarehouseError(
            f"{mapping.name}: the url needs the environment variable {name}, which is not "
            f"set. Set it, for example `export {name}=...`."
        )
    return os.environ[name]


def _filled(text: str, values: dict[str, str], write: Callable[[str], str]) -> str:
    return _NAME.sub(lambda match: write(values[match[1]]), text)


def _quoted(value: str) -> str:
    return quote(value, safe="")


def _as_it_is(value: str) -> str:
    return value


def why(error: BaseException, url: sqlalchemy.engine.URL, is_open: bool = False) -> str:
    """Returns the first line of an error without what is secret of the URL.

    Before the connection is open its user and host are hidden, too: in a URL that was written
    wrong they may be pieces of the password.
    """
    original = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(original).splitlines() if line.strip()]
    text = lines[0] if lines else type(original).__name__
    hidden = {str(url.password or "")}
    words = set[str]()
    if not is_open:
        hidden |= {v for values in url.normalized_query.values() for v in values if len(v) > 5}
        words = {url.username or "", url.host or ""}
        words |= {url.database} if url.database and "@" in url.database else set()
    text = masked(text, {s for each in hidden for s in (each, _quoted(each))}, words)
    return text if len(text) <= 200 else f"{text[:197]}..."


def connect(mapping: Mapping, writes: bool = False, seconds: int | None = None) -> Engine:
    """Returns an engine for the mapping's URL; a driver that is missing is a WarehouseError.

    `seconds` are the most that a statement may take, where the engine can be told.
    """
    parsed = _parsed(mapping)
    if parsed.get_backend_name() != mapping.dialect:
        engine = parsed.get_backend_name()
        raise WarehouseError(
            f"{mapping.name}: the url is for {engine if engine in KNOWN else 'another engine'} and "
            f"the dialect is {mapping.dialect!r}. Make both name the same engine."
        )
    driver = dialect(mapping.dialect).driver
    is_file = driver.makes_files and parsed.database not in (None, "", ":memory:")
    if is_file:
        _require_file(str(parsed.database), mapping)
    arguments = dict(driver.reading) if is_file and not writes else {}
    if seconds is not None and not writes:
        arguments |= _limited(parsed, seconds)
    try:
        return sqlalchemy.create_engine(parsed, connect_args=arguments)
    except (SQLAlchemyError, ImportError, ValueError, TypeError) as error:
        raise WarehouseError(
            f"{mapping.name}: the url cannot be used ({why(error, parsed)}). "
            f"Correct it, or install its driver: pip install 'superset-kpi[{mapping.dialect}]'."
        ) from error


def _parsed(mapping: Mapping) -> sqlalchemy.engine.URL:
    try:
        return sqlalchemy.engine.make_url(expand_url(mapping))
    except (SQLAlchemyError, ValueError) as error:  # their words hold the URL
        raise WarehouseError(
            f"{mapping.name}: the url is not a SQLAlchemy URL. Write {URL_FORM}; "
            "the value of ${PASSWORD} may have any characters."
        ) from error


def _require_file(place: str, mapping: Mapping) -> None:
    """An embedded engine would create the file that is not there, and then lack the tables."""
    is_elsewhere = place.startswith(("file:", "md:"))  # SQLite's URI, MotherDuck
    if not is_elsewhere and not Path(place).exists():
        raise WarehouseError(f"{mapping.name}: there is no file {place}. Correct the url.")


def _limited(url: sqlalchemy.engine.URL, seconds: int) -> dict[str, Any]:
    """Returns how a driver connects to read only, and for so long a statement at most."""
    if url.get_driver_name() in ("psycopg2", "psycopg"):
        given = url.normalized_query.get("options", ())
        limits = f"-c statement_timeout={seconds}s -c default_transaction_read_only=on"
        return {"options": " ".join([*given, limits]), "connect_timeout": seconds}
    if url.get_driver_name() in ("pymysql", "mysqldb"):
        return {
            "read_timeout": seconds,
            "connect_timeout": seconds,
            "init_command": "set session transaction read only",
        }
    return {}


@contextmanager
def connection(
    mapping: Mapping, writes: bool = False, seconds: int | None = None
) -> Iterator[Connection]:
    """Yields a connection that is closed again; failing to connect is a WarehouseError."""
    engine = connect(mapping, writes, seconds)
    try:
        opened = engine.connect()
    except Exception as error:
        engine.dispose()
        raise Unreachable(
            f"{mapping.name}: the warehouse cannot be reached ({why(error, engine.url)}). "
            "Check the url, and that the server is running."
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
        reason = why(error, opened.engine.url, is_open=True)
        raise WarehouseError(
            f"{where}: the warehouse refused the statement ({reason}). "
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
        reason = why(error, opened.engine.url, is_open=True)
        raise WarehouseError(
            f"{where}: the warehouse refused the statement ({reason}). "
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
