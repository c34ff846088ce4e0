"""A metric over several rows of a relation is a ratio of sums, or has no value.

Means, shares and ends of intervals of finished rows do not add up, and their mean by answers is
wrong where answers have weights, people move, or a segment is hidden. See docs/decisions.md#totals.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from functools import lru_cache

from sqlglot import exp

from superset_kpi.dashboards.chart_rules import is_key
from superset_kpi.dashboards.files import Shipped
from superset_kpi.macros import Macro
from superset_kpi.macros.read import CANONICAL
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.sql import parse_expression

# Numbers in other units, and numbers without one, are sums or counts.
_FINISHED = frozenset({"percent", "points", "points of the scale", "ratio", "multiple", "years"})
_SHARES = ("share", "share per")
WHOLE = "All customers"
_BY_SCHEME = "one row per scheme"
# Macros that divide sums.
_OF_SUMS = ("pooled", "mean_score")


def default_scheme(mapping: Mapping) -> str:
    """Returns the scheme that a dashboard shows when it is opened, as far as the mapping says."""
    columns = [source.columns for source in mapping.tables.get("segment_membership", ())]
    stated = [each["scheme"].value for each in columns if each["scheme"].kind == "constant"]
    first = min(map(str, stated)) if stated and len(stated) == len(columns) else WHOLE
    return mapping.default_scheme or first


def metric_faults(shipped: Shipped, find: Dict[str, Macro]) -> list[str]:
    """Returns the metrics of all datasets that add up what does not."""
    return [
        f"dashboards/datasets/{key}.yaml: {metric.metric_name}: {fault}"
        for key, file in shipped.datasets.items()
        if file.macro in find
        for metric in file.metrics
        for fault in _faults(metric.expression, _units(find[file.macro]), _places(find[file.macro]))
    ]


def scoped(expression: str, macro: Macro, mapping: Mapping) -> str:
    """Returns the metric over one scheme, in canonical SQL.

    Every customer is in every scheme, so that the rows of several count everybody several times: a
    chart that nothing filters shows the default scheme.
    """
    repeats = {"scheme"} <= macro.returns.keys() & macro.args.keys() and macro.grain != _BY_SCHEME
    if not repeats or not _adds_up(expression):
        return expression
    tree = exp.Paren(this=parse_expression(expression, CANONICAL))
    scheme = exp.Literal.string(default_scheme(mapping))
    for node in list(tree.find_all(exp.Column, exp.Star)):
        kept = exp.Literal.number(1) if isinstance(node, exp.Star) else node.copy()
        node.replace(exp.case().when(exp.column("scheme").eq(scheme.copy()), kept))
    default = tree.this.sql(dialect=CANONICAL)
    return f"case when min(scheme) = max(scheme) then {expression} else {default} end"


def _units(macro: Macro) -> tuple[tuple[str, str], ...]:
    """Returns the units of columns; of single answers and customers all may be added up."""
    if any(is_key(macro, name) for name in macro.returns):
        return ()
    return tuple((column.name, column.unit or "") for column in macro.returns.values())


def _places(macro: Macro) -> frozenset[str]:
    """Returns the columns that put rows in an order, whose least or greatest may be asked for."""
    columns = macro.returns.values()
    return frozenset(c.name for c in columns if c.type in ("integer", "date") and not c.unit)


@lru_cache(maxsize=1024)
def _faults(
    expression: str, units: tuple[tuple[str, str], ...], places: frozenset[str]
) -> tuple[str, ...]:
    tree, known = parse_expression(expression, CANONICAL), dict(units)
    faults = []
    for node in tree.find_all(exp.AggFunc):
        text = node.sql(dialect=CANONICAL)
        if isinstance(node, exp.Avg) and units:
            faults.append(f"`{text}` is a mean of rows. Divide sums that the relation carries.")
        elif isinstance(node, (exp.Max, exp.Min)) and not _is_of_one_row(node):
            if {column.name for column in node.find_all(exp.Column)} <= places:
                continue
            faults.append(f"`{text}` picks one of several rows. Write single(...).")
        elif isinstance(node, exp.Sum):
            faults += _sum_faults(node, text, known)
    for call in tree.find_all(exp.Anonymous):
        if call.name.lower() == "mean_score" and not _is_protected(call):
            faults.append(
                "mean_score shows the score of one answer. Write protected(...) around it."
            )
    return tuple(faults)


def _sum_faults(node: exp.Sum, text: str, units: Dict[str, str]) -> list[str]:
    conditions = [branch.this for branch in node.find_all(exp.If)]
    asked = {id(c) for condition in conditions for c in condition.find_all(exp.Column)}
    added = [c for c in node.find_all(exp.Column) if id(c) not in asked]
    factors = [{c.name for c in p.find_all(exp.Column)} for p in node.find_all(exp.Mul)]
    if units and any(len(names) > 1 for names in factors):
        return [f"`{text}` weighs finished rows. Add up the numerator that the relation carries."]
    finished = sorted(c.name for c in added if _is_finished(units.get(c.name, "")))
    if finished and not _is_of_one_row(node):
        return [f"`{text}` adds up {finished[0]}, which is not a sum. Divide sums."]
    return []


def _is_protected(node: exp.Expression) -> bool:
    outer = node.find_ancestor(exp.Anonymous)
    while outer is not None and outer.name.lower() != "protected":
        outer = outer.find_ancestor(exp.Anonymous)
    return outer is not None


def _is_finished(unit: str) -> bool:
    return unit in _FINISHED or unit.startswith(_SHARES)


def _is_of_one_row(node: exp.Expression) -> bool:
    """Returns whether an aggregate stands in, or behind, a condition of one row or one group."""
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, exp.If) and (parent.this is node or _is_one(parent.this)):
            return True
        node = parent
    return False


def _is_one(condition: exp.Expression) -> bool:
    if isinstance(condition, exp.And):
        return _is_one(condition.this) and _is_one(condition.expression)
    return _is_equality(condition)


def _is_equality(node: exp.Expression) -> bool:
    if not isinstance(node, exp.EQ):
        return False
    kinds = (type(node.this), type(node.expression))
    return kinds in ((exp.Min, exp.Max), (exp.Count, exp.Literal))


@lru_cache(maxsize=1024)
def _adds_up(expression: str) -> bool:
    """Returns whether rows of a second scheme would change the value."""
    tree = parse_expression(expression, CANONICAL)
    if any(call.name.lower() in _OF_SUMS for call in tree.find_all(exp.Anonymous)):
        return True
    return any(
        isinstance(node, (exp.Avg, exp.Sum, exp.Count)) and not isinstance(node.this, exp.Distinct)
        for node in tree.find_all(exp.AggFunc)
    )
