"""Writes the demo warehouse: one DuckDB file with the schemas telecom, retail and cdnow."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from superset_kpi.demo import real, telecom
from superset_kpi.demo.tables import SCHEMAS, columns_of
from superset_kpi.errors import KpiError

_STAMP_TABLE = "superset_kpi_demo"


def build(path: Path, progress: Callable[[str], None] = lambda line: None) -> None:
    """Writes the warehouse to `path`, unless it is there already with the same content.

    The file appears at the end, complete: an interrupted build leaves nothing. A file of somebody
    else's under that name is refused.
    """
    wanted = stamp()
    found = _stamp_in(path)
    if found == wanted:
        progress(f"{path}: up to date")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with duckdb.connect(str(part)) as connection:
            for schema, make in _MAKERS.items():
                progress(f"{schema}: generating")
                _write(connection, schema, make(), progress)
            connection.execute(f"create table main.{_STAMP_TABLE} as select ? as stamp", [wanted])
            # Closing writes the rest of the file, too, and is silent where the disk is full.
            connection.execute("force checkpoint")
        part.replace(path)
    except (duckdb.Error, OSError) as error:
        raise KpiError(
            f"{path}: the warehouse cannot be written ({str(error).splitlines()[0]}). "
            "Make room, or name another folder; nothing there has changed."
        ) from error
    finally:
        for leftover in (part, part.with_name(f"{part.name}.wal")):
            leftover.unlink(missing_ok=True)
    progress(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


_MAKERS: dict[str, Callable[[], dict[str, pd.DataFrame]]] = {
    "telecom": telecom.tables,
    "retail": real.retail_tables,
    "cdnow": real.cdnow_tables,
}


def stamp() -> str:
    """Returns what the content depends on, as a digest: the generator's text and the data."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256(np.__version__.encode())
    generators = [p for p in here.glob("*.py") if p.name not in ("prepare.py", "serve.py")]
    for source in sorted([*generators, *real.DATA.glob("*.gz")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def is_made(path: Path) -> bool:
    """Returns whether a demo warehouse is at `path`; a file of somebody else's is a KpiError."""
    return _stamp_in(path) is not None


def _stamp_in(path: Path) -> str | None:
    """Returns the stamp of the warehouse at `path`, None where there is no file."""
    if not path.exists():
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            row = connection.execute(f"select stamp from main.{_STAMP_TABLE}").fetchone()
    except duckdb.CatalogException as error:
        raise KpiError(
            f"{path}: this file is not the demo warehouse and is left as it is. "
            "Name another file, or delete this one."
        ) from error
    except duckdb.Error as error:
        raise KpiError(
            f"{path}: the file cannot be opened ({str(error).splitlines()[0]}). "
            "Close what uses it, or name another file."
        ) from error
    return str(row[0]) if row else None


def _write(
    connection: Any,
    schema: str,
    frames: dict[str, pd.DataFrame],
    progress: Callable[[str], None],
) -> None:
    connection.execute(f"create schema {schema}")
    for table, columns in SCHEMAS[schema].items():
        connection.execute(f"create table {schema}.{table} ({columns})")
        names = ", ".join(columns_of(schema, table))
        connection.register("frame", frames[table])
        connection.execute(f"insert into {schema}.{table} select {names} from frame")
        connection.unregister("frame")
        progress(f"{schema}.{table}: {len(frames[table]):,} rows")
