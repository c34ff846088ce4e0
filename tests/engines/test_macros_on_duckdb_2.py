"""The macros on DuckDB 2, which Superset does not ask for yet: in a process of its own.

The first case of each macro runs as Superset sends it on; with EVERY_CASE, as `make engines` sets
it, every case runs as it is written, too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from superset_kpi.dialects import dialect

RELEASE = str(getattr(dialect("duckdb").verified, "next_version", None))
ROOT = Path(__file__).parents[2]
PATIENCE = 3600
EVERY_CASE = "EVERY_CASE" in os.environ


@pytest.fixture(scope="module")
def duckdb_2(request: pytest.FixtureRequest) -> Path:
    """A folder with the package, to be put before the installed one; made once."""
    folder = Path(request.config.cache.mkdir("duckdb")) / RELEASE
    if not (folder / "duckdb").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        wanted = ["--no-deps", "--target", str(folder), f"duckdb=={RELEASE}.*"]
        made = subprocess.run([*pip, *wanted], capture_output=True, text=True, timeout=1200)
        if made.returncode:
            reason = f"DuckDB {RELEASE} cannot be installed: {made.stderr.strip()[-200:]}"
            pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return folder


def test_the_cases_give_the_expected_rows_on_duckdb_2(duckdb_2: Path) -> None:
    assert not version("duckdb").startswith(RELEASE), "it is installed: test_macros.py runs on it"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(duckdb_2), str(ROOT)])}
    asked = "import duckdb; print(duckdb.__version__)"
    found = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(RELEASE)
    which = "duckdb and (expected_rows or sends_on)" if EVERY_CASE else "duckdb and sends_on"
    cases = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
        *("tests/test_macros.py", "-k", which, "--tb=line"),
    ]
    done = subprocess.run(
        cases, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > (900 if EVERY_CASE else 130)
