"""Seconds and megabytes of what is measured."""

from __future__ import annotations

import json
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

PEAK_ONLY = json.dumps({"SYSTEM_PEAK_BUFFER_MEMORY": "true"})


def best(action: Callable[[], Any], times: int = 3) -> float:
    """Returns the shortest of a few runs, in seconds."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        found.append(time.perf_counter() - started)
    return min(found)


def engine_megabytes(opened: duckdb.DuckDBPyConnection, sql: str) -> float:
    """Returns the peak of DuckDB's memory up to when a statement's rows are in a table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile.json"
        opened.execute("set enable_profiling = 'json'")
        opened.execute(f"set profiling_output = '{file}'")
        opened.execute(f"set custom_profiling_settings = '{PEAK_ONLY}'")
        opened.execute(f"create or replace temp table measured as {sql}")
        opened.execute("set enable_profiling = 'no_output'")
        opened.execute("drop table measured")
        profile = json.loads(file.read_text(encoding="utf-8"))
        return float(profile["system_peak_buffer_memory"]) / 1e6


def own_megabytes(action: Callable[[], Any]) -> float:
    """Returns the peak of what Python and numpy allocate, without an engine in the process."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
