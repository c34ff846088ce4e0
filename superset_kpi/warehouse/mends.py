"""What would mend a mapped column whose values are of the wrong type, in the engine's own words."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Sequence
from typing import Any

from superset_kpi.dialects import Dialect, write_mend
from superset_kpi.mapping.logical import ColumnType

# Distinct texts of a scale: more are no scale.
MOST_LABELS = 12

_YES = ("yes", "y", "true", "t", "on", "1", "ja", "j", "oui", "si", "sim")

_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?")
_COMMA = re.compile(r"[-+]?\d+,\d+")
_LEADING = re.compile(r"\s*(\d+)\b")


def mend(kind: ColumnType, values: Sequence[Any], written: str, target: Dialect) -> str:
    """Returns the sentence that says what to map instead.

    `values` are some that are wrong, `written` is what the mapping says now.
    """
    if kind in ("date", "timestamp"):
        found = date_form(values)
    elif kind == "number":
        found = number_form(values)
    else:
        found = None
    expression = write_mend(written, found[1], target) if found else None
    if found and expression:
        return f"{found[0]}: map `{expression}`."
    if kind == "number" and (found_labels := labels(values)):
        branches = " ".join(f"when {quoted(text)} then {number}" for text, number in found_labels)
        return f"For a scale in words: map `case {written} {branches} end`."
    if kind == "number" and any(isinstance(v, str) for v in values):
        return _of_texts(written, target)
    if kind == "text":
        return f"Map `{as_text(written, target)}`."
    if kind == "boolean" and (yes := _yes(values)):
        return f"For the text {yes!r}: map `{written} = {quoted(yes)}`."
    return f"Map an expression that gives a {kind}."


def as_text(written: str, target: Dialect) -> str:
    """Returns what the mapping says now as a text."""
    return target.primitives.get("text_of", "cast(_1 as varchar)").replace("_1", written)


def _yes(values: Sequence[Any]) -> str | None:
    texts = {v for v in values if isinstance(v, str)}
    found = [text for text in texts if text.strip().lower() in _YES]
    return found[0] if len(found) == 1 and len(texts) <= 2 else None


def _of_texts(written: str, target: Dialect) -> str:
    """Some values are numbers and others words: the words must go."""
    if "text_number" in target.columns:
        return "It counts as no value. Leave such rows out with `where`, or map numbers."
    expression = write_mend(written, "number", target)
    more = f", or map `{expression}`, which gives no value for it" if expression else ""
    return f"Leave such rows out with `where`{more}."


def date_form(values: Sequence[Any]) -> tuple[str, str] | None:
    """Returns what the values look like, and the name of the mend."""
    texts = [str(v).strip() for v in values if isinstance(v, str)]
    numbers = [_number(v) for v in values if not isinstance(v, str)]
    numbers += [float(t) for t in texts if t.isdigit()]
    if len(numbers) == len(values):
        if all(_is_compact(n) for n in numbers):
            return "For days such as 20261231", "compact"
        if all(1e8 <= n < 1e10 for n in numbers):
            return "For seconds since 1970", "seconds"
        if all(1e11 <= n < 1e13 for n in numbers):
            return "For milliseconds since 1970", "milliseconds"
        return None
    if len(texts) == len(values) and all(map(_ISO.fullmatch, texts)):
        return "For ISO dates that are text", "iso"
    return None


def number_form(values: Sequence[Any]) -> tuple[str, str] | None:
    is_comma = values and all(isinstance(v, str) and _COMMA.fullmatch(v.strip()) for v in values)
    return ("For numbers with a decimal comma", "comma") if is_comma else None


def labels(values: Sequence[Any]) -> list[tuple[str, str]]:
    """Returns texts of a scale with the number that each begins with, or dots for a person."""
    texts = sorted({v for v in values if isinstance(v, str) and re.search(r"[^\W\d_]{2}", v)})
    is_scale = len({*values}) == len(texts) and 1 < len(texts) <= MOST_LABELS
    if not is_scale or any(len(t) > 40 for t in texts):
        return []
    found = [(text, _LEADING.match(text)) for text in texts]
    return [(text, match.group(1) if match else "...") for text, match in found]


def _number(value: Any) -> float:
    is_number = isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool)
    return float(value) if is_number else -1.0


def _is_compact(number: float) -> bool:
    try:
        dt.datetime.strptime(f"{number:.0f}", "%Y%m%d")
    except ValueError:
        return False
    return 19000101 <= number <= 29991231


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
