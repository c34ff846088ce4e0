"""Which column of a table plays a part: its moment, its amount, its condition, its group."""

from __future__ import annotations

from collections.abc import Iterable

from superset_kpi.proposal.draft import LIKELY, SURE, Question
from superset_kpi.proposal.facts import Column, Value
from superset_kpi.proposal.tables import Table
from superset_kpi.proposal.words import is_word, likeness, parts, sounds
from superset_kpi.warehouse.inspect import is_large
from superset_kpi.warehouse.mends import quoted

MINOR_UNITS = "minor_units"
NO, YES = "no", "yes"


def best_moment(
    table: Table, roles: tuple[str, ...], without: Iterable[Column] = ()
) -> tuple[Column, float] | None:
    """Returns the column with the moment of a row, and how sure that is; earlier roles win."""
    taken = [c.name for c in without]
    found: list[tuple[float, Column]] = []
    for column in table.measures:
        if not column.is_moment or column.name in taken:
            continue
        named = max(
            likeness(role, column.name) * (3 - 0.5 * place) for place, role in enumerate(roles)
        )
        against = 3 * likeness("not_time", column.name) + 2 * likeness("ended", column.name)
        found.append((named + likeness("time", column.name) - against, column))
    if not found:
        return None
    score, column = max(found, key=lambda f: f[0])
    if score < 0:
        return None
    return column, SURE if score >= 2 or len(found) == 1 else LIKELY


def best_amount(table: Table) -> tuple[Column, float] | None:
    """Returns the column with the money of a row, and how much its name says so."""
    found = []
    for column in table.measures:
        is_flag = bool(column.values) and column.distinct <= {0, 1}
        if not column.is_number or column.is_moment or is_flag:
            continue
        name = column.name
        score = max(3 * likeness("amount", name), 1.5 * likeness("price", name))
        score += likeness("minor", name) - 4 * likeness("not_amount", name)
        score -= 4 * likeness("margin", name)
        if score >= 1:
            found.append((score, column))
    best = max(found, key=lambda f: f[0], default=None)
    return (best[1], best[0]) if best else None


def first(table: Table, role: str, kinds: tuple[str, ...] = ("text",)) -> Column | None:
    """Returns the column of a kind that sounds most like a role."""
    fitting = [c for c in table.measures if c.kind in kinds and sounds(role, c.name)]
    return max(fitting, key=lambda c: likeness(role, c.name), default=None)


def category(table: Table, role: str, without: Iterable[str] = ()) -> Column | None:
    """Returns a column of few texts that sounds like a role."""
    found = [
        c
        for c in table.measures
        if c.is_category and sounds(role, c.name) and c.name not in without
    ]
    return max(found, key=lambda c: likeness(role, c.name), default=None)


def money(
    column: Column, answers: dict[str, str], questions: list[Question], value: str | None = None
) -> tuple[Value, str]:
    """Returns the amount in major units, and what was done; asks where nobody can tell.

    `value` is an expression of it instead of the column alone.
    """
    written = value or column.sql
    if column.is_whole and any(is_word("minor", part) for part in parts(column.name)):
        return f"{written} / 100.0", "whole numbers that are called cents"
    is_round = len(column.numbers) >= 20 and all(n % 100 == 0 for n in column.numbers)
    if value is None and column.is_whole and (is_round or is_large(column.numbers)):
        answer = answers.get(MINOR_UNITS, NO)
        if all(q.key != MINOR_UNITS for q in questions):
            text = f"Amounts such as those of {column.name} are whole. Are they cents?"
            questions.append(Question(MINOR_UNITS, text, NO, (NO, YES)))
        if answer == YES:
            return f"{written} / 100.0", "cents, as was answered"
    return (value or column.number), "an amount by its name"


def conditions(table: Table, prefix: str = "", by_status: bool = True) -> tuple[str | None, str]:
    """Returns which rows count, by a status or a mark of deletion, and why; or null."""
    found, why = [], []
    for column in table.measures:
        name = f"{prefix}{column.sql}"
        if is_mark(column):
            found.append(f"not {name}" if column.kind == "boolean" else f"{name} = 0")
            why.append(f"{column.name} marks rows that do not count")
        elif by_status and column.kind == "boolean" and is_word("valid", column.name):
            found.append(name)
            why.append(f"{column.name} marks rows that count")
        elif by_status and column.is_category and sounds("status", column.name):
            void = sorted(v for v in column.distinct if likeness("void", v) == 1)
            if void and len(void) < len(column.distinct):
                listed = f"{name} not in ({', '.join(map(quoted, void))})"
                has_nulls = len(column.values) < len(column.seen.values)
                found.append(f"({name} is null or {listed})" if has_nulls else listed)
                why.append(f"{column.name} says which do not count")
    return " and ".join(found) or None, "; ".join(why)


def is_mark(column: Column) -> bool:
    """Returns whether a column says by yes or no that a row does not count."""
    is_flag = column.kind == "boolean" or (column.kind == "integer" and column.distinct <= {0, 1})
    return is_flag and is_word("flag", column.name)
