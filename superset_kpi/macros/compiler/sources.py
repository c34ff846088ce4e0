"""A logical table -> a select over the organisation's own tables, in the warehouse's dialect."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from types import MappingProxyType

import sqlglot
from sqlglot import exp

from superset_kpi.dialects import (
    Dialect,
    as_written,
    rewrite,
    write_cast,
    write_column,
    write_moment,
    write_primitive,
)
from superset_kpi.macros.arguments import number_node
from superset_kpi.macros.compiler.hiding import without_hiding
from superset_kpi.mapping import LOGICAL_TABLES, MappedColumn, Mapping, Source
from superset_kpi.mapping.logical import Column, ColumnType
from superset_kpi.mapping.physical import tables_read
from superset_kpi.mapping.sql import parse_expression

SCALE = ("lo", "hi", "direction")
THRESHOLDS = ("top_from", "bottom_to")

NULL_TYPES: dict[ColumnType, str] = {
    "key": "text",
    "text": "text",
    "number": "double",
    "date": "date",
    "timestamp": "timestamp",
    "boolean": "boolean",
}


def mapped_select(
    table: str,
    columns: Iterable[str],
    mapping: Mapping,
    target: Dialect,
    only: Dict[str, set[str]] = MappingProxyType({}),
) -> exp.Query:
    """Returns the rows of a logical table; an unmapped one yields no rows.

    `only` gives the values of a column that are asked for: sources with another constant in it
    are left out.
    """
    known = LOGICAL_TABLES[table].columns
    asked = set(columns) or {next(iter(known))}
    wanted = [column for name, column in known.items() if name in asked]
    sources = [s for s in mapping.tables.get(table, ()) if is_asked_for(s, only)]
    if not sources:
        # Not alias_(): it would make the name that of a derived table, which Oracle writes bare.
        nulls = [
            exp.Alias(this=_typed_null(c, mapping, target), alias=exp.to_identifier(c.name))
            for c in wanted
        ]
        empty = exp.select(*nulls).where("1 = 0")
        rewrite(empty, target)
        return empty
    selects = [_source_select(table, s, wanted, mapping, target) for s in sources]
    query: exp.Query = selects[0]
    for select in selects[1:]:
        query = exp.union(query, select, distinct=False, copy=False)
    return query


def literal_of(value: object, kind: ColumnType) -> exp.Expression | None:
    """Returns a text, truth or number of the mapping as every engine writes it, else null."""
    if kind == "text":
        return exp.Literal.string(str(value))
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    return number_node(value) if isinstance(value, (int, float)) else None


def own_scale(source: Source) -> list[str]:
    """Returns which of lo and hi the source has row by row."""
    return [part for part in ("lo", "hi") if part in source.columns]


def is_asked_for(source: Source, only: Dict[str, set[str]]) -> bool:
    for column, values in only.items():
        mapped = source.columns.get(column)
        if mapped is not None and mapped.kind == "constant" and str(mapped.value) not in values:
            return False
    return True


def _null(kind: ColumnType, target: Dialect) -> exp.Expression:
    return write_cast(exp.null(), NULL_TYPES[kind], target)


def _typed_null(column: Column, mapping: Mapping, target: Dialect) -> exp.Expression:
    """Returns a null that can be compared with the column: a key has its type elsewhere."""
    if column.type != "key":
        return _null(column.type, target)
    for sources in mapping.tables.values():
        for source in sources:
            if column.name in source.columns:
                value = mapped_value(source.columns[column.name], column.type, target)
                select = exp.Select(expressions=[value]).where("1 = 0")
                select.set("from_", exp.From(this=_origin(source, target)))
                return exp.Subquery(this=_seen(select, mapping, target))
    return _null("text", target)


def _source_select(
    table: str, source: Source, wanted: list[Column], mapping: Mapping, target: Dialect
) -> exp.Select:
    projections = [
        exp.alias_(_projection(table, c, source, mapping, target), c.name, copy=False)
        for c in wanted
    ]
    return _seen(source_select(source, projections, target), mapping, target)


def source_select(source: Source, projections: list[exp.Expression], target: Dialect) -> exp.Select:
    """Returns the projections over the rows of one source."""
    select = exp.Select(expressions=projections)
    select.set("from_", exp.From(this=_origin(source, target)))
    if source.where:
        condition = as_written(parse_expression(source.where, target.sqlglot), target)
        select.set("where", exp.Where(this=condition))
    for node in select.walk():
        node.comments = None
    return select


def _seen(select: exp.Select, mapping: Mapping, target: Dialect) -> exp.Select:
    """Returns the select, in place, with every table where row-level security sees it."""
    if select.find(exp.CTE) is not None:
        tables = {each.name.text.casefold() for _, each in tables_read(mapping)}
        without_hiding(select, tables, target.sqlglot)
    return select


def _origin(source: Source, target: Dialect) -> exp.Expression:
    if source.table is not None:
        table: exp.Expression = exp.maybe_parse(
            source.table, into=exp.Table, dialect=target.sqlglot
        )
        return table
    inner = as_written(sqlglot.parse_one(source.select or "", read=target.sqlglot), target)
    return exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("kpi__source")))


def _projection(
    table: str, column: Column, source: Source, mapping: Mapping, target: Dialect
) -> exp.Expression:
    mapped = source.columns.get(column.name)
    if mapped is not None:
        value = mapped_value(mapped, column.type, target)
        if column.type in ("timestamp", "date") and mapped.kind != "constant":
            value = write_moment(value, mapping.timezone, mapped.zoned, target)
            return write_cast(value, "date", target) if column.type == "date" else value
        is_text = column.type == "text" and mapped.kind == "constant"
        return value if is_text else write_column(value, column.type, target)
    if table == "ratings" and column.name in (*SCALE, *THRESHOLDS):
        return _scale_value(column.name, source, mapping, target)
    return _typed_null(column, mapping, target)


def mapped_value(mapped: MappedColumn, kind: ColumnType, target: Dialect) -> exp.Expression:
    """Returns what the mapping says, before it is made the type that macros read."""
    if mapped.kind == "expression":
        return as_written(parse_expression(str(mapped.value), target.sqlglot), target)
    if mapped.kind == "column":
        return exp.column(exp.to_identifier(str(mapped.value), quoted=True))
    value = mapped.value
    if value is None:
        return _null("text" if kind == "key" else kind, target)
    if isinstance(value, int) and not isinstance(value, bool) and kind == "key":
        return exp.convert(value)
    if literal := literal_of(value, kind):
        return literal
    if isinstance(value, dt.date):
        day = exp.Literal.string(value.isoformat())
        return write_primitive("day_of", [day], target)
    return exp.Literal.string(str(value))


def _scale_value(part: str, source: Source, mapping: Mapping, target: Dialect) -> exp.Expression:
    """Returns a part of the scale: of the source's metric, or by a case over it.

    Thresholds hold for rows on the very scale that they were stated with.
    """
    metric = source.columns["metric"]
    case = exp.Case()
    for name, scale in mapping.scales.items():
        value = getattr(scale, part)
        if value is None or (metric.kind == "constant" and name != str(metric.value)):
            continue
        conditions = []
        if metric.kind != "constant":
            text = exp.Literal.string(name)
            conditions.append(exp.EQ(this=mapped_value(metric, "text", target), expression=text))
        for limit in own_scale(source) if part in THRESHOLDS else ():
            own = write_column(
                mapped_value(source.columns[limit], "number", target), "number", target
            )
            conditions.append(exp.EQ(this=own, expression=number_node(getattr(scale, limit))))
        if not conditions:
            return number_node(float(value))
        case = case.when(exp.and_(*conditions), number_node(float(value)), copy=False)
    return case if case.args.get("ifs") else _null("number", target)
