"""A dashboard's layout as the `position` tree of Superset, closed up where charts are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

from superset_kpi.superset.dashboard_files import BlockFile, DashboardFile, ItemFile, placed_charts

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
    title: str, layout: tuple[BlockFile, ...], charts: Dict[str, Placed]
) -> dict[str, Any]:
    """Returns the position tree with the given charts; the others leave no gap behind.

    A tab whose charts are all left out goes with them, and so does a header that heads nothing.
    """
    nodes: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": []},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": title}},
    }
    builder = _Builder(nodes, charts)
    tabs = [block for block in layout if block.tab is not None]
    if not tabs:
        builder.add("GRID_ID", "GRID", ("ROOT_ID",))
        builder.lines(layout, ("ROOT_ID", "GRID_ID"), "")
        return nodes
    builder.add("GRID_ID", "GRID", ("ROOT_ID",), linked=False)
    builder.add("TABS-all", "TABS", ("ROOT_ID",), {})
    for number, tab in enumerate(tabs, 1):
        rows = tab.rows or ()
        wanted = placed_charts(rows)
        if wanted and not any(key in charts for key in wanted):
            continue
        name = f"TAB-{_slug(tab.tab or '')}-{number}"
        builder.add(name, "TAB", ("ROOT_ID", "TABS-all"), {"text": tab.tab})
        builder.lines(rows, ("ROOT_ID", "TABS-all", name), f"-{number}")
    return nodes


def kept(dashboard: DashboardFile, charts: Dict[str, Placed]) -> bool:
    """Returns whether anything is left to show."""
    return any(key in charts for key in placed_charts(dashboard.layout))


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
        for number, block in enumerate(_closed_up(blocks, self.charts), 1):
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
        height = block.height or (_ROW_HEIGHT if block.row else _text_height(block.markdown or ""))
        items = tuple(item for item in items if _stands(item, self.charts))
        widths = _widened([item.width for item in items], sum(i.width for i in block.row or items))
        for number, (item, width) in enumerate(zip(items, widths, strict=True), 1):
            self._item(item, width, height, (*parents, row), f"{suffix}-{number}")

    def _item(
        self, item: ItemFile, width: int, height: int, parents: tuple[str, ...], suffix: str
    ) -> None:
        size = {"width": width, "height": item.height or height}
        if item.chart is not None:
            chart = self.charts[item.chart]
            meta = {"chartId": chart.chart_id, "sliceName": chart.slice_name, "uuid": chart.uuid}
            self.add(f"CHART-{item.chart}", "CHART", parents, {**meta, **size})
        elif item.markdown is not None:
            self.add(f"MARKDOWN{suffix}", "MARKDOWN", parents, {"code": item.markdown, **size})
        else:
            column = f"COLUMN{suffix}"
            self.add(column, "COLUMN", parents, {"background": _CLEAR, "width": width})
            stack = [i for i in item.column or () if _stands(i, self.charts)]
            each = max(5, height // max(1, len(stack)))
            for number, inner in enumerate(stack, 1):
                self._item(inner, width, each, (*parents, column), f"{suffix}-{number}")


def _stands(item: ItemFile, charts: Dict[str, Placed]) -> bool:
    wanted = placed_charts((item,))
    return not wanted or any(key in charts for key in wanted)


def _closed_up(blocks: tuple[BlockFile, ...], charts: Dict[str, Placed]) -> list[BlockFile]:
    """Returns the lines without the rows that lost all charts, and without headers of nothing."""
    lost = [block for block in blocks if not _has_something(block, charts)]
    left = []
    for index, block in enumerate(blocks):
        section = _section(blocks, index)
        if block not in lost and (not section or any(line not in lost for line in section)):
            left.append(block)
    return left


def _has_something(block: BlockFile, charts: Dict[str, Placed]) -> bool:
    wanted = placed_charts(block.row or ())
    return not wanted or any(key in charts for key in wanted)


def _section(blocks: tuple[BlockFile, ...], index: int) -> list[BlockFile]:
    """Returns the rows and texts below a header, up to the next of its size or a larger one."""
    rank, section = _rank(blocks[index]), []
    for block in blocks[index + 1 :] if rank else ():
        if 0 < _rank(block) <= rank:
            break
        section += [block] if not _rank(block) else []
    return section


def _rank(block: BlockFile) -> int:
    if block.header is None:
        return 4 if block.divider else 0
    return ("large", "medium", "small").index(block.size) + 1


def _widened(widths: list[int], total: int) -> list[int]:
    """Returns the widths in the same proportions, filling the total again."""
    filled, result, used, share = sum(widths), [], 0, 0
    for width in widths:
        share += width
        end = round(share * total / filled)
        result.append(end - used)
        used = end
    return result


def _text_height(text: str) -> int:
    """Returns a height that holds the text over the full width, at about 150 signs to a line."""
    lines = [line for line in text.strip().splitlines() if line]
    gaps = len(text.strip().splitlines()) - len(lines)
    return 6 + gaps + 3 * sum(1 + len(line) // 150 + line.startswith("#") for line in lines)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
