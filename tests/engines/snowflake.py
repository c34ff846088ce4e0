"""Snowflake's emulator fakesnow, in an environment of its own: it needs another sqlglot.

It reads Snowflake's SQL and has DuckDB run it, so it knows which functions there are and what
their arguments are; that numbers agree says little of Snowflake itself.
"""

from __future__ import annotations

import pickle
import subprocess
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGES = ("fakesnow==0.12.1", "snowflake-connector-python==3.18.1")
PATIENCE = 1200

# What the emulator's process runs: a statement in, its columns and rows or its error out.
SERVER = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
import fakesnow, snowflake.connector
out, sys.stdout = sys.stdout.buffer, sys.stderr
with fakesnow.patch():
    cursor = snowflake.connector.connect(database="kpi", schema="public").cursor()
    while True:
        try:
            sql = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        try:
            cursor.execute(sql)
            answer = [column[0] for column in cursor.description], cursor.fetchall()
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        pickle.dump(answer, out)
        out.flush()
"""


class Missing(Exception):
    """The emulator cannot be installed; the message says why."""


def environment(folder: Path) -> Path:
    """Returns the Python of an environment that has the emulator; made once in the folder."""
    python = folder / "bin" / "python"
    done = folder / "installed.txt"
    if done.is_file() and done.read_text(encoding="utf-8") == "\n".join(PACKAGES):
        return python
    venv.create(folder, clear=True, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    made = subprocess.run([*pip, *PACKAGES], capture_output=True, text=True, timeout=PATIENCE)
    if made.returncode != 0:
        reason = (made.stderr.strip() or "pip failed").splitlines()[-1]
        raise Missing(f"fakesnow cannot be installed: {reason}")
    done.write_text("\n".join(PACKAGES), encoding="utf-8")
    return python


class Result:
    """Columns and rows of a statement, as SQLAlchemy gives them."""

    returns_rows = True

    def __init__(self, names: list[str], rows: list[tuple[Any, ...]]) -> None:
        self._names = names
        self._rows = rows

    def keys(self) -> list[str]:
        """Returns the names of the columns."""
        return self._names

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._rows)


class Emulated:
    """A connection to the emulator."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.info: dict[str, Any] = {}

    def execution_options(self, **options: Any) -> Emulated:
        """Returns itself: the emulator has none."""
        return self

    def exec_driver_sql(self, sql: str) -> Result:
        """Runs the statement; what the emulator refuses is a RuntimeError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(sql, self._process.stdin)
        self._process.stdin.flush()
        answer = pickle.load(self._process.stdout)
        if isinstance(answer, str):
            raise RuntimeError(f"{answer}\n{sql}")
        return Result(*answer)


@contextmanager
def emulator(python: Path) -> Iterator[Emulated]:
    """A connection to an emulator, which ends with it."""
    process = subprocess.Popen(
        [str(python), "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield Emulated(process)
    finally:
        process.terminate()
        process.wait(timeout=10)
