"""Rules of row-level security that Superset cannot apply. Needs the application.

Under a virtual dataset it then leaves all rules out and shows every row (superset.models.helpers,
`get_from_clause`), so each clause is put together here as there. docs/decisions.md#broken-rules
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from superset_kpi.errors import KpiError
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.physical import tables_read
from superset_kpi.mapping.sql import sql_problem
from superset_kpi.superset.spelling import known_tables, may_cover

MOST_USERS = 5  # as whom a template is rendered
_PATTERNS = (exp.Like, exp.ILike, exp.SimilarTo)  # in which %% is %
_PARTS = (exp.Paren, exp.DPipe, exp.Cast, exp.Any, exp.All, exp.Array, exp.Tuple)  # of a pattern


@dataclass(frozen=True)
class Broken:
    """A rule, a dataset that it stands on, and why Superset cannot apply it there."""

    rule: str
    clause: str
    dataset: int
    table: str
    reason: str


def require_applicable(mapping: Mapping, database: Any) -> None:
    """Raises a KpiError where a rule on a table of the mapping cannot be applied."""
    read = {table for _, table in tables_read(mapping)}
    known = known_tables(database, {table.name.text for table in read})
    covering = {k.number for k in known if any(may_cover(table, k) for table in read)}
    if faults := list(broken_rules(covering)):
        raise KpiError("\n".join(f"{mapping.name}: {sentence(each)}" for each in faults))


def sentence(broken: Broken) -> str:
    """Returns what a broken rule does, and what to do."""
    return (
        f"the rule {broken.rule!r} of row-level security cannot be applied to {broken.table}, so "
        f"that Superset would show all rows: {broken.clause!r} {broken.reason}. Correct the rule."
    )


def broken_rules(datasets: set[int] | None = None) -> Iterator[Broken]:
    """Yields the rules, on the datasets or on any, that Superset cannot apply."""
    from superset import db
    from superset.connectors.sqla.models import RowLevelSecurityFilter

    for rule in db.session.query(RowLevelSecurityFilter).order_by(RowLevelSecurityFilter.id):
        for dataset in rule.tables:
            if datasets is None or dataset.id in datasets:
                name = ".".join(p for p in (dataset.schema, dataset.table_name) if p)
                if reason := _reason(rule, dataset):
                    yield Broken(rule.name, rule.clause, dataset.id, name, reason)


def applied(sql: str, database: Any, catalog: str | None, schema: str) -> list[str]:
    """Returns the predicates that Superset puts on the tables of a statement, for this user.

    Raises a KpiError where it would leave them out, which it does without a word.
    """
    from superset.sql.parse import SQLScript
    from superset.utils.rls import get_predicates_for_table

    engine, usual = database.db_engine_spec.engine, database.get_default_catalog()
    predicates = set()
    for statement in SQLScript(sql, engine=engine).statements:
        for table in statement.tables:
            qualified = table.qualify(catalog=catalog, schema=schema)
            try:
                found = get_predicates_for_table(qualified, database, usual)
                fault = next(filter(None, (_reading_fault(each, engine) for each in found)), "")
            except Exception as error:  # a template, or two datasets of one table
                found, fault = [], f"fails ({_first_line(error)})"
            if fault:
                raise KpiError(
                    f"a rule of row-level security on {qualified} cannot be applied, so that all "
                    f"rows would be shown: it {fault}. Ask an administrator to correct it."
                )
            predicates |= set(found)
    return sorted(predicates)


def _reason(rule: Any, dataset: Any) -> str:
    """Returns why the rule cannot be applied for one of its users, or nothing."""
    from superset.utils.core import override_user

    users = [user for role in rule.roles for user in role.user if user.is_active]
    for user in users[:MOST_USERS] if rule.filter_type == "Regular" and users else [None]:
        with nullcontext() if user is None else override_user(user):
            if reason := _reason_now(rule.clause, dataset):
                return reason
    return ""


def _reason_now(clause: str, dataset: Any) -> str:
    """Returns why the clause cannot be applied for the user at hand, or nothing."""
    database = dataset.database
    try:
        rendered = dataset.get_template_processor().process_template(clause)
        predicate = dataset.text(f"({rendered})").compile(
            dialect=database.get_dialect(), compile_kwargs={"literal_binds": True}
        )
    except Exception as error:  # whatever a template raises
        return f"has a template that fails ({_first_line(error)})"
    return _fault_of(str(predicate), database.db_engine_spec.engine)


def _fault_of(predicate: str, engine: str) -> str:
    """Returns what is wrong with a clause in parentheses, or nothing."""
    if fault := _reading_fault(predicate, engine):
        return fault
    tree = _parsed(predicate, engine)
    problem = sql_problem(predicate[1:-1], _read(engine), "where")
    if problem or not isinstance(tree, exp.Paren):
        return "is not one condition"
    texts = tree.find_all(exp.Literal) if "%%" in predicate else ()
    if any("%%" in text.name and not _is_pattern(text) for text in texts):
        return "compares with a text in which Superset doubles each %"
    return ""


def _is_pattern(text: exp.Expression) -> bool:
    """Returns whether a text is what `like` compares with, or a part of that."""
    while isinstance(text.parent, _PARTS):
        text = text.parent
    return isinstance(text.parent, _PATTERNS) and text.arg_key == "expression"


def _reading_fault(predicate: str, engine: str) -> str:
    try:
        _parsed(predicate, engine)
    except SqlglotError:
        hint = ", since Superset doubles each %: write mod(a, b)" if "%%" in predicate else ""
        return f"cannot be read as SQL in parentheses{hint}"
    return ""


def _parsed(predicate: str, engine: str) -> exp.Expression:
    """Returns the tree that Superset puts on a table."""
    return sqlglot.parse_one(predicate, dialect=_read(engine))


def _read(engine: str) -> Any:
    from superset.sql.parse import SQLGLOT_DIALECTS

    return SQLGLOT_DIALECTS.get(engine)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
