"""What holds for every chart, whatever its file says; applied where charts are built.

Text is shown as text, every bar has its label, starts of periods stay where they are, what a
limit cuts off is the least and is said, and so is what is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from functools import lru_cache
from typing import Any

from sqlglot import exp

from superset_kpi.dashboards.files import ChartFile, DatasetFile, Shipped
from superset_kpi.errors import KpiError
from superset_kpi.macros import Macro, Returned, library
from superset_kpi.macros.read import CANONICAL
from superset_kpi.mapping import LOGICAL_TABLES
from superset_kpi.mapping.sql import parse_expression

# A chart's settings as Superset's front end keeps them.
Form = dict[str, Any]

# No chart of ours has as many at a hundred times the demo's size; Superset's own limit is 100,000.
PLOTTED_ROWS = 50_000
LISTED_ROWS = 10_000

# Said of every chart with numbers that can be hidden. See docs/decisions.md#small-numbers.
HIDDEN = "Left empty: values from fewer than {} answers or customers, or that would reveal others."
_HIDING = frozenset({"protected", "protected_total", "pooled"})

_TABLES = ("table", "pivot_table_v2")
_BARS = ("echarts_timeseries_bar",)
# One row each, so that a limit keeps the first by a metric.
_RANKED = ("echarts_timeseries_bar", "funnel", "gauge_chart", "pie", "radar", "treemap_v2", "table")
# Texts of the organisation's own tables that can be missing or blank; macros name the others.
_OPTIONAL = frozenset(
    column.name
    for name, table in LOGICAL_TABLES.items()
    for column in table.columns.values()
    if column.type == "text" and not column.is_required and name != "segments"
) - {"segment", "scheme"}
_WITHOUT_LIMIT = ("big_number_total", "big_number")


def ruled(
    where: str, file: ChartFile, dataset: DatasetFile, macro: Macro, fewest: int
) -> tuple[Form, str]:
    """Returns the chart's params and description; a file that breaks a rule is a KpiError.

    `fewest` answers are needed for a number to be shown.
    """
    form = {**file.params}
    types = {name: column.type for name, column in macro.returns.items()}
    faults = [*_grains(form, types), *_key_formats(form, macro), *_unescaped(file)]
    form |= _text_as_text(file.viz_type) | _labels(file.viz_type, form, types)
    limit, note, fault = _limited(file.viz_type, form, dataset, macro)
    form |= limit
    if faults := [*faults, *fault]:
        raise KpiError("\n".join(f"{where}: {fault}" for fault in faults))
    hidden = HIDDEN.format(fewest) if hides(form, dataset, macro) else ""
    return form, " ".join(" ".join((file.description, note, hidden)).split())


def hides(form: Form, dataset: DatasetFile, macro: Macro) -> bool:
    """Returns whether a number of the chart is null where few answers, or customers, make it up."""
    names, has_least = set(_texts(form)), "min_n" in macro.args
    used = [_parts_of(m.expression) for m in dataset.metrics if m.metric_name in names]
    calls = {name for called, _ in used for name in called}
    read = {name for _, columns in used for name in columns}
    if form.get("query_mode") == "raw":
        read |= names
    may_be = any(_may_be_hidden(macro.returns[name]) for name in read & macro.returns.keys())
    return bool(calls & _HIDING) or (has_least and (may_be or "single" in calls))


@lru_cache(maxsize=1024)
def _parts_of(expression: str) -> tuple[frozenset[str], frozenset[str]]:
    """Returns the macros that a metric calls, and the columns that it reads."""
    tree = parse_expression(expression, CANONICAL)
    calls = frozenset(call.name.lower() for call in tree.find_all(exp.Anonymous))
    return calls, frozenset(column.name for column in tree.find_all(exp.Column))


def _may_be_hidden(column: Returned) -> bool:
    """Returns whether a number of a relation with min_n may be hidden: coverage is not."""
    return column.type == "number" and not (column.unit or "").startswith("share")


def as_list(value: Any) -> list[Any]:
    """Returns a list as it is, nothing as an empty one, anything else as its only element."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)


def is_key(macro: Macro, column: str) -> bool:
    """Returns whether a column of a relation tells rows apart and is no number to count with."""
    returned = macro.returns.get(column)
    return returned is not None and returned.type == "string" and column.endswith("_id")


def is_truth(column: Returned) -> bool:
    """Returns whether a column is 1 where something is so, and 0 where it is not."""
    return column.range == "0 or 1"


def is_vouched_for(macro: Macro) -> bool:
    """Returns whether all that it shows is computed from mapped data, so that it may be certified.

    Stated amounts are examples, and where rows say whether somebody verified them, some are not.
    """
    needed = library().needs(macro) or library().needs_one_of(macro)
    return bool(needed or macro.uses) and "is_verified" not in macro.returns


