"""sql_macros/**/*.sql -> Macro: the YAML header, then one plain select or expression."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from superset_kpi.errors import MacroError, nearest
from superset_kpi.macros.alias import read_alias
from superset_kpi.macros.compiler.trees import Reads, sources
from superset_kpi.macros.fitted import MODEL_TABLES
from superset_kpi.macros.headers import (
    Header,
    Vocabulary,
    arguments_of,
    columns_of,
    read_header,
    values_of,
)
from superset_kpi.macros.macro import Macro
from superset_kpi.mapping import LOGICAL_TABLES

CANONICAL = "duckdb"
_OPEN, _CLOSE = "/*---", "---*/"
_COLUMNS = {**{name: tuple(t.columns) for name, t in LOGICAL_TABLES.items()}, **MODEL_TABLES}


def read_macro(path: Path, known: Vocabulary, find: Callable[[str], Macro]) -> Macro:
    """Returns the macro of a file; a header or body that does not hold is a MacroError.

    `known` are the entries that a header may name, `find` gives the macro that an alias stands for.
    """
    where = f"{path.parent.name}/{path.name}"
    header, body = _split(path.read_text(encoding="utf-8"), where)
    document = values_of(header, where)
    if "alias_of" not in document.values:
        return macro_of(read_header(document, known), body, path)
    line = f"{where}:{document.line(('alias_of',))}"
    if body.strip():
        raise MacroError(f"{line}: an alias has no body. Leave one of the two out.")
    try:
        target = find(str(document.values["alias_of"]))
    except MacroError as error:
        raise MacroError(f"{line}: alias_of: {error}") from error
    return read_alias(document, path, target)


def macro_of(header: Header, text: str, path: Path) -> Macro:
    """Returns the macro of a header and the text of a body, by the name and folder of a path."""
    where = f"{path.parent.name}/{path.name}"
    body = _body(text, header.kind, where)
    return Macro(
        name=path.stem,
        area=path.parent.name,
        kind=header.kind,
        summary=header.summary,
        grain=header.grain,
        needs=_needs(header, columns_read(body), where),
        uses=_tables(header.uses, where),
        args=arguments_of(header.args, where),
        returns=columns_of(header.returns),
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
    )


def _split(text: str, where: str) -> tuple[str, str]:
    if not text.startswith(_OPEN) or _CLOSE not in text:
        raise MacroError(
            f"{where}: the file has no header. Start it with {_OPEN}, YAML, and {_CLOSE}."
        )
    header, body = text[len(_OPEN) :].split(_CLOSE, 1)
    return header, body


def _tables(tables: list[str], where: str) -> tuple[str, ...]:
    for table in tables:
        if table not in _COLUMNS:
            raise MacroError(
                f"{where}: there is no logical table {table!r}. {nearest(table, LOGICAL_TABLES)}"
            )
    return tuple(tables)


def _needs(header: Header, read: Reads, where: str) -> MappingProxyType[str, tuple[str, ...]]:
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


def _one_of(header: Header, where: str) -> tuple[str, ...]:
    for table in header.needs_one_of:
        if table not in header.uses:
            raise MacroError(
                f"{where}: needs_one_of names {table!r}, which is not among uses. Add it there."
            )
    return tuple(header.needs_one_of)


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
