"""A dashboard's layout as the `position` tree of Superset."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from superset_kpi.dashboards.files import BlockFile, ItemFile, Text

_COLUMNS = 12
_ROW_HEIGHT = 50  # in units of 8 pixels, as all heights
_HEADERS = {"small": "SMALL_HEADER", "medium": "MEDIUM_HEADER", "large": "LARGE_HEADER"}
_CLEAR = "BACKGROUND_TRANSPARENT"


@dataclass(frozen=True)
class Placed:
    """A chart that stands on the dashboard."""

    uuid: str
    chart_id: int
    slice_name: str


def position(
    title: str,
    layout: tuple[BlockFile, ...],
    charts: Dict[str, Placed],
    tabs: Sequence[str | None] = (),
) -> dict[str, Any]:
    """Returns the position tree of a layout all of whose charts are given.

    `tabs` are the names of all tabs that there can be: links lead to a tab by its place among them.
    """
    nodes: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": []},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": title}},
    }
    builder = _Builder(nodes, charts)
    if layout[0].tab is None:
        builder.add("GRID_ID", "GRID", ("ROOT_ID",))
        builder.lines(layout, ("ROOT_ID", "GRID_ID"), "")
        return nodes
    builder.add("GRID_ID", "GRID", ("ROOT_ID",), linked=False)
    builder.add("TABS-all", "TABS", ("ROOT_ID",), {})
    places = list(tabs) or [tab.tab for tab in layout]
    for tab in layout:
        number = places.index(tab.tab) + 1
        name = f"TAB-{_slug(tab.tab or '')}-{number}"
        builder.add(name, "TAB", ("ROOT_ID", "TABS-all"), {"text": tab.tab})
        builder.lines(tab.rows or (), ("ROOT_ID", "TABS-all", name), f"-{number}")
    return nodes


@dataclass(frozen=True)
class _Builder:
    nodes: dict[str, Any]
    charts: Dict[str, Placed]

    def add(
        self,
        name: str,
        kind: str,
        parents: tuple[str, ...],
        meta: dict[str, Any] | None = None,
        linked: bool = True,
    ) -> None:
        node = {"id": name, "type": kind, "children": [], "parents": list(parents)}
        self.nodes[name] = node if meta is None else {**node, "meta": meta}
        if linked:
            self.nodes[parents[-1]]["children"].append(name)

    def lines(self, blocks: tuple[BlockFile, ...], parents: tuple[str, ...], suffix: str) -> None:
        for number, block in enumerate(blocks, 1):
            name = f"{suffix}-{number}"
            if block.header is not None:
                meta = {
                    "text": block.header,
                    "headerSize": _HEADERS[block.size],
                    "background": _CLEAR,
                }
                self.add(f"HEADER{name}", "HEADER", parents, meta)
            elif block.divider:
                self.add(f"DIVIDER{name}", "DIVIDER", parents, {})
            else:
                self._row(block, parents, name)

    def _row(self, block: BlockFile, parents: tuple[str, ...], suffix: str) -> None:
        row = f"ROW{suffix}"
        self.add(row, "ROW", parents, {"background": _CLEAR})
        items = block.row or (ItemFile(markdown=block.markdown, width=_COLUMNS),)
        height = block.height or (_ROW_HEIGHT if block.row else _text_height(block.markdown))
        for number, item in enumerate(items, 1):
            self._item(item, height, (*parents, row), f"{suffix}-{number}")

    def _item(self, item: ItemFile, height: int, parents: tuple[str, ...], suffix: str) -> None:
        size = {"width": item.width, "height": item.height or height}
        if item.chart is not None:
            chart = self.charts[item.chart]
            meta = {"chartId": chart.chart_id, "sliceName": chart.slice_name, "uuid": chart.uuid}
            self.add(f"CHART-{item.chart}", "CHART", parents, {**meta, **size})
        elif item.markdown is not None:
            self.add(f"MARKDOWN{suffix}", "MARKDOWN", parents, {"code": item.markdown, **size})
        else:
            column = f"COLUMN{suffix}"
            self.add(column, "COLUMN", parents, {"background": _CLEAR, "width": item.width})
            stack = item.column or ()
            each = max(5, height // max(1, len(stack)))
            for number, inner in enumerate(stack, 1):
                wide = inner.model_copy(update={"width": item.width})
                self._item(wide, each, (*parents, column), f"{suffix}-{number}")


def _text_height(markdown: Text | None) -> int:
    """Returns a height that holds the text over the full width, at about 150 signs to a line."""
    text = str(markdown or "")
    lines = [line for line in text.strip().splitlines() if line]
    gaps = len(text.strip().splitlines()) - len(lines)
    return 6 + gaps + 3 * sum(1 + len(line) // 150 + line.startswith("#") for line in lines)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
