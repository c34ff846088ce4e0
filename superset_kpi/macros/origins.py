"""What a relation reads: the columns behind each of its own, and the metrics of ratings."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlglot import exp

from superset_kpi.macros.compiler.trees import branches
from superset_kpi.macros.library import prepared
from superset_kpi.mapping import LOGICAL_TABLES, Mapping
from superset_kpi.mapping.sql import PREFIX

Origin = tuple[str, str]
Origins = dict[str, frozenset[Origin]]

# Stands for the rows themselves: what their conditions compare.
ROWS = ""


@dataclass(frozen=True)
class Read:
    """What a relation reads, whether it is mapped or not.

    `origins` are the (table, column) pairs behind each column, and behind the rows. `metrics` are
    those of the ratings, where every reader of ratings asks for one.
    """

    origins: Origins
    metrics: frozenset[str]


def read_by(name: str, arguments: Dict[str, Any], mapping: Mapping) -> Read:
    """Returns what a relation macro reads."""
    return _read_by(name, tuple(arguments.items()), mapping)


@lru_cache(maxsize=256)
def _read_by(name: str, given: tuple[tuple[str, Any], ...], mapping: Mapping) -> Read:
    made = prepared(name, dict(given), mapping)
    known: dict[str, Origins] = {
        f"{PREFIX}{table}": {column: frozenset({(table, column)}) for column in logical.columns}
        for table, logical in LOGICAL_TABLES.items()
    }
    for cte, tree in made.ctes.items():
        known[cte] = _of(tree, known)
    asked = made.asked.get("ratings", {}).get("metric", set())
    return Read(_of(made.body, known), frozenset(asked))


def _of(tree: exp.Expression, known: Dict[str, Origins]) -> Origins:
    names, found = tree.named_selects, dict[str, frozenset[Origin]]()  # type: ignore[attr-defined]
    for branch in branches(tree):
        if not isinstance(branch, exp.Select):
            continue
        columns = [_read(projection, branch, known) for projection in branch.expressions]
        for name, origin in zip(names, columns, strict=True):
            found[name] = found.get(name, frozenset()) | origin
        found[ROWS] = found.get(ROWS, frozenset()) | _of_rows(branch, known)
    return found


def _sources(select: exp.Select, known: Dict[str, Origins]) -> dict[str, Origins]:
    items = [select.args.get("from_"), *(select.args.get("joins") or [])]
    tables = [item.this for item in items if item and isinstance(item.this, exp.Table)]
    return {table.alias_or_name: known.get(table.name, {}) for table in tables}


def _read(tree: exp.Expression, select: exp.Select, known: Dict[str, Origins]) -> frozenset[Origin]:
    sources = _sources(select, known)
    found: frozenset[Origin] = frozenset()
    for column in tree.find_all(exp.Column):
        read = [sources.get(column.table, {})] if column.table else list(sources.values())
        found = found.union(*(source.get(column.name, frozenset()) for source in read))
    return found


def _of_rows(select: exp.Select, known: Dict[str, Origins]) -> frozenset[Origin]:
    """Returns what the conditions compare, here and in the sources without which no row is."""
    joins = [join for join in select.args.get("joins") or [] if not join.side]
    conditions = [select.args.get(part) for part in ("where", "having")]
    conditions += [join.args.get("on") for join in joins]
    found = frozenset[Origin]().union(*(_read(c, select, known) for c in conditions if c))
    items = [select.args.get("from_"), *joins]
    tables = [item.this for item in items if item and isinstance(item.this, exp.Table)]
    return found.union(*(known.get(table.name, {}).get(ROWS, frozenset()) for table in tables))
