"""The tables of a survey with their keys, and which columns are keys of other tables."""

from __future__ import annotations

from dataclasses import dataclass, field

from superset_kpi.proposal.facts import Column
from superset_kpi.proposal.words import is_same, likeness, parts, sounds
from superset_kpi.warehouse.survey import Survey, SurveyTable

# Of so many sampled values a reference must find nearly all.
ENOUGH = 0.9


@dataclass(eq=False)
class Table:
    """A table: its columns by name, its key, and what its other columns refer to."""

    seen: SurveyTable
    survey: Survey
    columns: dict[str, Column]
    key: Column | None = None
    references: dict[str, Reference] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Returns the name without its schema."""
        return self.seen.name

    @property
    def written(self) -> str:
        """Returns the name as SQL, with its schema."""
        return self.survey.written(self.seen.schema, self.seen.name)

    @property
    def measures(self) -> list[Column]:
        """Returns the columns that are no keys."""
        keys = {self.key.name} if self.key else set()
        keys |= {*self.seen.primary_key} if len(self.seen.primary_key) > 1 else set()
        return [c for n, c in self.columns.items() if n not in keys and n not in self.references]


@dataclass(frozen=True)
class Reference:
    """A column that is the key of another table; `also` are others that fit as well."""

    column: Column
    table: Table
    why: str
    also: tuple[Table, ...] = ()

    def fits(self, table: Table | None) -> bool:
        """Returns whether the column may be the table's key."""
        return table is self.table or any(table is other for other in self.also)


def tables_of(survey: Survey) -> list[Table]:
    """Returns the tables that have columns, with their keys and references."""
    found = [
        Table(seen, survey, {c.name: Column(survey, c) for c in seen.columns})
        for seen in survey.tables
    ]
    for table in found:
        table.key = _key(table)
    for table in found:
        table.references = _references(table, found)
    return found


def _key(table: Table) -> Column | None:
    declared = table.seen.primary_key
    if len(declared) == 1 and declared[0] in table.columns:
        return table.columns[declared[0]]
    if declared:
        return None
    unique = [
        c
        for c in table.columns.values()
        if c.is_unique and c.kind in ("integer", "text") and c.date_form != "iso"
    ]
    best = max(unique, key=lambda c: _key_likeness(table, c), default=None)
    return best if best and _key_likeness(table, best) > 0 else None


def _key_likeness(table: Table, column: Column) -> float:
    """Returns how likely a unique column is the key; 0 where it is not."""
    words = parts(column.name)
    rest = "_".join(w for w in words if likeness("id", w) < 1)
    score = 2.0 if words and rest != "_".join(words) else 0.0
    if not rest and words:
        score += 1
    elif rest and (is_same(rest, table.name) or is_same(rest, parts(table.name)[-1])):
        score += 1.5
    elif rest and rest in "_".join(parts(table.name)):
        score += 0.5
    if next(iter(table.columns)) == column.name:
        score += 1
    if len(words) > 1 and words[-1] == "id":
        score += 0.2
    if column.kind == "text" and any(" " in v for v in column.distinct):
        score -= 1
    return score


def _references(table: Table, others: list[Table]) -> dict[str, Reference]:
    found = {}
    for column in table.columns.values():
        if declared := _declared(table, column, others):
            found[column.name] = declared
            continue
        guesses = [
            (likely, other)
            for other in others
            if other is not table and (likely := _reference_likeness(table, column, other)) > 0
        ]
        fitting: list[tuple[float, Table]] = []
        for likely, other in sorted(guesses, key=lambda g: -g[0]):
            if fitting and likely < fitting[0][0]:
                break
            if _finds(table, column, other) >= ENOUGH:
                fitting.append((likely, other))
        if fitting:
            first, *more = [other for _, other in fitting]
            assert first.key is not None
            why = f"its values are in {first.name}.{first.key.name}"
            found[column.name] = Reference(column, first, why, tuple(more))
    return found


def _finds(table: Table, column: Column, other: Table) -> float:
    """Returns the share of a column's values that the key of another table has."""
    assert other.key is not None
    return table.survey.share_found(list(column.distinct)[:200], other.seen, other.key.name)


def _declared(table: Table, column: Column, others: list[Table]) -> Reference | None:
    target = table.seen.references.get(column.name)
    if target is None:
        return None
    for other in others:
        if other.name == target[0] and other.key and other.key.name == target[1]:
            return Reference(column, other, f"a foreign key to {other.name}")
    return None


def _reference_likeness(table: Table, column: Column, other: Table) -> float:
    """Returns how much a column's name says that it is the key of the other table."""
    key = other.key
    kinds_differ = key is not None and column.values and key.values and column.kind != key.kind
    if key is None or kinds_differ or column.kind not in ("integer", "text"):
        return 0
    if table.key is not None and column.name == table.key.name and column.name != key.name:
        return 0
    words = parts(column.name)
    rest = "_".join(w for w in words if likeness("id", w) < 1)
    is_id = rest != "_".join(words)
    if parts(key.name) == words and (rest or not is_id) and not _is_own_key(table, column):
        return 3
    if rest and is_id and (is_same(rest, other.name) or is_same(rest, parts(other.name)[-1])):
        return 2.5
    if not is_id and is_same("_".join(words), other.name):
        return 2
    both = sounds("customers", rest or column.name) and sounds("customers", other.name)
    return 1 if both and not sounds("staff", other.name) else 0


def _is_own_key(table: Table, column: Column) -> bool:
    """Returns whether the table owns the key: of two with one, it is named after its own."""
    is_key = table.key is not None and table.key.name == column.name
    rest = [w for w in parts(column.name) if likeness("id", w) < 1]
    return is_key and bool(rest) and any(is_same("_".join(rest), n) for n in (table.name,))
