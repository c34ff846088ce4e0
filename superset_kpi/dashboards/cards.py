"""dashboards/cards/*.yaml -> Card: what a KPI means, in twelve attributes.

`{scorecard/cx_trend}` in a text stands for the title of that chart, and a name or a call in
backticks is a macro; both must exist, so that a card cannot speak of what is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from superset_kpi.dashboards.files import BlockFile, DashboardFile
from superset_kpi.documents import Document, checked, read_document, read_yaml
from superset_kpi.errors import KpiError, nearest
from superset_kpi.resources import dashboards

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]


class Card(BaseModel):
    """A KPI's documentation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    definition: Text
    business_insights: Texts
    measurement_approach: Text
    formula: Text
    trend_analysis: Text
    diagnostic_questions: Texts
    actionable_tips: Texts
    visualisation_suggestions: Texts
    risk_warnings: Texts
    tools_and_technologies: Texts
    integration_points: Texts
    change_impact: Text


ATTRIBUTES = tuple(name for name in Card.model_fields if name != "title")
_CHART = re.compile(r"\{(\w+)/(\w+)\}")
_MACRO = re.compile(r"`([a-z][a-z0-9_]*)(?:\([^`]*\))?`")


def read_cards(folder: Path | None = None) -> dict[str, Card]:
    """Returns the cards by key; everything that is wrong with them is one KpiError."""
    directory = folder or dashboards() / "cards"
    cards, faults = {}, list[str]()
    for path in sorted(directory.glob("*.yaml")):
        try:
            cards[path.stem] = _read(path)
        except KpiError as error:
            faults.append(str(error))
    if faults:
        raise KpiError("\n".join(faults))
    return cards


def card_markdown(card: Card, level: int = 1) -> str:
    """Returns the card as Markdown, its title a heading of the level."""
    lines = [f"{'#' * level} {card.title}"]
    for name in ATTRIBUTES:
        value = getattr(card, name)
        lines += ["", f"{'#' * (level + 1)} {name.replace('_', ' ').capitalize()}", ""]
        lines += [value] if isinstance(value, str) else [f"- {text}" for text in value]
    return "\n".join(lines) + "\n"


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


def _read(path: Path) -> Card:
    document = read_document(path, name=f"cards/{path.name}", error=KpiError)
    card, faults = checked(Card, document.values, document)
    if card is None:
        raise KpiError("\n".join([*document.faults, *faults]))
    texts = {name: getattr(card, name) for name in Card.model_fields}
    document.refuse([*document.faults, *_attribute_faults(texts, document)])
    return card.model_copy(
        update={
            name: _resolved(value) if isinstance(value, str) else tuple(map(_resolved, value))
            for name, value in texts.items()
        }
    )


def _attribute_faults(texts: dict[str, str | tuple[str, ...]], document: Document) -> list[str]:
    return [
        f"{document.place((name,))}: {fault}"
        for name, value in texts.items()
        for text in ((value,) if isinstance(value, str) else value)
        for fault in _name_faults(text)
    ]


def _name_faults(text: str) -> list[str]:
    from superset_kpi.macros import library

    faults = []
    for dashboard, chart in _CHART.findall(text):
        if chart not in _titles(dashboard):
            known = _titles(dashboard) or ["none: the dashboard has no charts"]
            faults.append(f"there is no chart {dashboard}/{chart}. {nearest(chart, known)}")
    macros = library()
    for name in _MACRO.findall(text):
        if name not in macros:
            faults.append(f"there is no macro {name!r}. {nearest(name, macros)}")
    return faults


def _resolved(text: str) -> str:
    title: Callable[[re.Match[str]], str] = lambda m: f"“{_titles(m[1])[m[2]]}”"  # noqa: E731
    return _CHART.sub(title, text)


@lru_cache(maxsize=32)
def _titles(dashboard: str) -> dict[str, str]:
    """Returns the titles of a dashboard's charts by key."""
    charts = (dashboards() / dashboard / "charts").glob("*.yaml")
    return {
        path.stem: str(read_yaml(path.read_text(encoding="utf-8"))["slice_name"])
        for path in sorted(charts)
    }
