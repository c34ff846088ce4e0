"""The `query_context` that every chart is shipped with.

Without it the chart API, alerts, reports, cache warm-up and embedding have nothing to run. One
function for each kind of chart, a port of the `buildQuery` of its plug-in (superset-ui 6.1); a
browser test compares them with what the front end really sends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from superset_kpi.errors import KpiError, nearest
from superset_kpi.superset.query_object import (
    Form,
    Query,
    as_list,
    compare,
    label,
    normal_order,
    offsets,
    query_object,
    with_base_axis,
    x_axis,
)
from superset_kpi.superset.query_series import big_number, mixed, timeseries

_SERIES_DEFAULTS: Form = {
    "row_limit": 10000,
    "order_desc": True,
    "show_empty_columns": True,
    "truncate_metric": True,
    "comparison_type": "values",
}
# What the front end fills in for controls that a chart leaves out, where the query depends on it.
DEFAULTS: dict[str, Form] = {
    "big_number": {"show_empty_columns": False, "aggregation": "LAST_VALUE"},
    "box_plot": {"whiskerOptions": "Tukey", "row_limit": 10000},
    "bubble_v2": {"row_limit": 10000, "order_desc": True},
    "funnel": {"row_limit": 10, "sort_by_metric": True},
    "gauge_chart": {"row_limit": 10},
    "handlebars": {"query_mode": "aggregate", "row_limit": 10000, "order_desc": True},
    "heatmap_v2": {"row_limit": 10000, "normalize_across": "heatmap"},
    "histogram_v2": {"row_limit": 10000, "bins": 5},
    "pie": {"row_limit": 100, "sort_by_metric": True},
    "pivot_table_v2": {"row_limit": 10000, "order_desc": True},
    "radar": {"row_limit": 10},
    "mixed_timeseries": {"row_limit": 10000, "order_desc": True, "truncate_metric": True},
    "sankey_v2": {"row_limit": 10000},
    "sunburst_v2": {"row_limit": 10000},
    "table": {"row_limit": 1000, "query_mode": "aggregate"},
    "treemap_v2": {"row_limit": 10000},
    "waterfall": {"row_limit": 10000},
}


def query_context(viz_type: str, params: Form, dataset_id: int = 0) -> dict[str, Any]:
    """Returns the query context of a chart; an unknown kind of chart is an error."""
    builder = _BUILDERS.get(viz_type)
    if builder is None:
        raise KpiError(
            f"viz_type: {viz_type!r} is not a kind of chart that is supported here. "
            f"{nearest(viz_type, _BUILDERS)}"
        )
    defaults = _SERIES_DEFAULTS if builder is timeseries else DEFAULTS.get(viz_type, {})
    form = {**defaults, **{k: v for k, v in params.items() if v is not None}, "viz_type": viz_type}
    queries = [with_base_axis(form, query) for query in builder(form)]
    return {
        "datasource": {"id": dataset_id, "type": "table"},
        "force": False,
        "queries": [_sent(query) for query in queries],
        "form_data": {**params, "viz_type": viz_type, "datasource": f"{dataset_id}__table"},
        "result_format": "json",
        "result_type": "full",
    }


def _sent(query: Query) -> Query:
    steps = [step for step in query.get("post_processing") or [] if step]
    query = {**query, "post_processing": steps} if "post_processing" in query else query
    return {key: value for key, value in query.items() if value is not None}


def _plain(form: Form) -> list[Query]:
    return [query_object(form)]


def _by_metric(form: Form) -> list[Query]:
    order = {"orderby": [[form.get("metric"), False]]} if form.get("sort_by_metric") else {}
    return [{**query_object(form), **order}]


def _by_metric_then(form: Form, columns: list[Any], **changes: Any) -> list[Query]:
    order: list[Any] = []
    if form.get("sort_by_metric") and form.get("metric"):
        order.append([form["metric"], False])
    order += [[column, True] for column in columns if isinstance(column, str) and column]
    return [{**query_object(form), **changes, **({"orderby": order} if order else {})}]


def _box_plot(form: Form) -> list[Query]:
    lookup, grain = form.get("temporal_columns_lookup") or {}, form.get("time_grain_sqla")
    spread = as_list(form.get("columns")) or as_list(form.get("granularity_sqla"))
    columns = [_grained(c, grain) if grain and _in(c, lookup) else c for c in spread]
    base = query_object(form)
    groups = as_list(form.get("groupby"))
    kind, percentiles = _whiskers(form["whiskerOptions"])
    options = {
        "whisker_type": kind,
        **({"percentiles": percentiles} if percentiles else {}),
        "groupby": [label(g) for g in groups],
        "metrics": [label(m) for m in as_list(base["metrics"])],
    }
    steps = [{"operation": "boxplot", "options": options}]
    return [
        {**base, "columns": [*columns, *groups], "series_columns": groups, "post_processing": steps}
    ]


def _whiskers(option: str) -> tuple[str, list[int] | None]:
    if option == "Tukey":
        return "tukey", None
    if option == "Min/max (no outliers)":
        return "min/max", None
    found = re.match(r"(\d+)/(\d+) percentiles", option)
    if not found:
        raise KpiError(
            f"whiskerOptions: {option!r} is not known. "
            "Choose 'Tukey', 'Min/max (no outliers)' or for example '10/90 percentiles'."
        )
    return "percentile", [int(found[1]), int(found[2])]


def _bubble(form: Form) -> list[Query]:
    base = query_object(form)
    columns = [*as_list(form.get("entity")), *as_list(form.get("series"))]
    order = [[base["orderby"][0], not base["order_desc"]]] if base["orderby"] else None
    return [{**base, "columns": columns, "orderby": order}]


def _handlebars(form: Form) -> list[Query]:
    base = query_object(form)
    return [{**base, "orderby": normal_order(base)}]


def _heatmap(form: Form) -> list[Query]:
    metric, columns = label(form["metric"]), [*as_list(x_axis(form)), *as_list(form.get("groupby"))]
    order = []
    for column, sort in zip(
        columns, (form.get("sort_x_axis"), form.get("sort_y_axis")), strict=False
    ):
        if sort:
            order.append([metric if "value" in sort else column, "asc" in sort])
    across = {"x": x_axis(form), "y": form.get("groupby")}.get(form.get("normalize_across", ""))
    within = {"group_by": label(across)} if across else {}
    steps = [{"operation": "rank", "options": {"metric": metric, **within}}]
    return [{**query_object(form), "columns": columns, "orderby": order, "post_processing": steps}]


def _histogram(form: Form) -> list[Query]:
    groups, column = as_list(form.get("groupby")), form["column"]
    options = {
        "column": label(column),
        "groupby": [label(g) for g in groups],
        "bins": int(form["bins"]),
        "cumulative": form.get("cumulative", False),
        "normalize": form.get("normalize", False),
    }
    steps = [{"operation": "histogram", "options": options}]
    base = query_object(form)
    return [{**base, "columns": [*groups, column], "metrics": None, "post_processing": steps}]


def _pie(form: Form) -> list[Query]:
    metric = label(form["metric"])
    options = {"columns": [metric], "rename_columns": [f"{metric}__contribution"]}
    steps = [{"operation": "contribution", "options": options}]
    return [{**_by_metric(form)[0], "post_processing": steps}]


def _pivot_table(form: Form) -> list[Query]:
    grain, lookup = form.get("time_grain_sqla"), form.get("temporal_columns_lookup") or {}
    names = [*as_list(form.get("groupbyColumns")), *as_list(form.get("groupbyRows"))]
    names = list({label(name): name for name in names}.values())
    columns = [
        _grained(c, grain) if grain and (_in(c, lookup) or c == form.get("granularity_sqla")) else c
        for c in names
    ]
    base = query_object(form)
    ranked = base["series_limit_metric"] or next(iter(base["metrics"] or []), None)
    order = [[ranked, not base["order_desc"]]] if ranked else None
    return [{**base, "columns": columns, "orderby": order}]


def _radar(form: Form) -> list[Query]:
    base = query_object(form)
    ranked = next(iter([*as_list(form.get("series_limit_metric")), *base["metrics"]]), None)
    return [{**base, "orderby": [[ranked, False]] if ranked else []}]


def _sankey(form: Form) -> list[Query]:
    ends = [form["source"], form["target"]]
    return _by_metric_then(form, ends, groupby=ends)


def _table(form: Form) -> list[Query]:
    if form.get("all_columns") and "query_mode" not in form:
        form = {**form, "query_mode": "raw"}
    base = query_object(form)
    if form["query_mode"] == "raw":
        raw = {**base, "orderby": base["orderby"] or [], "post_processing": [], "time_offsets": []}
        return [raw]
    percents = form.get("percent_metrics") or []
    grain, lookup = form.get("time_grain_sqla"), form.get("temporal_columns_lookup") or {}
    metrics = base["metrics"] or []
    limiting = as_list(form.get("timeseries_limit_metric"))[:1]
    order = [[limiting[0], not form.get("order_desc", False)]] if limiting else []
    order = order or [[metric, False] for metric in metrics[:1]] or (base["orderby"] or [])
    compared = as_list(form.get("time_compare")) if offsets(form, base) else []
    steps: list[Query | None] = []
    if percents:
        names = [label(p) for p in percents]
        metrics = list({label(m): m for m in [*metrics, *percents]}.values())
        renamed = {"columns": names, "rename_columns": [f"%{name}" for name in names]}
        steps.append({"operation": "contribution", "options": renamed})
    if compared:
        steps.append(compare(form, base))
    columns = [c for c in base["columns"] if not (grain and _in(c, lookup))]
    grained = [_grained(c, grain) for c in base["columns"] if grain and _in(c, lookup)]
    query = {
        **base,
        "columns": [*grained[:1], *columns],
        "orderby": order,
        "metrics": metrics,
        "post_processing": steps,
        "time_offsets": compared,
    }
    return [query, *_table_totals(form, query, percents)]


def _table_totals(form: Form, query: Query, percents: list[Any]) -> list[Query]:
    whole = {**query, "columns": [], "row_limit": 0, "row_offset": 0, "post_processing": []}
    found = []
    if percents and form.get("percent_metric_calculation") == "all_records":
        found.append({**whole, "metrics": percents, "orderby": [], "is_timeseries": False})
    if query["metrics"] and form.get("show_totals"):
        found.append({**whole, "order_desc": None, "orderby": None})
    return found


def _treemap(form: Form) -> list[Query]:
    return _by_metric_then(form, as_list(form.get("groupby")))


def _waterfall(form: Form) -> list[Query]:
    axis = as_list(form.get("x_axis") or form.get("granularity_sqla"))
    columns = [*axis, *as_list(form.get("groupby"))]
    return [{**query_object(form), "columns": columns, "orderby": [[c, True] for c in columns]}]


def _in(column: Any, lookup: dict[str, Any]) -> bool:
    return isinstance(column, str) and bool(lookup.get(column))


def _grained(column: str, grain: str | None) -> Query:
    return {
        "timeGrain": grain,
        "columnType": "BASE_AXIS",
        "sqlExpression": column,
        "label": column,
        "expressionType": "SQL",
    }


_BUILDERS: dict[str, Callable[[Form], list[Query]]] = {
    "big_number": big_number,
    "big_number_total": _plain,
    "box_plot": _box_plot,
    "bubble_v2": _bubble,
    "echarts_area": timeseries,
    "echarts_timeseries": timeseries,
    "echarts_timeseries_bar": timeseries,
    "echarts_timeseries_line": timeseries,
    "echarts_timeseries_scatter": timeseries,
    "echarts_timeseries_smooth": timeseries,
    "echarts_timeseries_step": timeseries,
    "funnel": _by_metric,
    "gauge_chart": _by_metric,
    "handlebars": _handlebars,
    "heatmap_v2": _heatmap,
    "histogram_v2": _histogram,
    "mixed_timeseries": mixed,
    "pie": _pie,
    "pivot_table_v2": _pivot_table,
    "radar": _radar,
    "sankey_v2": _sankey,
    "sunburst_v2": _by_metric,
    "table": _table,
    "treemap_v2": _treemap,
    "waterfall": _waterfall,
}

KINDS_OF_CHART = frozenset(_BUILDERS)
