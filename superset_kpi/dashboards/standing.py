"""A dashboard's file without what the data cannot feed: plain charts and texts are left."""

from __future__ import annotations

from collections.abc import Collection

from superset_kpi.dashboards.files import (
    BlockFile,
    DashboardFile,
    ItemFile,
    Text,
    placed_charts,
)


def standing(
    file: DashboardFile, charts: Collection[str], datasets: Collection[str]
) -> DashboardFile:
    """Returns the dashboard with those of its charts, tabs, headers and texts that have data.

    `charts` and `datasets` are the keys of those that have. A chart gives way to its `otherwise`.
    """
    return file.model_copy(update={"layout": _blocks(file.layout, charts, datasets)})


def has_charts(file: DashboardFile) -> bool:
    """Returns whether anything is left to show."""
    return bool(placed_charts(file.layout))


def _blocks(
    blocks: tuple[BlockFile, ...], charts: Collection[str], datasets: Collection[str]
) -> tuple[BlockFile, ...]:
    """Returns the lines that have data, without headers and rules that have lost their section."""
    made = [_block(block, charts, datasets) for block in blocks]
    left = []
    for index, block in enumerate(made):
        section = _section(blocks, index)
        if block and (not section or any(made[line] for line in section)):
            left.append(block)
    return tuple(left)


def _block(
    block: BlockFile, charts: Collection[str], datasets: Collection[str]
) -> BlockFile | None:
    if block.about and not any(key in datasets for key in block.about):
        return None
    if block.rows is not None:
        rows = _blocks(block.rows, charts, datasets)
        is_lost = bool(placed_charts(block.rows)) and not placed_charts(rows)
        return None if is_lost or not rows else block.model_copy(update={"rows": rows})
    if block.row is not None:
        row = _items(block.row, charts, datasets)
        is_lost = bool(placed_charts(block.row)) and not placed_charts(row)
        return None if is_lost or not row else block.model_copy(update={"row": row})
    if block.markdown is not None:
        text = _text(block.markdown, datasets)
        return block.model_copy(update={"markdown": text}) if text else None
    return block


def _items(
    items: tuple[ItemFile, ...], charts: Collection[str], datasets: Collection[str]
) -> tuple[ItemFile, ...]:
    total, left = sum(item.width for item in items), []
    for item in items:
        made = _item(item, charts, datasets)
        left += [] if made is None else [made]
    widths = _widened([item.width for item in left], total)
    pairs = zip(left, widths, strict=True)
    return tuple(item.model_copy(update={"width": width}) for item, width in pairs)


def _item(item: ItemFile, charts: Collection[str], datasets: Collection[str]) -> ItemFile | None:
    if item.markdown is not None:
        text = _text(item.markdown, datasets)
        return item.model_copy(update={"markdown": text}) if text else None
    if item.column is not None:
        made = [_item(inner, charts, datasets) for inner in item.column]
        stack = tuple(inner for inner in made if inner)
        is_lost = bool(placed_charts(item.column)) and not placed_charts(stack)
        return None if is_lost or not stack else item.model_copy(update={"column": stack})
    stands = [key for key in (item.chart, item.otherwise) if key in charts]
    return item.model_copy(update={"chart": stands[0], "otherwise": None}) if stands else None


def _text(text: Text, datasets: Collection[str]) -> str:
    """Returns the parts that have data, as one text; headings alone are nothing."""
    if isinstance(text, str):
        return text
    parts = [p.text for p in text if not p.about or any(key in datasets for key in p.about)]
    return "\n".join(parts) if any(not part.startswith("#") for part in parts) else ""


def _section(blocks: tuple[BlockFile, ...], index: int) -> list[int]:
    """Returns the places of rows and texts below a header, up to the next that ranks as high."""
    rank, section = _rank(blocks[index]), []
    for place, block in enumerate(blocks[index + 1 :] if rank else (), index + 1):
        if 0 < _rank(block) <= rank:
            break
        section += [place] if not _rank(block) else []
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
