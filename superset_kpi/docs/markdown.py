"""Pieces of Markdown that the generated pages share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `superset-kpi docs`: change its source, not this page. -->"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table; a bar or a line break in a cell does not end it."""
    lines = [_row(header), "|" + "---|" * len(header)]
    return "\n".join([*lines, *map(_row, rows)])


def code(language: str, text: str) -> str:
    """Returns a fenced block."""
    return f"```{language}\n{text.rstrip()}\n```"


def page(*parts: str) -> str:
    """Returns the parts with an empty line between them."""
    return "\n\n".join([GENERATED, *(part.rstrip() for part in parts if part)]) + "\n"


def anchor(heading: str) -> str:
    """Returns the address of a heading within its page."""
    kept = (c for c in heading.lower().replace(" ", "-") if c.isalnum() or c in "-_")
    return f"#{''.join(kept)}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"
