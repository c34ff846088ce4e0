"""Which mapping file is meant: `FILE`, `FILE:NAME`, or what the environment says."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from superset_kpi.errors import MappingError, close
from superset_kpi.mapping.read import read_mappings

VARIABLE = "SUPERSET_KPI_MAPPING"
DEFAULT = Path("kpi.yaml")


def locate(given: str | None) -> tuple[Path, str | None]:
    """Returns the mapping file and the name after its colon; no such file is a MappingError."""
    text = given or os.environ.get(VARIABLE)
    if not text:
        if not DEFAULT.is_file():
            raise MappingError(
                "mapping: there is no kpi.yaml here. Name a file with --mapping or "
                f"{VARIABLE}, or write one with `superset-kpi init`."
            )
        return DEFAULT, None
    path, name = Path(text).expanduser(), None
    if not path.is_file() and ":" in text:
        before, _, name = text.rpartition(":")
        path = Path(before).expanduser()
    if not path.is_file():
        raise MappingError(f"mapping: there is no file {str(path)!r}. {_file_hint(path)}")
    return path, name


def _file_hint(path: Path) -> str:
    """Returns which file is meant: of the names beside the path, or the mapping of that name."""
    if path.parent.is_dir():
        beside = [p.name for p in path.parent.iterdir() if p.suffix in (".yaml", ".yml")]
        if meant := close(path.name, beside):
            return f"Did you mean {str(path.with_name(meant))!r}?"
    if DEFAULT.is_file() and path.name.isidentifier():
        with contextlib.suppress(MappingError):  # Its faults are for another day.
            if path.name in read_mappings(DEFAULT):
                return f"For the mapping of that name write {DEFAULT}:{path.name}."
    return "Name an existing mapping file, or write one with `superset-kpi init`."
