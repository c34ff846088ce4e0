"""What is in `dashboards/`: datasets, charts, dashboards, palette and labels, validated.

The format is described in dashboards/README.md.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from superset_kpi.documents import checked, read_document
from superset_kpi.errors import KpiError, nearest


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Certification(_Strict):
    """Who vouches for an object, and why."""

    by: str
    details: str | None = None


class MetricFile(_Strict):
    """A saved metric; `expression` is canonical SQL and may call expression macros."""

    metric_name: str
    expression: str
    description: str
    verbose_name: str | None = None
    d3format: str | None = None
    currency: bool = False
    warning_text: str | None = None
    certification: Certification | None = None


class CallFile(_Strict):
    """A relation macro with its arguments, and what its rows are shown as."""

    macro: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    title: str
    description: str


class DatasetFile(CallFile):
    """A dataset of the rows of a relation macro, and the metrics that belong to them.

    One that is `materialized` may stand in a table of the warehouse, see macros/kept.py.
    """

    materialized: bool = False
    main_dttm_col: str | None = None
    cache_timeout: int | None = None
    certification: Certification | None = None
    metrics: tuple[MetricFile, ...] = ()


class QueryFile(CallFile):
    """A saved query: `sql` reads the rows of the macro where `$rows` stands, on every engine."""

    sql: str


class ChartFile(_Strict):
    """A chart on one of the datasets; `params` are Superset's form data.

    `needs` are columns and metrics that it is about: a table without them is not worth showing.
    """

    slice_name: str
    description: str
    viz_type: str
    dataset: str
    params: dict[str, Any] = Field(default_factory=dict)
    needs: tuple[str, ...] = ()
    cache_timeout: int | None = None
    certification: Certification | None = None


class FilterFile(_Strict):
    """A native filter: listed once, it works on every chart whose dataset has the column.

    `excluded` names charts that it leaves alone, `parents` the filters that narrow its values,
    `where` limits the values offered, and `sort_metric` of the dataset orders them. `alone` is the
    condition on a chart that follows it, in canonical SQL, where nobody has chosen; it may have the
    values `:default_scheme` and `:newest_period`.
    """

    name: str
    type: Literal["value", "range", "time", "grain"] = "value"
    column: str | None = None
    dataset: str | None = None
    description: str | None = None
    default: Any = None
    multiple: bool = True
    required: bool = False
    first: bool = False
    descending: bool = False
    excluded: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    where: str | None = None
    sort_metric: str | None = None
    alone: str | None = None

    @model_validator(mode="after")
    def _has_its_column(self) -> FilterFile:
        if self.type in ("value", "range") and not self.column:
            raise ValueError(f"a filter of type {self.type} needs a column")
        return self


class TextFile(_Strict):
    """A part of a text, and the datasets that it speaks of: without all of them it goes."""

    text: str
    about: tuple[str, ...] = ()


Text = str | tuple[TextFile, ...]


class ItemFile(_Strict):
    """A chart, a text or a stack of both in a row; the width is in twelfths of the dashboard.

    `otherwise` is the chart that stands there where the data cannot feed the first one.
    """

    chart: str | None = None
    otherwise: str | None = None
    markdown: Text | None = None
    column: tuple[ItemFile, ...] | None = None
    width: int = Field(default=4, ge=1, le=12)
    height: int | None = Field(default=None, ge=5)

    @model_validator(mode="after")
    def _is_one_thing(self) -> ItemFile:
        if sum(x is not None for x in (self.chart, self.markdown, self.column)) != 1:
            raise ValueError("an item of a row is one of chart, markdown and column")
        if self.otherwise and not self.chart:
            raise ValueError("only a chart can have `otherwise`")
        return self


class BlockFile(_Strict):
    """One line of a layout: a tab with lines of its own, a row, a header, a text, a card or a rule.

    `card` is the key of a KPI card, written out as text. A header, a text or a card that is `about`
    datasets goes where none of them is there.
    """

    tab: str | None = None
    rows: tuple[BlockFile, ...] | None = None
    row: tuple[ItemFile, ...] | None = None
    height: int | None = Field(default=None, ge=5)
    header: str | None = None
    size: Literal["small", "medium", "large"] = "medium"
    markdown: Text | None = None
    card: str | None = None
    about: tuple[str, ...] = ()
    divider: Literal[True] | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> BlockFile:
        kinds = (self.tab, self.row, self.header, self.markdown, self.card, self.divider)
        if sum(x is not None for x in kinds) != 1:
            raise ValueError(
                "a line of a layout is one of tab, row, header, markdown, card and divider"
            )
        if (self.tab is None) != (self.rows is None):
            raise ValueError("a tab has rows, and nothing else has")
        return self


class DashboardFile(_Strict):
    """A dashboard: what it says of itself, its filters and its layout.

    `core` names datasets without any of which the dashboard would miss its point and is left out.
    """

    title: str
    description: str
    slug: str | None = None
    certification: Certification | None = None
    refresh: int = 0
    core: tuple[str, ...] = ()
    filters: tuple[FilterFile, ...] = ()
    layout: tuple[BlockFile, ...]

    @model_validator(mode="after")
    def _has_tabs_or_rows(self) -> DashboardFile:
        if len({block.tab is None for block in self.layout}) != 1:
            raise ValueError("a layout is made of tabs only, or of lines without tabs")
        return self


class PaletteFile(_Strict):
    """The colours of all dashboards: of bands and other labels, and a scheme for the rest."""

    color_scheme: str = "supersetColors"
    colors: dict[str, str] = Field(default_factory=dict)


class OtherLabel(_Strict):
    """The label of a column in the rows of one macro, and why it is not the one by its name."""

    label: str
    because: str


class LabelsFile(_Strict):
    """The heading of each column by its name, the same wherever it is shown.

    `exceptions` are by macro and column. What is in neither has its name in words.
    """

    columns: dict[str, str] = Field(default_factory=dict)
    exceptions: dict[str, dict[str, OtherLabel]] = Field(default_factory=dict)

    def label(self, macro: str, column: str) -> str | None:
        """Returns the heading of a column of a macro's rows, None where none is written."""
        other = self.exceptions.get(macro, {}).get(column)
        return other.label if other else self.columns.get(column)


