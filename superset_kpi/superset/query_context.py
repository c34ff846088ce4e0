"""The `query_context` that every chart is shipped with, by Superset's own port of `buildQuery`.

Without it the chart API, alerts, reports, cache warm-up and embedding have nothing to run. The port
(Superset 6.0 and 6.1) makes query objects and the steps after a query; it has no table, and lags
behind the front end of 6.1 in what `_as_sent` and `_renamed` add. What a kind of chart makes of it
is a function here, each compared with what a browser really sends (tests/superset/test_front_end).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from superset.migrations.shared.migrate_viz import query_functions as port

from superset_kpi.dashboards.chart_rules import Form
from superset_kpi.errors import KpiError, nearest

Query = dict[str, Any]

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
    "histogram_v2": {"row_limit": 10000, "bins": 5, "cumulative": False, "normalize": False},
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


def query_context(viz_type: str, params: Form) -> dict[str, Any]:
    """Returns the query context of a chart; an unknown kind of chart is an error."""
    builder = _BUILDERS.get(viz_type)
    if builder is None:
        raise KpiError(
            f"viz_type: {viz_type!r} is not a kind of chart that is supported here. "
            f"{nearest(viz_type, _BUILDERS)}"
        )
    defaults = _SERIES_DEFAULTS if builder is _timeseries else DEFAULTS.get(viz_type, {})
    given = {key: value for key, value in params.items() if value is not None}
    form = {**defaults, **given, "viz_type": viz_type, "datasource": "0__table"}
    queries = [
        query
        for part in (_halves(form) if viz_type == "mixed_timeseries" else (form,))
        for query in port.build_query_context(part, lambda base, of=part: builder(of, base))[
            "queries"
        ]
    ]
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [_as_sent(form, query) for query in queries],
        "form_data": {**params, "viz_type": viz_type, "datasource": "0__table"},
        "result_format": "json",
        "result_type": "full",
    }


def _as_sent(form: Form, query: Query) -> Query:
    """Returns the query with what the front end of 6.1 sends and the port does not know yet."""
    columns = [
        {**column, "isColumnReference": True} if _is_axis(form, column) else column
        for column in query["columns"]
    ]
    others = bool(form.get("group_others_when_limit_reached"))
    sent = {**query, "columns": columns, "group_others_when_limit_reached": others}
    return {key: value for key, value in sent.items() if value is not None}


def _is_axis(form: Form, column: Any) -> bool:
    return isinstance(column, dict) and column["label"] == form.get("x_axis")


def _plain(form: Form, base: Query) -> list[Query]:
    return [base]


def _by_metric(form: Form, base: Query) -> list[Query]:
    return [{**base, "orderby": [[form["metric"], False]]} if form.get("sort_by_metric") else base]


def _by_metric_then(form: Form, base: Query, columns: list[Any]) -> list[Query]:
    order = [[form["metric"], False]] if form.get("sort_by_metric") else []
    order += [[column, True] for column in columns if isinstance(column, str) and column]
    return [{**base, "orderby": order or base.get("orderby")}]


def _big_number(form: Form, base: Query) -> list[Query]:
    """Returns the trend, and with `aggregation: raw` also the number over the whole period."""
    axis = port.ensure_is_array(form.get("x_axis"))
    steps = [
        port.pivot_operator(form, base),
        port.rolling_window_operator(form, base),
        port.resample_operator(form, base),
        port.flatten_operator(form, base),
    ]
    trend = {**base, "columns": axis, "post_processing": steps}
    trend |= {} if axis else {"is_timeseries": True}
    raw = {**base, "columns": [], "is_timeseries": False, "post_processing": []}
    return [trend, raw] if form.get("aggregation") == "raw" else [trend]


def _timeseries(form: Form, base: Query) -> list[Query]:
    axis, groups = port.ensure_is_array(form.get("x_axis")), form.get("groupby")
    compared = form.get("time_compare") if port.is_time_comparison(form, base) else []
    # The operators see the query object before the plug-in changes it, as in the front end.
    steps = [
        *_steps(form, base),
        port.contribution_operator(form, base, compared),
        port.sort_operator(form, base),
        port.flatten_operator(form, base),
    ]
    return [
        {
            **base,
            "metrics": [*base["metrics"], *port.extract_extra_metrics(form)],
            "columns": [*axis, *port.ensure_is_array(groups)],
            "series_columns": groups,
            "orderby": port.normalize_order_by(base).get("orderby"),
            "time_offsets": port.ensure_is_array(compared),
            "post_processing": steps,
        }
    ]


def _halves(form: Form) -> tuple[Form, Form]:
    """Returns the two charts in one: keys that end in `_b` are the second's, others are shared."""
    suffix = "_b"
    return port.remove_form_data_suffix(form, suffix), port.retain_form_data_suffix(form, suffix)


