"""Macro + arguments + mapping -> one SELECT in the warehouse's dialect, by rewriting the tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from sqlglot import exp

from superset_kpi.dialects import PRIMITIVES, Dialect, finish, rewrite, write_cast, write_primitive
from superset_kpi.dialects.vocabulary import UTC
from superset_kpi.errors import MacroError
from superset_kpi.macros.arguments import Nodes, bind, name_arguments
from superset_kpi.macros.fitted import MODEL_TABLES, kind_of, models_select
from superset_kpi.macros.fold import fold
from superset_kpi.macros.forecasts import GENERATED, generate
from superset_kpi.macros.kept import written_select
from superset_kpi.macros.macro import Macro
from superset_kpi.macros.prune import constants, prune
from superset_kpi.macros.read import CANONICAL
from superset_kpi.macros.settle import UNKNOWN, Facts, settle
from superset_kpi.macros.sources import Observed, facts, mapped_select
from superset_kpi.mapping import LOGICAL_TABLES, Mapping
from superset_kpi.mapping.sql import PREFIX, parse_expression

RESERVED = frozenset((*LOGICAL_TABLES, *MODEL_TABLES))

# A source whose constant in such a column is never asked for is left out of the statement.
FILTERED = {"ratings": ("metric",), "benchmarks": ("metric",), "targets": ("metric",)}


@dataclass
class Expansion:
    """One statement in the making: its CTEs so far, and the names they have taken.

    `call_number` tells apart the calls of one template, because some engines hoist every CTE to
    the top of the statement. `displayed` gives canonical SQL in the place of a returned column.
    `observed` is what the warehouse held at a moment: what it says goes into `facts`, which are
    those of the rows of the last `query` before they are displayed, and makes its text useless.
    """

    find: Callable[[str], Macro]
    is_macro: Callable[[str], bool]
    mapping: Mapping
    target: Dialect
    call_number: int = 1
    displayed: Dict[str, str] = field(default_factory=dict)
    observed: Observed | None = None
    facts: Facts = UNKNOWN
    asked: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    ctes: dict[str, exp.Expression] = field(default_factory=dict)
    foreign: list[exp.Expression] = field(default_factory=list)
    relations: dict[tuple[str, ...], str] = field(default_factory=dict)

    def query(self, macro: Macro, arguments: Nodes) -> exp.Query:
        """Returns the whole statement of a relation macro."""
        body = self._relation(macro, arguments)
        ctes, read = prune(body, self.ctes)
        selects = [s for tree in (*ctes.values(), body) for s in tree.find_all(exp.Select)]
        only = {
            table: constants(selects, self._cte_name(table), FILTERED.get(table, ()))
            for table in LOGICAL_TABLES
            if self._cte_name(table) in read
        }
        self.asked = only
        known = {
            self._cte_name(t): facts(t, self.mapping, found, self.observed)
            for t, found in only.items()
        }
        models = {
            self._cte_name(table): models_select(table, self.mapping)
            for table in MODEL_TABLES
            if self._cte_name(table) in read
        }
        body, ctes, self.facts = settle(body, {**models, **ctes}, known)
        if self.displayed:
            name = self._cte_name("displayed", taken=True)
            body, ctes = self._displayed(macro, name), {**ctes, name: body}
        ctes, read = prune(body, ctes)
        mapped: dict[str, exp.Expression] = {}
        for table, found in only.items():
            name = self._cte_name(table)
            if name in read:
                mapped[name] = mapped_select(table, read[name], self.mapping, self.target, found)
        written = {name: self._written(tree) for name, tree in ctes.items()}
        query = _with_ctes(self._written(body), {**mapped, **written})
        return finish(query, self.target, macro.filtered_last)

    def _displayed(self, macro: Macro, source: str) -> exp.Expression:
        """Returns the select over the finished rows, some columns made fit to be looked at."""
        columns = [
            exp.alias_(parse_expression(self.displayed[name], CANONICAL), name)
            if name in self.displayed
            else exp.column(name)
            for name in macro.returns
        ]
        return exp.select(*columns).from_(source)

    def unsettled(
        self, macro: Macro, arguments: Nodes
    ) -> tuple[exp.Expression, dict[str, exp.Expression]]:
        """Returns a relation's last select and its CTEs, as if nothing were known of the tables."""
        body = self._relation(macro, arguments)
        return body, prune(body, self.ctes)[0]

    def inlined(self, tree: exp.Expression) -> exp.Expression:
        """Returns canonical text's tree with its macro calls replaced, in the canonical dialect."""
        return self._inlined(tree, {})

    def expression(self, macro: Macro, arguments: Nodes) -> exp.Expression:
        """Returns the expression of an expression macro."""
        return self._written(self._inlined(macro.body, arguments))

    def text(self, tree: exp.Expression) -> exp.Expression:
        """Returns canonical text's tree, its macro calls replaced."""
        return self._written(self._inlined(tree, {}))

    def _written(self, tree: exp.Expression) -> exp.Expression:
        zone = self.mapping.timezone
        return self._restored(rewrite(_in_dialect(tree, self.target, zone), self.target))

    def _inlined(self, tree: exp.Expression, arguments: Nodes) -> exp.Expression:
        """Returns the tree with arguments, and calls of expression macros, in their places."""
        arguments = {name: self._opaque(node) for name, node in arguments.items()}

        def visit(node: exp.Expression) -> exp.Expression:
            if isinstance(node, exp.Placeholder) and node.name in arguments:
                return _operand(arguments[node.name].copy())
            if isinstance(node, exp.Anonymous) and not isinstance(node.parent, exp.Table):
                return self._call(node, arguments)
            return node

        root = exp.Paren(this=tree.copy())
        result: exp.Expression = fold(_transformed(root, visit, _REPLACED)).this
        return result

    def _call(self, node: exp.Anonymous, arguments: Nodes) -> exp.Expression:
        name = node.name.lower()
        if name == "is_mapped":
            names = [e.name for e in node.expressions]
            return exp.true() if self._is_mapped(*names) else exp.false()
        if name in PRIMITIVES:
            return node
        if name in GENERATED:
            return _operand(generate(name, node.expressions, self.mapping))
        macro = self.find(name)
        if macro.kind != "expression":
            raise MacroError(f"{name}: it is a relation. Use it in FROM.")
        called = self._called_arguments(macro, node)
        return _operand(self._inlined(macro.body, called))

    def _is_mapped(self, table: str, column: str | None = None) -> bool:
        if table in MODEL_TABLES:
            models, kind = self.mapping.models, kind_of(table)
            return kind is None or (models is not None and models.has(kind))
        if column is not None:
            return self.mapping.maps_column(table, column)
        return self.mapping.is_mapped(table)

    def _called_arguments(self, macro: Macro, call: exp.Anonymous) -> Nodes:
        positional = [e for e in call.expressions if not isinstance(e, exp.PropertyEQ)]
        named = {
            e.this.name: e.expression for e in call.expressions if isinstance(e, exp.PropertyEQ)
        }
        return bind(macro, name_arguments(macro, positional, named), self.mapping)

    def _opaque(self, node: exp.Expression) -> exp.Expression:
        """Hides SQL in the warehouse's own dialect from the rewriting of canonical SQL."""
        if not node.meta.get("is_foreign"):
            return node
        self.foreign.append(node)
        return exp.column(f"{PREFIX}foreign_{len(self.foreign) - 1}")

    def _restored(self, tree: exp.Expression) -> exp.Expression:
        if not self.foreign:
            return tree
        root = exp.Paren(this=tree)
        for column in list(root.find_all(exp.Column)):
            if column.name.startswith(f"{PREFIX}foreign_"):
                column.replace(_operand(self.foreign[int(column.name.rsplit("_", 1)[1])].copy()))
        result: exp.Expression = root.this
        return result.pop()

    def _relation(
        self, macro: Macro, arguments: Nodes, carried: Sequence[str] = ()
    ) -> exp.Expression:
        """Returns the last select of a relation; its CTEs join those of the statement.

        `carried` are columns of the relation in its FROM that come along with its own.
        """
        written = None if carried else written_select(macro, arguments, self.mapping)
        if written is not None:
            return written
        tree = self._inlined(macro.body, arguments)
        for column in carried:
            tree.append("expressions", exp.column(column, tree.args["from_"].alias_or_name))
        local = {
            name: node.name
            for name, node in arguments.items()
            if macro.args[name].type == "relation"
        }
        with_ = tree.args.get("with_")
        tree.set("with_", None)
        for cte in with_.expressions if with_ else []:
            body = self._resolved(cte.this, local)
            name = self._cte_name(cte.alias, taken=True)
            self.ctes[name] = body
            local[cte.alias] = name
        return self._resolved(tree, local)

    def _resolved(self, tree: exp.Expression, local: dict[str, str]) -> exp.Expression:
        """Returns the tree with every table reference pointing at a CTE of the statement."""
        for table in list(tree.find_all(exp.Table)):
            if isinstance(table.this, exp.Anonymous):
                target = self._called_relation(table, local)
                shown = table.alias or table.this.name
            elif table.name in local:
                target, shown = local[table.name], table.alias or table.name
            elif table.name in LOGICAL_TABLES or table.name in MODEL_TABLES:
                target, shown = self._cte_name(table.name), table.alias or table.name
            else:
                raise MacroError(
                    f"{table.name}: it is neither a CTE nor a logical table. Correct the macro."
                )
            alias = f"{PREFIX}{shown}"
            new = exp.to_table(target)
            if alias != target:
                new.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
            table.replace(new)
        for column in tree.find_all(exp.Column):
            if column.table and not column.table.startswith(PREFIX):
                column.set("table", exp.to_identifier(f"{PREFIX}{column.table}"))
        return tree

    def _called_relation(self, table: exp.Table, local: dict[str, str]) -> str:
        call = table.this
        macro = self.find(call.name.lower())
        carried = _carried(table, macro) if macro.carries else []
        for argument in call.expressions:
            if isinstance(argument, exp.PropertyEQ) and argument.expression.name in local:
                declared = macro.args.get(argument.this.name)
                if declared and declared.type == "relation":
                    argument.set("expression", exp.column(local[argument.expression.name]))
        key = (macro.name, call.sql(), *carried)
        if key not in self.relations:
            body = self._relation(macro, self._called_arguments(macro, call), carried)
            name = self._cte_name(macro.name, taken=True)
            self.ctes[name] = body
            self.relations[key] = name
        return self.relations[key]

    def _cte_name(self, name: str, taken: bool = False) -> str:
        base = f"{PREFIX}{name}" if self.call_number == 1 else f"{PREFIX}{self.call_number}_{name}"
        free, count = base, 1
        while taken and (free in self.ctes or (name in RESERVED and free == base)):
            count += 1
            free = f"{base}_{count}"
        return free


