"""Canonical trees -> trees in an engine's words."""

from __future__ import annotations

from functools import lru_cache

import sqlglot
from sqlglot import exp

from superset_kpi.dialects.vocabulary import UTC, Dialect, Unwritable


@lru_cache(maxsize=1024)
def _template(text: str, sqlglot_name: str) -> exp.Expression:
    return sqlglot.parse_one(text, read=sqlglot_name)


def write_primitive(name: str, arguments: list[exp.Expression], target: Dialect) -> exp.Expression:
    """Returns the primitive as the engine spells it, with the arguments in their places.

    One without a form there is Unwritable.
    """
    if name == "today" and arguments:
        if "today" not in target.zones:
            raise Unwritable(
                f"{target.title} does not know which day it is in {arguments[0].name}. Name a day "
                "in as_of, or leave timezone out."
            )
        return _filled(target.zones["today"], arguments, target)
    if name not in target.primitives:
        remedy = "Name a day in as_of." if name == "today" else "Use a macro without it."
        raise Unwritable(
            f"{name} has no form in standard SQL, and {target.engine} is not one of the engines "
            f"that have their own. {remedy}"
        )
    return _filled(target.primitives[name], arguments, target)


def write_column(value: exp.Expression, kind: str, target: Dialect) -> exp.Expression:
    """Returns a mapped column of a logical type as macros read it: a number is a double.

    On an engine that casts any text to some number, a text that is none is null.
    """
    if kind == "number" and "text_number" in target.columns and not is_number(value):
        return _filled(target.columns["text_number"], [value], target)
    if kind in target.columns:
        return _filled(target.columns[kind], [value], target)
    return write_cast(value, "double", target) if kind == "number" else value


def write_moment(
    value: exp.Expression, zone: str, is_zoned: bool | None, target: Dialect
) -> exp.Expression:
    """Returns the moment of a mapped column by the clock of a time zone, whatever the session's.

    `is_zoned` is what the mapping says of the column; where it says nothing the engine is asked by
    the statement itself, if it can be. What carries no zone stays as it is.
    """
    what = {True: "zoned", False: "", None: "moment"}[is_zoned]
    if what not in target.zones:
        if is_zoned:
            raise Unwritable(
                f"{target.title} does not support `zoned` here. Map an expression that gives the "
                f"time in {zone}."
            )
        # Texts carry no zone; of other engines nobody has tried whether they can be asked.
        is_open = not target.zones and not target.dates_come_as_text and zone != UTC
        if is_zoned is None and is_open and isinstance(value, exp.Column):
            raise Unwritable(
                f"{target.title} cannot tell whether {value.name} carries a time zone. Map an "
                f"expression that gives the time in {zone}, or, if it carries none, "
                f"`{{column: {value.name}, zoned: false}}`."
            )
        return value
    return _filled(target.zones[what], [value, exp.Literal.string(zone)], target)


def write_read(value: exp.Expression, what: str, target: Dialect) -> exp.Expression | None:
    """Returns what check-mapping asks of a mapped value, see `reads`; None where it cannot ask."""
    return _filled(target.reads[what], [value], target) if what in target.reads else None


def write_mend(value: str, what: str, target: Dialect) -> str | None:
    """Returns the expression that makes the right type of a value, for a person to copy."""
    if what not in target.mends:
        return None
    return target.mends[what].replace("_1", value if value.isidentifier() else f"({value})")


_NUMBERS = (exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Round, exp.Abs)


def is_number(value: exp.Expression) -> bool:
    """Returns whether an expression can give nothing but numbers, whatever its columns hold."""
    node = value.unnest()
    if isinstance(node, exp.Literal):
        return not node.is_string
    if isinstance(node, exp.Cast):
        return node.to.this in exp.DataType.NUMERIC_TYPES
    if isinstance(node, exp.Case):
        results = [branch.args["true"] for branch in node.args["ifs"]]
        return all(map(is_number, [*results, node.args.get("default") or exp.null()]))
    if isinstance(node, exp.Coalesce):
        return all(map(is_number, [node.this, *node.expressions]))
    return isinstance(node, (exp.Null, *_NUMBERS))


def write_cast(value: exp.Expression, kind: str, target: Dialect) -> exp.Cast:
    """Returns the value cast to a canonical type: text, double, bigint, date ..."""
    name = target.types.get(kind)
    return exp.cast(value, _type(name, target.sqlglot) if name else _type(kind, None))


@lru_cache(maxsize=256)
def _type(name: str, read: str | None) -> exp.DataType:
    return exp.DataType.build(name, dialect=read)


def as_written(tree: exp.Expression, target: Dialect) -> exp.Expression:
    """Returns SQL of the mapping's author so that the engine takes it as it was written.

    Takes the tree itself.
    """
    if not target.author:
        return tree
    root = exp.Paren(this=tree)
    for node in list(root.walk(bfs=False))[::-1]:
        if form := target.author.get(_author_key(node)):
            arguments = [node.this, node.args.get("expression")]
            node.replace(_filled(form, [a for a in arguments if a is not None], target))
    changed: exp.Expression = root.this
    return changed.pop()


def _author_key(node: exp.Expression) -> str:
    """Returns sqlglot's name of the node; json_extract() has its own beside the arrow `->`."""
    if not isinstance(node, exp.JSONExtract):
        return str(node.key)
    is_arrow = "only_json_types" in node.args or bool(node.expressions)
    return "arrow" if is_arrow else "json_extract"


def rewrite(tree: exp.Expression, target: Dialect) -> exp.Expression:
    """Returns the tree with what the engine needs of a whole select, and takes the tree itself."""
    root = exp.Paren(this=tree)
    for change in target.rewrites:
        change(root)
    changed: exp.Expression = root.this
    return changed.pop()


def finish(query: exp.Query, target: Dialect, filtered_last: bool = False) -> exp.Query:
    """Returns a whole statement with what the engine needs of it; changes it in place.

    `filtered_last` keeps the filters of who reads it out of it, where the engine has a way.
    """
    for change in (*target.statement, *(target.fence if filtered_last else ())):
        change(query)
    return query


def _filled(template: str, arguments: list[exp.Expression], target: Dialect) -> exp.Expression:
    tree = exp.paren(_template(template, target.sqlglot).copy(), copy=False)
    for column in list(tree.find_all(exp.Column)):
        place = column.name
        if place.startswith("_") and place[1:].isdigit():
            argument = arguments[int(place[1:]) - 1].copy()
            simple = isinstance(argument, (exp.Column, exp.Literal, exp.Func, exp.Paren))
            column.replace(argument if simple else exp.paren(argument, copy=False))
    return tree.this if isinstance(tree.this, (exp.Func, exp.Cast, exp.Paren)) else tree
