"""The two lists of checks, written from the headers of the checks: a new check is one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from superset_kpi.macros.headers import Vocabulary, read_header, values_of
from superset_kpi.macros.macro import Macro
from superset_kpi.macros.read import macro_of

SEVERITIES = ("info", "warning", "error")
AREA = "checks"
LISTS = ("check_findings", "checks_summary")

_FINDINGS = """
summary: Every row that contradicts a check, of all checks whose tables are mapped.
grain: one row per check and offending row
single_answers: true
args: [as_of]
returns: [
  check_name,
  item: {type: string, doc: "What the row is about: a rating, response, customer, transaction, column, segment, scheme, team or metric."},
  detail: {type: string, doc: "What is wrong with it."}]
source: "Each check with its default arguments. No row where all checks hold."
"""  # noqa: E501
_SUMMARY = """
summary: Every check, and how many rows contradict it.
grain: one row per check
args: [as_of]
returns: [
  check_name,
  sentence: {type: string, doc: "What should hold."},
  severity: {type: string, doc: "error: numbers are wrong; warning: they say less than they seem to; info: worth knowing."},
  findings: {type: integer, unit: rows, range: "[0, inf)", doc: "Rows that contradict it; null where its tables are not mapped."},
  status: {type: string, doc: "Holds, Broken, or Not mapped."},
  fix: {type: string, doc: "What to do about findings."}]
source: "Counts of check_findings, beside what the headers of the checks say."
"""  # noqa: E501
_COUNTED = """\
with checks as (
{checks}
),

counted as (
    select check_name, count(*) as findings
    from check_findings(as_of := $as_of)
    group by check_name
)

select
    c.check_name,
    c.sentence,
    c.severity,
    case when c.is_applicable = 1 then coalesce(f.findings, 0) end as findings,
    case
        when c.is_applicable = 0 then 'Not mapped'
        when f.findings is null then 'Holds'
        else 'Broken'
    end as status,
    c.fix
from checks as c
left join counted as f on c.check_name = f.check_name
"""


def in_order(checks: Iterable[Macro]) -> list[Macro]:
    """Returns checks by severity, then by name."""
    return sorted(checks, key=lambda m: (-SEVERITIES.index(m.check["severity"]), m.name))


def check_lists(
    checks: Sequence[tuple[Macro, tuple[str, ...]]], known: Vocabulary, folder: Path
) -> Iterator[Macro]:
    """Yields check_findings and checks_summary; each check comes with the tables that it needs."""
    findings = [_finding(check, needed) for check, needed in checks]
    told = [_told(check, needed) for check, needed in checks]
    texts = (
        (_FINDINGS, "\nunion all\n".join(findings)),
        (_SUMMARY, _COUNTED.format(checks="\n    union all\n".join(told))),
    )
    used = sorted({table for _, needed in checks for table in needed})
    for name, (header, body) in zip(LISTS, texts, strict=True):
        where = f"{AREA}/{name}.sql"
        document = values_of(header, where)
        document.values["uses"] = used
        yield macro_of(read_header(document, known), body, folder / where)


def _finding(check: Macro, needed: tuple[str, ...]) -> str:
    arguments = "as_of := $as_of" if "as_of" in check.args else ""
    return (
        f"select '{check.name}' as check_name, item, detail\n"
        f"from {check.name}({arguments})\nwhere {_are_mapped(needed)}"
    )


def _told(check: Macro, needed: tuple[str, ...]) -> str:
    told = {"check_name": check.name, "sentence": check.summary, **check.check}
    columns = [f"{_quoted(told[c])} as {c}" for c in ("check_name", "sentence", "severity", "fix")]
    columns.append(f"case when {_are_mapped(needed)} then 1 else 0 end as is_applicable")
    return "    select\n        " + ",\n        ".join(columns)


def _are_mapped(tables: tuple[str, ...]) -> str:
    return " and ".join(f"is_mapped('{table}')" for table in tables)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
