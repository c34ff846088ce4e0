"""What the data can feed: datasets with rows, charts with values, filters with a choice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from superset_kpi.dashboards.absent import NOT_YET, Absent, Reasons
from superset_kpi.dashboards.asked import Answer, Asked, answer, asked, narrowed
from superset_kpi.dashboards.chart_rules import Form, displayed
from superset_kpi.dashboards.files import (
    ChartFile,
    DashboardFile,
    DatasetFile,
    FilterFile,
    Shipped,
    placed_charts,
)
from superset_kpi.dashboards.looking import Probe, Seen, probe
from superset_kpi.dashboards.metric_rules import WHOLE, default_scheme
from superset_kpi.dashboards.standing import has_charts, standing
from superset_kpi.errors import KpiError, NotScored
from superset_kpi.macros import (
    Rendered,
    inlined_expression,
    library,
    render_expression,
    rendered,
)
from superset_kpi.macros.compiler.fold import is_constant, is_null
from superset_kpi.macros.compiler.statement import Facts
from superset_kpi.macros.library import prepared
from superset_kpi.mapping import Mapping

# The query context of a kind of chart with these settings, as Superset makes it.
MakeContext = Callable[[str, Form], dict[str, Any]]


@dataclass(frozen=True)
class Fed:
    """What is left of the files: datasets as SQL, the params of charts, and dashboards.

    `charts` are by dashboard and key, as in 'experience/cx_now'; `sources` tells for the filters of
    a dashboard, by name, from which dataset each takes its values. `newest` is the age of the
    newest complete period of those datasets that were asked.
    """

    datasets: Dict[str, Rendered]
    charts: Dict[str, dict[str, Any]]
    dashboards: Dict[str, DashboardFile]
    sources: Dict[str, Dict[str, str]]
    default_scheme: str
    newest: Dict[str, int]
    absent: tuple[Absent, ...]


@dataclass
class _Feeding:
    shipped: Shipped
    mapping: Mapping
    context: MakeContext
    seen: Seen | None
    reasons: Reasons
    asked: dict[str, list[Asked]] = field(default_factory=dict)
    known: dict[str, Facts] = field(default_factory=dict)
    probes: dict[str, Probe | None] = field(default_factory=dict)
    datasets: dict[str, Rendered] = field(default_factory=dict)
    metrics: dict[str, dict[str, exp.Expression]] = field(default_factory=dict)
    whys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    charts: dict[str, dict[str, Any]] = field(default_factory=dict)
    absent: list[Absent] = field(default_factory=list)


def feed(shipped: Shipped, mapping: Mapping, context: MakeContext, seen: Seen | None = None) -> Fed:
    """Returns what of the files has data, and why the rest has none.

    Without a look at the data it is what the mapping alone says.
    """
    reasons = Reasons(mapping, seen.observed if seen else None)
    feeding = _Feeding(shipped, mapping, context, seen, reasons)
    for key in shipped.datasets:
        _feed_dataset(feeding, key)
    dashboards, sources = {}, {}
    for name, file in shipped.dashboards.items():
        found = [_feed_chart(feeding, name, key) for key in shipped.charts[name]]
        lacking = {each.key: each for each in found if each}
        left = _feed_dashboard(feeding, name, file, lacking)
        if left is not None:
            dashboards[name] = left
            sources[name] = dict(_sources(feeding, name, left))
    placed = {f"{n}/{key}" for n, left in dashboards.items() for key in placed_charts(left.layout)}
    charts = {key: params for key, params in feeding.charts.items() if key in placed}
    probes = {key: found for key, found in feeding.probes.items() if found}
    newest = {key: each.newest for key, each in probes.items() if each.newest is not None}
    has_members = seen is None or "segment_membership" not in seen.observed.no_rows
    scheme = default_scheme(mapping) if has_members else WHOLE
    absent = tuple(feeding.absent)
    return Fed(feeding.datasets, charts, dashboards, sources, scheme, newest, absent)


def _feed_dataset(feeding: _Feeding, key: str) -> None:
    file = feeding.shipped.datasets[key]
    macro = library().find(file.macro)
    why = feeding.reasons.not_callable(file)
    if not why:
        try:
            shown = displayed(key, feeding.shipped, macro)
            made = rendered(file.macro, file.arguments, feeding.mapping, shown)
            metrics = {
                each.metric_name: inlined_expression(each.expression, feeding.mapping)
                for each in file.metrics
            }
        except NotScored as error:
            # One model that no formula follows takes nothing else down.
            why = (str(error).rstrip("."),)
        except KpiError as error:
            raise KpiError(f"dashboards/datasets/{key}.yaml: {error}") from error
        else:
            why = _kept(feeding, key, made, metrics)
    if why:
        feeding.whys[key] = why
        feeding.absent.append(Absent("dataset", key, file.title, why))


def _kept(
    feeding: _Feeding, key: str, made: Rendered, metrics: dict[str, exp.Expression]
) -> tuple[str, ...]:
    """Notes a dataset that has rows; returns why another has none."""
    file = feeding.shipped.datasets[key]
    feeding.metrics[key], feeding.known[key] = metrics, _known(feeding, file, made)
    if feeding.known[key].rows == "none":
        return feeding.reasons.no_rows(file, made)
    feeding.probes[key] = found = _probed(feeding, key, made)
    if found and not found.rows:
        return feeding.reasons.no_rows(file, made)
    feeding.datasets[key] = made
    return ()


def _known(feeding: _Feeding, file: DatasetFile, made: Rendered) -> Facts:
    """Returns what is known of a dataset's rows; what was observed needs no thought if it asks."""
    if feeding.seen is None or feeding.seen.ask is not None:
        return made.facts
    observed = feeding.seen.observed
    if not observed.tells(prepared(file.macro, file.arguments, feeding.mapping).asked):
        return made.facts
    return rendered(file.macro, file.arguments, feeding.mapping, observed=observed).facts


