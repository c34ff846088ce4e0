"""What is shipped, bound to the demo's mappings; built once for all tests of a process."""

from __future__ import annotations

from functools import cache

from superset_kpi.dashboards.bundle import Bundle, build_bundle
from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.mapping import Mapping, read_mappings

NOWHERE = "00000000-0000-0000-0000-000000000000"


@cache
def mappings() -> dict[str, Mapping]:
    """The demo's mappings by name."""
    return read_mappings(MAPPING_FILE)


@cache
def bundle(name: str) -> Bundle:
    """The bundle of one of them, which nobody changes."""
    return build_bundle(mappings()[name], NOWHERE)
