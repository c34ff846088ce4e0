"""check: what in the data contradicts the rules that the KPIs rely on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from superset_kpi.cli.group import FINDINGS, json_option, mapping_option, output_option

if TYPE_CHECKING:
    from superset_kpi.warehouse.checks import Outcome

SHOWN = 3


@click.command(epilog="Example: superset-kpi check --fail-on warning --json --output checks.json")
@mapping_option
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit 1 if a check of this or a higher severity is broken.",
)
@click.option(
    "--rows",
    type=click.IntRange(0),
    default=SHOWN,
    show_default=True,
    help="Offending rows to show for each broken check; --json has all of them.",
)
@json_option
@output_option
def check(mapping: str | None, fail_on: str, rows: int, as_json: bool, output: Path | None) -> None:
    """Run every check on the mapping's url.

    A check is a macro that selects the offending rows: `superset-kpi query NAME` shows them all.
    """
    from superset_kpi.cli.mapping_file import read_one
    from superset_kpi.cli.output import json_text, progress, write
    from superset_kpi.warehouse.checks import run_checks

    outcomes = run_checks(read_one(mapping), lambda name: progress(f"check: {name}"))
    if as_json:
        write(json_text([_record(o) for o in outcomes]), output)
    else:
        write(_report(outcomes, rows), output)
    if fail_on != "never" and any(o.is_at_least(fail_on) for o in outcomes):
        raise click.exceptions.Exit(FINDINGS)


def _record(outcome: Outcome) -> dict[str, Any]:
    return {
        "check": outcome.name,
        "severity": outcome.severity,
        "sentence": outcome.sentence,
        "status": outcome.status,
        "findings": len(outcome.findings.rows) if outcome.status in ("holds", "broken") else None,
        "fix": outcome.fix,
        "not_mapped": list(outcome.not_mapped),
        "reason": outcome.reason,
        "rows": outcome.findings.records(),
    }


def _report(outcomes: list[Outcome], rows: int) -> str:
    from superset_kpi.cli.output import table_text

    columns = ["severity", "check", "status", "findings", "sentence"]
    lines = [
        [o.severity, o.name, o.status, len(o.findings.rows) or None, o.sentence] for o in outcomes
    ]
    parts = [table_text(columns, lines)]
    parts += [_details(o, rows) for o in outcomes if o.status == "broken"]
    parts += _refusals(outcomes)
    left_out = sorted({table for o in outcomes for table in o.not_mapped})
    if left_out:
        parts.append(f"Not mapped, so not checked: {', '.join(left_out)}.\n")
    return "\n".join(parts)


def _refusals(outcomes: list[Outcome]) -> list[str]:
    """Returns each reason of the warehouse once, behind the checks that it kept from running."""
    by_reason: dict[str, list[str]] = {}
    for each in outcomes:
        if each.status == "failed":
            reason = each.reason.removeprefix(f"{each.name}: ")
            by_reason.setdefault(reason, []).append(each.name)
    return [f"{', '.join(names)}: {reason}\n" for reason, names in by_reason.items()]


def _details(outcome: Outcome, rows: int) -> str:
    from superset_kpi.cli.output import shown

    found = outcome.findings
    lines = [f"{outcome.name}: {len(found.rows)} findings. {outcome.fix}"]
    for row in found.rows[:rows]:
        record = dict(zip(found.columns, row, strict=True))
        item, detail = record.pop("item"), record.pop("detail")
        others = ", ".join(f"{k} {shown(v)}" for k, v in record.items() if v is not None)
        lines.append(f"  {item}: {detail}" + (f" ({others})" if others else ""))
    more = len(found.rows) - rows
    if more > 0:
        lines.append(f"  ... and {more} more")
    return "\n".join(lines) + "\n"
