"""Where row-level security does not do what its author means, for `doctor`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from superset_kpi.errors import KpiError
from superset_kpi.mapping import LOGICAL_TABLES, Mapping
from superset_kpi.mapping.physical import Physical, tables_read
from superset_kpi.superset.finding import Finding
from superset_kpi.superset.installed import find_database, mapping_names, recorded
from superset_kpi.superset.rules import Broken, broken_rules
from superset_kpi.superset.spelling import Known, known_tables, may_cover, unfindable

PAGE = "docs/security.md"
_ABOUT_PEOPLE = ("customer_id", "response_id", "respondent_id")


@dataclass(frozen=True)
class Rule:
    """A rule of row-level security, and which tables of a mapping it covers."""

    name: str
    clause: str
    kind: str
    roles: tuple[str, ...]
    tables: frozenset[Physical]

    @property
    def whom(self) -> str:
        """Whom the rule applies to."""
        names = ", ".join(self.roles) or "nobody"
        return f"all but {names}" if self.kind == "Base" else names


def rule_findings() -> Iterator[Finding]:
    """Yields which rules of this instance do nothing. Needs the application."""
    yield from _flag()
    readers: dict[int, list[str]] = {}
    for broken in broken_rules():
        readers = readers or _readers()
        yield _broken(broken, readers.get(broken.dataset, []))


def mapping_findings(mappings: Iterable[Mapping]) -> Iterator[Finding]:
    """Yields where the rules do not reach all that a mapping's datasets show."""
    for mapping in mappings:
        try:
            database = find_database(mapping)
        except KpiError:  # a finding already
            continue
        for fault in unfindable(mapping, database):
            where, _, found = fault.partition(": ")
            yield Finding(where, "error", found, "Then run `superset-kpi install` again.")
        rules = _rules(mapping, database)
        yield from _partly_covered(mapping, rules)
        yield from _shared_cache(rules)


def _flag() -> Iterator[Finding]:
    from superset import feature_flag_manager

    if not feature_flag_manager.is_feature_enabled("RLS_IN_SQLLAB"):
        yield Finding(
            "RLS_IN_SQLLAB",
            "warning",
            "Row-level security does not apply in SQL Lab: macros show all rows there.",
            'Set FEATURE_FLAGS = {"RLS_IN_SQLLAB": True}, or give SQL Lab only to those who may '
            "see everything.",
        )


def _broken(broken: Broken, readers: list[str]) -> Finding:
    shown = f" This affects {_some(readers)}." if readers else ""
    return Finding(
        f"row-level security {broken.rule}",
        "error",
        f"Superset cannot apply {broken.clause!r} to {broken.table}: it {broken.reason}. Datasets "
        f"over that table show all rows to everybody, whatever other rules say.{shown}",
        "Correct the clause: one condition, without comments, that the database reads.",
    )


def _readers() -> dict[int, list[str]]:
    """Returns the names of installed datasets by the id of each table's dataset that they read."""
    from superset.sql.parse import SQLScript

    found: dict[int, list[str]] = defaultdict(list)
    for dataset in (d for m in sorted(mapping_names()) for d in recorded(m, "dataset")):
        database = dataset.model.database
        script = SQLScript(dataset.model.sql, engine=database.db_engine_spec.engine)
        tables = {table for each in script.statements for table in each.tables}
        for known in known_tables(database, {table.table for table in tables}):
            if any(known.name == t.table and known.schema in (t.schema, None) for t in tables):
                found[known.number].append(dataset.name)
    return found


def _rules(mapping: Mapping, database: Any) -> list[Rule]:
    """Returns the rules on tables of the mapping that are about people."""
    from superset import db
    from superset.connectors.sqla.models import RowLevelSecurityFilter

    read = _tables_about_people(mapping)
    known = known_tables(database, {table.name.text for table in read})
    by_rule: dict[int, list[Known]] = defaultdict(list)
    for each in known:
        for number in each.rules:
            by_rule[number].append(each)
    rules = []
    for number, covering in sorted(by_rule.items()):
        rule = db.session.get(RowLevelSecurityFilter, number)
        roles = tuple(sorted(role.name for role in rule.roles))
        tables = frozenset(t for t in read if any(may_cover(t, k) for k in covering))
        rules.append(Rule(rule.name, rule.clause, str(rule.filter_type), roles, tables))
    return rules


def _tables_about_people(mapping: Mapping) -> list[Physical]:
    """Returns the tables whose rows are somebody's: those behind a logical table with a key.

    What is also mapped as a table about nobody, as a catalogue that is joined, is none.
    """
    people: dict[Physical, bool] = {}
    for where, table in tables_read(mapping):
        columns = LOGICAL_TABLES[where.split(".")[2].split("[")[0]].columns
        is_about = any(name in columns for name in _ABOUT_PEOPLE)
        people[table] = is_about and people.get(table, True)
    return [table for table, is_about in people.items() if is_about]


def _partly_covered(mapping: Mapping, rules: list[Rule]) -> Iterator[Finding]:
    """Yields for whom some tables of a mapping have rules and others have none."""
    whole = set(_tables_about_people(mapping))
    of_all = {table for rule in rules if rule.kind == "Base" for table in rule.tables}
    for whom in dict.fromkeys(rule.whom for rule in rules):
        own = {table for rule in rules if rule.whom == whom for table in rule.tables}
        covered, missing = sorted(map(str, own)), sorted(map(str, whole - own - of_all))
        if missing:
            yield Finding(
                f"row-level security of {mapping.name}",
                "warning",
                f"Rules for {whom} cover {', '.join(covered)}, but not {', '.join(missing)}, whose "
                "rows count in full in totals, averages and lists.",
                f"Put a rule on each of them too, as in {PAGE}.",
            )


def _shared_cache(rules: list[Rule]) -> Iterator[Finding]:
    """Yields rules alike on different tables: Superset's cache knows the clauses alone."""
    for index, one in enumerate(rules):
        for other in rules[index + 1 :]:
            if one.clause == other.clause and one.whom != other.whom and one.tables != other.tables:
                yield Finding(
                    f"row-level security {one.name}, {other.name}",
                    "warning",
                    f"Both have the clause {one.clause!r} and are on different tables. The cache "
                    "of charts cannot tell their users apart, and shows one what it keeps for the "
                    "other.",
                    "Put both on the same tables, or add `and 1 = 1` to one of them.",
                )


def _some(names: list[str]) -> str:
    """Returns the first names, and how many more there are."""
    shown, more = ", ".join(names[:5]), len(names) - 5
    return f"{shown} and {more} more" if more > 0 else shown
