"""What is shipped, bound to the demo's mappings; built once for all tests of a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from superset_kpi.dashboards.bundle import Bundle, build_bundle
from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.superset.query_context import query_context

NOWHERE = "00000000-0000-0000-0000-000000000000"


@cache
def mappings() -> dict[str, Mapping]:
    """The demo's mappings by name."""
    return read_mappings(MAPPING_FILE)


def build(mapping: Mapping, folder: Path | None = None) -> Bundle:
    """What the mapping can feed, for a connection that nobody has."""
    return build_bundle(mapping, NOWHERE, query_context, folder)


@cache
def bundle(name: str) -> Bundle:
    """The bundle of one of them, which nobody changes."""
    return build(mappings()[name])
