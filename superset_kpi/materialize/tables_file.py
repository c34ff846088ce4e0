"""kpi.tables.yaml: written so that a change is read and reviewed like code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from superset_kpi.documents import read_document
from superset_kpi.files import write_whole
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.tables import tables_path

HEADER = """\
# Written by `superset-kpi materialize`; read together with the mapping file beside it.
# Relations that stand in the warehouse. Macros read one while mapping and statement (digests of
# what it was made from) are those of now and its as_of is new enough; else they compute it.
"""


def write_tables(mapping_file: Path, name: str, written: Iterable[Written]) -> Path:
    """Adds what was written for a mapping, in place of what it replaces; returns the file."""
    entries = _entries(mapping_file)
    of_mapping = entries.setdefault(name, {})
    for each in written:
        of_mapping[each.key] = _plain(each)
    return _save(mapping_file, entries)


def forget_tables(mapping_file: Path, name: str, tables: Iterable[str]) -> Path:
    """Takes tables that are gone out of the file; a file that is empty then goes, too."""
    entries, gone = _entries(mapping_file), set(tables)
    entries[name] = {k: e for k, e in entries.get(name, {}).items() if e["name"] not in gone}
    return _save(mapping_file, entries)


def _entries(mapping_file: Path) -> dict[str, dict[str, Any]]:
    path = tables_path(mapping_file)
    if not path.is_file():
        return {}
    return read_document(path).values or {}


def _plain(written: Written) -> dict[str, Any]:
    entry = {**asdict(written), "written_at": written.written_at.isoformat()}
    return {name: value for name, value in entry.items() if name != "key" and value is not None}


def _save(mapping_file: Path, entries: dict[str, dict[str, Any]]) -> Path:
    path = tables_path(mapping_file)
    kept = {name: dict(sorted(e.items())) for name, e in sorted(entries.items()) if e}
    if not kept:
        path.unlink(missing_ok=True)
        return path
    # Superset may read it at any moment: never half a file.
    write_whole(path, HEADER + yaml.safe_dump(kept, sort_keys=False, width=100))
    return path
