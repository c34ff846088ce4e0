"""dashboards/*.yaml + a mapping -> trees in Superset's import format.

What the data cannot feed is left out before, see feeding.py.
"""

from __future__ import annotations

import gc
import json
import uuid
from collections.abc import Container, Iterator, Sequence
from collections.abc import Mapping as Dict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from superset_kpi.dashboards.absent import Absent, Reasons
from superset_kpi.dashboards.alone import alone_faults, opened_alone
from superset_kpi.dashboards.cards import with_cards
from superset_kpi.dashboards.chart_rules import displayed, is_truth, is_vouched_for, ruled
from superset_kpi.dashboards.examples import example_faults, fed_examples, query_tree
from superset_kpi.dashboards.feeding import MakeContext, feed
from superset_kpi.dashboards.files import (
    Certification,
    DashboardFile,
    DatasetFile,
    MetricFile,
    Shipped,
    placed_charts,
    read_shipped,
    titles,
    without,
)
from superset_kpi.dashboards.filters import Reach, native_filters, unfollowed
from superset_kpi.dashboards.layout import Placed, position
from superset_kpi.dashboards.looking import Seen
from superset_kpi.dashboards.metric_rules import metric_faults, scoped
from superset_kpi.errors import KpiError, nearest
from superset_kpi.macros import (
    Macro,
    Rendered,
    Returned,
    fewest_shown,
    library,
    render_expression,
)
from superset_kpi.mapping import Mapping
from superset_kpi.resources import dashboards

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "superset-kpi")
IMPORT_VERSION = "1.0.0"
CERTIFIED_BY = "superset-kpi"

Tree = dict[str, Any]

# Names that every engine specification of Superset takes for the right kind of column.
_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE PRECISION",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
# Superset imports no other annotations than formulas, and refuses one that lacks any of these.
_REFERENCE_LINE = {
    "annotationType": "FORMULA",
    "sourceType": "",
    "show": True,
    "showLabel": False,
    "showMarkers": False,
    "hideLine": False,
    "style": "solid",
    "width": 1,
    "color": None,
    "opacity": "",
    "overrides": {"time_range": None},
}
_ACRONYMS = frozenset("apv cac ces ci clv cpv csat cx id nps r2 rfm".split())


@dataclass(frozen=True)
class Bundle:
    """Trees by key; `absent` is what is left out for want of data.

    `away` are the names of what users deleted, by key. `stale` is a sentence where the data ended
    long before the mapping's as_of.
    """

    mapping: str
    datasets: Dict[str, Tree]
    charts: Dict[str, Tree]
    dashboards: Dict[str, Tree]
    absent: tuple[Absent, ...]
    away: Dict[str, str] = field(default_factory=dict)
    queries: Dict[str, Tree] = field(default_factory=dict)
    stale: str | None = None

    def trees(self) -> Iterator[tuple[str, str, Tree]]:
        """Yields kind, key and tree of every object, each after those that it refers to."""
        kinds = (
            ("dataset", self.datasets),
            ("chart", self.charts),
            ("dashboard", self.dashboards),
            ("query", self.queries),
        )
        for kind, trees in kinds:
            for key, tree in trees.items():
                yield kind, key, tree

    def keys(self) -> set[str]:
        """Returns the keys of all objects, with what is away, as in 'chart/scorecard/cpv_trend'."""
        return {f"{kind}/{key}" for kind, key, _ in self.trees()} | {*self.away}


def identity(mapping: str, kind: str, key: str) -> str:
    """Returns the UUID by which an object is known in every instance, as text."""
    return str(uuid.uuid5(NAMESPACE, f"{mapping}/{kind}/{key}"))