def _half(form: Form, base: Query) -> list[Query]:
    axis, groups = port.ensure_is_array(form.get("x_axis")), form.get("groupby")
    query = {**base, "columns": [*axis, *port.ensure_is_array(groups)], "series_columns": groups}
    compared = form.get("time_compare") if port.is_time_comparison(form, query) else []
    query["time_offsets"] = port.ensure_is_array(compared)
    query["post_processing"] = [*_steps(form, query), port.flatten_operator(form, query)]
    return [port.normalize_order_by(query)]


def _steps(form: Form, query: Query) -> list[Query | None]:
    compares = port.is_time_comparison(form, query)
    pivot = port.time_compare_pivot_operator if compares else port.pivot_operator
    return [
        pivot(form, query),
        port.rolling_window_operator(form, query),
        port.resample_operator(form, query),
        port.time_compare_operator(form, query),
        _renamed(form, query) if compares else port.rename_operator(form, query),
    ]


def _renamed(form: Form, query: Query) -> Query:
    """Returns the step that names a compared period after its offset alone.

    The port leaves a difference its technical name, `difference__cx__cx__1 year ago`.
    """
    metrics, kind = query["metrics"], form["comparison_type"]
    names: dict[str, str] = {}
    for column, metric in port.get_metric_offsets_map(form, query).items():
        shift = column.removeprefix(f"{metric}{port.TIME_COMPARISON_SEPARATOR}")
        old = column
        if kind != port.ComparisonType.Values.value:
            old = port.TIME_COMPARISON_SEPARATOR.join((kind, metric, column))
        names[old] = f"{metric}, {shift}" if len(metrics) > 1 else shift
    return {"operation": "rename", "options": {"columns": names, "level": 0, "inplace": True}}


