"""The rules that make a macro mean the same on every engine, checked when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping as Dict

from sqlglot import exp

from superset_kpi.dialects import PORTABLE, PRIMITIVES
from superset_kpi.errors import MacroError, nearest
from superset_kpi.macros.fitted import GENERATED
from superset_kpi.macros.macro import Macro

_TYPES = {"DOUBLE", "INT", "BIGINT", "TEXT", "DATE", "TIMESTAMP", "BOOLEAN"}
_FORBIDDEN: dict[type[exp.Expression], str] = {
    exp.Star: "list the columns",
    exp.Qualify: "filter in the next CTE",
    exp.Filter: "use sum(case when ... end)",
    exp.Values: "use select ... union all",
    exp.Bracket: "use no arrays",
    exp.IntDiv: "use floor(a / b)",
    exp.Mod: "use a - b * floor(a / b)",
}


def lint(macro: Macro, library: Dict[str, Macro]) -> None:
    """Raises a MacroError for the first form that some engine reads differently."""
    where = f"{macro.area}/{macro.name}.sql"
    for node in macro.body.walk():
        remedy = _FORBIDDEN.get(type(node))
        if remedy and not (isinstance(node, exp.Star) and isinstance(node.parent, exp.Count)):
            raise MacroError(f"{where}: `{node.sql()}` is not portable: {remedy}.")
        _check_function(node, where, library)
        _check_placeholder(node, where, macro)
        if isinstance(node, exp.Div) and not _is_safe(node.expression):
            raise MacroError(
                f"{where}: the division `{node.sql()}` can be by zero. Write nullif(..., 0)."
            )
        if isinstance(node, exp.Cast) and node.to.this.value not in _TYPES:
            raise MacroError(f"{where}: cast to {node.to.sql()} is not portable. Use {_TYPES}.")
        if isinstance(node, exp.Cast) and node.to.this.value in ("DATE", "TIMESTAMP"):
            if not isinstance(node.this, exp.Null):
                raise MacroError(
                    f"{where}: `{node.sql()}` gives a number on SQLite. Use day_of(...)."
                )
    if isinstance(macro.body, exp.Query) and macro.body.args.get("order"):
        raise MacroError(f"{where}: the last select is ordered. Remove its order by.")


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
        name = str(node.sql_names()[0]).lower()  # type: ignore[no-untyped-call]
        if name not in PORTABLE and not isinstance(node, exp.If):
            known = [*PRIMITIVES, *PORTABLE]
            raise MacroError(f"{where}: {name} is not in the vocabulary. {nearest(name, known)}")


def _check_placeholder(node: exp.Expression, where: str, macro: Macro) -> None:
    if isinstance(node, exp.Placeholder) and node.name not in macro.args:
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
        # One plus something that cannot be negative, as in 1 / (1 + exp(u)).
        return isinstance(divisor.expression, (exp.Exp, exp.Pow)) or isinstance(
            divisor.this, exp.Exp
        )
    is_literal = isinstance(divisor, exp.Literal) and float(divisor.this) != 0
    return is_literal or isinstance(divisor, exp.Nullif)
