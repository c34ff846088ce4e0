"""The queries of charts with an axis: lines, bars, areas, two of them at once, a number's trend."""

from __future__ import annotations

from typing import Any

from superset_kpi.dashboards.query_object import (
    Form,
    Query,
    as_list,
    compare,
    label,
    normal_order,
    offsets,
    pivot,
    query_object,
    rename,
    resample,
    rolling,
    x_axis,
)

_FLATTEN: Query = {"operation": "flatten"}


def big_number(form: Form) -> list[Query]:
    """Returns the trend, and with `aggregation: raw` also the number over the whole period."""
    base, axis = query_object(form), as_list(x_axis(form))
    steps = [pivot(form, base), rolling(form, base), resample(form), _FLATTEN]
    trend = {**base, "columns": axis, "post_processing": steps}
    trend |= {} if axis else {"is_timeseries": True}
    raw = {**base, "columns": [], "is_timeseries": False, "post_processing": []}
    return [trend, raw] if form.get("aggregation") == "raw" else [trend]


def timeseries(form: Form) -> list[Query]:
    """Returns the query of lines, bars, areas and points."""
    base, groups = query_object(form), as_list(form.get("groupby"))
    extra = _sort_metrics(form)
    query = {
        **base,
        "metrics": [*(base["metrics"] or []), *extra],
        "columns": [*as_list(x_axis(form)), *groups],
        "series_columns": form.get("groupby"),
        "orderby": normal_order(base),
    }
    # The operators see the query object before the plug-in changes it, as in the front end.
    seen = {**base, "series_columns": form.get("series_columns"), "columns": base["columns"]}
    compared = as_list(form.get("time_compare")) if offsets(form, base) else []
    query["time_offsets"] = compared
    query["post_processing"] = [
        pivot(form, seen, extra),
        rolling(form, seen),
        resample(form),
        compare(form, seen),
        rename(form, seen),
        _contribution(form, compared),
        _sorted(form),
        _FLATTEN,
    ]
    return [query]


def _sort_metrics(form: Form) -> list[Any]:
    """Returns the metric that the axis is sorted by, where the chart does not show it."""
    ranked = as_list(form.get("timeseries_limit_metric"))[:1]
    shown = [label(m) for m in as_list(form.get("metrics"))]
    if as_list(form.get("groupby")) or not ranked or label(ranked[0]) != form.get("x_axis_sort"):
        return []
    return [] if form["x_axis_sort"] in shown else ranked


def _contribution(form: Form, compared: list[str]) -> Query | None:
    mode = form.get("contributionMode")
    if not mode:
        return None
    return {"operation": "contribution", "options": {"orientation": mode, "time_shifts": compared}}


def _sorted(form: Form) -> Query | None:
    axis, by, ascending = x_axis(form), form.get("x_axis_sort"), form.get("x_axis_sort_asc")
    known = [*([label(axis)] if axis else []), *(label(m) for m in as_list(form.get("metrics")))]
    known += [label(m) for m in _sort_metrics(form)]
    if by is None or ascending is None or by not in known or as_list(form.get("groupby")):
        return None
    if axis and by == label(axis):
        return {"operation": "sort", "options": {"is_sort_index": True, "ascending": ascending}}
    return {"operation": "sort", "options": {"by": by, "ascending": ascending}}


def mixed(form: Form) -> list[Query]:
    """Returns two queries: keys ending in `_b` are the second one's, the others are shared."""
    first = {k: v for k, v in form.items() if not k.endswith("_b")}
    second = {k[:-2]: v for k, v in form.items() if k.endswith("_b")}
    second |= {k: v for k, v in first.items() if k not in second}
    queries = []
    for part in (first, second):
        base = query_object(part)
        axis, groups = as_list(x_axis(form)), as_list(part.get("groupby"))
        query = {**base, "columns": [*axis, *groups], "series_columns": part.get("groupby")}
        compared = as_list(part.get("time_compare")) if offsets(part, query) else []
        steps = [
            pivot(part, query),
            rolling(part, query),
            resample(part),
            compare(part, query),
            rename(part, query),
            _FLATTEN,
        ]
        query |= {"time_offsets": compared, "post_processing": steps}
        queries.append(_without_order_fields({**query, "orderby": normal_order(query)}))
    return queries


def _without_order_fields(query: Query) -> Query:
    """Returns the query as the front end's order normaliser leaves it."""
    dropped = ("series_limit_metric", "legacy_order_by", "order_desc")
    return {key: value for key, value in query.items() if key not in dropped}