def _box_plot(form: Form, base: Query) -> list[Query]:
    groups = port.ensure_is_array(form.get("groupby"))
    kind, percentiles = _whiskers(form["whiskerOptions"])
    options = {
        "whisker_type": kind,
        **({"percentiles": percentiles} if percentiles else {}),
        "groupby": [port.get_column_label(group) for group in groups],
        "metrics": [port.get_metric_label(metric) for metric in base["metrics"]],
    }
    columns = [*port.ensure_is_array(form.get("columns")), *groups]
    steps = [{"operation": "boxplot", "options": options}]
    return [
        {
            **base,
            "columns": _grained(form, columns),
            "series_columns": groups,
            "post_processing": steps,
        }
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


def _bubble(form: Form, base: Query) -> list[Query]:
    columns = [
        *port.ensure_is_array(form.get("entity")),
        *port.ensure_is_array(form.get("series")),
    ]
    order = [[base["orderby"][0], not base["order_desc"]]] if base.get("orderby") else None
    return [{**base, "columns": columns, "orderby": order}]


def _handlebars(form: Form, base: Query) -> list[Query]:
    return [{**base, "orderby": port.normalize_order_by(base).get("orderby")}]


def _heatmap(form: Form, base: Query) -> list[Query]:
    metric, axis, groups = port.get_metric_label(form["metric"]), form["x_axis"], form["groupby"]
    columns = [*port.ensure_is_array(axis), *port.ensure_is_array(groups)]
    sorts = (form.get("sort_x_axis"), form.get("sort_y_axis"))
    order = [
        [metric if "value" in sort else column, "asc" in sort]
        for column, sort in zip(columns, sorts, strict=False)
        if sort
    ]
    within = {"x": axis, "y": groups}.get(form["normalize_across"])
    options = {"metric": metric, "group_by": within and port.get_column_label(within)}
    steps = [port.rank_operator(form, base, options)]
    return [{**base, "columns": columns, "orderby": order, "post_processing": steps}]


def _histogram(form: Form, base: Query) -> list[Query]:
    columns = [*port.ensure_is_array(form.get("groupby")), form["column"]]
    steps = [port.histogram_operator(form, base)]
    return [{**base, "columns": columns, "metrics": None, "post_processing": steps}]


def _pie(form: Form, base: Query) -> list[Query]:
    metric = port.get_metric_label(form["metric"])
    options = {"columns": [metric], "rename_columns": [f"{metric}__contribution"]}
    steps = [{"operation": "contribution", "options": options}]
    return [{**query, "post_processing": steps} for query in _by_metric(form, base)]


def _pivot_table(form: Form, base: Query) -> list[Query]:
    names = [
        *port.ensure_is_array(form.get("groupbyColumns")),
        *port.ensure_is_array(form.get("groupbyRows")),
    ]
    columns = _grained(form, port.remove_duplicates(names, port.get_column_label))
    ranked = base.get("series_limit_metric") or next(iter(base["metrics"]), None)
    order = [[ranked, not base["order_desc"]]] if ranked else None
    return [{**base, "columns": columns, "orderby": order}]


def _radar(form: Form, base: Query) -> list[Query]:
    ranked = next(iter([*port.ensure_is_array(form.get("series_limit_metric")), *base["metrics"]]))
    return [{**base, "orderby": [[ranked, False]]}]


def _sankey(form: Form, base: Query) -> list[Query]:
    ends = [form["source"], form["target"]]
    return [{**query, "groupby": ends} for query in _by_metric_then(form, base, ends)]


def _table(form: Form, base: Query) -> list[Query]:
    if form["query_mode"] == "raw":
        order = base.get("orderby") or []
        return [{**base, "orderby": order, "post_processing": [], "time_offsets": []}]
    percents, metrics = form.get("percent_metrics") or [], base["metrics"]
    limiting = port.ensure_is_array(form.get("timeseries_limit_metric"))[:1]
    order = [[limiting[0], not form.get("order_desc", False)]] if limiting else []
    order = order or [[metric, False] for metric in metrics[:1]] or base.get("orderby") or []
    compared = form.get("time_compare") if port.is_time_comparison(form, base) else []
    steps: list[Query | None] = []
    if percents:
        names = [port.get_metric_label(each) for each in percents]
        metrics = port.remove_duplicates([*metrics, *percents], port.get_metric_label)
        renamed = {"columns": names, "rename_columns": [f"%{name}" for name in names]}
        steps.append({"operation": "contribution", "options": renamed})
    columns = _grained(form, base["columns"])
    times = [column for column in columns if column not in base["columns"]]
    query = {
        **base,
        "columns": [*times[:1], *(c for c in columns if c not in times)],
        "orderby": order,
        "metrics": metrics,
        "post_processing": [*steps, port.time_compare_operator(form, base)],
        "time_offsets": port.ensure_is_array(compared),
    }
    return [query, *_totals(form, query, percents)]


def _totals(form: Form, query: Query, percents: list[Any]) -> list[Query]:
    whole = {**query, "columns": [], "row_limit": 0, "row_offset": 0, "post_processing": []}
    found = []
    if percents and form.get("percent_metric_calculation") == "all_records":
        found.append({**whole, "metrics": percents, "orderby": [], "is_timeseries": False})
    if query["metrics"] and form.get("show_totals"):
        found.append({**whole, "order_desc": None, "orderby": None})
    return found


def _treemap(form: Form, base: Query) -> list[Query]:
    return _by_metric_then(form, base, port.ensure_is_array(form.get("groupby")))


def _waterfall(form: Form, base: Query) -> list[Query]:
    axis = port.ensure_is_array(form.get("x_axis") or form.get("granularity_sqla"))
    columns = [*axis, *port.ensure_is_array(form.get("groupby"))]
    return [{**base, "columns": columns, "orderby": [[column, True] for column in columns]}]


def _grained(form: Form, columns: list[Any]) -> list[Any]:
    """Returns the columns, those of times by the chart's grain."""
    grain, lookup = form.get("time_grain_sqla"), form.get("temporal_columns_lookup") or {}
    return [
        {
            "timeGrain": grain,
            "columnType": "BASE_AXIS",
            "sqlExpression": column,
            "label": column,
            "expressionType": "SQL",
        }
        if grain and isinstance(column, str) and lookup.get(column)
        else column
        for column in columns
    ]


_BUILDERS: dict[str, Callable[[Form, Query], list[Query]]] = {
    "big_number": _big_number,
    "big_number_total": _plain,
    "box_plot": _box_plot,
    "bubble_v2": _bubble,
    "echarts_area": _timeseries,
    "echarts_timeseries": _timeseries,
    "echarts_timeseries_bar": _timeseries,
    "echarts_timeseries_line": _timeseries,
    "echarts_timeseries_scatter": _timeseries,
    "echarts_timeseries_smooth": _timeseries,
    "echarts_timeseries_step": _timeseries,
    "funnel": _by_metric,
    "gauge_chart": _by_metric,
    "handlebars": _handlebars,
    "heatmap_v2": _heatmap,
    "histogram_v2": _histogram,
    "mixed_timeseries": _half,
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
