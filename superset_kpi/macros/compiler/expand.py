"""Calls become what they stand for: expressions in their places, relations as CTEs.

A relation's own CTEs and those of the relations that it calls join those of the statement. Two
calls with the same arguments are one CTE, and a branch that an argument rules out calls nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from superset_kpi.errors import MacroError
from superset_kpi.macros.arguments import Nodes
from superset_kpi.macros.compiler.inline import called_arguments, inline
from superset_kpi.macros.compiler.statement import Statement
from superset_kpi.macros.fitted import MODEL_TABLES
from superset_kpi.macros.kept import written_select
from superset_kpi.macros.macro import Macro
from superset_kpi.mapping import LOGICAL_TABLES
from superset_kpi.mapping.sql import PREFIX

_RESERVED = frozenset((*LOGICAL_TABLES, *MODEL_TABLES))


def expand(statement: Statement) -> Statement:
    """Returns the statement without calls, over logical tables and its CTEs."""
    macro = statement.macro
    if macro is None or macro.kind == "expression":
        return replace(statement, body=inline(statement.body, statement.arguments, statement))
    expansion = _Expansion(statement)
    body = expansion.relation(macro, statement.arguments)
    return replace(statement, body=body, ctes=expansion.ctes)


class _Expansion:
    """The CTEs so far, and which of them is the relation of which call."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.ctes: dict[str, exp.Expression] = {}
        self.relations: dict[tuple[exp.Anonymous | str, ...], str] = {}

    def relation(
        self, macro: Macro, arguments: Nodes, carried: Sequence[str] = ()
    ) -> exp.Expression:
        """Returns the last select of a relation, and adds its CTEs.

        `carried` are columns of the relation in its FROM that come along with its own.
        """
        written = None if carried else written_select(macro, arguments, self.statement.mapping)
        if written is not None:
            return written
        tree = inline(macro.body, arguments, self.statement)
        for column in carried:
            tree.append("expressions", exp.column(column, tree.args["from_"].alias_or_name))
        relations = [name for name in arguments if macro.args[name].type == "relation"]
        local = {name: arguments[name].name for name in relations}
        with_ = tree.args.get("with_")
        tree.set("with_", None)
        for cte in with_.expressions if with_ else []:
            body = self._resolved(cte.this, local)
            local[cte.alias] = self._added(cte.alias, body)
        return self._resolved(tree, local)

    def _resolved(self, tree: exp.Expression, local: dict[str, str]) -> exp.Expression:
        """Has every table reference point at a CTE of the statement; takes the tree itself."""
        nodes = list(tree.walk())
        for table in nodes:
            if not isinstance(table, exp.Table):
                continue
            if isinstance(table.this, exp.Anonymous):
                target = self._called(table, local)
                shown = table.alias or table.this.name
            elif table.name in local:
                target, shown = local[table.name], table.alias or table.name
            elif table.name in _RESERVED:
                target, shown = self.statement.cte_name(table.name), table.alias or table.name
            else:
                raise MacroError(
                    f"{table.name}: it is neither a CTE nor a logical table. Correct the macro."
                )
            alias = f"{PREFIX}{shown}"
            table.replace(exp.table_(target, alias=alias if alias != target else None))
        for node in nodes:
            if isinstance(node, exp.Column) and node.table and not node.table.startswith(PREFIX):
                node.set("table", exp.to_identifier(f"{PREFIX}{node.table}"))
        return tree

    def _called(self, table: exp.Table, local: dict[str, str]) -> str:
        """Returns the name of the CTE that a call in FROM stands for."""
        call, find = table.this, self.statement.find
        macro = find(call.name.lower())
        carried = _carried(table, macro) if macro.carries else []
        for argument in call.expressions:
            if isinstance(argument, exp.PropertyEQ) and argument.expression.name in local:
                declared = macro.args.get(argument.this.name)
                if declared and declared.type == "relation":
                    argument.set("expression", exp.column(local[argument.expression.name]))
        key = (call, *carried)
        if key not in self.relations:
            arguments = called_arguments(macro, call, self.statement.mapping)
            body = self.relation(macro, arguments, carried)
            self.relations[key] = self._added(macro.name, body)
        return self.relations[key]

    def _added(self, name: str, body: exp.Expression) -> str:
        """Adds a CTE; returns its name, which neither a CTE nor a logical table has."""
        base = free = self.statement.cte_name(name)
        count = 1
        while free in self.ctes or (name in _RESERVED and free == base):
            count += 1
            free = f"{base}_{count}"
        self.ctes[free] = body
        return free


def _carried(table: exp.Table, macro: Macro) -> list[str]:
    """Returns the columns, not of the macro's own, that a select reads by the alias of a call."""
    select, alias = table.parent_select, table.alias or macro.name
    columns = select.find_all(exp.Column) if select else ()
    return sorted({c.name for c in columns if c.table == alias} - set(macro.returns))
