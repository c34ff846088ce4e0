"""Date primitives of literal days -> a literal day or number: `as_of` is known when rendering."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlglot import exp


def fold_date(node: exp.Anonymous) -> exp.Expression:
    """Returns the primitive's value as a literal, or the node where a day is not known."""
    name = node.name.lower()
    if name == "day_of":
        inner = known_day(node.expressions[0])
        return node if inner is None else _literal(inner)
    if name == "days_between":
        first, last = known_day(node.expressions[0]), known_day(node.expressions[1])
        if first is None or last is None:
            return node
        days = exp.Literal.number(abs((last - first).days))
        return days if last >= first else exp.paren(exp.Neg(this=days))
    if name not in _SHIFTS and name not in _PARTS:
        return node
    day = known_day(node.expressions[0])
    if day is None:
        return node
    if name in _PARTS:
        return exp.Literal.number(_PARTS[name](day))
    shift = _integer(node.expressions[1]) if len(node.expressions) > 1 else 0
    return node if shift is None else _literal(_SHIFTS[name](day, shift))


def is_known_day(node: exp.Expression) -> bool:
    """Returns whether the node is a day that is never null: a literal one, or today."""
    node = node.unnest()
    if isinstance(node, exp.Anonymous) and node.name.lower() == "plus_days":
        return is_known_day(node.expressions[0])
    is_today = isinstance(node, exp.Anonymous) and node.name.lower() == "today"
    return is_today or known_day(node) is not None


def _literal(day: dt.date) -> exp.Expression:
    return exp.Anonymous(this="day_of", expressions=[exp.Literal.string(day.isoformat())])


def known_day(node: exp.Expression) -> dt.date | None:
    """Returns the day of a literal one, else null."""
    node = node.unnest()
    if isinstance(node, exp.Anonymous) and node.name.lower() == "day_of":
        inner = node.expressions[0].unnest()
        if isinstance(inner, exp.Literal) and inner.is_string and len(inner.this) == 10:
            return dt.date.fromisoformat(inner.this)
    return None


def _integer(node: exp.Expression) -> int | None:
    node = node.unnest()
    if isinstance(node, exp.Neg):
        inner = _integer(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        return int(node.this)
    return None


def _plus_months(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, day.day)


_SHIFTS: dict[str, Callable[[dt.date, int], dt.date]] = {
    "plus_days": lambda d, n: d + dt.timedelta(days=n),
    "plus_months": _plus_months,
    "month_start": lambda d, _: d.replace(day=1),
    "quarter_start": lambda d, _: dt.date(d.year, (d.month - 1) // 3 * 3 + 1, 1),
    "year_start": lambda d, _: dt.date(d.year, 1, 1),
    "week_start": lambda d, _: d - dt.timedelta(days=d.weekday()),
}
_PARTS: dict[str, Callable[[dt.date], int]] = {
    "year_of": lambda d: d.year,
    "quarter_of": lambda d: (d.month + 2) // 3,
    "month_of": lambda d: d.month,
}
# What primitives give, where it is no whole number.
TYPES = {**dict.fromkeys(("day_of", *_SHIFTS), "date"), "rounded": "double", "text_of": "text"}
