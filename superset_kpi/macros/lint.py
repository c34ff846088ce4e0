"""The rules that make a macro mean the same on every engine, checked when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping as Dict

from sqlglot import exp

from superset_kpi.dialects import PORTABLE, PRIMITIVES
from superset_kpi.errors import MacroError, nearest
from superset_kpi.macros.forecasts import GENERATED
from superset_kpi.macros.macro import Macro
from superset_kpi.macros.read import CANONICAL, check_columns

_TYPES = ("BIGINT", "BOOLEAN", "DATE", "DOUBLE", "INT", "TEXT", "TIMESTAMP")
_FORBIDDEN: dict[type[exp.Expression], str] = {
    exp.Star: "list the columns",
    exp.Qualify: "filter in the next CTE",
    exp.Filter: "use sum(case when ... end)",
    exp.Values: "use select ... union all",
    exp.Bracket: "use no arrays",
    exp.IntDiv: "use floor(a / b)",
    exp.Mod: "use a - b * floor(a / b)",
    exp.Subquery: "use a CTE",
    exp.Exists: "join a CTE",
    exp.Lateral: "join a CTE",
    exp.Unnest: "use select ... union all",
    exp.Limit: "filter by row_number() in the next CTE",
    exp.Offset: "filter by row_number() in the next CTE",
    exp.Interval: "use plus_days or plus_months",
    exp.Like: "compare whole texts",
    exp.ILike: "compare whole texts",
    exp.NullSafeEQ: "compare, and test for null",
    exp.NullSafeNEQ: "compare, and test for null",
}


def lint(macro: Macro, library: Dict[str, Macro]) -> None:
    """Raises a MacroError for the first form that some engine reads differently."""
    where = f"{macro.area}/{macro.name}.sql"
    lint_tree(macro.body, where, library)
    for node in macro.body.find_all(exp.Placeholder):
        _check_placeholder(node, where, macro)
    if isinstance(macro.body, exp.Query) and macro.body.args.get("order"):
        raise MacroError(f"{where}: the last select is ordered. Remove its order by.")
    if macro.carries:
        _check_carries(macro, where)
    check_columns(macro)


def lint_tree(tree: exp.Expression, where: str, library: Dict[str, Macro]) -> None:
    """The same for an expression that stands in no file."""
    for node in tree.walk():
        remedy = _remedy(node)
        if remedy:
            raise MacroError(f"{where}: `{_text(node)}` is not portable: {remedy}.")
        _check_function(node, where, library)
        _check_cast(node, where)
        if isinstance(node, exp.Div) and not _is_safe(node.expression):
            raise MacroError(
                f"{where}: the division `{_text(node)}` can be by zero. Write nullif(..., 0)."
            )


def _text(node: exp.Expression) -> str:
    return node.sql(dialect=CANONICAL)


def _remedy(node: exp.Expression) -> str | None:
    if isinstance(node, exp.Star) and isinstance(node.parent, exp.Count):
        return None
    if isinstance(node, exp.Join) and node.side == "FULL":
        return "use union all and group by"
    if isinstance(node, exp.With) and node.recursive:
        return "count without recursion"
    if isinstance(node, exp.Order) and isinstance(node.parent, exp.Query) and node.parent.parent:
        return "order windows, not rows"
    return _FORBIDDEN.get(type(node))


def _check_cast(node: exp.Expression, where: str) -> None:
    if not isinstance(node, exp.Cast):
        return
    kind = node.to.this.value
    if kind not in _TYPES:
        raise MacroError(
            f"{where}: cast to {_text(node.to)} is not portable. "
            f"Choose one of: {', '.join(_TYPES)}."
        )
    if kind in ("DATE", "TIMESTAMP") and not isinstance(node.this, exp.Null):
        raise MacroError(f"{where}: `{_text(node)}` gives a number on SQLite. Use day_of(...).")


def _check_function(node: exp.Expression, where: str, library: Dict[str, Macro]) -> None:
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name in PRIMITIVES:
            if len(node.expressions) != PRIMITIVES[name]:
                raise MacroError(f"{where}: {name} takes {PRIMITIVES[name]} arguments.")
        elif name in GENERATED:
            if len(node.expressions) != GENERATED[name][1]:
                raise MacroError(f"{where}: {name} takes {GENERATED[name][1]} arguments.")
        elif name not in library and name != "is_mapped":
            known = [*PRIMITIVES, *PORTABLE, *GENERATED, *library]
            raise MacroError(f"{where}: {name} is not in the vocabulary. {nearest(name, known)}")
    elif isinstance(node, exp.Func) and not isinstance(node, (exp.Connector, exp.Case, exp.Cast)):
        name = str(node.sql_names()[0]).lower()
        if name not in PORTABLE and not isinstance(node, exp.If):
            known = [*PRIMITIVES, *PORTABLE]
            raise MacroError(f"{where}: {name} is not in the vocabulary. {nearest(name, known)}")


def _check_carries(macro: Macro, where: str) -> None:
    from_ = macro.body.args.get("from_") if isinstance(macro.body, exp.Select) else None
    if from_ is None or from_.this.name != macro.carries:
        raise MacroError(
            f"{where}: carries {macro.carries!r}, which the last select does not read first. "
            "Name the relation in its FROM."
        )


def _check_placeholder(node: exp.Placeholder, where: str, macro: Macro) -> None:
    if node.name not in macro.args:
        known = nearest(node.name, macro.args) if macro.args else "Declare it in the header."
        raise MacroError(f"{where}: ${node.name} is not an argument. {known}")


def _is_safe(divisor: exp.Expression) -> bool:
    while isinstance(divisor, exp.Paren):
        divisor = divisor.this
    if isinstance(divisor, exp.Case):
        branches = [b.args["true"] for b in divisor.args["ifs"]]
        return all(map(_is_safe, [*branches, divisor.args.get("default") or exp.null()]))
    if isinstance(divisor, (exp.Mul, exp.Pow)):
        return _is_safe(divisor.this) and (
            isinstance(divisor, exp.Pow) or _is_safe(divisor.expression)
        )
    if isinstance(divisor, (exp.Sqrt, exp.Exp)):
        return isinstance(divisor, exp.Exp) or _is_safe(divisor.this)
    if isinstance(divisor, exp.Add):
        # A positive number plus something that cannot be negative, as in 1 / (1 + exp(u)).
        left, right = divisor.this, divisor.expression
        return (_is_positive(left) and isinstance(right, (exp.Exp, exp.Pow))) or (
            _is_positive(right) and isinstance(left, exp.Exp)
        )
    if isinstance(divisor, exp.Nullif):
        zero = divisor.expression
        return isinstance(zero, exp.Literal) and not zero.is_string and float(zero.this) == 0
    return _is_positive(divisor)


def _is_positive(node: exp.Expression) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.this) > 0
