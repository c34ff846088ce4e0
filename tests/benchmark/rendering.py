"""How long it takes to write a macro out, the first time and from the cache."""

from __future__ import annotations

import statistics
import time
from typing import Any

from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.macros import forecasts, render_query
from superset_kpi.macros.library import _rendered
from superset_kpi.mapping import read_mappings
from tests.engines.reads import called_bare, reads

TIMES = 5
CACHES = (
    _rendered,
    forecasts._form_or_reason,
    forecasts._fraction,
    forecasts._new_curve,
    forecasts._lifetime_curve,
)
NOTES = """\
Milliseconds to write each relation macro out for the telecom demo: `first` with nothing remembered
but the macro files, `again` as in every later chart of the same mapping; medians of 5. Scans: how
often it reads tables where a common table expression is worked out at each place that reads it, as
on Spark, BigQuery and Trino; of the one that is read most.
""".splitlines()


def section() -> tuple[list[str], list[dict[str, Any]]]:
    """Returns lines of the page and the record."""
    mapping = read_mappings(MAPPING_FILE)["telecom"]
    started = time.perf_counter()
    macros = called_bare(mapping)
    reading = time.perf_counter() - started
    record = []
    for macro in macros:
        first, again = [], []
        for _ in range(TIMES):
            for cache in CACHES:
                cache.cache_clear()
            first.append(_milliseconds(macro.name, mapping))
            again.append(_milliseconds(macro.name, mapping))
        sql = render_query(macro.name, {}, mapping)
        scans = reads(sql, mapping.dialect)
        record.append(
            {
                "macro": macro.name,
                "characters": len(sql),
                "first_ms": statistics.median(first),
                "again_ms": statistics.median(again),
                "scans": sum(scans.values()),
                "most_scans": max(scans.values(), default=0),
            }
        )
    record.sort(key=lambda row: -float(row["first_ms"]))
    firsts = [float(row["first_ms"]) for row in record]
    lines = [
        "## Rendering",
        "",
        *NOTES,
        f"Median of all {len(record)} macros: {statistics.median(firsts):.0f} ms. Reading the",
        f"macro files, once in a process: {reading:.1f} s.",
        "",
        "| macro | characters | first, ms | again, ms | scans | of one table |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {row['macro']} | {row['characters']:,} | {row['first_ms']:.0f} "
            f"| {row['again_ms']:.3f} | {row['scans']} | {row['most_scans']} |"
            for row in record
        ),
    ]
    return lines, record


def _milliseconds(name: str, mapping: Any) -> float:
    started = time.perf_counter()
    render_query(name, {}, mapping)
    return 1000 * (time.perf_counter() - started)
