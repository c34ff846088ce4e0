"""DuckDB in place of an engine that cannot be started here: it runs what sqlglot makes of its SQL.

That proves what a statement says, by sqlglot's reading of the engine's dialect: which function
stands for which, how nulls sort, what is compared with what. It does not prove that the engine
takes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy
import sqlglot
from sqlglot import exp

_UNITS = {"DD": "day", "MM": "month", "Q": "quarter", "YYYY": "year", "IW": "week"}
_TYPES = {exp.DataType.Type.BIT: "boolean", exp.DataType.Type.FLOAT: "double"}


_WRITTEN: dict[type[exp.Expression], Callable[[exp.Expression], exp.Expression]] = {
    exp.Collate: lambda node: node.this,
    exp.National: lambda node: exp.Literal.string(node.name),
    exp.StrToUnix: lambda node: exp.Floor(this=exp.func("epoch", node.this)),
    exp.CurrentTimezone: lambda node: exp.func("current_setting", exp.Literal.string("TimeZone")),
}


class Translated:
    """A connection to DuckDB that takes statements in another dialect."""

    def __init__(self, connection: sqlalchemy.engine.Connection, read: str) -> None:
        self._connection = connection
        self._read = read
        self.info: dict[str, Any] = {}

    def execution_options(self, **options: Any) -> Translated:
        """Returns itself, with the options set."""
        self._connection = self._connection.execution_options(**options)
        return self

    def exec_driver_sql(self, sql: str) -> sqlalchemy.engine.CursorResult:
        """Runs the statement."""
        return self._connection.exec_driver_sql(translated(sql, self._read))


def translated(sql: str, read: str) -> str:
    """Returns the statement in DuckDB's dialect, where sqlglot leaves something to be done."""
    root = exp.Paren(this=sqlglot.parse_one(sql, read=read))
    for node in list(root.walk(bfs=False))[::-1]:
        new = _in_duckdb(node)
        if new is not node:
            node.replace(new)
    return str(root.this.sql(dialect="duckdb"))


def _in_duckdb(node: exp.Expression) -> exp.Expression:
    if type(node) in _WRITTEN:
        return _WRITTEN[type(node)](node)
    if isinstance(node, exp.DataType) and node.this in _TYPES:
        return exp.DataType.build(_TYPES[node.this])
    if isinstance(node, exp.DataType) and node.this in exp.DataType.TEXT_TYPES:
        return exp.DataType.build("text")
    if isinstance(node, exp.Add) and any(map(_is_text, node.flatten())):
        return exp.DPipe(this=node.this, expression=node.expression, safe=False)
    if isinstance(node, exp.DateTrunc):
        unit = exp.Literal.string(_UNITS.get(node.unit.name.upper(), node.unit.name))
        return exp.Cast(
            this=exp.DateTrunc(this=node.this, unit=unit), to=exp.DataType.build("date")
        )
    if isinstance(node, exp.Select) and node.args.get("from_"):
        table = node.args["from_"].this
        if isinstance(table, exp.Table) and table.name == "dual":
            node.set("from_", None)
    if isinstance(node, exp.Sub) and _is_day(node.left) and _is_day(node.right):
        # Oracle's dates have times, and their difference is in days.
        since, until = (exp.cast(side.this, "timestamp") for side in (node.right, node.left))
        seconds = exp.DateDiff(this=until, expression=since, unit=exp.var("second"))
        return exp.Div(this=seconds, expression=exp.Literal.number("86400e0"))
    if isinstance(node, exp.Anonymous) and node.name == "TO_BINARY_DOUBLE":
        return exp.cast(node.expressions[0], "double")
    return node


def _is_day(node: exp.Expression) -> bool:
    return (
        isinstance(node, exp.Cast)
        and node.to.this == exp.DataType.Type.DATE
        and (not isinstance(node.this, exp.DateTrunc))
    )


def _is_text(node: exp.Expression) -> bool:
    if isinstance(node, exp.Paren):
        return _is_text(node.this)
    if isinstance(node, exp.Case):
        return any(_is_text(branch.args["true"]) for branch in node.args["ifs"])
    is_cast = isinstance(node, exp.Cast) and node.to.this in exp.DataType.TEXT_TYPES
    return is_cast or node.is_string or isinstance(node, exp.DPipe)
