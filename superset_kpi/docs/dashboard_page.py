"""docs/dashboards.md: every dashboard, what it asks and which charts answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from superset_kpi.dashboards.examples import statement
from superset_kpi.dashboards.files import (
    BlockFile,
    DashboardFile,
    Shipped,
    placed_charts,
    read_shipped,
)
from superset_kpi.dashboards.filters import Reach, native_filters, unfollowed
from superset_kpi.docs.markdown import code, page, table
from superset_kpi.macros import library
from superset_kpi.resources import dashboards

ORDER = (
    "scorecard",
    "perceived_value",
    "experience",
    "lifetime_value",
    "leading_indicators",
    "trust",
)
INTRODUCTION = """\
What `superset-kpi install` puts into Superset, on the mapped tables. Charts whose tables are not
mapped are left out and their rows close up; a dashboard without its core is left out as a whole.
The pictures show the demo. Every chart reads a dataset `kpi_<mapping>_...` whose rows come from one
macro; the [macros](macros.md) say how each column is computed."""


EXAMPLES = """\
In SQL Lab, *Saved queries* has a worked example for each family of macros that the mapping feeds,
which names the mapping and runs as it is. Superset shows a saved query to its owner alone: to whom
`install --owner` names, else to the first administrator. Anybody else copies it from here.
`select * from {{ kpi.help() }} t` lists all macros, see [help](macros.md#help)."""


def dashboard_page(pictures: Path) -> str:
    """Returns the page; dashboards that have no place in the order come last.

    `pictures` is a folder of <dashboard>.png, and of <dashboard>-<number of the tab>.png.
    """
    shipped = read_shipped(dashboards())
    names = sorted(shipped.dashboards, key=lambda n: (ORDER.index(n) if n in ORDER else 99, n))
    sections = [_section(name, shipped, pictures) for name in names]
    return page("# Dashboards", INTRODUCTION, *sections, "## Saved queries", *_examples(shipped))


def _examples(shipped: Shipped) -> Iterator[str]:
    yield EXAMPLES
    for file in shipped.queries.values():
        yield f"### {file.title}"
        yield f"{file.description} Macro: [{file.macro}](macros.md#{file.macro})."
        yield code("sql", statement(file))


def _section(name: str, shipped: Shipped, pictures: Path) -> str:
    file = shipped.dashboards[name]
    filters = ", ".join(each.name.lower() for each in file.filters)
    parts = [
        f"## {file.title}",
        file.description,
        f"![{file.title}, on the demo](images/{name}.png)",
        f"Filters: {filters}.",
    ]
    for number, (tab, blocks) in enumerate(_tabs(file), 1):
        rows = list(_rows(name, blocks, shipped))
        picture = f"{name}-{number}.png"
        shown = f"![{tab}, on the demo](images/{picture})" if (pictures / picture).exists() else ""
        if rows:
            header = f"### {tab}" if tab else ""
            parts += [header, shown, table(("chart", "what it shows", "macro"), rows)]
    return "\n\n".join(part for part in parts if part)


def _tabs(file: DashboardFile) -> Iterator[tuple[str, tuple[BlockFile, ...]]]:
    if file.layout[0].tab is None:
        yield "", file.layout
        return
    for block in file.layout:
        yield block.tab or "", block.rows or ()


def _rows(name: str, blocks: tuple[BlockFile, ...], shipped: Shipped) -> Iterator[tuple[str, ...]]:
    sentences = _unfollowed(name, shipped)
    for key in placed_charts(blocks):
        chart = shipped.charts[name][key]
        macro = library().find(shipped.datasets[chart.dataset].macro)
        link = f"`{macro.name}`" if macro.is_internal else f"[{macro.name}](macros.md#{macro.name})"
        yield chart.slice_name, f"{chart.description} {sentences[key]}".strip(), link


def _unfollowed(name: str, shipped: Shipped) -> dict[str, str]:
    """Returns by chart which of the dashboard's filters leave it as it is, where all are there."""
    reach = {}
    for number, (key, chart) in enumerate(shipped.charts[name].items()):
        dataset = shipped.datasets[chart.dataset]
        columns = frozenset(library().find(dataset.macro).returns)
        reach[key] = Reach(number, chart.dataset, "", columns, dataset.main_dttm_col is not None)
    chosen = shipped.dashboards[name].filters
    filters = native_filters(chosen, reach, {each.name: "" for each in chosen})
    return {key: unfollowed(filters, chart.chart_id) for key, chart in reach.items()}
