"""What a chart shows where no dashboard filters it: what its dashboard shows when it is opened.

A chart that is opened by itself or sent as a report gets no filter of a dashboard, and would count
every scheme and every period. A condition of its own stands in for the filters that nobody set.
See docs/decisions.md#opened-alone.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from superset_kpi.dashboards.files import FilterFile
from superset_kpi.errors import KpiError, nearest
from superset_kpi.macros import render_expression
from superset_kpi.macros.read import CANONICAL
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.sql import parse_expression

WHOLE = "All customers"

# Drilling to detail sends the filters where no template sees them, so it gets no condition; that
# request alone says `datasource_type` in its address. Superset keeps what it has rendered only if
# its parser writes the SQL another way, hence `1=1`: else the cache key of each chart would have it
# write the dataset's whole statement once more.
_UNLESS_CHOSEN = (
    "{{% if filter_values('{column}') or url_param('datasource_type') %}}1=1"
    "{{% else %}}{condition} and 1=1{{% endif %}}"
)


def default_scheme(mapping: Mapping) -> str:
    """Returns the scheme that a dashboard shows when it is opened, as far as the mapping says."""
    columns = [source.columns for source in mapping.tables.get("segment_membership", ())]
    stated = [each["scheme"].value for each in columns if each["scheme"].kind == "constant"]
    first = min(map(str, stated)) if stated and len(stated) == len(columns) else WHOLE
    return mapping.default_scheme or first


def opened_alone(
    params: Dict[str, Any],
    viz_type: str,
    followed: Sequence[FilterFile],
    values: Dict[str, Any],
    mapping: Mapping,
) -> dict[str, Any]:
    """Returns a chart's params with what the filters that it follows choose first.

    `values` are the `default_scheme` and the age of the `newest_period` when they were looked at.
    """
    added = [
        {
            "clause": "WHERE",
            "expressionType": "SQL",
            "sqlExpression": _UNLESS_CHOSEN.format(
                column=chosen.column, condition=_condition(chosen.alone, values, mapping)
            ),
        }
        for chosen in followed
        if chosen.alone
    ]
    if not added:
        return dict(params)
    lists = ["adhoc_filters", *(["adhoc_filters_b"] if viz_type == "mixed_timeseries" else [])]
    return {**params, **{key: [*params.get(key, ()), *added] for key in lists}}


def _condition(text: str, values: Dict[str, Any], mapping: Mapping) -> str:
    tree = exp.Paren(this=parse_expression(text, CANONICAL))
    for node in list(tree.find_all(exp.Placeholder)):
        if node.name not in values:
            raise KpiError(f"alone: {text!r}: no value {node.name!r}. {nearest(node.name, values)}")
        node.replace(exp.convert(values[node.name]))
    return render_expression(tree.this.sql(dialect=CANONICAL), mapping)