def _carried(table: exp.Table, macro: Macro) -> list[str]:
    """Returns the columns, not of the macro's own, that a select reads by the alias of a call."""
    select, alias = table.parent_select, table.alias or macro.name
    columns = select.find_all(exp.Column) if select else ()
    return sorted({c.name for c in columns if c.table == alias} - set(macro.returns))


_REPLACED = frozenset({exp.Placeholder, exp.Anonymous})
_SPELLED = frozenset({exp.Anonymous, exp.Div, exp.Cast})


def _transformed(
    tree: exp.Expression,
    visit: Callable[[exp.Expression], exp.Expression],
    kinds: Set[type[exp.Expression]],
) -> exp.Expression:
    """Returns the tree with nodes of the kinds rewritten, from the leaves up.

    A call sees its arguments already in place.
    """
    for node in [n for n in tree.walk(bfs=False) if type(n) in kinds][::-1]:
        new = visit(node)
        if new is not node:
            node.replace(new)
    return tree


def _operand(node: exp.Expression) -> exp.Expression:
    simple = (exp.Column, exp.Literal, exp.Func, exp.Paren, exp.Null, exp.Boolean, exp.Identifier)
    is_simple = isinstance(node, simple) and not isinstance(node, (exp.Connector, exp.Case))
    return node if is_simple else exp.paren(node, copy=False)


