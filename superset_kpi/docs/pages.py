"""All generated pages of docs/, and which of them are stale."""

from __future__ import annotations

import difflib
import gc
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import click

from superset_kpi import resources
from superset_kpi.dashboards.cards import card_markdown, read_cards
from superset_kpi.docs.command_page import command_page
from superset_kpi.docs.dashboard_page import dashboard_page
from superset_kpi.docs.dialect_page import dialect_page
from superset_kpi.docs.evidence_page import evidence_page
from superset_kpi.docs.macro_page import macro_page
from superset_kpi.docs.markdown import page
from superset_kpi.errors import KpiError
from superset_kpi.mapping import read_mappings
from superset_kpi.mapping.schema import json_schema
from superset_kpi.warehouse import connection

Progress = Callable[[str], None]

VARIABLE = "KPI_DEMO_WAREHOUSE"
SHOWN_LINES = 12

CARDS = """\
What each KPI means, how it is computed here, what to ask and what to do. `superset-kpi card NAME`
shows one of them; macros are described in [macros.md](macros.md), decisions in
[decisions.md](decisions.md)."""


def docs_folder() -> Path | None:
    """Returns docs/ of the clone that this package runs from, None where it is installed."""
    top = resources.sql_macros().parent
    return top / "docs" if (top / "pyproject.toml").is_file() else None


def pages(
    group: click.Group, warehouse: Path, progress: Progress = lambda line: None
) -> dict[str, str]:
    """Returns the text of every generated page by file name."""
    # Trees of SQL are many small objects, through which the collector would go again and again.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    return {
        "cards.md": _cards(),
        "cli.md": command_page(group),
        "dashboards.md": dashboard_page(resources.sql_macros().parent / "docs" / "images"),
        "dialects.md": dialect_page(),
        "evidence.md": evidence_page(resources.sql_macros().parent / "tests"),
        "macros.md": _macros(warehouse, progress),
        "mapping-schema.json": json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
    }


def stale(folder: Path, wanted: dict[str, str]) -> dict[str, str]:
    """Returns the pages that differ from what is wanted, each with a summary of the difference."""
    differences = {}
    for name, text in wanted.items():
        path = folder / name
        found = path.read_text(encoding="utf-8") if path.is_file() else ""
        if found != text:
            differences[name] = _summary(name, found, text)
    return differences


def _summary(name: str, found: str, wanted: str) -> str:
    lines = [
        line
        for line in difflib.unified_diff(found.splitlines(), wanted.splitlines(), n=0, lineterm="")
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    more = [f"  ... and {len(lines) - SHOWN_LINES} lines more"] if len(lines) > SHOWN_LINES else []
    shown = [f"  {line[:110]}" for line in lines[:SHOWN_LINES]]
    return "\n".join([f"docs/{name}: {len(lines)} lines differ", *shown, *more])


def _cards() -> str:
    cards = sorted(read_cards().values(), key=lambda c: c.title)
    return page("# KPI cards", CARDS, *(card_markdown(card, level=2) for card in cards))


def _macros(warehouse: Path, progress: Progress) -> str:
    _build(warehouse, progress)
    with ExitStack() as stack:
        stack.enter_context(_environment(warehouse))
        mappings = read_mappings(Path(__file__).parent.parent / "demo" / "kpi.yaml")
        # Threads add in any order, and a last digit of 5 is rounded up or down by it.
        alone = {n: replace(m, url=f"{m.url}?threads=1") for n, m in mappings.items()}
        connections = {n: stack.enter_context(connection(m)) for n, m in alone.items()}
        return macro_page(mappings, connections, progress)


def _build(warehouse: Path, progress: Progress) -> None:
    try:
        from superset_kpi.demo.warehouse import build
    except ModuleNotFoundError as error:
        raise KpiError(
            f"docs: the demo's warehouse cannot be made: the package {error.name!r} is missing. "
            "Install it: pip install 'superset-kpi[demo]'."
        ) from error
    build(warehouse, progress)


@contextmanager
def _environment(warehouse: Path) -> Iterator[None]:
    """Names the warehouse to the demo's mapping."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(warehouse)
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