def _probed(feeding: _Feeding, key: str, made: Rendered) -> Probe | None:
    """Returns what a dataset answers, where it may be asked; and notes what its charts ask."""
    shipped, charts = feeding.shipped, {}
    for name, files in shipped.charts.items():
        for chart, file in files.items():
            if file.dataset == key:
                full = f"{name}/{chart}"
                charts[full] = asked(_queries(feeding, full, file), feeding.metrics[key])
    feeding.asked |= charts
    if feeding.seen is None or feeding.seen.ask is None:
        return None
    columns = library().find(shipped.datasets[key].macro).returns
    filters = {each.column for file in shipped.dashboards.values() for each in file.filters}
    choices = [column for column in columns if column in filters]
    metrics = {
        each.metric_name: render_expression(each.expression, feeding.mapping)
        for each in shipped.datasets[key].metrics
    }
    has_age = "period_age" in columns
    return probe(made.text, choices, charts, metrics, feeding.mapping, feeding.seen.ask, has_age)


def _feed_chart(feeding: _Feeding, name: str, key: str) -> Absent | None:
    """Notes the params of a chart that has data; returns what there is to say of another."""
    file, full = feeding.shipped.charts[name][key], f"{name}/{key}"
    if file.dataset not in feeding.datasets:
        return Absent("chart", full, file.slice_name, feeding.whys[file.dataset])
    queries, found = feeding.asked[full], feeding.probes.get(file.dataset)
    given = answer(queries, feeding.known[file.dataset])
    if found:
        given = given.both(found.answers[full])
    params = narrowed(file.viz_type, file.params, given, file.needs)
    why = _why(feeding, file, queries, given)
    if params is None:
        return Absent("chart", full, file.slice_name, why)
    feeding.charts[full] = params
    if params != file.params:
        return Absent("column", full, file.slice_name, why)
    return None


def _queries(feeding: _Feeding, full: str, file: ChartFile) -> list[dict[str, Any]]:
    try:
        queries: list[dict[str, Any]] = feeding.context(file.viz_type, file.params)["queries"]
    except KpiError as error:
        raise KpiError(f"dashboards/{full.replace('/', '/charts/')}.yaml: {error}") from error
    return queries


def _why(
    feeding: _Feeding, file: ChartFile, queries: Sequence[Asked], given: Answer
) -> tuple[str, ...]:
    names: Iterable[str] = sorted(given.lacking)
    known = feeding.known[file.dataset]
    if not given.has_rows:
        compared = [c for q in queries if (w := q.select.args.get("where")) for c in _names(w)]
        names = [column for column in compared if known.value(column) is not None]
    if not names:
        return () if given.has_rows else (NOT_YET,)
    dataset, metrics = feeding.shipped.datasets[file.dataset], feeding.metrics[file.dataset]
    made = feeding.datasets[file.dataset]
    return feeding.reasons.no_values(dataset, names, made, metrics, known)


def _names(tree: exp.Expression) -> Iterator[str]:
    for column in tree.find_all(exp.Column):
        yield column.name


