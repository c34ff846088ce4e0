"""dashboards/cards/*.yaml -> Card: what a KPI means, in twelve attributes.

`{scorecard/cx_trend}` in a text stands for the title of that chart, and a name or a call in
backticks is a macro; both must exist, so that a card cannot speak of what is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from superset_kpi.dashboards.files import BlockFile, DashboardFile
from superset_kpi.errors import KpiError, nearest
from superset_kpi.resources import dashboards, read_yaml

Texts = tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """A KPI's documentation; `key` is its name on the command line."""

    key: str
    title: str
    definition: str
    business_insights: Texts
    measurement_approach: str
    formula: str
    trend_analysis: str
    diagnostic_questions: Texts
    actionable_tips: Texts
    visualisation_suggestions: Texts
    risk_warnings: Texts
    tools_and_technologies: Texts
    integration_points: Texts
    change_impact: str


ATTRIBUTES = tuple(f.name for f in fields(Card) if f.name not in ("key", "title"))
_LISTS = frozenset(f.name for f in fields(Card) if f.type == "Texts")
_CHART = re.compile(r"\{(\w+)/(\w+)\}")
_MACRO = re.compile(r"`([a-z][a-z0-9_]*)(?:\([^`]*\))?`")


def read_cards(folder: Path | None = None) -> dict[str, Card]:
    """Returns the cards by key; everything that is wrong with them is one KpiError."""
    directory = folder or dashboards() / "cards"
    cards, faults = {}, []
    for path in sorted(directory.glob("*.yaml")):
        found, card = _read(path)
        faults += found
        if card:
            cards[card.key] = card
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


def _read(path: Path) -> tuple[list[str], Card | None]:
    where = f"cards/{path.name}"
    try:
        values = read_yaml(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        return [f"{where}: this is not YAML: {_first_line(error)}. Correct it."], None
    if not isinstance(values, dict):
        return [f"{where}: the card is empty. Write its twelve attributes."], None
    wanted = ("title", *ATTRIBUTES)
    faults = [
        f"{where}: there is no attribute {name!r}. {nearest(str(name), wanted)}"
        for name in values
        if name not in wanted
    ]
    for name in wanted:
        faults += _attribute_faults(where, name, values.get(name))
    if faults:
        return faults, None
    texts: dict[str, Any] = {
        name: tuple(map(_resolved, values[name])) if name in _LISTS else _resolved(values[name])
        for name in wanted
    }
    return [], Card(key=path.stem, **texts)


def _attribute_faults(where: str, name: str, value: Any) -> list[str]:
    if value is None:
        return [f"{where}: the attribute {name!r} is missing. Write it."]
    if name in _LISTS:
        is_good = isinstance(value, list) and value and all(isinstance(v, str) for v in value)
        shape, texts = "a list of texts", value if is_good else []
    else:
        is_good = isinstance(value, str) and bool(value.strip())
        shape, texts = "a text", [value] if is_good else []
    if not is_good:
        return [f"{where}: {name} is {value!r} and must be {shape}. Correct it."]
    return [f"{where}: {name}: {fault}" for text in texts for fault in _name_faults(text)]


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
    return _CHART.sub(title, text.strip())


@lru_cache(maxsize=32)
def _titles(dashboard: str) -> dict[str, str]:
    """Returns the titles of a dashboard's charts by key."""
    charts = (dashboards() / dashboard / "charts").glob("*.yaml")
    return {
        path.stem: str(read_yaml(path.read_text(encoding="utf-8"))["slice_name"])
        for path in sorted(charts)
    }


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]
