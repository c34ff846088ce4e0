"""A chart's form data as one query object, the way Superset's front end makes it.

A port of `buildQueryObject` and the post-processing operators of superset-ui (6.1). Where the two
agree, a chart that a reader opens, an alert, a warm-up and the chart API share one cache entry.
"""

from __future__ import annotations

import json
from typing import Any

Form = dict[str, Any]
Query = dict[str, Any]

_JOIN = "__"  # between a metric and its time offset
_COMPARISONS = ("values", "difference", "percentage", "ratio")
# Form keys that end up in a list of the query object. Their order in the form is kept.
_LISTS = {
    "metric": "metrics",
    "metric_2": "metrics",
    "secondary_metric": "metrics",
    "x": "metrics",
    "y": "metrics",
    "size": "metrics",
    "metrics": "metrics",
    "all_columns": "columns",
    "series": "columns",
    "groupby": "columns",
    "columns": "columns",
    "order_by_cols": "orderby",
    "orderby": "orderby",
}


def as_list(value: Any) -> list[Any]:
    """Returns a list as it is, nothing as an empty one, anything else as its only element."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def label(value: Any) -> str:
    """Returns the name under which a column or metric appears in the result."""
    if isinstance(value, str):
        return value
    if value.get("label"):
        return str(value["label"])
    if value.get("expressionType") == "SIMPLE":
        return f"{value['aggregate']}({value['column']['column_name']})"
    return str(value["sqlExpression"])


def x_axis(form: Form) -> Any:
    """Returns the column on the time or category axis, if the chart has one."""
    return form.get("x_axis")


def query_object(form: Form) -> Query:
    """Returns the query that is common to all kinds of chart."""
    lists = _lists(form)
    filters, extras = _filters(form)
    limit = form.get("row_limit")
    query: Query = {
        "filters": filters,
        "extras": {"time_grain_sqla": form.get("time_grain_sqla"), **extras},
        "applied_time_extras": {},
        "granularity": form.get("granularity") or form.get("granularity_sqla"),
        "time_range": form.get("time_range"),
        "columns": lists["columns"],
        "metrics": None if form.get("query_mode") == "raw" else lists["metrics"],
        "orderby": lists["orderby"] or None,
        "annotation_layers": form.get("annotation_layers") or [],
        "row_limit": None if limit in (None, "") else int(limit),
        "series_columns": form.get("series_columns"),
        "series_limit": form.get("series_limit") or int(form.get("limit") or 0),
        "series_limit_metric": form.get("series_limit_metric")
        or form.get("timeseries_limit_metric"),
        "group_others_when_limit_reached": bool(form.get("group_others_when_limit_reached")),
        "order_desc": form.get("order_desc", True),
        "url_params": {},
        "custom_params": {},
        "custom_form_data": {},
    }
    query["extras"] = {k: v for k, v in query["extras"].items() if v is not None}
    return query


def _lists(form: Form) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {"columns": [], "metrics": [], "orderby": []}
    mode = form.get("query_mode")
    for key, value in form.items():
        target = _LISTS.get(key)
        if target is None or value is None:
            continue
        if mode == "aggregate" and key in ("all_columns", "columns"):
            continue
        if mode == "raw" and (key in ("groupby", "series") or target == "metrics"):
            continue
        found[target] += as_list(value)
    found["columns"] = _unique([c for c in found["columns"] if c != ""])
    found["metrics"] = _unique(found["metrics"])
    found["orderby"] = [json.loads(o) if isinstance(o, str) else o for o in found["orderby"]]
    return found


def _unique(values: list[Any]) -> list[Any]:
    return list({label(value): value for value in reversed(values)}.values())[::-1]


def _filters(form: Form) -> tuple[list[Query], Query]:
    simple: list[Query] = []
    clauses: dict[str, list[str]] = {"WHERE": [], "HAVING": []}
    for adhoc in form.get("adhoc_filters") or []:
        if adhoc["expressionType"] == "SIMPLE":
            if adhoc["clause"] == "WHERE":
                condition = {"col": adhoc["subject"], "op": adhoc["operator"]}
                if adhoc["operator"] not in ("IS NOT NULL", "IS NULL", "LATEST PARTITION"):
                    condition["val"] = adhoc["comparator"]
                simple.append(condition)
        else:
            clauses[adhoc["clause"]].append(_in_brackets(adhoc["sqlExpression"]))
    joined = {"having": " AND ".join(clauses["HAVING"]), "where": " AND ".join(clauses["WHERE"])}
    return simple, joined


def _in_brackets(sql: str) -> str:
    return f"({sql}\n)" if "--" in sql else f"({sql})"


def with_base_axis(form: Form, query: Query) -> Query:
    """Returns the query with its axis column marked as such, which lets the time grain apply."""
    axis = x_axis(form)
    if not axis or not query.get("columns"):
        return query
    expression = axis if isinstance(axis, str) else axis["sqlExpression"]
    grain = query["extras"].get("time_grain_sqla")
    columns, found = [], False
    for column in query["columns"]:
        if not found and column == axis:
            found = True
            base = {"columnType": "BASE_AXIS", **({"timeGrain": grain} if grain else {})}
            if isinstance(axis, str):
                column = {
                    **base,
                    "sqlExpression": expression,
                    "label": axis,
                    "expressionType": "SQL",
                    "isColumnReference": True,
                }
            else:
                column = {**base, **axis}
        columns.append(column)
    if not found:
        return query
    return {**{k: v for k, v in query.items() if k != "is_timeseries"}, "columns": columns}


def normal_order(query: Query) -> list[Any] | None:
    """Returns the order by: as given, else by the limiting metric, else by the first metric."""
    given = query.get("orderby")
    if given and len(given[0]) == 2 and given[0][0] and isinstance(given[0][1], bool):
        return list(given)
    ascending = not query.get("order_desc")
    for metric in (query.get("series_limit_metric"), *(query.get("metrics") or [])[:1]):
        if metric:
            return [[metric, ascending]]
    return given


def offsets(form: Form, query: Query) -> dict[str, str]:
    """Returns the columns of the compared periods, each with the metric that it belongs to."""
    if form.get("comparison_type") not in _COMPARISONS:
        return {}
    return {
        f"{label(metric)}{_JOIN}{shift}": label(metric)
        for metric in as_list(query.get("metrics"))
        for shift in as_list(form.get("time_compare"))
    }


def pivot(form: Form, query: Query, extra_metrics: list[Any] | None = None) -> Query | None:
    """Returns the step that lays series out as columns over the axis."""
    compared, axis = offsets(form, query), x_axis(form)
    metrics = [label(m) for m in [*as_list(query.get("metrics")), *(extra_metrics or [])]]
    if compared:
        metrics = [*compared.values(), *compared]
    if not axis or not metrics:
        return None
    return {
        "operation": "pivot",
        "options": {
            "index": [label(axis)],
            "columns": [label(c) for c in _series(query)],
            "drop_missing_columns": not form.get("show_empty_columns"),
            "aggregates": {metric: {"operator": "mean"} for metric in metrics},
        },
    }


def _series(query: Query) -> list[Any]:
    given = query.get("series_columns")
    return as_list(query["columns"] if given is None else given)


def rolling(form: Form, query: Query) -> Query | None:
    """Returns the step for a moving or cumulated value."""
    compared = offsets(form, query)
    names = [*compared.values(), *compared] or [label(m) for m in as_list(query.get("metrics"))]
    columns, kind = {name: name for name in names}, form.get("rolling_type")
    if kind == "cumsum":
        return {"operation": "cum", "options": {"operator": "sum", "columns": columns}}
    if kind not in ("sum", "mean", "std"):
        return None
    options = {
        "rolling_type": kind,
        "window": int(form.get("rolling_periods") or 1),
        "min_periods": int(form.get("min_periods") or 0),
        "columns": columns,
    }
    return {"operation": "rolling", "options": options}


def resample(form: Form) -> Query | None:
    """Returns the step that fills gaps on the time axis."""
    method, rule = form.get("resample_method"), form.get("resample_rule")
    if not method or not rule:
        return None
    zero = method == "zerofill"
    options = {
        "method": "asfreq" if zero else method,
        "rule": rule,
        "fill_value": 0 if zero else None,
    }
    return {"operation": "resample", "options": options}


def compare(form: Form, query: Query) -> Query | None:
    """Returns the step that turns a value and that of another period into their difference."""
    compared, kind = offsets(form, query), form.get("comparison_type")
    if not compared or kind == "values":
        return None
    options = {
        "source_columns": list(compared.values()),
        "compare_columns": list(compared),
        "compare_type": kind,
        "drop_original_columns": True,
    }
    return {"operation": "compare", "options": options}


def rename(form: Form, query: Query) -> Query | None:
    """Returns the step that drops the metric's name where there is one metric only."""
    metrics, axis, kind = as_list(query.get("metrics")), x_axis(form), form.get("comparison_type")
    compared, shifts = offsets(form, query), as_list(form.get("time_compare"))
    several = bool(_series(query)) or len(shifts) > 1
    if not metrics or not axis or not (compared or (several and form.get("truncate_metric"))):
        return None
    names: dict[str, str | None] = {}
    for column, metric in compared.items():
        shift = next(s for s in shifts if s in column)
        old = column if kind == "values" else _JOIN.join((str(kind), metric, column))
        names[old] = f"{metric}, {shift}" if len(metrics) > 1 else shift
    if kind not in _COMPARISONS[1:] and len(metrics) == 1 and not names:
        names[label(metrics[0])] = None
    if not names:
        return None
    return {"operation": "rename", "options": {"columns": names, "level": 0, "inplace": True}}
