"""KPI cards in the layout of a dashboard, written out as text."""

from __future__ import annotations

from superset_kpi.docs.cards import card_markdown, read_cards
from superset_kpi.errors import KpiError, nearest
from superset_kpi.superset.dashboard_files import BlockFile, DashboardFile


def with_cards(dashboard: DashboardFile) -> DashboardFile:
    """Returns the dashboard with the text of each card in its place."""
    return dashboard.model_copy(update={"layout": _written(dashboard.layout)})


def _written(blocks: tuple[BlockFile, ...]) -> tuple[BlockFile, ...]:
    return tuple(_block(block) for block in blocks)


def _block(block: BlockFile) -> BlockFile:
    if block.rows is not None:
        return block.model_copy(update={"rows": _written(block.rows)})
    if block.card is None:
        return block
    cards = read_cards()
    if block.card not in cards:
        raise KpiError(f"dashboards: there is no card {block.card!r}. {nearest(block.card, cards)}")
    return BlockFile(markdown=card_markdown(cards[block.card], level=3), height=block.height)
