"""How results are printed: plain text, JSON, CSV, or a table for people."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from superset_kpi.cli.group import UsageFault

NOTHING = "–"
PIPE_WIDTH = 400
ARTICLE_WIDTH = 100
LIST_WIDTH = 100
NAME_WIDTH = 40


def write(text: str, output: Path | None = None) -> None:
    """Writes a text to the file, or to stdout."""
    text = text if text.endswith("\n") else f"{text}\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        write_bytes(text.encode(), output)


def write_bytes(content: bytes, output: Path) -> None:
    """Writes the file, whole or not at all; one that cannot be written is a UsageFault."""
    from superset_kpi.files import FileFault, write_whole

    try:
        write_whole(output, content)
    except FileFault as error:
        raise UsageFault(
            f"output: {str(output)!r} cannot be written ({error.why}). Name another file."
        ) from error


def note(text: str) -> None:
    """Writes a remark to stderr, so that stdout stays clean for a pipe."""
    click.echo(text, err=True)


def progress(text: str) -> None:
    """Writes a step to stderr where somebody watches."""
    if sys.stderr.isatty():
        click.echo(text, err=True)


@contextmanager
def working(command: str) -> Iterator[Callable[[str], None]]:
    """Yields a function that names the step at hand, shown on stderr where somebody watches.

    The line counts seconds, and is gone at the end.
    """
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    done, steps = threading.Event(), [("starts", time.monotonic())]

    def draw() -> None:
        text, since = steps[-1]
        seconds = time.monotonic() - since
        click.echo(f"\r\x1b[K{command}: {text} ({seconds:.0f} s)", err=True, nl=False)

    def step(text: str) -> None:
        steps.append((text, time.monotonic()))
        draw()

    def tick() -> None:
        while not done.wait(1):
            draw()

    clock = threading.Thread(target=tick, daemon=True)
    clock.start()
    try:
        yield step
    finally:
        done.set()
        clock.join()
        click.echo("\r\x1b[K", err=True, nl=False)


def json_text(value: Any) -> str:
    """Returns JSON with dates in ISO 8601 and numbers unrounded."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


# What a spreadsheet takes for a formula, also in a text that a customer wrote.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?%?")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Returns CSV with a header; null is an empty field, numbers are unrounded.

    A text that a spreadsheet would run as a formula has an apostrophe before it.
    """
    import csv

    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(v) for v in row])
    return written.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dt.date):
        return _plain(value)
    is_formula = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if is_formula and not _NUMBER.fullmatch(value) else value


def table_text(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], widest: int | None = None
) -> str:
    """Returns a table, long texts in several lines; numbers are rounded for reading.

    `widest` is how many characters a line of it has at most, also in a pipe.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    cells = []
    for place, column in enumerate(columns):
        values = [row[place] for row in rows]
        known = [v for v in values if v is not None]
        is_number = bool(known) and all(
            isinstance(v, (int, float)) and not isinstance(v, bool) for v in known
        )
        texts = shown_column(values)
        # A name that is broken cannot be copied.
        longest = max(map(len, texts), default=0)
        is_name = longest <= NAME_WIDTH and not any(" " in text for text in texts)
        table.add_column(
            column,
            justify="right" if is_number else "left",
            overflow="fold",
            min_width=longest if is_name else None,
        )
        cells.append([Text(text) for text in texts])
    for row_of_cells in zip(*cells, strict=True):
        table.add_row(*row_of_cells)
    return rendered(table, widest)


def fitting(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Returns how many columns stand side by side in the terminal, one line for each row."""
    left = _width() - 1
    for place, column in enumerate(columns):
        texts = shown_column([row[place] for row in rows])
        left -= 3 + max(map(len, [column, *texts]))
        if left < 0:
            return max(place, 1)
    return len(columns)


def rendered(part: Any, widest: int | None = None) -> str:
    """Returns rich's rendering as text, coloured where somebody watches."""
    from rich.console import Console

    is_terminal = sys.stdout.isatty()
    width = min(_width(), widest or PIPE_WIDTH)
    console = Console(file=io.StringIO(), force_terminal=is_terminal, width=width, highlight=False)
    with console.capture() as capture:
        console.print(part)
    lines = [line.rstrip() for line in capture.get().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def article(markdown: str) -> str:
    """Returns a text for reading: laid out where somebody watches, Markdown in a pipe."""
    if not sys.stdout.isatty():
        return markdown
    from rich.markdown import Markdown
    from rich.padding import Padding

    return rendered(Padding(Markdown(markdown), (0, max(0, _width() - ARTICLE_WIDTH), 0, 0)))


def _width() -> int:
    """A pipe has no width: there, only texts are broken."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH


def shown_column(values: Sequence[Any]) -> list[str]:
    """Returns a column for reading: its numbers have as many decimals as the largest needs."""
    fractions = [abs(v) for v in values if isinstance(v, float)]
    if not fractions:
        return [shown(v) for v in values]
    texts = [f"{v:,.{_decimals(max(fractions))}f}" if isinstance(v, float) else "" for v in values]
    if all(t.endswith("0") or not t for t in texts):
        idle = min(len(t) - len(t.rstrip("0")) for t in texts if t)
        texts = [t[:-idle].rstrip(".") for t in texts]
    return [t or shown(v) for t, v in zip(texts, values, strict=True)]


def _decimals(largest: float) -> int:
    return 2 if largest >= 1_000 else 4


def shown(value: Any) -> str:
    """Returns a value for reading."""
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return f"{value:,.{_decimals(abs(value))}f}".rstrip("0").rstrip(".")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
