"""A proposed mapping: sources with a reason and a confidence for every line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from superset_kpi.proposal.facts import Value

SURE, LIKELY, UNSURE = 0.9, 0.7, 0.5


@dataclass(frozen=True)
class Line:
    """What is mapped to a logical column, why, and how sure that is, from 0 to 1."""

    column: str
    value: Value
    reason: str
    confidence: float = LIKELY


@dataclass
class Source:
    """A proposed source of a logical table; `remarks` are comments of what was left out."""

    logical: str
    lines: list[Line]
    reason: str
    confidence: float = LIKELY
    table: str | None = None
    select: str | None = None
    where: str | None = None
    remarks: list[str] = field(default_factory=list)

    def has(self, column: str) -> bool:
        """Returns whether the logical column is mapped."""
        return any(line.column == column for line in self.lines)


@dataclass(frozen=True)
class Question:
    """What nobody can tell from the warehouse; `key` answers it by `-o key=value`."""

    key: str
    text: str
    default: str
    choices: tuple[str, ...] = ()


@dataclass
class Draft:
    """A whole mapping, as far as it could be told, and what has to be asked."""

    settings: dict[str, Any]
    sources: list[Source] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def of(self, logical: str) -> list[Source]:
        """Returns the sources of a logical table."""
        return [source for source in self.sources if source.logical == logical]
