"""What a column holds, by its sampled values where there are any, else by its type."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import sqlglot
from sqlglot import exp

from superset_kpi.dialects import Dialect, write_mend
from superset_kpi.proposal.words import is_word, likeness, parts, sounds
from superset_kpi.warehouse.mends import (
    MOST_LABELS,
    as_text,
    date_form,
    labels,
    number_form,
    quoted,
)
from superset_kpi.warehouse.survey import Survey, SurveyColumn

Kind = Literal["integer", "number", "text", "date", "boolean", "other"]
Value = str | dict[str, Any]  # what a mapping file says of a column

MOST_CATEGORIES = 50
# Digits after a zero, and very many, are a code.
_NUMBER = re.compile(r"[-+]?(0|[1-9]\d{,14})(\.\d+)?")
_TYPES: tuple[tuple[Kind, str], ...] = (
    ("boolean", r"bool"),
    ("date", r"date|time"),
    ("integer", r"int(?!er)|serial"),
    ("number", r"num|dec|float|double|real|money"),
    ("text", r"char|text|string|uuid|enum|citext"),
)


@dataclass(frozen=True)
class Column:
    """A column of a table, with what its values say."""

    survey: Survey
    seen: SurveyColumn

    @property
    def name(self) -> str:
        """Returns the column's name."""
        return self.seen.name

    @cached_property
    def values(self) -> list[Any]:
        """The sampled values that are not null."""
        return [v for v in self.seen.values if v is not None and v != ""]

    @cached_property
    def distinct(self) -> set[Any]:
        """The sampled values, each once."""
        return {*self.values}

    @property
    def is_unique(self) -> bool:
        """Returns whether no sampled value is null or there twice."""
        return bool(self.values) and len(self.distinct) == len(self.seen.values)

    @cached_property
    def date_form(self) -> str | None:
        """The mend that makes moments of texts or numbers which look like them."""
        form = date_form(self.values) if self.values else None
        return form[1] if form else None

    @cached_property
    def kind(self) -> Kind:
        """The kind of its values."""
        if not self.values:
            known = (k for k, words in _TYPES if re.search(words, self.seen.type))
            return next(known, "other")
        kinds = {_kind(v) for v in self.values}
        if kinds == {"integer", "number"}:
            return "number"
        if kinds != {"text"}:
            return kinds.pop() if len(kinds) == 1 else "other"
        if self.date_form == "iso":
            return "date"
        if "json" in self.seen.type or all(v[:1] in "[{" for v in self.values):
            return "other"
        is_key = any(likeness("id", part) == 1 for part in parts(self.name))
        is_written = number_form(self.values) or all(map(_NUMBER.fullmatch, self.values))
        return "number" if is_written and not is_key else "text"

    @property
    def is_number(self) -> bool:
        """Returns whether its values are numbers, be they written as text."""
        return self.kind in ("integer", "number")

    @property
    def is_moment(self) -> bool:
        """Returns whether its values are moments, be they seconds since 1970 under such a name."""
        if self.kind == "date":
            return not re.match(r"time(?!stamp)", self.seen.type)
        is_named = any(sounds(r, self.name) for r in ("time", "created", "ordered", "answered"))
        is_ranged = is_named or sounds("started", self.name) or sounds("ended", self.name)
        return is_ranged and self.date_form is not None

    @cached_property
    def numbers(self) -> list[float]:
        """The sampled values as numbers."""
        return [float(str(v).replace(",", ".")) for v in self.values] if self.is_number else []

    @property
    def is_whole(self) -> bool:
        """Returns whether all numbers are whole."""
        return bool(self.numbers) and all(n.is_integer() for n in self.numbers)

    @property
    def is_category(self) -> bool:
        """Returns whether texts repeat, so that they can be groups."""
        if self.kind != "text":
            return False
        most = min(MOST_CATEGORIES, max(2, len(self.values) // 2))
        return 2 <= len(self.distinct) <= most and max(map(len, self.distinct)) <= 60

    @cached_property
    def scale_labels(self) -> list[tuple[str, int]]:
        """The words of a text scale with the number that each begins with, or stands for.

        Up to two other words, such as that of a question that was only asked, are left out.
        """
        if self.kind != "text" or not 1 < len(self.distinct) <= MOST_LABELS:
            return []
        found = labels(self.values)
        if found and all(number.isdigit() for _, number in found):
            return [(text, int(number)) for text, number in found]
        words = [(t, n) for t in self.distinct for n in range(1, 6) if is_word(f"scale_{n}", t)]
        levels = {n for _, n in words}
        if len(levels) < 2 or len(words) < max(2, len(self.distinct) - 2):
            return []
        if levels == {2, 4}:  # good and bad alone are the ends
            words = [(t, 5 if n == 4 else 1) for t, n in words]
        return sorted(words, key=lambda p: p[1])

    # What a mapping says of it -------------------------------------------------------------

    @property
    def sql(self) -> str:
        """The column as a part of an expression."""
        return self.survey.written(self.name)

    @property
    def mapped(self) -> Value:
        """The column by itself."""
        return self.name if self.sql == self.name else {"column": self.name}

    @property
    def moment(self) -> Value:
        """An expression that gives moments."""
        target = self.survey.dialect
        form = self.date_form if not self.values or _kind(self.values[0]) != "date" else None
        mended = write_mend(self.sql, form, target) if form else None
        if mended:
            return mended
        asks_for_zone = "zoned" in target.zones and "moment" not in target.zones
        if asks_for_zone and self.seen.type.startswith("timestamp"):
            return {"column": self.name, "zoned": True}
        return self.mapped

    @property
    def number(self) -> Value:
        """An expression that gives numbers."""
        form = number_form([v for v in self.values if isinstance(v, str)])
        mended = write_mend(self.sql, form[1], self.survey.dialect) if form else None
        return mended or self.mapped

    @property
    def text(self) -> Value:
        """An expression that gives texts."""
        return self.mapped if self.kind == "text" else as_text(self.sql, self.survey.dialect)


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, (float, decimal.Decimal)):
        return "number"
    if isinstance(value, dt.date):
        return "date"
    return "text" if isinstance(value, str) else "other"


def scale_case(column: Column) -> str:
    """Returns the number of each word of a text scale, as an expression."""
    branches = " ".join(f"when {quoted(t)} then {n}" for t, n in column.scale_labels)
    return f"case {column.sql} {branches} end"


def prefixed(prefix: str, keys: Sequence[str], target: Dialect) -> str:
    """Returns keys as one text with a word before it, as an expression."""
    parts: list[exp.Expression] = [exp.Literal.string(f"{prefix} ")]
    for place, key in enumerate(keys):
        parts += [exp.Literal.string(" ")] * (place > 0)
        parts.append(sqlglot.parse_one(key, read=target.sqlglot))
    return exp.Concat(expressions=parts).sql(dialect=target.sqlglot)
