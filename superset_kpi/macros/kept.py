"""Which relations may stand in tables of the warehouse, and when a call can read one there.

A call reads a table only where each of its arguments equals the one that the table was written
with, or is a column of it. Any other call is computed.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlglot import exp

from superset_kpi.dialects import Dialect, dialect
from superset_kpi.documents import read_yaml
from superset_kpi.macros.arguments import Nodes, bind
from superset_kpi.macros.macro import Macro
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.logical import METRICS
from superset_kpi.resources import dashboards


@dataclass(frozen=True)
class Relation:
    """A macro with its arguments; those not named have the mapping's defaults.

    `among` are arguments that the table holds every value of, as a column of the same name.
    """

    key: str
    macro: str
    arguments: Dict[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    among: tuple[str, ...] = ()


def _relation(key: str, macro: str, among: tuple[str, ...] = (), **arguments: Any) -> Relation:
    return Relation(key, macro, MappingProxyType(arguments), among)


# What most charts start from: as many rows as there are customers or ratings.
BASES = (
    _relation("customer_summary", "customer_summary"),
    _relation("customer_activity", "customer_activity"),
    _relation("customer_period_purchases", "customer_period_purchases"),
    _relation("cohort_activity", "cohort_activity", cohort="first_purchase"),
    _relation("rating_scores", "rating_scores", ("metric", "scheme"), unit="rating"),
    _relation("latest_rating_scores", "rating_scores", ("metric", "scheme"), unit="latest"),
)


@lru_cache(maxsize=1)
def relations() -> Dict[str, Relation]:
    """Returns the relations by key: the bases, then what the files of datasets say to be one.

    Those are what dashboards show and is not read off a base at once.
    """
    found = {each.key: each for each in BASES}
    for path in sorted((dashboards() / "datasets").glob("*.yaml")):
        dataset = read_yaml(path.read_text(encoding="utf-8"))
        if dataset.get("materialized"):
            found[path.stem] = _relation(
                path.stem, dataset["macro"], **dataset.get("arguments", {})
            )
    return MappingProxyType(found)


def metrics_of(mapping: Mapping) -> tuple[str, ...]:
    """Returns the metrics that ratings can have: all of them where a source has it in a column."""
    found = [source.columns["metric"] for source in mapping.tables.get("ratings", ())]
    if any(metric.kind != "constant" for metric in found):
        return METRICS
    return tuple(m for m in METRICS if m in {str(metric.value) for metric in found})


def table_of(schema: str, name: str, target: Dialect) -> exp.Table:
    """Returns the quoted name of a table; where there are no schemas, one begins with it."""
    parts = [*schema.split("."), name]
    if not target.tables.in_schemas:
        parts = ["_".join(parts)]
    names = [exp.to_identifier(part, quoted=True) for part in parts]
    return exp.Table(**dict(zip(("this", "db", "catalog"), reversed(names), strict=False)))


def written_select(macro: Macro, arguments: Nodes, mapping: Mapping) -> exp.Select | None:
    """Returns the rows of a call from the table that holds them, or null where none does."""
    for written in mapping.written:
        relation = relations()[written.key]
        if relation.macro != macro.name:
            continue
        conditions = _conditions(relation, macro, arguments, mapping)
        if conditions is not None:
            table = table_of(written.schema, written.name, dialect(mapping.dialect))
            select = exp.select(*(exp.column(name) for name in macro.returns)).from_(table)
            return select.where(*conditions, copy=False) if conditions else select
    return None


def _conditions(
    relation: Relation, macro: Macro, arguments: Nodes, mapping: Mapping
) -> list[exp.Expression] | None:
    """Returns what picks a call's rows from the table; null where it does not hold them."""
    conditions: list[exp.Expression] = []
    bound = bind(macro, relation.arguments, mapping)
    for name, node in arguments.items():
        if name not in relation.among:
            if node.unnest().sql() != bound[name].unnest().sql():
                return None
        elif isinstance(node, exp.Literal) and node.is_string:
            if name == "metric" and node.name not in metrics_of(mapping):
                return None
            conditions.append(exp.EQ(this=exp.column(name), expression=node.copy()))
        elif not isinstance(node, exp.Null):
            return None
    return conditions
