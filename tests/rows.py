"""Rows of two sources beside each other, whose order and last digits may differ."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

TOLERANCE = 1e-9


def ordered(rows: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """The rows by their texts, then by their numbers, of which the last digits differ."""
    return sorted(
        rows,
        key=lambda row: (
            [str(value) for value in row if not isinstance(value, (int, float))],
            [f"{value:.6e}" for value in row if isinstance(value, (int, float))],
            [value for value in row if isinstance(value, (int, float))],
        ),
    )


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, numbers within the tolerance."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


def plain(value: Any) -> Any:
    """A value as JSON has it: days and times are milliseconds, whole numbers are numbers."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=dt.timezone.utc).timestamp() * 1000
    if isinstance(value, dt.date):
        midnight = dt.datetime.combine(value, dt.time(), dt.timezone.utc)
        return midnight.timestamp() * 1000
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, str) and value.isdigit():
        return int(value)  # a key keeps the warehouse's own type
    return value
