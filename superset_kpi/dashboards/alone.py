"""What a chart shows where no dashboard filters it: what its dashboard shows when it is opened.

A chart that is opened by itself or sent as a report gets no filter of a dashboard, and would count
every scheme and every period. A condition of its own stands in for the filters that nobody set.
See docs/decisions.md#opened-alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from functools import lru_cache
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from superset_kpi.dashboards.feeding import Fed
from superset_kpi.dashboards.files import FilterFile, Shipped
from superset_kpi.dashboards.filters import follows
from superset_kpi.errors import nearest
from superset_kpi.macros import Macro, library, render_expression
from superset_kpi.macros.read import CANONICAL
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.sql import parse_expression

# What `alone` may ask for: the scheme that dashboards open with, and the age of the period.
VALUES = ("default_scheme", "newest_period")

# Drilling to detail sends the filters where no template sees them, so it gets no condition; that
# request alone says `datasource_type` in its address. Superset keeps what it has rendered only if
# its parser writes the SQL another way, hence `1=1`: else the cache key of each chart would have it
# write the dataset's whole statement once more.
_UNLESS_CHOSEN = (
    "{{% if filter_values('{column}') or url_param('datasource_type') %}}1=1"
    "{{% else %}}{condition} and 1=1{{% endif %}}"
)


def alone_faults(shipped: Shipped, find: Dict[str, Macro]) -> list[str]:
    """Returns what is wrong with the conditions of all filters."""
    return [
        f"dashboards/{name}/dashboard.yaml: {chosen.name}: alone: {fault}"
        for name, file in shipped.dashboards.items()
        for chosen in file.filters
        if chosen.alone
        for fault in _faults(chosen.alone, chosen, name, shipped, find)
    ]


def _faults(
    text: str, chosen: FilterFile, name: str, shipped: Shipped, find: Dict[str, Macro]
) -> Iterator[str]:
    try:
        tree = parse_expression(text, CANONICAL)
    except (SqlglotError, ValueError):
        yield f"{text!r} is not one condition. Correct it."
        return
    for value in {node.name for node in tree.find_all(exp.Placeholder)} - set(VALUES):
        yield f"there is no value {value!r}. {nearest(value, VALUES)}"
    asked = {column.name for column in tree.find_all(exp.Column)}
    for key in shipped.charts[name]:
        columns = _columns(name, key, shipped, find)
        if follows(chosen, key, columns, has_time=False):
            for column in sorted(asked - set(columns)):
                yield f"the chart {key!r} has no column {column!r}. {nearest(column, columns)}"


def opened_alone(shipped: Shipped, fed: Fed, mapping: Mapping) -> dict[str, dict[str, Any]]:
    """Returns the params of all charts, each with what the filters that it follows choose first."""
    return {
        full: {**params, **_added(full, shipped, fed, mapping)}
        for full, params in fed.charts.items()
    }


def _added(full: str, shipped: Shipped, fed: Fed, mapping: Mapping) -> dict[str, list[Any]]:
    """Returns a chart's conditions, its own and those that stand in for filters."""
    name, key = full.split("/")
    sources, columns = fed.sources[name], _columns(name, key, shipped, library())
    conditions = [
        {
            "clause": "WHERE",
            "expressionType": "SQL",
            "sqlExpression": _UNLESS_CHOSEN.format(
                column=chosen.column,
                condition=_condition(
                    chosen.alone,
                    fed.default_scheme,
                    fed.newest.get(sources[chosen.name], 0),
                    mapping,
                ),
            ),
        }
        for chosen in shipped.dashboards[name].filters
        if chosen.alone and chosen.name in sources and follows(chosen, key, columns, has_time=False)
    ]
    if not conditions:
        return {}
    is_mixed = shipped.charts[name][key].viz_type == "mixed_timeseries"
    lists = ("adhoc_filters", "adhoc_filters_b") if is_mixed else ("adhoc_filters",)
    return {each: [*fed.charts[full].get(each, ()), *conditions] for each in lists}


def _columns(name: str, key: str, shipped: Shipped, find: Dict[str, Macro]) -> list[str]:
    dataset = shipped.datasets[shipped.charts[name][key].dataset]
    return list(find[dataset.macro].returns) if dataset.macro in find else []


@lru_cache(maxsize=256)
def _condition(text: str, scheme: str, newest: int, mapping: Mapping) -> str:
    """Returns the condition in the mapping's dialect; charts by the hundred have the same."""
    values = dict(zip(VALUES, (scheme, newest), strict=True))
    tree = exp.Paren(this=parse_expression(text, CANONICAL))
    for node in list(tree.find_all(exp.Placeholder)):
        node.replace(exp.convert(values[node.name]))
    return render_expression(tree.this.sql(dialect=CANONICAL), mapping)
