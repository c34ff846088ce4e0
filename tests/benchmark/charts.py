"""Charts through Superset on the datasets that are shipped, and on datasets of SQL by hand."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from superset_kpi.macros import render_query
from superset_kpi.mapping import read_mappings
from tests.benchmark import macros
from tests.rows import ordered, same
from tests.served import DASHBOARDS, Served, serve

SIZES = (1_000_000,)
DATASETS = (
    "cx_by_segment",
    "cpv_by_segment",
    "clv_by_segment",
    "cohort_retention",
    "rfm_segments",
)
# What the macros return beside the columns by hand.
TARGETS = {
    "cx_by_segment": "85e0 as target, cx - 85e0 as target_gap",
    "cpv_by_segment": "80e0 as target, cpv - 80e0 as target_gap",
}
NOTES = """\
Seconds of Superset's data endpoint for the same charts, without a cache, on the tables of `Macros
at scale` in DuckDB: `shipped` with the dataset's macro for the one scheme, `by hand` with the SQL
of tests/benchmark/by_hand in its place, best of three each, taking turns. All charts of a dataset
one after another; both show the same numbers, or the run fails.
""".splitlines()
NAMES = ("rows", "dataset", "charts", "shipped", "slowest", "by_hand")


def section(sizes: Sequence[int] = SIZES) -> tuple[list[str], list[dict[str, Any]]]:
    """Returns lines of the page and the record, for so many ratings and purchases each.

    A process can have one Superset, so every size has a process.
    """
    record = []
    for rows in sizes:
        command = [sys.executable, "-m", "tests.benchmark.charts", str(rows)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = (line for line in done.stdout.splitlines() if line.startswith('{"rows"'))
        record += [json.loads(line) for line in found]
    lines = [
        "## Charts",
        "",
        *NOTES,
        "",
        "| rows | dataset | charts | shipped | slowest | by hand | times by hand |",
        "|---:|---|---:|---:|---:|---:|---:|",
        *map(_line, record),
    ]
    return lines, record


def _line(row: dict[str, Any]) -> str:
    ratio = row["shipped"] / row["by_hand"]
    return (
        f"| {row['rows']:,} | {row['dataset']} | {row['charts']} | {row['shipped']:.2f} "
        f"| {row['slowest']:.2f} | {row['by_hand']:.2f} | {ratio:.2f} |"
    )


def measure(rows: int) -> None:
    """Prints a record, as JSON, for each dataset."""
    with tempfile.TemporaryDirectory(prefix="kpi-charts-") as folder:
        path = Path(folder) / "warehouse.duckdb"
        with duckdb.connect(str(path)) as opened:
            opened.execute(macros.DATA.format(n=rows, c=rows // 10))
        file = macros.mapping_file(Path(folder))
        mapping = read_mappings(file)["benchmark"]
        served = serve(file, path)
        for dataset in DATASETS:
            shipped = render_query(dataset, macros.MACROS[dataset][0], mapping)
            print(json.dumps(_measured(served, rows, dataset, shipped)), flush=True)


def _measured(served: Served, rows: int, dataset: str, shipped: str) -> dict[str, Any]:
    keys = [key for name in DASHBOARDS for key in served.keys("benchmark", name)]
    charts = [key for key in keys if served.dataset("benchmark", key) == dataset]
    texts = {"shipped": shipped, "by_hand": _by_hand(dataset)}
    times: dict[str, dict[str, float]] = {name: {} for name in texts}
    for key in charts:
        for _ in range(3):
            answers = {}
            for name, text in texts.items():
                served.set_sql("benchmark", key, text)
                answer = served.data("benchmark", key, instead={"All customers": "Plan"})
                if answer.fault:
                    raise RuntimeError(f"{key}: {answer.fault}")
                times[name][key] = min(answer.seconds, times[name].get(key, answer.seconds))
                answers[name] = answer.queries
            _require_same(key, answers["shipped"], answers["by_hand"])
    return {
        "rows": rows,
        "dataset": dataset,
        "charts": len(charts),
        "shipped": sum(times["shipped"].values()),
        "slowest": max(times["shipped"].values()),
        "by_hand": sum(times["by_hand"].values()),
    }


def _by_hand(dataset: str) -> str:
    text = macros.by_hand(dataset) or ""
    more = TARGETS.get(dataset)
    return f"select *, {more} from ({text}) as made" if more else text


def _require_same(key: str, shipped: list[Any], hand: list[Any]) -> None:
    for one, other in zip(shipped, hand, strict=True):
        pairs = [ordered([tuple(row.values()) for row in rows]) for rows in (one, other)]
        if len(pairs[0]) != len(pairs[1]) or not all(
            same(a, b)
            for left, right in zip(*pairs, strict=True)
            for a, b in zip(left, right, strict=True)
        ):
            raise RuntimeError(f"{key}: the numbers differ.")


if __name__ == "__main__":
    measure(int(sys.argv[1]))