def displayed(key: str, shipped: Shipped, macro: Macro) -> dict[str, str]:
    """Returns canonical SQL for the columns of a dataset that a browser could not show as they are.

    Keys are text, since numbers above 2^53 stop a browser; what charts group by has a name; what
    tables list says yes or no rather than 1 or 0.
    """
    text = [name for name, column in macro.returns.items() if column.type == "string"]
    grouped, tested, listed = set[str](), set[str](), set[str]()
    for files in shipped.charts.values():
        for form in (file.params for file in files.values() if file.dataset == key):
            listed |= set(as_list(form.get("all_columns")))
            for kind in ("x_axis", "groupby", "groupby_b", "series", "entity"):
                grouped |= {name for name in as_list(form.get(kind)) if isinstance(name, str)}
            for adhoc in [*form.get("adhoc_filters", ()), *form.get("adhoc_filters_b", ())]:
                if adhoc.get("operator") in ("IS NULL", "IS NOT NULL"):
                    tested.add(adhoc["subject"])
    for dashboard in shipped.dashboards.values():
        grouped |= {f.column for f in dashboard.filters if f.dataset == key and f.column}
    keys = {name: f"text_of({name})" for name in text if is_key(macro, name)}
    named = [name for name in text if name in (grouped - tested) & _OPTIONAL]
    stated = {n: f"case when trim({n}) <> '' then {n} else 'Not stated' end" for n in named}
    answered = [name for name, c in macro.returns.items() if name in listed and is_truth(c)]
    answers = {n: f"case {n} when 1 then 'yes' when 0 then 'no' end" for n in answered}
    return keys | stated | answers


def _text_as_text(viz_type: str) -> Form:
    return {"allow_render_html": False} if viz_type in _TABLES else {}


def _labels(viz_type: str, form: Form, types: Dict[str, str]) -> Form:
    """Returns what has an axis of names show each of them."""
    if viz_type == "heatmap_v2":
        return {"xscale_interval": 1, "yscale_interval": 1}
    if viz_type not in _BARS or types.get(str(form.get("x_axis"))) in ("date", "timestamp"):
        return {}
    return {"xAxisLabelInterval": "0"}


def _grains(form: Form, types: Dict[str, str]) -> list[str]:
    """Returns the time grains that would move days: a quarter may begin in May."""
    axis = form.get("x_axis") or form.get("granularity_sqla")
    if not form.get("time_grain_sqla") or types.get(str(axis)) != "date":
        return []
    return [
        f"time_grain_sqla: {axis} is the first day of a period already, and a grain moves it to "
        "that of a calendar period. Remove the grain."
    ]


def _key_formats(form: Form, macro: Macro) -> list[str]:
    """Returns the keys with a format of numbers, on which the browser stops above 2^53."""
    return [
        f"column_config: {name} is a key and has a format of numbers. Remove the format."
        for name, config in (form.get("column_config") or {}).items()
        if is_key(macro, name) and "d3NumberFormat" in config
    ]


def _unescaped(file: ChartFile) -> list[str]:
    template = str(file.params.get("handlebarsTemplate") or "")
    if file.viz_type != "handlebars" or not ("{{{" in template or "{{&" in template):
        return []
    return ["handlebarsTemplate: three braces show text as HTML. Write two."]


def _limited(
    viz_type: str, form: Form, dataset: DatasetFile, macro: Macro
) -> tuple[Form, str, list[str]]:
    """Returns the limit of rows, the sentence that says what it cuts off, and what is wrong."""
    if viz_type in _WITHOUT_LIMIT:
        return {}, "", []
    most = LISTED_ROWS if viz_type in _TABLES else PLOTTED_ROWS
    own = {f"row_limit{end}": form.get(f"row_limit{end}") or most for end in _parts(viz_type)}
    limit = min(own.values())
    names = {each.metric_name: each.verbose_name or each.metric_name for each in dataset.metrics}
    if form.get("series_limit") and form.get("series_limit_metric") in names:
        name = _lower(names[form["series_limit_metric"]])
        (series,) = form["series_columns"]
        what = f"{series.replace('_', ' ')}s"
        return own, f"At most {form['series_limit']} {what}: those with the most {name}.", []
    if limit >= most:
        is_long = form.get("query_mode") == "raw" and any(is_key(macro, c) for c in macro.returns)
        return own, f"At most {limit:,} rows, the first in this order." if is_long else "", []
    metric, ascending = _ranking(viz_type, form)
    if metric not in names:
        return own, "", [f"row_limit: {limit} rows of any. Order them by a metric, or remove it."]
    which = "lowest" if ascending else "highest"
    return own, f"At most {limit}: those with the {which} {_lower(names[metric])}.", []


def _parts(viz_type: str) -> tuple[str, ...]:
    return ("", "_b") if viz_type == "mixed_timeseries" else ("",)


def _ranking(viz_type: str, form: Form) -> tuple[Any, bool]:
    """Returns the metric by which the rows are ordered, and whether the lowest come first."""
    if viz_type not in _RANKED or (viz_type in _BARS and as_list(form.get("groupby"))):
        return None, False
    ascending = not form.get("order_desc", viz_type != "table")
    if viz_type == "table":
        if form.get("query_mode") == "raw":
            return None, False
        chosen = as_list(form.get("timeseries_limit_metric"))
        return [*chosen, *as_list(form.get("metrics"))][0], ascending and bool(chosen)
    if viz_type == "radar":
        ranked = [*as_list(form.get("series_limit_metric")), *as_list(form.get("metrics"))]
        return ranked[0], False
    if viz_type in _BARS:
        ranked = [*as_list(form.get("timeseries_limit_metric")), *as_list(form.get("metrics"))]
        return ranked[0], ascending
    return (form.get("metric") if form.get("sort_by_metric") else None), False


def _lower(name: str) -> str:
    """Returns a heading inside a sentence: `Answers` becomes `answers`, `CLV` stays."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]