class AlertFile(_Strict):
    """What to watch: rows of the dataset that fulfil the condition, in canonical SQL."""

    title: str
    description: str
    dataset: str
    condition: str
    dashboard: str


class AlertsFile(_Strict):
    """The alerts by key."""

    alerts: dict[str, AlertFile] = Field(default_factory=dict)


@dataclass(frozen=True)
class Shipped:
    """All files of a `dashboards/` folder; charts by the dashboard's name and their own."""

    datasets: Dict[str, DatasetFile]
    queries: Dict[str, QueryFile]
    dashboards: Dict[str, DashboardFile]
    charts: Dict[str, Dict[str, ChartFile]]
    palette: PaletteFile
    labels: LabelsFile
    alerts: Dict[str, AlertFile]


def titles(shipped: Shipped) -> dict[str, str]:
    """Returns the names of all objects by their keys, as in 'chart/scorecard/cpv_trend'."""
    named = {f"dataset/{key}": file.title for key, file in shipped.datasets.items()}
    for name, files in shipped.charts.items():
        named |= {f"chart/{name}/{key}": file.slice_name for key, file in files.items()}
    named |= {f"dashboard/{name}": file.title for name, file in shipped.dashboards.items()}
    return named | {f"query/{key}": file.title for key, file in shipped.queries.items()}


def without(shipped: Shipped, keys: Container[str]) -> Shipped:
    """Returns the files without these objects; a dataset stays under a chart that does."""
    charts = {
        name: {key: file for key, file in files.items() if f"chart/{name}/{key}" not in keys}
        for name, files in shipped.charts.items()
    }
    needed = {file.dataset for files in charts.values() for file in files.values()}
    return replace(
        shipped,
        charts=charts,
        datasets={
            key: file
            for key, file in shipped.datasets.items()
            if key in needed or f"dataset/{key}" not in keys
        },
        dashboards={
            name: file
            for name, file in shipped.dashboards.items()
            if f"dashboard/{name}" not in keys
        },
        queries={k: file for k, file in shipped.queries.items() if f"query/{k}" not in keys},
    )


_Model = TypeVar("_Model", bound=_Strict)


def read_shipped(folder: Path) -> Shipped:
    """Returns the files of the folder; faults of all files come as one error."""
    faults: list[str] = []
    palette, alerts = folder / "palette.yaml", folder / "alerts.yaml"
    labels = folder / "labels.yaml"
    shipped = Shipped(
        datasets=_read_all(folder.glob("datasets/*.yaml"), DatasetFile, folder, faults),
        queries=_read_all(folder.glob("queries/*.yaml"), QueryFile, folder, faults),
        dashboards={
            path.parent.name: _read(path, DashboardFile, folder, faults)
            for path in sorted(folder.glob("*/dashboard.yaml"))
        },
        charts={
            path.parent.name: _read_all(
                path.parent.glob("charts/*.yaml"), ChartFile, folder, faults
            )
            for path in sorted(folder.glob("*/dashboard.yaml"))
        },
        palette=_read(palette, PaletteFile, folder, faults) if palette.exists() else PaletteFile(),
        labels=_read(labels, LabelsFile, folder, faults) if labels.exists() else LabelsFile(),
        alerts=_read(alerts, AlertsFile, folder, faults).alerts if alerts.exists() else {},
    )
    if not faults:
        faults = _loose_ends(shipped)
    if faults:
        raise KpiError("\n".join(faults))
    return shipped


