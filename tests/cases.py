"""Macro cases: rows given, a call, rows expected - on any engine that makes a table of a SELECT.

A case file holds a list of cases. `given` replaces the mapped tables by rows, written as CSV with
the logical column names as its header; an empty field is null, `''` an empty text. Cases with the
same rows read the same table. A column `times` repeats its row, `#` in a field then counts from 1.
`expect` is CSV too, of the columns to compare, in any order of rows. For an expression macro
`table` is CSV whose columns are arguments, with the wanted value as `result`, or
`rows` is CSV that an aggregate runs over. A case of several macros is in a file of their
family: `of` names them, each with the word that is read for `$part`.
"""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy

from superset_kpi.documents import read_yaml
from superset_kpi.errors import KpiError
from superset_kpi.macros import library, render_call, render_query
from superset_kpi.macros.arguments import Nodes
from superset_kpi.macros.compiler.compiler import WRITING, Pass, compiled
from superset_kpi.macros.compiler.statement import Statement
from superset_kpi.mapping import LOGICAL_TABLES, Mapping
from superset_kpi.mapping.model import MappedColumn, Source
from superset_kpi.mapping.models import ModelsFile, as_models
from superset_kpi.mapping.read import USUAL_SCALES, Scale
from tests.engines.text import superset_forms, written

FOLDER = Path(__file__).parent / "macros"
TOLERANCE = 1e-9
PART = "$part"
_CAST = {
    "timestamp": "timestamp",
    "date": "date",
    "number": "double precision",
    "integer": "integer",
    "text": "text",
}

# The module; the package has a function of this name.
_RENDERING = import_module("superset_kpi.macros.library")
_SHARED: dict[tuple[str, tuple[Pass, ...]], tuple[Nodes, Statement]] = {}  # of the last case

# How an engine makes a table of a SELECT, where it is not like the others.
CREATE = {
    "clickhousedb": "create table if not exists {} engine = Memory as {}",
    "hive": "create or replace temporary view {} as {}",
}


@dataclass(frozen=True)
class Case:
    """One case of one macro."""

    macro: str
    name: str
    given: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    call: dict[str, Any] = field(default_factory=dict)
    expect: str | None = None
    table: str | None = None
    rows: str | None = None
    result: Any = None
    error: str | None = None

    @property
    def id(self) -> str:
        return f"{self.macro}: {self.name}"


