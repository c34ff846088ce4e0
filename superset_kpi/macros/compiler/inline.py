"""Expressions: arguments, and what calls of expression macros stand for, take their places."""

from __future__ import annotations

from sqlglot import exp

from superset_kpi.dialects import PRIMITIVES
from superset_kpi.errors import MacroError
from superset_kpi.macros.arguments import Nodes, bind, name_arguments
from superset_kpi.macros.compiler.fold import fold, fold_node
from superset_kpi.macros.compiler.statement import Statement
from superset_kpi.macros.compiler.trees import operand
from superset_kpi.macros.fitted import MODEL_TABLES, kind_of
from superset_kpi.macros.forecasts import GENERATED, generate
from superset_kpi.macros.macro import Macro
from superset_kpi.mapping import Mapping


def inline(tree: exp.Expression, arguments: Nodes, statement: Statement) -> exp.Expression:
    """Returns a copy of the tree without placeholders and calls, folded; calls in FROM stay.

    From the leaves up, in one go: a call, or what is folded, sees its parts already in place.
    """

    def changed(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Placeholder):
            given = arguments.get(node.name)
            return node.copy() if given is None else operand(given.copy())
        copy = type(node)(**{key: parts(value) for key, value in node.args.items()})
        if isinstance(copy, exp.Anonymous):
            if isinstance(node.parent, exp.Table):
                return copy
            called = _call(copy, statement)
            if called is not copy:
                return called
        return fold_node(copy)

    def parts(value: object) -> object:
        if isinstance(value, list):
            return [parts(each) for each in value]
        return changed(value) if isinstance(value, exp.Expression) else value

    return changed(tree)


def called_arguments(macro: Macro, call: exp.Anonymous, mapping: Mapping) -> Nodes:
    """Returns a node for every argument of a call inside a macro."""
    positional = [e for e in call.expressions if not isinstance(e, exp.PropertyEQ)]
    named = {e.this.name: e.expression for e in call.expressions if isinstance(e, exp.PropertyEQ)}
    return bind(macro, name_arguments(macro, positional, named), mapping)


def _call(node: exp.Anonymous, statement: Statement) -> exp.Expression:
    name = node.name.lower()
    if name == "is_mapped":
        names = [e.name for e in node.expressions]
        return exp.true() if _is_mapped(statement.mapping, *names) else exp.false()
    if name in PRIMITIVES:
        return node
    if name in GENERATED:
        return operand(fold(generate(name, node.expressions, statement.mapping)))
    macro = statement.find(name)
    if macro.kind != "expression":
        raise MacroError(f"{name}: it is a relation. Use it in FROM.")
    called = called_arguments(macro, node, statement.mapping)
    return operand(inline(macro.body, called, statement))


def _is_mapped(mapping: Mapping, table: str, column: str | None = None) -> bool:
    if table in MODEL_TABLES:
        models, kind = mapping.models, kind_of(table)
        return kind is None or (models is not None and models.has(kind))
    return mapping.is_mapped(table) if column is None else mapping.maps_column(table, column)