def build_bundle(
    mapping: Mapping,
    database_uuid: str,
    context: MakeContext,
    folder: Path | None = None,
    deleted: Container[str] = frozenset(),
    seen: Seen | None = None,
    renders: bool = False,
    examples: bool = False,
) -> Bundle:
    """Returns everything that the data can feed, without what users deleted.

    `context` makes the query of a chart. Without `seen` it is what the mapping alone can feed. Only
    where Superset `renders` templates do charts know what to show when they are opened alone, and
    only where it has the macros are there `examples`. All faults of the files come at once.
    """
    everything = read_shipped(folder or dashboards())
    shipped = without(everything, deleted)
    left = titles(shipped)
    away = {key: name for key, name in titles(everything).items() if key not in left}
    checks = (metric_faults, alone_faults, example_faults)
    if wrong := [fault for check in checks for fault in check(shipped, library())]:
        raise KpiError("\n".join(wrong))
    with _few_collections():
        fed = feed(shipped, mapping, context, seen)
    datasets = {
        key: _dataset(key, shipped, made, mapping, database_uuid)
        for key, made in fed.datasets.items()
    }
    params = opened_alone(shipped, fed, mapping) if renders else fed.charts
    charts = {
        full: _chart(full, each, mapping, context, shipped, datasets)
        for full, each in params.items()
    }
    faults = [f for key, tree in charts.items() for f in _faults(key, tree, datasets)]
    if faults:
        raise KpiError("\n".join(faults))
    numbers = {key: number for number, key in enumerate(charts, 1)}
    shown = {
        name: _dashboard(name, file, mapping, shipped, charts, numbers, datasets, fed.sources[name])
        for name, file in fed.dashboards.items()
    }
    for name, tree in shown.items():
        filters = tree["metadata"]["native_filter_configuration"]
        for key in placed_charts(fed.dashboards[name].layout):
            chart = charts[f"{name}/{key}"]
            sentence = unfollowed(filters, numbers[f"{name}/{key}"])
            chart["description"] = f"{chart['description']} {sentence}".strip()
    queries, absent = _queries(shipped, mapping, database_uuid, seen) if examples else ({}, ())
    lacking, stale = (*fed.absent, *absent), seen.stale if seen else None
    return Bundle(mapping.name, datasets, charts, shown, lacking, away, queries, stale)


def _queries(
    shipped: Shipped, mapping: Mapping, database_uuid: str, seen: Seen | None
) -> tuple[dict[str, Tree], Sequence[Absent]]:
    fed, absent = fed_examples(shipped, mapping, Reasons(mapping, seen.observed if seen else None))
    trees = {
        key: {
            **query_tree(file, mapping),
            "uuid": identity(mapping.name, "query", key),
            "version": IMPORT_VERSION,
            "database_uuid": database_uuid,
        }
        for key, file in fed.items()
    }
    return trees, absent


@contextmanager
def _few_collections() -> Iterator[None]:
    """Trees of SQL are many objects; walking them for garbage takes a fifth of the time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _dataset(
    key: str, shipped: Shipped, made: Rendered, mapping: Mapping, database_uuid: str
) -> Tree:
    file = shipped.datasets[key]
    macro = library().find(file.macro)
    try:
        metrics = [_metric(metric, mapping, macro) for metric in file.metrics]
    except KpiError as error:
        raise KpiError(f"dashboards/datasets/{key}.yaml: {error}") from error
    return {
        "table_name": f"kpi_{mapping.name}_{key}",
        "main_dttm_col": file.main_dttm_col,
        "description": _dataset_description(file, macro),
        "default_endpoint": None,
        "offset": 0,
        "cache_timeout": file.cache_timeout,
        "catalog": None,
        "schema": None,
        "sql": made.text,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": _certified(file.certification, macro),
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "uuid": identity(mapping.name, "dataset", key),
        "metrics": metrics,
        "columns": _columns(key, shipped, macro),
        "version": IMPORT_VERSION,
        "database_uuid": database_uuid,
    }


def _dataset_description(file: DatasetFile, macro: Macro) -> str:
    lines = [f"{file.title}. {file.description}".replace(".. ", ". ")]
    if macro.grain:
        lines.append(f"Grain: {macro.grain}.")
    if macro.source:
        lines.append(f"Source: {macro.source}")
    return "\n\n".join(lines)


def _certified(certification: Certification | None, macro: Macro) -> Tree:
    if certification is None and not is_vouched_for(macro):
        return {}
    made = certification or Certification(by=CERTIFIED_BY)
    details = {"details": made.details} if made.details else {}
    return {"certification": {"certified_by": made.by, **details}}


def _metric(file: MetricFile, mapping: Mapping, macro: Macro) -> Tree:
    currency = mapping.currency if file.currency else None
    return {
        "metric_name": file.metric_name,
        "verbose_name": file.verbose_name or human(file.metric_name),
        "metric_type": None,
        "expression": render_expression(scoped(file.expression, macro, mapping), mapping),
        "description": file.description,
        "d3format": file.d3format,
        "currency": _currency(currency),
        "extra": _certified(file.certification, macro),
        "warning_text": file.warning_text,
    }


def _currency(code: str | None) -> Tree | None:
    return {"symbol": code, "symbolPosition": "prefix"} if code else None


def _columns(key: str, shipped: Shipped, macro: Macro) -> list[Tree]:
    as_text = displayed(key, shipped, macro)
    return [
        _column(
            _as_text(column) if name in as_text else column,
            shipped.labels.label(macro.name, name) or human(name),
        )
        for name, column in macro.returns.items()
    ]


def _as_text(returned: Returned) -> Returned:
    if not is_truth(returned):
        return returned
    doc = f"{returned.doc} Shown as yes (1) or no (0)."
    return replace(returned, type="string", range=None, doc=doc)


def _column(returned: Returned, label: str) -> Tree:
    unit = f" Unit: {returned.unit}." if returned.unit else ""
    bounds = f" Range: {returned.range}." if returned.range else ""
    return {
        "column_name": returned.name,
        "verbose_name": label,
        "is_dttm": returned.type in ("date", "timestamp"),
        "is_active": True,
        "type": _TYPES[returned.type],
        "advanced_data_type": None,
        "groupby": True,
        "filterable": True,
        "expression": None,
        "description": f"{returned.doc}{unit}{bounds}",
        "python_date_format": None,
        "extra": {},
    }


def human(name: str) -> str:
    """Returns a column's name as a heading: `cx_gap_to_target` becomes `CX gap to target`."""
    words = [word.upper() if word in _ACRONYMS else word for word in name.split("_")]
    heading = " ".join(words)
    return heading[:1].upper() + heading[1:]