def read_cases() -> Iterator[Case]:
    """Yields every case of tests/macros."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for entry in read_yaml(path.read_text(encoding="utf-8")):
            name, family = entry.pop("case"), entry.pop("of", {path.stem: PART})
            for macro, part in family.items():
                yield Case(macro=macro, name=name, **_filled(entry, part))


def _filled(value: Any, part: str) -> Any:
    """Returns what a case says, with the word of one macro of a family."""
    if isinstance(value, dict):
        return {key: _filled(each, part) for key, each in value.items()}
    return value.replace(PART, part) if isinstance(value, str) else value


def check(case: Case, engine: str, connection: sqlalchemy.engine.Connection) -> None:
    """Runs the case and compares; what differs is an AssertionError."""
    mapping = mapping_of(case, engine, None if case.error else connection)
    if case.error is not None:
        with pytest.raises(KpiError) as raised:
            render_query(case.macro, case.call, mapping)
        assert str(raised.value) == case.error
        return
    if case.table is not None:
        _check_table(case, mapping, connection)
    elif library()[case.macro].kind == "expression":
        found = run(connection, statement(case, mapping))
        assert same(found[0]["result"], case.result), f"{found[0]['result']!r} != {case.result!r}"
    else:
        _check_relation(case, mapping, connection)


def _check_table(case: Case, mapping: Mapping, connection: sqlalchemy.engine.Connection) -> None:
    wanted, calls = [], []
    for row in read_csv(case.table or ""):
        wanted.append(row.pop("result"))
        values = {k: _literal(v, mapping.dialect) for k, v in row.items()}
        calls.append(render_call(case.macro, (), {**case.call, **values}, mapping))
    columns = ", ".join(f"{text} as r{i}" for i, text in enumerate(calls))
    found = run(connection, f"select {columns}")[0]
    for i, value in enumerate(wanted):
        assert same(found[f"r{i}"], _typed(value)), f"row {i}: {found[f'r{i}']!r} != {value!r}"


def _check_relation(case: Case, mapping: Mapping, connection: sqlalchemy.engine.Connection) -> None:
    _compare(case, run(connection, statement(case, mapping)))


def _compare(case: Case, found: list[dict[str, Any]]) -> None:
    wanted = list(read_csv(case.expect or ""))
    columns = list(wanted[0]) if wanted else []
    given = sorted(([r[c] for c in columns] for r in found), key=_order)
    hoped = sorted(([_typed(r[c]) for c in columns] for r in wanted), key=_order)
    assert len(given) == len(hoped), f"{len(given)} rows, not {len(hoped)}: {given}"
    for got, want in zip(given, hoped, strict=True):
        for column, a, b in zip(columns, got, want, strict=True):
            assert same(a, b), f"{column}: {a!r} != {b!r} in {dict(zip(columns, got, strict=True))}"


def check_rewritten(
    case: Case, engine: str, connection: sqlalchemy.engine.Connection, only_wrapped: bool = False
) -> None:
    """Runs the case as Superset sends it; rows that differ are an AssertionError.

    `only_wrapped`: as a virtual table, which is re-written like the bare statement.
    """
    mapping = mapping_of(case, engine, connection)
    sql = statement(case, mapping)
    for form in superset_forms(sql, mapping.dialect)[-1 if only_wrapped else 0 :]:
        found = run(connection, form)
        if library()[case.macro].kind == "relation":
            _compare(case, found)
        else:
            assert _comparable(found) == _comparable(run(connection, sql)), form


def statement(case: Case, mapping: Mapping, shares: bool = True) -> str:
    """Returns the SELECT of a case whose macro is a relation, or has one row of arguments.

    It shares with the last engine's what is the same for all.
    """
    if library()[case.macro].kind == "relation":
        making = partial(_compiled, case.id) if shares else compiled
        with patch.object(_RENDERING, "compiled", making):
            return render_query(case.macro, case.call, mapping)
    values: dict[str, Any] = {}
    source = ""
    if case.table is not None:
        row = next(read_csv(case.table))
        values = {k: _literal(v, mapping.dialect) for k, v in row.items() if k != "result"}
    elif case.rows:
        rows = rows_values if mapping.dialect == "hive" else rows_select
        source = f" from ({rows('ratings', case.rows, mapping.dialect, set())}) as given"
    return (
        f"select {render_call(case.macro, (), {**case.call, **values}, mapping)} as result{source}"
    )


def _compiled(case: str, statement: Statement, passes: Sequence[Pass]) -> Statement:
    """Compiles a statement of a case; on the next engine from where the engine begins to matter."""
    arguments = statement.arguments
    if any(node.meta.get("is_foreign") for node in arguments.values()):  # it is in its dialect
        return compiled(statement, passes)
    early = tuple(each for each in passes if each not in WRITING)
    if any(of != case for of, _ in _SHARED):
        _SHARED.clear()
    shared = _SHARED.get((case, early))
    if shared is None or shared[0] != arguments:
        shared = _SHARED[case, early] = arguments, compiled(statement, early)
    made = replace(shared[1], target=statement.target, mapping=statement.mapping)
    return compiled(made, passes[len(early) :])


def run(connection: sqlalchemy.engine.Connection, sql: str) -> list[dict[str, Any]]:
    """Returns the rows of a statement as dictionaries with lower-case names."""
    result = connection.execution_options(no_parameters=True).exec_driver_sql(sql)
    names = [str(k).lower() for k in result.keys()] if result.returns_rows else []
    return [dict(zip(names, row, strict=True)) for row in result] if names else []


def mapping_of(
    case: Case, engine: str, connection: sqlalchemy.engine.Connection | None = None
) -> Mapping:
    """Returns a mapping whose sources select the given rows; with a connection, read them."""
    settings = {"as_of": dt.date(2026, 9, 30), "scales": {}, **case.settings}
    scales = {k: Scale(**v) for k, v in settings.pop("scales").items()}
    texts = text_keys(case.given)
    tables = {t: (source_of(t, text, engine, texts, connection),) for t, text in case.given.items()}
    if "models" in settings:
        settings["models"] = as_models(ModelsFile.model_validate(settings["models"]))
    values = {
        "currency": None,
        "fiscal_year_starts": 1,
        "margin_rate": None,
        "inactive_days": 180,
        **settings,
    }
    return Mapping(
        name="case",
        title="Case",
        database="case",
        url=None,
        dialect=engine,
        scales=MappingProxyType(
            {**USUAL_SCALES, "value": Scale(0, 10), "experience": Scale(0, 10), **scales}
        ),
        tables=MappingProxyType(tables),
        digest=f"{engine}/{case.id}/{case.given}/{case.settings}",
        **values,
    )


def text_keys(given: dict[str, str]) -> set[str]:
    """Returns the key columns that hold a text anywhere; all others hold integers everywhere."""
    return {
        column
        for table, text in given.items()
        for row in read_csv(text)
        for column, value in row.items()
        if column != "times"
        and LOGICAL_TABLES[table].columns[column].type == "key"
        and not value.lstrip("-").replace("#", "").isdigit()
        and value not in ("", "#")
    }


def source_of(
    table: str,
    text: str,
    engine: str,
    texts: set[str],
    connection: sqlalchemy.engine.Connection | None = None,
) -> Source:
    """Returns a source that selects the rows of a CSV text, or reads a table made of them."""
    columns = {c: MappedColumn("expression", c) for c in _header(text)}
    if connection is None:
        name, select = None, rows_select(table, text, engine, texts)
    else:
        name, select = _made(table, text, engine, texts, connection), None
    return Source(name, select, MappingProxyType(columns))


def _made(
    table: str, text: str, engine: str, texts: set[str], connection: sqlalchemy.engine.Connection
) -> str:
    """Returns the name of a table of the rows; one for all cases in which they are the same."""
    content = f"{table}\n{text}\n{sorted(texts & set(_header(text)))}"
    name = f"{table}_{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    made = connection.info.setdefault("cases", set())
    if name not in made:
        create = CREATE.get(engine, "create table if not exists {} as {}")
        rows = rows_values if engine == "hive" else rows_select
        run(connection, create.format(name, rows(table, text, engine, texts)))
        made.add(name)
    return name


def rows_select(table: str, text: str, engine: str, texts: set[str]) -> str:
    """Returns `select ... union all select ...` of a CSV text, typed as the logical table is."""
    header, kinds, rows = _typed_rows(table, text, texts)
    if not rows:
        nulls = ", ".join(f"{_sql('', kinds[h], engine)} as {h}" for h in header)
        return written(f"select {nulls} where 1 = 0", engine)
    selects = " union all ".join(
        "select " + ", ".join(f"{_sql(row[h], kinds[h], engine)} as {h}" for h in header)
        for row in rows
    )
    return written(selects, engine)


def rows_values(table: str, text: str, engine: str, texts: set[str]) -> str:
    """Returns `select * from values (...)` of a CSV text: Spark makes no task of each row then."""
    header, kinds, rows = _typed_rows(table, text, texts)
    kept = rows or [dict.fromkeys(header, "")]
    tuples = ", ".join(
        "(" + ", ".join(written(_sql(row[h], kinds[h], engine), engine) for h in header) + ")"
        for row in kept
    )
    where = "" if rows else " where false"
    return f"select * from values {tuples} as given ({', '.join(header)}){where}"


def _typed_rows(
    table: str, text: str, texts: set[str]
) -> tuple[list[str], dict[str, str], list[dict[str, str]]]:
    """Returns the columns of a CSV text, the type of each, and the rows."""
    header = _header(text)
    columns = LOGICAL_TABLES[table].columns
    kinds: dict[str, str] = {h: columns[h].type for h in header}
    for key in header:
        if kinds[key] == "key":
            kinds[key] = "text" if key in texts else "integer"
    return header, kinds, list(_repeated(read_csv(text)))


def _header(text: str) -> list[str]:
    names = next(csv.reader(io.StringIO(text), skipinitialspace=True))
    return [name.strip() for name in names if name.strip() != "times"]


def _repeated(rows: Iterator[dict[str, str]]) -> Iterator[dict[str, str]]:
    for row in rows:
        times = row.pop("times", None)
        for count in range(1, int(times) + 1) if times is not None else ():
            yield {column: value.replace("#", str(count)) for column, value in row.items()}
        if times is None:
            yield row


def _sql(value: str, kind: str, engine: str) -> str:
    if kind == "boolean":
        return {"true": "true", "false": "false", "": "cast(null as boolean)"}[value]
    is_quoted = len(value) > 1 and value[0] == value[-1] == "'"  # an empty or a blank text
    literal = (
        "null"
        if value == ""
        else (value if kind == "number" or is_quoted else "'" + value.replace("'", "''") + "'")
    )
    if engine == "sqlite" and kind in ("date", "timestamp"):
        return literal
    return f"cast({literal} as {_CAST[kind]})"


def read_csv(text: str) -> Iterator[dict[str, str]]:
    """Yields the rows of a CSV text by column, blanks around values dropped."""
    for row in csv.DictReader(io.StringIO(text), skipinitialspace=True):
        yield {k.strip(): (v or "").strip() for k, v in row.items()}


def _typed(value: str) -> str | None:
    return None if value in ("", "null") else value


def _literal(value: str, engine: str) -> Any:
    """A field of `table` as an argument: a number, a quoted text or SQL's null."""
    if value in ("", "null"):
        return written("cast(null as double)", engine)
    if value.startswith("cast("):
        return written(value, engine)
    try:
        return float(value)
    except ValueError:
        return value