def _feed_dashboard(
    feeding: _Feeding, name: str, file: DashboardFile, lacking: Dict[str, Absent]
) -> DashboardFile | None:
    """Returns what is left of a dashboard, and notes what is not."""
    shipped = feeding.shipped.charts[name]
    alternatives = {other: chart for chart, other in _otherwise(file.layout)}
    # Where a user deleted a chart, the one that stands in for it is not wanted, either.
    charts = {key for key in shipped if alternatives.get(key, key) in shipped}
    left = standing(
        file, {key for key in charts if f"{name}/{key}" in feeding.charts}, feeding.datasets
    )
    told = [each for full, each in lacking.items() if full.split("/")[1] not in alternatives]
    whys = {full.split("/")[1]: each.why for full, each in lacking.items()}
    if not has_charts(left) or (
        file.core and not any(key in feeding.datasets for key in file.core)
    ):
        why = [feeding.whys[key] for key in file.core if key in feeding.whys]
        first = min(why or whys.values(), key=len, default=())
        feeding.absent += [each for each in told if each.kind == "chart"]
        feeding.absent += [Absent("dashboard", name, file.title, first)] if first else []
        return None
    feeding.absent += told
    tabs = {block.tab for block in left.layout}
    for block in file.layout:
        if block.tab not in tabs:
            why = [whys[key] for key in placed_charts(block.rows or ()) if key in whys]
            about = [key for row in block.rows or () for key in row.about]
            why += [feeding.whys[key] for key in about if key in feeding.whys]
            first = min(why, key=len, default=())
            tab = Absent("tab", f"{name}/{block.tab}", block.tab or "", first)
            feeding.absent += [tab] if first else []
    return left


def _otherwise(blocks: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yields the charts that have an alternative, each with it."""
    for block in blocks:
        yield from _otherwise(getattr(block, "rows", None) or getattr(block, "row", None) or ())
        yield from _otherwise(getattr(block, "column", None) or ())
        if getattr(block, "otherwise", None):
            yield block.chart, block.otherwise


def _sources(feeding: _Feeding, name: str, left: DashboardFile) -> Iterator[tuple[str, str]]:
    """Yields the filters that have a choice, each with the dataset that offers it."""
    charts = feeding.shipped.charts[name]
    datasets = [charts[key].dataset for key in placed_charts(left.layout)]
    timed = [key for key in datasets if feeding.shipped.datasets[key].main_dttm_col]
    for chosen in left.filters:
        if chosen.column is None:
            known = [key for key in (chosen.dataset, *timed) if key in feeding.datasets]
            yield from ((chosen.name, key) for key in known[:1])
            continue
        named = [key for key in (chosen.dataset,) if key in feeding.datasets]
        known = [key for key in named or datasets if _offers(feeding, key, chosen)]
        source = next((key for key in known if _has_choice(feeding, key, chosen)), None)
        if source is not None:
            yield chosen.name, source
        elif any(str(chosen.column) in _columns(feeding, key) for key in datasets):
            why = _why_no_choice(feeding, chosen, known)
            feeding.absent.append(Absent("filter", f"{name}/{chosen.name}", chosen.name, why))


def _columns(feeding: _Feeding, key: str) -> Iterable[str]:
    return library().find(feeding.shipped.datasets[key].macro).returns


def _offers(feeding: _Feeding, key: str, chosen: FilterFile) -> bool:
    is_there = key in feeding.datasets and str(chosen.column) in _columns(feeding, key)
    return is_there and (not chosen.sort_metric or chosen.sort_metric in feeding.metrics[key])


def _has_choice(feeding: _Feeding, key: str, chosen: FilterFile) -> bool:
    value, found = feeding.known[key].value(str(chosen.column)), feeding.probes.get(key)
    if value is not None and (is_null(value) or is_constant(value)):
        return False
    if found is None:
        return True
    # One that must be chosen keeps rows apart that may not be added up, and more may come.
    return found.choices[str(chosen.column)] > (0 if chosen.required else 1)


def _why_no_choice(feeding: _Feeding, chosen: FilterFile, known: list[str]) -> tuple[str, ...]:
    for key in known:
        file, made, column = feeding.shipped.datasets[key], feeding.datasets[key], chosen.column
        why = feeding.reasons.no_values(file, [str(column)], made, {}, feeding.known[key])
        found = feeding.probes.get(key)
        is_one = why == (NOT_YET,) and found and found.choices[str(column)] == 1
        return ("there is only one value",) if is_one else why
    return feeding.whys.get(chosen.dataset or "", (NOT_YET,))