def _chart(
    full: str,
    params: Tree,
    mapping: Mapping,
    context: MakeContext,
    shipped: Shipped,
    datasets: Dict[str, Tree],
) -> Tree:
    name, key = full.split("/")
    file = shipped.charts[name][key].model_copy(update={"params": params})
    source = shipped.datasets[file.dataset]
    where, macro = f"dashboards/{name}/charts/{key}.yaml", library().find(source.macro)
    ruled_params, description = ruled(where, file, source, macro, fewest_shown(macro, mapping))
    params = _resolved(ruled_params, shipped.palette.colors, mapping, full)
    params = {**params, "viz_type": file.viz_type}
    certification = file.certification
    vouched = CERTIFIED_BY if is_vouched_for(macro) else None
    return {
        "slice_name": file.slice_name,
        "description": description,
        "certified_by": certification.by if certification else vouched,
        "certification_details": certification.details if certification else None,
        "viz_type": file.viz_type,
        "params": params,
        "query_context": json.dumps(context(file.viz_type, params)),
        "cache_timeout": file.cache_timeout,
        "uuid": identity(mapping.name, "chart", full),
        "version": IMPORT_VERSION,
        "dataset_uuid": datasets[file.dataset]["uuid"],
    }


def _resolved(value: Any, colors: Dict[str, str], mapping: Mapping, key: str) -> Any:
    """Returns params with `palette:Name`, `currency_format: true` and reference lines filled in."""
    if isinstance(value, list):
        return [_resolved(v, colors, mapping, key) for v in value]
    if isinstance(value, dict):
        resolved = {k: _resolved(v, colors, mapping, key) for k, v in value.items()}
        if resolved.get("currency_format") is True:
            resolved["currency_format"] = _currency(mapping.currency) or {}
        if "annotation_layers" in resolved:
            resolved["annotation_layers"] = [
                {**_REFERENCE_LINE, **layer} for layer in resolved["annotation_layers"]
            ]
        return resolved
    if isinstance(value, str) and value.startswith("palette:"):
        name = value.removeprefix("palette:")
        if name not in colors:
            raise KpiError(
                f"dashboards/{key.replace('/', '/charts/')}.yaml: the palette has no {name!r}. "
                f"{nearest(name, colors)}"
            )
        return colors[name]
    return value