def same(found: Any, wanted: Any) -> bool:
    """Returns whether two values are the same on any engine: numbers to 1e-9, dates as text."""
    if found is None or wanted is None:
        return found is None and wanted is None
    if _is_number(found):
        number = _number(wanted)
        return number is not None and math.isclose(
            float(found), number, rel_tol=TOLERANCE, abs_tol=TOLERANCE
        )
    if isinstance(found, dt.datetime):
        found = found.isoformat(sep=" ")
        return str(wanted) in (found, found.removesuffix(" 00:00:00"))
    return str(found) == str(wanted)


def _comparable(rows: list[dict[str, Any]]) -> list[list[tuple[int, Any]]]:
    return sorted(_order(list(row.values())) for row in rows)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, decimal.Decimal))


def _number(value: Any) -> float | None:
    known = {"true": 1.0, "false": 0.0}
    try:
        return known[value] if value in known else float(value)
    except (TypeError, ValueError):
        return None


def _order(row: list[Any]) -> list[tuple[int, Any]]:
    """A key that sorts found rows and wanted ones alike."""
    keys: list[tuple[int, Any]] = []
    for value in row:
        number = _number(value)
        if value is None:
            keys.append((0, ""))
        elif number is not None:
            keys.append((1, round(number, 6)))
        else:
            keys.append((2, str(value)))
    return keys
