"""sql_macros/**/*.sql -> Macro: the YAML header, then one plain select or expression."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import sqlglot
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlglot import exp
from sqlglot.errors import SqlglotError

from superset_kpi.errors import MacroError, nearest
from superset_kpi.macros.compiler.trees import Reads, sources
from superset_kpi.macros.fitted import MODEL_TABLES
from superset_kpi.macros.macro import SETTINGS, Argument, ArgumentType, Macro, Returned, ReturnType
from superset_kpi.mapping import LOGICAL_TABLES
from superset_kpi.resources import read_yaml

CANONICAL = "duckdb"
# A hundred years of days: counted from any as_of they stay within every engine's calendar.
LONGEST = 36_525
_OPEN, _CLOSE = "/*---", "---*/"
_COLUMNS = {**{name: tuple(t.columns) for name, t in LOGICAL_TABLES.items()}, **MODEL_TABLES}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Setting(_Strict):
    setting: Literal[SETTINGS]  # type: ignore[valid-type]


class _ArgumentHeader(_Strict):
    type: ArgumentType
    doc: str
    default: Any = None
    choices: list[str] = []
    min: float | None = None
    max: float | None = None


class _ReturnHeader(_Strict):
    type: ReturnType
    doc: str
    unit: str | None = None
    range: str | None = None
    label: str | None = None


class _CheckHeader(_Strict):
    severity: Literal["error", "warning", "info"]
    fix: str


class _Header(_Strict):
    summary: str
    kind: Literal["relation", "expression"]
    grain: str | None = None
    needs: list[str] = []
    needs_one_of: list[str] = []
    uses: list[str] = []
    args: dict[str, _ArgumentHeader] = {}
    returns: dict[str, _ReturnHeader] | _ReturnHeader
    source: str
    example: dict[str, Any] = {}
    internal: bool = False
    carries: str | None = None
    single_answers: bool | dict[str, str] = False
    filtered_last: bool = False
    check: _CheckHeader | None = Field(None)


def read_macro(path: Path) -> Macro:
    """Returns the macro of a file; a header or body that does not hold is a MacroError."""
    return macro_of(path.read_text(encoding="utf-8"), path)


def macro_of(text: str, path: Path) -> Macro:
    """Returns the macro that a text would be at a path, whose name and folder it takes."""
    where = f"{path.parent.name}/{path.name}"
    header_text, body_text = _split(text, where)
    header = _header(header_text, where)
    body = _body(body_text, header.kind, where)
    return Macro(
        name=path.stem,
        area=path.parent.name,
        path=path,
        kind=header.kind,
        summary=header.summary,
        grain=header.grain,
        needs=_needs(header, columns_read(body), where),
        uses=_tables(header.uses, where),
        args=MappingProxyType({k: _argument(k, a, where) for k, a in header.args.items()}),
        returns=_returns(header),
        source=header.source,
        example=MappingProxyType(header.example),
        is_internal=header.internal,
        carries=header.carries,
        single_answers=header.single_answers
        if isinstance(header.single_answers, bool)
        else MappingProxyType(header.single_answers),
        filtered_last=header.filtered_last,
        needs_one_of=_one_of(header, where),
        check=MappingProxyType(header.check.model_dump() if header.check else {}),
        body=body,
        text=text,
    )


def _split(text: str, where: str) -> tuple[str, str]:
    if not text.startswith(_OPEN) or _CLOSE not in text:
        raise MacroError(
            f"{where}: the file has no header. Start it with {_OPEN}, YAML, and {_CLOSE}."
        )
    header, body = text[len(_OPEN) :].split(_CLOSE, 1)
    return header, body


def _header(text: str, where: str) -> _Header:
    try:
        return _Header.model_validate(read_yaml(text))
    except yaml.YAMLError as error:
        raise MacroError(f"{where}: the header is not YAML: {error}. Correct it.") from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise MacroError(f"{where}: header: {'; '.join(lines)}. Correct it.") from error


def _tables(tables: list[str], where: str) -> tuple[str, ...]:
    for table in tables:
        if table not in _COLUMNS:
            raise MacroError(
                f"{where}: there is no logical table {table!r}. {nearest(table, LOGICAL_TABLES)}"
            )
    return tuple(tables)


def _needs(header: _Header, read: Reads, where: str) -> MappingProxyType[str, tuple[str, ...]]:
    """Returns what the body reads but for `uses`, and the tables that the header adds.

    What is read of models is no part of it: their kinds tell which have to be fitted.
    """
    for table in _tables(header.needs, where):
        if table in read:
            raise MacroError(f"{where}: needs names {table!r}, which the body reads. Leave it out.")
    tables = [table for table in LOGICAL_TABLES if table in read and table not in header.uses]
    columns = {table: tuple(sorted(read.get(table, ()))) for table in [*tables, *header.needs]}
    return MappingProxyType(columns)


def columns_read(body: exp.Expression) -> Reads:
    """Returns what a body reads itself of logical tables and of models: columns by table.

    A column without an alias is of the first source, as bodies that join write it.
    """
    read: Reads = {}
    for select in body.find_all(exp.Select):
        names = {alias: name for name, alias in sources(select)}
        for name in _COLUMNS.keys() & names.values():
            read.setdefault(name, set())
        for column in select.find_all(exp.Column):
            table = names.get(column.table or next(iter(names), ""))
            if column.parent_select is select and table in _COLUMNS:
                read[table].add(column.name)
    return read


def _one_of(header: _Header, where: str) -> tuple[str, ...]:
    for table in header.needs_one_of:
        if table not in header.uses:
            raise MacroError(
                f"{where}: needs_one_of names {table!r}, which is not among uses. Add it there."
            )
    return tuple(header.needs_one_of)


def _argument(name: str, header: _ArgumentHeader, where: str) -> Argument:
    setting, default = None, header.default
    if isinstance(default, dict):
        try:
            setting, default = _Setting.model_validate(default).setting, None
        except ValidationError:
            raise MacroError(
                f"{where}: argument {name!r}: {default!r} is not a setting of the mapping. "
                f"{nearest(str(default.get('setting')), SETTINGS)}"
            ) from None
    return Argument(
        name=name,
        type=header.type,
        doc=header.doc,
        is_required="default" not in header.model_fields_set,
        default=default,
        setting=setting,
        choices=tuple(header.choices),
        min=header.min,
        max=LONGEST if header.max is None and header.type == "integer" else header.max,
    )


def _returns(header: _Header) -> MappingProxyType[str, Returned]:
    returns = header.returns if isinstance(header.returns, dict) else {"": header.returns}
    return MappingProxyType(
        {n: Returned(n, r.type, r.doc, r.unit, r.range, r.label) for n, r in returns.items()}
    )


def check_columns(macro: Macro) -> None:
    """Raises a MacroError for a column that its table does not have."""
    for table, columns in columns_read(macro.body).items():
        for column in sorted(columns - set(_COLUMNS[table])):
            raise MacroError(
                f"{macro.area}/{macro.name}.sql: {table} has no column {column!r}. "
                f"{nearest(column, _COLUMNS[table])}"
            )


def _body(text: str, kind: str, where: str) -> exp.Expression:
    try:
        statements = sqlglot.parse(text if kind == "relation" else f"select {text}", read=CANONICAL)
    except SqlglotError as error:
        raise MacroError(f"{where}: the body is not SQL: {error}. Correct it.") from error
    tree = statements[0]
    if len(statements) != 1 or not isinstance(tree, exp.Query):
        raise MacroError(f"{where}: the body is not one {kind}. Write exactly one.")
    for node in tree.walk():
        # Comments, and places in the file, which would make each copy of the tree slower by half.
        node.comments = node._meta = None
    if kind == "expression":
        expression: exp.Expression = tree.expressions[0]
        return expression.copy()
    return tree
