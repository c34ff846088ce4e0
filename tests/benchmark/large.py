"""Macros on a hundred million ratings and purchases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.benchmark import macros

SIZES = (100_000_000,)
NOTES = f"""\
The same on a hundred million ratings and as many purchases of ten million customers, in DuckDB with
{macros.MORE_MEMORY} of memory; one run of each.
""".splitlines()


def section(sizes: Sequence[int] = SIZES) -> tuple[list[str], list[dict[str, Any]]]:
    """Returns lines of the page and the record, for so many ratings and purchases each."""
    _, record = macros.section(sizes)
    return macros.table("## Macros on a hundred million rows", NOTES, record), record
