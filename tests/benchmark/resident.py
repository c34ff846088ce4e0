"""python -m tests.benchmark.resident FILE LIMIT: runs the statements that come in as JSON.

Prints the most memory that the process held meanwhile, in megabytes, DuckDB's and all other.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb


def resident_megabytes(path: Path, limit: str, statements: Sequence[str]) -> float:
    """Returns the peak of the memory of a process of its own that runs the statements."""
    command = [sys.executable, "-m", __name__, str(path), limit]
    done = subprocess.run(
        command, input=json.dumps(statements), capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    path, limit = sys.argv[1:]
    with duckdb.connect(path, read_only=True, config={"memory_limit": limit}) as opened:
        for statement in json.load(sys.stdin):
            opened.execute(statement)
    # Unlike getrusage, it does not count what the parent held when it started this process.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak, status
    print(int(peak[1]) / 1e3)


if __name__ == "__main__":
    main()
