"""A statement on its way from a macro to SQL, and what is known of a relation before it is read."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlglot import exp

from superset_kpi.dialects import Dialect
from superset_kpi.macros.arguments import Nodes
from superset_kpi.macros.macro import Macro
from superset_kpi.mapping import LOGICAL_TABLES, Mapping
from superset_kpi.mapping.sql import PREFIX

Trees = Dict[str, exp.Expression]

MASK = f"{PREFIX}masked_"  # begins the columns that stand for SQL of the call


@dataclass(frozen=True)
class Facts:
    """What is known of a relation: the columns that have one value, and how many rows it has."""

    values: Trees = field(default_factory=dict)
    rows: Literal["none", "one", "any"] = "any"

    def value(self, column: str) -> exp.Expression | None:
        """Returns the one value of a column, where it has one; of no rows it is null."""
        return self.values.get(column, exp.null() if self.rows == "none" else None)


UNKNOWN = Facts()


@dataclass(frozen=True)
class Observed:
    """What somebody saw of the tables at a moment: those without rows, and columns without values.

    Ratings are seen by metric: `metrics` are those that have any, and `empty` names a column of
    theirs as (table, column, metric); the metric of any other table is ''.
    """

    no_rows: frozenset[str] = frozenset()
    empty: frozenset[tuple[str, str, str]] = frozenset()
    metrics: frozenset[str] | None = None

    def has_rows(self, table: str, only: Dict[str, set[str]]) -> bool:
        """Returns whether the table has rows of those asked for; `only` as in Statement.asked."""
        if table == "ratings" and self.metrics is not None and "metric" in only:
            return bool(self.metrics & only["metric"])
        return table not in self.no_rows

    def tells(self, asked: Dict[str, Dict[str, set[str]]]) -> bool:
        """Returns whether anything is missing of what is asked for; see Statement.asked."""
        return any(
            not self.has_rows(table, only)
            or any(self.is_empty(table, column, only) for column in LOGICAL_TABLES[table].columns)
            for table, only in asked.items()
        )

    def is_empty(self, table: str, column: str, only: Dict[str, set[str]]) -> bool:
        """Returns whether the column is null in all rows of those asked for."""
        if table == "ratings" and self.metrics is not None:
            asked = self.metrics & only.get("metric", set(self.metrics))
            return all((table, column, metric) in self.empty for metric in asked)
        return (table, column, "") in self.empty


@dataclass(frozen=True)
class Statement:
    """A macro's body, or any expression, and what the passes have made of it so far.

    Trees are changed by nobody: a pass that needs another one makes a copy. Until the last pass
    they are selects, or unions of selects, without any inside: bodies are written so.

    `find` gives a macro by its name. `call_number` tells apart the calls of one template, because
    some engines hoist every CTE to the top of the statement. `displayed` gives canonical SQL in the
    place of a returned column. `observed` is what the warehouse held at a moment: what it says goes
    into `facts`, and makes the text useless.

    `ctes` are canonical, each behind those that it reads; `sources` are selects over the
    warehouse's own tables, in its dialect. `masked` is the call's SQL in that dialect. `asked`
    gives the texts that all readers of a logical table compare a column with. `facts` are those
    of the rows, before they are displayed.
    """

    body: exp.Expression
    mapping: Mapping
    target: Dialect
    find: Callable[[str], Macro]
    macro: Macro | None = None
    arguments: Nodes = field(default_factory=dict)
    call_number: int = 1
    displayed: Dict[str, str] = field(default_factory=dict)
    observed: Observed | None = None
    ctes: Trees = field(default_factory=dict)
    sources: Trees = field(default_factory=dict)
    masked: tuple[exp.Expression, ...] = ()
    asked: Dict[str, Dict[str, set[str]]] = field(default_factory=dict)
    facts: Facts = UNKNOWN

    def cte_name(self, name: str) -> str:
        """Returns the name of a CTE of this call."""
        return f"{PREFIX}{name}" if self.call_number == 1 else f"{PREFIX}{self.call_number}_{name}"

    def trees(self) -> list[exp.Expression]:
        """Returns the canonical trees: the CTEs in order, and the body."""
        return [*self.ctes.values(), self.body]

    def each(self, change: Callable[[exp.Expression], exp.Expression]) -> Statement:
        """Returns the statement with every canonical tree changed by itself."""
        ctes = {name: change(tree) for name, tree in self.ctes.items()}
        return replace(self, ctes=ctes, body=change(self.body))
