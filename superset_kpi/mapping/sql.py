"""SQL that a mapping's author wrote, in the warehouse's own dialect."""

from __future__ import annotations

from functools import lru_cache

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

from superset_kpi.errors import said

PREFIX = "kpi__"  # what generated names begin with

_KINDS = {
    "value": (
        "value",
        "Write one expression in the warehouse's dialect; for a column with an unusual name write "
        '{column: "its name"}, for a text {constant: "the text"}.',
    ),
    "where": ("condition", "Write one condition in the warehouse's dialect."),
    "select": (
        "SELECT statement",
        "Write one SELECT in the warehouse's dialect, without ; at its end.",
    ),
    "table": (
        "table name",
        "Write schema.table as the database spells it, unusual names in its quotes.",
    ),
}


def parse_expression(text: str, read: str) -> exp.Expression:
    """Returns one scalar expression in the dialect; more than one is a ValueError.

    It comes without comments, and without its places in the text.
    """
    return _expression(text, read).copy()


# Many statements, sources and metrics have the same expressions.
@lru_cache(maxsize=1024)
def _expression(text: str, read: str) -> exp.Expression:
    try:
        statement = sqlglot.parse(f"select {text}", read=read)
    except RecursionError:
        raise ValueError("too deep") from None
    select = statement[0]
    if len(statement) != 1 or not isinstance(select, exp.Select) or len(select.expressions) != 1:
        raise ValueError("not one expression")
    if {k for k, v in select.args.items() if v} - {"expressions"}:
        raise ValueError("more than an expression")
    tree: exp.Expression = select.expressions[0].copy()
    for node in tree.walk():
        node.comments = node._meta = None  # which make a copy slower by half
    return tree


def unseen_name(text: str, read: str) -> str | None:
    """Returns the first unquoted name with a character that nobody sees, or null.

    With zero-width spaces between its words, `(select a from b)` is the name of one column to
    sqlglot, and so to Superset, and a subquery to DuckDB.
    """
    names = (t.text for t in sqlglot.tokenize(text, read=read) if t.token_type is TokenType.VAR)
    return next((name for name in names if not name.isprintable()), None)


def sql_problem(text: str, read: str, kind: str) -> str | None:
    """Returns what is wrong with a value, where, select or table, and what to do; else None."""
    if kind in ("value", "where") and (aggregate := _aggregate(text, read)):
        return (
            f"{text!r} counts or sums over rows ({aggregate}), and one row is needed. Write the "
            "value of one row, or map a `select` that groups."
        )
    try:
        tree = _tree(text, read, kind)
    except (SqlglotError, ValueError, RecursionError):
        tree = None
    name, remedy = _KINDS[kind]
    if tree is None:
        return f"{said(text, 1000)} is not a {name}. {remedy}"
    if unseen := unseen_name(text, read):
        return (
            f"the name {unseen!r} holds an invisible character, which some engines take for a "
            "space. Type the name again, or put quotes around it."
        )
    nodes = list(tree.find_all(exp.Table, exp.CTE))
    if any(n.lower().startswith(PREFIX) for node in nodes for n in (node.name, node.alias)):
        shown = said(text, 1000)
        return f"{shown} has a name that begins with {PREFIX}, as ours do. Use another name."
    return None


def _aggregate(text: str, read: str) -> str | None:
    """Returns the aggregate of rows in an expression, if it has one outside subqueries and windows.

    SQLite's min and max of several values are none.
    """
    try:
        tree = parse_expression(text, read)
    except (SqlglotError, ValueError, RecursionError):
        return None
    for node in tree.find_all(exp.AggFunc):
        is_scalar = isinstance(node, (exp.Max, exp.Min)) and bool(node.expressions)
        if not is_scalar and node.find_ancestor(exp.Query, exp.Window) is None:
            return node.sql(dialect=read)
    return None


def _tree(text: str, read: str, kind: str) -> exp.Expression | None:
    """Returns the tree of what is good; what does not even parse is an error."""
    if kind == "table":
        table: exp.Expression = exp.maybe_parse(text, into=exp.Table, dialect=read)
        is_name = isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier)
        return table if is_name else None
    if kind == "select":
        statements = sqlglot.parse(text, read=read)
        one = statements[0] if len(statements) == 1 else None
        return one if isinstance(one, exp.Query) else None
    tree = parse_expression(text, read)
    is_value = not isinstance(tree, (exp.Alias, exp.Query, exp.Star))
    return tree if is_value and tree.find(exp.Placeholder, exp.Parameter) is None else None
