"""What `materialize` wrote, and which datasets should not read it, for `doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from superset_kpi.errors import KpiError
from superset_kpi.macros.written import today, why_not
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.tables import read_tables
from superset_kpi.superset.finding import Finding
from superset_kpi.superset.installed import recorded
from superset_kpi.superset.written_tables import relations_in, ruled_tables, rules_on


def table_findings(mappings: dict[str, Mapping], path: Path) -> Iterator[Finding]:
    """Yields the age of what `materialize` wrote, and the datasets that should not read it."""
    try:
        known = read_tables(path)
    except KpiError as error:
        yield Finding("tables", "error", str(error), "Until then every relation is computed.")
        return
    ruled = ruled_tables()
    for mapping in mappings.values():
        of_mapping = known.get(mapping.name, ())
        for each in of_mapping:
            name, day = f"{each.schema}.{each.name}", each.as_of or "now"
            reason = why_not(each, mapping, today())
            if not reason and (covered := rules_on(each.key, mapping, ruled)):
                reason = f"A rule of row-level security covers {covered[0]}."
            found = f"{each.key} as of {day}, written {each.written_at}: "
            yield Finding(
                f"table {name}",
                "warning" if reason else "info",
                f"{found}macros compute it. {reason}" if reason else f"{found}macros read it.",
                "Write it again with `superset-kpi materialize`, or remove it." if reason else "",
            )
        yield from _readers(mapping, {each.name for each in of_mapping}, ruled)


def _readers(mapping: Mapping, names: set[str], ruled: set[str]) -> Iterator[Finding]:
    """Yields the installed datasets that read a table which a rule covers, or which is gone."""
    for dataset in (each for each in recorded(mapping.name) if each.kind == "dataset"):
        for table, key in relations_in(dataset.tree["sql"] or "", mapping.name).items():
            if covered := rules_on(key, mapping, ruled):
                yield Finding(
                    f"dataset {dataset.name}",
                    "error",
                    f"It reads {table}, whose rows escape the rule of row-level security on "
                    f"{covered[0]}.",
                    "Run `superset-kpi install` without --materialized.",
                )
            elif table not in names:
                yield Finding(
                    f"dataset {dataset.name}",
                    "warning",
                    f"It reads {table}, which is no longer written.",
                    "Run `superset-kpi install` again.",
                )
