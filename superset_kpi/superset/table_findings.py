"""What `materialize` wrote, and which datasets should not read it, for `doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from superset_kpi.errors import KpiError
from superset_kpi.macros.written import today, why_not
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.tables import read_tables
from superset_kpi.superset.finding import Finding
from superset_kpi.superset.written_tables import (
    REMEDY_OF_EDITED,
    is_sql_edited,
    leaks,
    readers,
    ruled_tables,
    rules_on,
)


def table_findings(mappings: dict[str, Mapping], path: Path) -> Iterator[Finding]:
    """Yields the age of what `materialize` wrote, and the datasets that should not read it."""
    try:
        known = read_tables(path)
    except KpiError as error:
        yield Finding("tables", "error", str(error), "Until then every relation is computed.")
        return
    for mapping in mappings.values():
        of_mapping = known.get(mapping.name, ())
        try:
            ruled = ruled_tables(mapping)
        except KpiError:  # without its database, which is a finding already
            continue
        for each in of_mapping:
            name, day = f"{each.schema}.{each.name}", each.as_of or "now"
            reason = why_not(each, mapping, today(mapping))
            if not reason and (covered := rules_on(each.key, mapping, ruled)):
                reason = f"A rule of row-level security covers {covered[0]}."
            found = f"{each.key} as of {day}, written {each.written_at}: "
            yield Finding(
                f"table {name}",
                "warning" if reason else "info",
                f"{found}macros compute it. {reason}" if reason else f"{found}macros read it.",
                "Write it again with `superset-kpi materialize`, or remove it." if reason else "",
            )
        yield from _readers(mapping, {each.name for each in of_mapping})


def _readers(mapping: Mapping, names: set[str]) -> Iterator[Finding]:
    """Yields the installed datasets that read a table which a rule covers, or which is gone."""
    leaking = set()
    for dataset, leak in leaks(mapping):
        leaking.add(dataset.uuid)
        remedy = "Run `superset-kpi install` without --materialized."
        yield Finding(
            f"dataset {dataset.name}",
            "error",
            leak,
            REMEDY_OF_EDITED if is_sql_edited(dataset) else remedy,
        )
    for dataset, table, _ in readers(mapping):
        if dataset.uuid not in leaking and table not in names:
            yield Finding(
                f"dataset {dataset.name}",
                "warning",
                f"It reads {table}, which is no longer written.",
                "Run `superset-kpi install` again.",
            )