def _read_all(
    paths: Any, model: type[_Model], folder: Path, faults: list[str]
) -> dict[str, _Model]:
    return {path.stem: _read(path, model, folder, faults) for path in sorted(paths)}


def _read(path: Path, model: type[_Model], folder: Path, faults: list[str]) -> _Model:
    where = path.relative_to(folder.parent).as_posix()
    try:
        document = read_document(path, name=where, error=KpiError)
    except KpiError as error:
        faults.append(str(error))
        return model.model_construct()
    file, found = checked(model, document.values, document)
    faults += [*document.faults, *found]
    return file or model.model_construct()


def _loose_ends(shipped: Shipped) -> list[str]:
    """Returns the names in the files that lead nowhere, and the charts that are nowhere."""
    faults, slugs = [], [d.slug or name for name, d in shipped.dashboards.items()]
    for (name, dashboard), slug in zip(shipped.dashboards.items(), slugs, strict=True):
        if slugs.count(slug) > 1:
            faults.append(f"dashboards/{name}: two dashboards have the slug {slug!r}. Change one.")
        for key in (*dashboard.core, *_named(dashboard.layout)):
            if key not in shipped.datasets:
                hint = nearest(key, shipped.datasets)
                faults.append(f"dashboards/{name}/dashboard.yaml: no dataset {key!r}. {hint}")
        faults += _chart_faults(name, dashboard, shipped)
        faults += _filter_faults(name, dashboard, shipped)
    for key, alert in shipped.alerts.items():
        where = f"dashboards/alerts.yaml: {key}"
        if alert.dataset not in shipped.datasets:
            faults.append(
                f"{where}: no dataset {alert.dataset!r}. {nearest(alert.dataset, shipped.datasets)}"
            )
        if alert.dashboard not in shipped.dashboards:
            hint = nearest(alert.dashboard, shipped.dashboards)
            faults.append(f"{where}: no dashboard {alert.dashboard!r}. {hint}")
    return list(dict.fromkeys(faults))


def _chart_faults(name: str, dashboard: DashboardFile, shipped: Shipped) -> Iterator[str]:
    charts, placed = shipped.charts[name], placed_charts(dashboard.layout)
    for key, chart in charts.items():
        where = f"dashboards/{name}/charts/{key}.yaml"
        if chart.dataset not in shipped.datasets:
            hint = nearest(chart.dataset, shipped.datasets)
            yield f"{where}: no dataset {chart.dataset!r}. {hint}"
        if key not in placed:
            yield f"{where}: the chart is on no row. Put it into dashboard.yaml, or delete it."
    where = f"dashboards/{name}/dashboard.yaml"
    for key in placed:
        if key not in charts:
            yield f"{where}: no chart {key!r}. {nearest(key, charts)}"
        if placed.count(key) > 1:
            yield f"{where}: the chart {key!r} is there twice. Keep one."


def _filter_faults(name: str, dashboard: DashboardFile, shipped: Shipped) -> Iterator[str]:
    where, placed = f"dashboards/{name}/dashboard.yaml", placed_charts(dashboard.layout)
    filters = [chosen.name for chosen in dashboard.filters]
    for chosen in dashboard.filters:
        source = chosen.dataset
        if source is not None and source not in shipped.datasets:
            yield f"{where}: no dataset {source!r}. {nearest(source, shipped.datasets)}"
        for key in chosen.excluded:
            if key not in placed:
                yield f"{where}: no chart {key!r} to exclude. {nearest(key, placed)}"
        for parent in chosen.parents:
            if parent not in filters:
                yield f"{where}: no filter {parent!r} as a parent. {nearest(parent, filters)}"


def _named(blocks: tuple[BlockFile, ...] | tuple[ItemFile, ...]) -> Iterator[str]:
    """Yields the datasets that the texts of a layout are about."""
    for block in blocks:
        inner: Any = block.column if isinstance(block, ItemFile) else (block.rows or block.row)
        yield from _named(inner or ())
        if isinstance(block, BlockFile):
            yield from block.about
        for part in block.markdown if isinstance(block.markdown, tuple) else ():
            yield from part.about


def placed_charts(blocks: tuple[BlockFile, ...] | tuple[ItemFile, ...]) -> list[str]:
    """Returns the keys of the charts in a layout, in reading order."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, ItemFile):
            found += [each for each in (block.chart, block.otherwise) if each]
            found += placed_charts(block.column or ())
        else:
            found += placed_charts(block.rows or block.row or ())
    return found
