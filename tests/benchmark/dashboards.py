"""Dashboards through Superset: every chart's data endpoint, computed, from tables, and cached."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from superset_kpi.dashboards.files import read_shipped
from superset_kpi.demo import warehouse
from superset_kpi.demo.tables import SCHEMAS
from superset_kpi.resources import dashboards
from tests.served import DASHBOARDS, Served, mapping_file, serve

SIZES = (1, 8, 68)
MOST_COMPUTED = 8
NOTES = """\
Seconds of Superset's data endpoint for the telecom demo on DuckDB, one chart after another, for so
many copies of the demo, each with 146,000 ratings and 154,000 payments of 6,000 customers: 68 are
10 million of each. A chart is one query, or two. `computed`: nothing is written beforehand.
`from tables`: installed with `--materialized`, over what `superset-kpi materialize` wrote in the
seconds of the last column. `slowest` is one chart, `opened` the charts of the first tab, which are
what a browser asks for, several at once, when it opens the dashboard. None of these uses a cache;
`cached` is the second time, from tables.
""".splitlines()
# Numbers by which rows belong together; a copy has its own.
KEYS = frozenset(
    "client_no answer_id item_id line_id invite_no payment_no contract_no panel_no".split()
)
SPACING = 10_000_000


def section(sizes: Sequence[int] = SIZES) -> tuple[list[str], list[dict[str, Any]]]:
    """Returns lines of the page and the record, for so many copies of the demo each.

    A process can have one Superset, so every size has a process.
    """
    record = []
    for copies in sizes:
        command = [sys.executable, "-m", "tests.benchmark.dashboards", str(copies)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        record += [_row(line) for line in done.stdout.splitlines() if line.startswith("|")]
    lines = [
        "## Dashboards",
        "",
        *NOTES,
        "",
        "| copies | dashboard | charts | queries | computed | slowest | from tables | slowest "
        "| opened | cached | written in |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        *map(_line, record),
    ]
    return lines, record


NAMES = (
    "copies",
    "dashboard",
    "charts",
    "queries",
    "computed",
    "slowest",
    "tables",
    "slowest_table",
    "opened",
    "cached",
    "written_in",
)


def _row(line: str) -> dict[str, Any]:
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    kinds = (int, str, int, int, *[float] * 7)
    values = (kind(cell) if cell else None for kind, cell in zip(kinds, cells, strict=True))
    return dict(zip(NAMES, values, strict=True))


def _line(row: dict[str, Any]) -> str:
    cells = [
        "" if v is None else f"{v:.1f}" if isinstance(v, float) else str(v) for v in row.values()
    ]
    return f"| {' | '.join(cells)} |"


def measure(copies: int) -> None:
    """Prints a line of the table for each dashboard."""
    with tempfile.TemporaryDirectory(prefix="kpi-dashboards-") as folder:
        path = Path(folder) / "warehouse.duckdb"
        warehouse.build(path)
        if copies > 1:
            multiply(path, copies)
        with duckdb.connect(str(path)) as opened:
            opened.execute("create schema kpi")
        tables = {"materialized": {"schema": "kpi"}, "url": f"duckdb:///{path}"}
        file = mapping_file(Path(folder), {"computed": {}, "tables": tables})
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "superset_kpi", "materialize", "-m", f"{file}:tables", "--yes"],
            check=True,
            stdout=sys.stderr,
        )
        seconds = round(time.perf_counter() - started)
        served = serve(file, path, ["tables"])
        for dashboard in DASHBOARDS:
            print(f"{_measured(served, dashboard, copies)} {seconds} |", flush=True)


def _measured(served: Served, dashboard: str, copies: int) -> str:
    times: dict[str, list[float]] = {"computed": [], "tables": [], "opened": [], "cached": []}
    first, queries = _first_tab(dashboard), 0
    names = ("computed", "tables") if copies <= MOST_COMPUTED else ("tables",)
    for key in served.keys("computed", dashboard):
        for name in names:
            answer = served.data(name, key)
            if answer.fault:
                raise RuntimeError(f"{key}: {answer.fault}")
            times[name].append(answer.seconds)
        queries += len(answer.queries)
        if key in first:
            times["opened"].append(times["tables"][-1])
        times["cached"].append(served.data("tables", key, force=False).seconds)
    cells: list[Any] = [copies, dashboard, len(times["cached"]), queries]
    for name in ("computed", "tables"):
        seconds = times[name]
        cells += [round(sum(seconds), 2), round(max(seconds), 2)] if seconds else ["", ""]
    for name in ("opened", "cached"):
        cells.append(round(sum(times[name]), 2))
    return f"| {' | '.join(map(str, cells))} |"


def _first_tab(dashboard: str) -> set[str]:
    """Returns the keys of the charts that are there when the dashboard opens."""
    layout = read_shipped(dashboards()).dashboards[dashboard].layout
    lines = layout[0].rows or layout
    items = [item for line in lines for item in line.row or ()]
    shown = [each for item in items for each in (item, *(item.column or ()))]
    return {f"{dashboard}/{each.chart}" for each in shown if each.chart}


def multiply(path: Path, copies: int) -> None:
    """Repeats the telecom tables in place, each copy with keys of its own."""
    with duckdb.connect(str(path)) as opened:
        for table, columns in SCHEMAS["telecom"].items():
            pairs = [column.split(" ", 1) for column in columns.split(", ")]
            if not any(name in KEYS for name, _ in pairs):
                continue
            listed = ", ".join(_of_copy(name, kind) for name, kind in pairs)
            opened.execute(
                f"insert into telecom.{table} select {listed} from telecom.{table} "
                f"cross join range(1, {copies}) as copies (copy)"
            )


def _of_copy(name: str, kind: str) -> str:
    if name not in KEYS:
        return name
    return f"{name} + copy * {SPACING}" if kind == "integer" else f"{name} || '-' || copy"


if __name__ == "__main__":
    measure(int(sys.argv[1]))