def _in_dialect(tree: exp.Expression, target: Dialect, zone: str) -> exp.Expression:
    """Returns the tree with primitives in the engine's words and every division in doubles."""
    today: list[exp.Expression] = [] if zone == UTC else [exp.Literal.string(zone)]

    def visit(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Anonymous) and node.name.lower() in PRIMITIVES:
            name = node.name.lower()
            return write_primitive(name, today if name == "today" else node.expressions, target)
        if isinstance(node, exp.Div) and not node.args.get("typed"):
            left = node.this if is_double(node.this) else write_cast(node.this, "double", target)
            return exp.Div(this=left, expression=node.expression, typed=True, safe=False)
        if isinstance(node, exp.Cast) and node.to.this.value.lower() in target.types:
            return write_cast(node.this, node.to.this.value.lower(), target)
        return node

    root = exp.Paren(this=tree)
    result: exp.Expression = _transformed(root, visit, _SPELLED).this
    return result.pop()


def is_double(node: exp.Expression) -> bool:
    """Returns whether an expression is a double on every engine, as far as its text shows."""
    if isinstance(node, exp.Cast):
        return bool(node.to.this == exp.DataType.Type.DOUBLE)
    # A literal such as 1e0 is none: PostgreSQL takes it for a numeric.
    if isinstance(node, (exp.Paren, exp.Neg, exp.Sum, exp.Avg, exp.Sqrt, exp.Exp, exp.Ln)):
        return is_double(node.this)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Div)):
        return is_double(node.this) or is_double(node.expression)
    return False


def _with_ctes(query: exp.Expression, ctes: dict[str, exp.Expression]) -> exp.Query:
    if not isinstance(query, exp.Query):
        raise MacroError("the body of a relation is not a query. Correct the macro.")
    if ctes:
        kept = [
            exp.CTE(this=tree, alias=exp.TableAlias(this=exp.to_identifier(name)))
            for name, tree in ctes.items()
        ]
        query.set("with_", exp.With(expressions=kept))
    return query
