"""Partial evaluation: what is known of tables before a row is read decides what can be decided.

Constants take the place of columns, and what has no rows, or one row of constants, is not joined.
Who maps no weights, brands or dates of membership gets a statement as if nobody ever had them.
A macro asks `is_mapped` where a table or column changes the question; all else is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from sqlglot import exp

from superset_kpi.macros.compiler.facts import facts
from superset_kpi.macros.compiler.fold import fold, is_constant, is_null, is_one, is_true, may_hold
from superset_kpi.macros.compiler.statement import UNKNOWN, Facts, Statement
from superset_kpi.macros.compiler.trees import branches, conjuncts, is_all, is_one_row, selects

_CLAUSES = ("where", "having")

Known = Mapping[str, Facts]
Value = Callable[[exp.Column], exp.Expression | None]


def specialize(statement: Statement) -> Statement:
    """Returns the statement for the tables as they are mapped, with the facts of its rows."""
    known = {
        statement.cte_name(table): facts(table, statement.mapping, asked, statement.observed)
        for table, asked in statement.asked.items()
    }
    ctes = {}
    for name, tree in statement.ctes.items():
        ctes[name], known[name] = specialized(tree, known)
    body, found = specialized(statement.body, known)
    return replace(statement, body=body, ctes=ctes, facts=found)


def specialized(tree: exp.Expression, known: Known) -> tuple[exp.Expression, Facts]:
    """Returns the tree, changed by what is known of what it reads; and what of its rows.

    Of most trees nothing is known, and a copy would be what takes the time.
    """
    if any(_Specializing(select, known).is_told for select in selects([tree])):
        tree = tree.copy()
    tree, found = _changed(tree, known)
    return tree, replace(found, values={n: value.copy() for n, value in found.values.items()})


def _changed(tree: exp.Expression, known: Known) -> tuple[exp.Expression, Facts]:
    if isinstance(tree, exp.Select):
        return tree, _Specializing(tree, known).facts()
    if not isinstance(tree, exp.SetOperation):
        return tree, UNKNOWN
    found = [
        (branch, _Specializing(branch, known).facts())
        for branch in branches(tree)
        if isinstance(branch, exp.Select)
    ]
    if not is_all(tree) or len(found) < len(branches(tree)):
        return tree, UNKNOWN
    names = tree.named_selects
    full = [(branch, facts) for branch, facts in found if facts.rows != "none"] or found[:1]
    if len(full) < len(found):
        tree = _union([branch for branch, _ in full], names)
    columns = [[facts.value(name) for name in branch.named_selects] for branch, facts in full]
    same = {
        name: values[0]
        for name, *values in zip(names, *columns, strict=True)
        if values[0] is not None and all(value == values[0] for value in values)
    }
    return tree, Facts(same, full[0][1].rows if len(full) == 1 else "any")


def _union(selects: list[exp.Select], names: list[str]) -> exp.Query:
    """Returns the selects as one; a union has the names of its first select."""
    first = selects[0]
    named = [exp.alias_(e.unalias(), n) for e, n in zip(first.expressions, names, strict=True)]
    first.set("expressions", named)
    union: exp.Query = first
    for select in selects[1:]:
        union = exp.union(union, select, distinct=False, copy=False)
    return union


class _Specializing:
    """One select in the making; each method changes a part of it."""

    def __init__(self, select: exp.Select, known: Known) -> None:
        self.select = select
        joins = [j for j in select.args.get("joins") or [] if isinstance(j.this, exp.Table)]
        from_ = select.args.get("from_")
        self.joins = joins
        self.sources = {
            item.this.alias_or_name: known.get(item.this.name, UNKNOWN)
            for item in (*([from_] if from_ else []), *joins)
            if isinstance(item.this, exp.Table)
        }
        self.is_whole = len(self.sources) == len(select.args.get("joins") or []) + bool(from_)
        # Aliases whose rows may be missing: their columns have their value or null.
        self.optional = {j.this.alias_or_name for j in joins if j.side}
        self.is_grouped = bool(select.args.get("group"))
        self.is_known = any(f.values or f.rows == "none" for f in self.sources.values())

    @property
    def is_told(self) -> bool:
        """Whether something is known of its sources, or a condition has parts to leave out."""
        conditions = [join.args.get("on") for join in self.joins]
        conditions += [clause.this for clause in map(self.select.args.get, _CLAUSES) if clause]
        parts = [
            part
            for condition in conditions
            for part in (
                condition.flatten(unnest=False) if isinstance(condition, exp.And) else [condition]
            )
        ]
        return any(f.values or f.rows != "any" for f in self.sources.values()) or any(
            part and (isinstance(part, exp.Paren) or is_true(part) or not may_hold(part))
            for part in parts
        )

    def facts(self) -> Facts:
        """Changes the select if it is told anything, and returns what is known of its rows."""
        if self.is_told:
            self._specialize()
        return Facts(self._values(), self._rows())

    def _specialize(self) -> None:
        for join in self.joins:
            self._specialize_condition(join)
        for part in _CLAUSES:
            clause = self.select.args.get(part)
            if clause:
                clause.set("this", self._decided(clause.this))
                if is_true(clause.this):
                    self.select.set(part, None)
        for window in self.select.find_all(exp.Window):
            if window.parent_select is self.select:
                self._specialize_window(window)
        self._specialize_projections()
        for join in self.joins:
            self._drop(join)

    def _facts_of(self, column: exp.Column) -> tuple[str, Facts]:
        """Returns the alias that a column is read by, and what is known of its relation."""
        alias = column.table
        if not alias and self.is_whole and len(self.sources) == 1:
            alias = next(iter(self.sources))
        return alias, self.sources.get(alias, UNKNOWN)

    def _value(self, column: exp.Column) -> exp.Expression | None:
        """Returns the one value that a column has after the joins."""
        alias, facts = self._facts_of(column)
        value = facts.value(column.name)
        return None if alias in self.optional and value and not is_null(value) else value

    def _specialize_condition(self, join: exp.Join) -> None:
        """Leaves out the parts of ON that always hold; the others stay as engines join on them."""
        on, alias = join.args.get("on"), join.this.alias_or_name
        if on is None:
            return
        was_optional = alias in self.optional
        self.optional.discard(alias)
        parts = [part for part in conjuncts(on) if not is_true(self._filled(part))]
        if was_optional:
            self.optional.add(alias)
        if parts:
            join.set("on", exp.and_(*parts, copy=False))
        elif not join.side or self.sources[alias].rows == "one":
            # Every row finds the one.
            self.optional.discard(alias)
            for part, value in (("on", None), ("side", None), ("kind", "CROSS")):
                join.set(part, value)

    def _specialize_window(self, window: exp.Window) -> None:
        """Leaves out keys of one value; what the function is of stays."""

        def varies(key: exp.Expression) -> bool:
            column = key.this if isinstance(key, exp.Ordered) else key
            return not isinstance(column, exp.Column) or self._value(column) is None

        window.set("partition_by", [k for k in window.args.get("partition_by") or [] if varies(k)])
        order = window.args.get("order")
        if order and any(map(varies, order.expressions)):
            order.set("expressions", [key for key in order.expressions if varies(key)])

    def _specialize_projections(self) -> None:
        group = self.select.args.get("group")
        keys = group.expressions if group else []
        filled_keys = [self._filled(key, is_typed=True) for key in keys]
        windows = self.select.find_all(exp.Window)
        ranked = {c.name for window in windows for c in window.find_all(exp.Column)}
        kept = [
            filled if not is_constant(filled) else key
            for key, filled in zip(keys, filled_keys, strict=True)
            if not is_constant(filled) or key.name in ranked
        ]
        if group and not kept:
            return
        if group:
            group.set("expressions", kept)
        for projection in self.select.expressions:
            inner = projection.unalias()
            # A bare null has no type, and a column would lose its own.
            filled = self._filled(inner, is_typed=True)
            if filled is not inner and not isinstance(filled.unnest(), exp.Null):
                new = exp.alias_(filled, projection.alias_or_name, copy=False)
                projection.replace(new)

    def _decided(self, condition: exp.Expression) -> exp.Expression:
        """Returns true or false where that is known, else the condition without typeless nulls."""
        known = self._filled(condition)
        if is_true(known) or not may_hold(known):
            return exp.true() if is_true(known) else exp.false()
        return self._filled(condition, is_typed=True)

    def _typed(self, column: exp.Column) -> exp.Expression | None:
        value = self._value(column)
        return None if isinstance(value, exp.Null) else value

    def _filled(self, tree: exp.Expression, is_typed: bool = False) -> exp.Expression:
        """Returns the expression with constants for columns, folded; windows stay as they are.

        It is the expression itself where nothing is known of its columns.
        """
        columns = tree.find_all(exp.Column) if self.is_known else ()
        if all(self._facts_of(column)[1].value(column.name) is None for column in columns):
            return tree
        root = exp.Paren(this=tree.copy())
        self._fill(root.this, self._typed if is_typed else self._value)
        return fold(root).this  # type: ignore[no-any-return]

    def _fill(self, node: exp.Expression, value_of: Value) -> None:
        if isinstance(node, (exp.Window, exp.Query)):
            return
        if isinstance(node, exp.Column):
            value = value_of(node)
            if value is not None:
                node.replace(value.copy())
        elif isinstance(node, exp.AggFunc):
            self._fill_aggregate(node, value_of)
        elif isinstance(node, exp.Coalesce) and self._is_either(node):
            node.replace(node.expressions[0])
        else:
            for child in list(node.iter_expressions()):
                self._fill(child, value_of)

    def _is_either(self, node: exp.Coalesce) -> bool:
        """Returns whether a row that a left join misses gets the value that the others have."""
        column, other = node.this, node.expressions[0]
        if not isinstance(column, exp.Column) or column.table not in self.optional:
            return False
        value = self._facts_of(column)[1].value(column.name)
        return value is not None and is_true(
            fold(exp.EQ(this=value.copy(), expression=other.copy()))
        )

    def _fill_aggregate(self, node: exp.AggFunc, value_of: Value) -> None:
        """Fills the argument; without groups the aggregate stays, since it makes the one row."""
        if not isinstance(node.this, exp.Star):
            root = exp.Paren(this=node.this.copy())
            self._fill(root.this, value_of)
            filled = fold(root).this
            if self.is_grouped and isinstance(node, exp.Sum) and is_one(filled):
                node.replace(exp.cast(exp.Count(this=exp.Star()), "double"))
            elif self.is_grouped and isinstance(node, (exp.Max, exp.Min)) and is_constant(filled):
                node.replace(filled)
            elif not isinstance(filled, exp.Cast) or not is_null(filled):
                node.set("this", filled)
            elif self.is_grouped:
                node.replace(_of_nulls(node, filled))

    def _drop(self, join: exp.Join) -> None:
        """Takes a join out that adds no rows and of which no column is read."""
        alias = join.this.alias_or_name
        rows = self.sources[alias].rows
        adds_nothing = rows == "one" and not join.args.get("on")
        if join.side == "LEFT":
            adds_nothing = rows in ("none", "one")
        inside = {id(c) for c in join.find_all(exp.Column)}
        columns = (c for c in self.select.find_all(exp.Column) if id(c) not in inside)
        if adds_nothing and self.is_whole and not any(c.table == alias for c in columns):
            join.pop()

    def _reads_nothing(self) -> bool:
        where = self.select.args.get("where")
        needed = [facts for alias, facts in self.sources.items() if alias not in self.optional]
        is_never = where is not None and not may_hold(where.this)
        return is_never or any(facts.rows == "none" for facts in needed)

    def _rows(self) -> Literal["none", "one", "any"]:
        args = self.select.args
        if args.get("having"):
            return "any"
        if is_one_row(self.select):
            return "one"
        if self._reads_nothing():
            return "none"
        each_one = all(facts.rows == "one" for facts in self.sources.values())
        is_one = each_one and self.is_whole and not (args.get("where") or self.is_grouped)
        return "one" if is_one else "any"

    def _values(self) -> dict[str, exp.Expression]:
        is_of_nothing = is_one_row(self.select) and self._reads_nothing()
        values = {}
        for projection in self.select.expressions:
            value = projection.unalias()
            value = self._of_nothing(value) if is_of_nothing else self._filled(value)
            if is_constant(value):
                values[projection.alias_or_name] = value.unnest()
        return values

    def _of_nothing(self, tree: exp.Expression) -> exp.Expression:
        """Returns what aggregates give without a row: nothing is counted, all else is null."""
        root = exp.Paren(this=tree.copy())
        for node in list(root.find_all(exp.AggFunc)):
            node.replace(_of_nulls(node, self._filled(node.this)))
        return self._filled(root.this)


def _of_nulls(aggregate: exp.AggFunc, argument: exp.Expression) -> exp.Expression:
    if isinstance(aggregate, exp.Count):
        return exp.cast(exp.Literal.number(0), "bigint")
    return argument.copy() if is_null(argument) else exp.null()
