"""What the mapping says of a logical table before a row is read, and what was observed of it."""

from __future__ import annotations

from collections.abc import Mapping as Dict

from sqlglot import exp

from superset_kpi.macros.arguments import number_node
from superset_kpi.macros.compiler.sources import (
    NULL_TYPES,
    SCALE,
    THRESHOLDS,
    is_asked_for,
    literal_of,
    own_scale,
)
from superset_kpi.macros.compiler.statement import Facts, Observed
from superset_kpi.mapping import LOGICAL_TABLES, Mapping, Source
from superset_kpi.mapping.logical import Column, ColumnType

# A null key has no type: it takes that of the column it is compared with.
_NULL: dict[ColumnType, exp.Expression] = {
    kind: exp.null() if kind == "key" else exp.cast(exp.null(), name)
    for kind, name in NULL_TYPES.items()
}


def facts(
    table: str, mapping: Mapping, only: Dict[str, set[str]], observed: Observed | None = None
) -> Facts:
    """Returns what is known of a logical table; `only` as for mapped_select.

    It is what the mapping says, and what was observed.
    """
    sources = [s for s in mapping.tables.get(table, ()) if is_asked_for(s, only)]
    values = {}
    for column in LOGICAL_TABLES[table].columns.values():
        found = [_known(table, column, source, mapping) for source in sources] or [
            _NULL[column.type]
        ]
        if found[0] is not None and all(value == found[0] for value in found):
            values[column.name] = found[0]
        elif observed and observed.is_empty(table, column.name, only):
            values[column.name] = _NULL[column.type]
    has_rows = bool(sources) and (observed is None or observed.has_rows(table, only))
    return Facts(values, "any" if has_rows else "none")


def _known(table: str, column: Column, source: Source, mapping: Mapping) -> exp.Expression | None:
    """Returns the one value of a source's column, in canonical SQL; null where rows differ."""
    mapped = source.columns.get(column.name)
    if mapped is None and table == "ratings" and column.name in (*SCALE, *THRESHOLDS):
        return _known_of_scale(column.name, source, mapping)
    if mapped is None:
        return _NULL[column.type]
    value = mapped.value
    if mapped.kind != "constant" or column.type == "key":
        return None
    if value is None:
        return _NULL[column.type]
    literal = literal_of(value, column.type)
    return exp.cast(literal, "double") if literal and column.type == "number" else literal


def _known_of_scale(part: str, source: Source, mapping: Mapping) -> exp.Expression | None:
    """Returns the one value that a part of the scale has in all rows; null where rows differ."""
    metric = source.columns["metric"]
    is_one = metric.kind == "constant"
    scales = [s for m, s in mapping.scales.items() if not is_one or m == str(metric.value)]
    if part in THRESHOLDS and all(getattr(scale, part) is None for scale in scales):
        return _NULL["number"]
    if not is_one or not scales or (part in THRESHOLDS and own_scale(source)):
        return None
    return exp.cast(number_node(float(getattr(scales[0], part))), "double")