def _faults(key: str, chart: Tree, datasets: Dict[str, Tree]) -> list[str]:
    """Returns the columns and metrics that a chart asks for and its dataset does not have."""
    dataset = next(d for d in datasets.values() if d["uuid"] == chart["dataset_uuid"])
    columns = [c["column_name"] for c in dataset["columns"]]
    metrics = [m["metric_name"] for m in dataset["metrics"]]
    where = f"dashboards/{key.replace('/', '/charts/')}.yaml"
    faults = []
    for query in json.loads(chart["query_context"])["queries"]:
        asked = [c for c in query.get("columns", []) if isinstance(c, str)]
        asked += [c["label"] for c in query.get("columns", []) if _refers(c)]
        asked += [f["col"] for f in query.get("filters", []) if isinstance(f["col"], str)]
        for name in asked:
            if name not in columns:
                faults.append(f"{where}: no column {name!r}. {nearest(name, columns)}")
        for name in query.get("metrics") or []:
            if isinstance(name, str) and name not in metrics:
                faults.append(f"{where}: no metric {name!r}. {nearest(name, metrics)}")
    return list(dict.fromkeys(faults))


def _refers(column: Any) -> bool:
    return isinstance(column, dict) and bool(column.get("isColumnReference"))


def _dashboard(
    name: str,
    file: DashboardFile,
    mapping: Mapping,
    shipped: Shipped,
    charts: Dict[str, Tree],
    numbers: Dict[str, int],
    datasets: Dict[str, Tree],
    sources: Dict[str, str],
) -> Tree:
    own = {key: f"{name}/{key}" for key in placed_charts(file.layout)}
    placed = {
        key: Placed(charts[full]["uuid"], numbers[full], charts[full]["slice_name"])
        for key, full in own.items()
    }
    file = with_cards(file)
    reach = {
        key: _reach(numbers[full], shipped.charts[name][key].dataset, datasets)
        for key, full in own.items()
    }
    tabs = [block.tab for block in shipped.dashboards[name].layout]
    title = f"{file.title} · {mapping.title}"
    certification = file.certification
    return {
        "dashboard_title": title,
        "description": file.description,
        "css": "",
        "slug": f"kpi-{mapping.name}-{file.slug or name}".replace("_", "-"),
        "certified_by": certification.by if certification else CERTIFIED_BY,
        "certification_details": certification.details if certification else None,
        "published": True,
        "uuid": identity(mapping.name, "dashboard", name),
        "position": position(title, file.layout, placed, tabs),
        "metadata": _metadata(file, shipped, reach, datasets, sources),
        "version": IMPORT_VERSION,
    }


def _reach(number: int, dataset: str, datasets: Dict[str, Tree]) -> Reach:
    tree = datasets[dataset]
    columns = frozenset(c["column_name"] for c in tree["columns"])
    return Reach(number, dataset, tree["uuid"], columns, tree["main_dttm_col"] is not None)


def _metadata(
    file: DashboardFile,
    shipped: Shipped,
    reach: Dict[str, Reach],
    datasets: Dict[str, Tree],
    sources: Dict[str, str],
) -> Tree:
    uuids = {name: datasets[key]["uuid"] for name, key in sources.items()}
    filters = tuple(chosen for chosen in file.filters if chosen.name in sources)
    return {
        "color_scheme": shipped.palette.color_scheme,
        "label_colors": _label_colors(shipped.palette.colors, datasets),
        "shared_label_colors": [],
        "color_scheme_domain": [],
        "expanded_slices": {},
        "timed_refresh_immune_slices": [],
        "refresh_frequency": file.refresh,
        "default_filters": "{}",
        "cross_filters_enabled": True,
        "chart_configuration": {},
        "global_chart_configuration": {"scope": {"rootPath": ["ROOT_ID"], "excluded": []}},
        "native_filter_configuration": native_filters(filters, reach, uuids),
    }


def _label_colors(palette: Dict[str, str], datasets: Dict[str, Tree]) -> dict[str, str]:
    """Returns the palette, with the colours of metrics for columns that have the same label.

    A browser looks up the name behind a label, and where both have the same may find the column's.
    """
    colours = dict(palette)
    for tree in datasets.values():
        coloured = {
            metric["verbose_name"]: palette[metric["metric_name"]]
            for metric in tree["metrics"]
            if metric["metric_name"] in palette
        }
        for column in tree["columns"]:
            if column["verbose_name"] in coloured:
                colours.setdefault(column["column_name"], coloured[column["verbose_name"]])
    return colours


def with_catalog(bundle: Bundle, catalog: str | None) -> Bundle:
    """Returns the bundle for a database with catalogs.

    Row-level security on a table reaches a virtual dataset only where both name the same catalog.
    """
    datasets, queries = (
        {key: {**tree, "catalog": catalog} for key, tree in trees.items()}
        for trees in (bundle.datasets, bundle.queries)
    )
    return replace(bundle, datasets=datasets, queries=queries)
