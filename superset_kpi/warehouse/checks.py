"""Runs the checks: what contradicts the mapping, and then every macro that is a check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from superset_kpi.errors import NotScored, Unreachable, WarehouseError
from superset_kpi.macros import library, render_query
from superset_kpi.macros.check_lists import SEVERITIES
from superset_kpi.mapping import Mapping, changed
from superset_kpi.warehouse.connection import Rows, run
from superset_kpi.warehouse.inspect import check_mapping

Status = Literal["holds", "broken", "not mapped", "failed"]

MAPPING_CHECK = "mapping_fits_warehouse"


@dataclass(frozen=True)
class Outcome:
    """What came of a check. `failed` is one that the warehouse refused to run, with `reason`.

    Findings are in the order of their texts, the same in every run.
    """

    name: str
    severity: str
    sentence: str
    fix: str
    status: Status
    findings: Rows
    not_mapped: tuple[str, ...] = ()
    reason: str = ""

    def is_at_least(self, severity: str) -> bool:
        """Returns whether it is broken or failed, and that severe; a failure is an error."""
        if self.status not in ("broken", "failed"):
            return False
        own = "error" if self.status == "failed" else self.severity
        return SEVERITIES.index(own) >= SEVERITIES.index(severity)


def run_checks(
    mapping: Mapping, progress: Callable[[str], None] = lambda line: None
) -> list[Outcome]:
    """Returns the outcome of every check, the severest first."""
    progress(MAPPING_CHECK)
    outcomes = [_mapping_outcome(mapping)]
    for name in check_names():
        progress(name)
        outcomes.append(_outcome(name, mapping))
    return outcomes


def check_names() -> list[str]:
    """Returns the macros that are checks: first those that make numbers wrong."""
    return [macro.name for macro in library().checks()]


def _mapping_outcome(mapping: Mapping) -> Outcome:
    rows = []
    for sentence in check_mapping(mapping):
        where, _, what = sentence.partition(": ")
        rows.append((where, what))
    return Outcome(
        name=MAPPING_CHECK,
        severity="error",
        sentence="The warehouse has the tables, columns and types of the mapping.",
        fix="Correct kpi.yaml where the detail says.",
        status="broken" if rows else "holds",
        findings=Rows(("item", "detail"), tuple(rows)),
    )


def _outcome(name: str, mapping: Mapping) -> Outcome:
    macro = library()[name]
    not_mapped = library().missing(macro, mapping)
    findings, reason = Rows(("item", "detail"), ()), ""
    status: Status = "not mapped"
    if not not_mapped:
        try:
            found = run(mapping, render_query(name, {}, _open(mapping)), name)
            findings = Rows(found.columns, tuple(sorted(found.rows, key=_texts)))
            status = "broken" if findings.rows else "holds"
        except Unreachable:
            raise  # so would be every other check
        except (WarehouseError, NotScored) as error:
            status, reason = "failed", str(error)
    return Outcome(
        name=name,
        severity=macro.check["severity"],
        sentence=macro.summary,
        fix=macro.check["fix"],
        status=status,
        findings=findings,
        not_mapped=not_mapped,
        reason=reason,
    )


def _open(mapping: Mapping) -> Mapping:
    """Returns a mapping that keeps no answers to itself: who mends the data sees the rows."""
    if mapping.single_answers:
        return mapping
    return changed(mapping, single_answers=True)


def _texts(row: tuple[Any, ...]) -> list[str]:
    return ["" if value is None else str(value) for value in row]
