"""Faults of Superset's own metadata database, each in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from superset_kpi.errors import KpiError, masked

# What SQLite, PostgreSQL and MySQL say, what it means, and what to do.
_FAULTS = (
    (
        "database is locked|lock wait timeout|lock timeout|deadlock",
        "is locked by another process",
        "Wait until that one has finished, and run the command again.",
    ),
    (
        "readonly database|read-only transaction|read-only option|read only",
        "is read-only here",
        "Run the command as the account that Superset runs as, on the database that it writes to.",
    ),
    (
        "disk is full|no space left|could not extend file|table '.*' is full|disk i/o error",
        "has no room left",
        "Make room, and run the command again.",
    ),
    (
        "not a database|malformed|file is encrypted",
        "is not a database, or is damaged",
        "Correct SQLALCHEMY_DATABASE_URI, or restore a backup.",
    ),
    (
        r"unable to open database|database \S* ?does not exist|unknown database",
        "cannot be opened",
        "Correct SQLALCHEMY_DATABASE_URI or SUPERSET_HOME, and the permissions of its folder.",
    ),
    (
        r"no such (table|column)|(relation|column|table) .*does ?n.t exist|unknown column|"
        r"(relation|column|table) .*does not exist|table .*doesn't exist",
        "does not belong to this version of Superset",
        "Run `superset db upgrade` and `superset init`, then the command again.",
    ),
    (
        "password authentication failed|access denied|no password supplied|permission denied",
        "refuses the login, or its permissions do not suffice",
        "Correct SQLALCHEMY_DATABASE_URI.",
    ),
    (
        "connect|server closed|could not translate|gone away|timeout expired|name or service",
        "does not answer",
        "Start its server, or correct SQLALCHEMY_DATABASE_URI.",
    ),
)


def store_fault(error: BaseException, told: Sequence[str] = ()) -> KpiError | None:
    """Returns what an error of the database, or one that it led to, means; None for any other.

    Some of Superset's errors are empty, and its log tells what they are about: `told`.
    """
    from sqlalchemy.exc import SQLAlchemyError

    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.append(found)
        found = found.__cause__ or found.__context__
    if not any(isinstance(each, SQLAlchemyError) for each in chain):
        return None
    texts = [str(getattr(each, "orig", None) or each) for each in chain]
    for text in (*texts, *reversed(told)):
        for pattern, what, remedy in _FAULTS:
            if re.search(pattern, text, re.IGNORECASE):
                return KpiError(f"superset: Superset's metadata database {what}. {remedy}")
    return KpiError(
        f"superset: Superset's metadata database refused a statement ({first_line(texts[0])}). "
        "Run the command with --verbose before its name to see Superset's log."
    )


def first_line(text: str) -> str:
    """Returns what of an error fits into a sentence, without a login."""
    line = next((each.strip() for each in text.splitlines() if each.strip()), "no message")
    return masked(line if len(line) <= 200 else f"{line[:197]}...").rstrip(".")
