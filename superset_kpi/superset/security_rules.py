"""Where row-level security does not do what its author means, for `doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from superset_kpi.superset.finding import Finding


def rule_findings() -> Iterator[Finding]:
    """Yields what the rules of this instance do not do. Needs the application."""
    yield from _flag()
    yield from _broken_rules()


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


def _broken_rules() -> Iterator[Finding]:
    """Superset doubles each % of a rule; where it cannot parse the result, it shows all rows."""
    from superset import db
    from superset.connectors.sqla.models import RowLevelSecurityFilter

    for rule in db.session.query(RowLevelSecurityFilter):
        clause = rule.clause.replace("%", "%%")
        if clause != rule.clause and "{{" not in clause and not _parses(clause, rule.tables):
            yield Finding(
                f"row-level security {rule.name}",
                "error",
                f"Superset cannot apply the rule {rule.clause!r} under virtual datasets, and shows "
                "all their rows.",
                "Write it without %, for example with mod(a, b).",
            )


def _parses(clause: str, tables: list[Any]) -> bool:
    from superset.sql.parse import SQLStatement

    engines = {table.database.db_engine_spec.engine for table in tables} or {"postgresql"}
    try:
        for engine in engines:
            SQLStatement(f"select 1 where ({clause})", engine)
    except Exception:  # whatever the parser of that engine raises
        return False
    return True
