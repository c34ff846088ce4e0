"""A draft without what check-mapping faults: mended where a fault says how, else left out."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from superset_kpi.documents import read_yaml
from superset_kpi.errors import MappingError
from superset_kpi.mapping import LOGICAL_TABLES, Mapping, read_mappings
from superset_kpi.proposal.draft import Draft, Line, Source
from superset_kpi.proposal.mapping_text import mapping_text, scalar
from superset_kpi.warehouse.connection import connection
from superset_kpi.warehouse.freshness import newest_day, staleness
from superset_kpi.warehouse.inspect import inspect_mapping

MOST_ROUNDS = 8
_PLACE = re.compile(
    r"(?:^|\s)\w+\.tables\.(?P<table>\w+)(?:\[(?P<index>\d+)\])?"
    r"(?:\.columns(?:\.(?P<column>\w+))?|\.(?:table|select|where))?: (?P<text>.*)$"
)
_MEND = re.compile(
    r"[Mm]ap `(?P<value>.+?)`(?:; to leave it to the session: `zoned: false`)?"
    r"(?: in \S+)?(?:, in every table with this key)?[.,]?$"
)


def checked(
    name: str, draft: Draft, url: str, say: Callable[[str], None] = lambda line: None
) -> list[str]:
    """Changes the draft until file and warehouse agree; returns the faults that it had.

    Those that nothing could be done about are left, see `agrees`.
    """
    faults: list[str] = []
    tried: set[tuple[str, str, str]] = set()
    for turn in range(MOST_ROUNDS):
        say(f"the proposal is checked against the warehouse, {turn + 1}")
        found = faults_of(name, draft, url)
        if not found or not draft.sources:
            break
        before = mapping_text(name, draft)
        gone: list[Source] = []
        for fault in found:
            gone += _answered(fault, draft, tried)
        draft.sources = [s for s in draft.sources if all(s is not g for g in gone)]
        faults += found
        if mapping_text(name, draft) == before:
            break
    return list(dict.fromkeys(faults))


def faults_of(name: str, draft: Draft, url: str) -> list[str]:
    """Returns what check-mapping says of the draft, whose file is nowhere kept."""
    try:
        mapping = as_mapping(name, draft, url)
    except MappingError as error:
        return str(error).splitlines()
    return inspect_mapping(mapping).faults


def as_mapping(name: str, draft: Draft, url: str) -> Mapping:
    """Returns the draft as a mapping of the warehouse at the url."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kpi.yaml"
        path.write_text(mapping_text(name, draft), encoding="utf-8")
        return replace(read_mappings(path)[name], url=url)


def end_of_data(name: str, draft: Draft, url: str) -> None:
    """States the last day of the data where it ended long ago."""
    mapping = as_mapping(name, draft, url)
    with connection(mapping) as opened:
        newest = newest_day(opened, mapping)
    if staleness(mapping, newest):
        draft.settings["as_of"] = max(newest.values())


def _answered(fault: str, draft: Draft, tried: set[tuple[str, str, str]]) -> list[Source]:
    """Mends what a fault is about, or takes it out; returns the sources that must go."""
    if ".timezone: " in fault:
        for source in draft.sources:
            source.lines = [_by_session(line) for line in source.lines]
        return []
    place = _PLACE.search(fault)
    if place is None:
        return []
    logical, column = place["table"], place["column"]
    sources = draft.of(logical)
    index = int(place["index"] or 0)
    if index >= len(sources):
        return []
    source = sources[index]
    if column is None or not source.has(column):
        return [source]
    old = next(line for line in source.lines if line.column == column)
    attempt = (logical, str(index), column)
    mend = _MEND.search(place["text"])
    if mend and "..." not in mend["value"] and attempt not in tried:
        tried.add(attempt)
        value = mend["value"]
        new = read_yaml(value) if value.startswith("{") else value
        mended = replace(old, value=new, reason=f"{old.reason}; as check-mapping advises")
        source.lines = [mended if line is old else line for line in source.lines]
        return []
    if column in LOGICAL_TABLES[logical].required:
        return [source]
    source.lines = [line for line in source.lines if line is not old]
    source.remarks.append(f"{column}: {scalar(old.value)}  left out, check-mapping finds fault")
    return []


def _by_session(line: Line) -> Line:
    """Returns the line as it is where the server knows no time zones."""
    if isinstance(line.value, dict) and line.value.get("zoned"):
        return replace(line, value={**line.value, "zoned": False})
    return line
