"""Texts that hold what opens a template, written so that Superset reads no template in them.

Superset renders the SQL of datasets, and where row-level security reaches SQL Lab it renders that
a second time, after the macros. So nothing that a mapping or a call says may leave a `{{` behind.
See docs/decisions.md#braces.
"""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp

from superset_kpi.errors import MacroError

_OPENER = re.compile(r"\{[{%#]")
_BETWEEN = re.compile(r"(?<=\{)(?=[{%#])")


def without_templates(text: str, read: str) -> str:
    """Returns a statement, or an expression, in a dialect as it reads when no template is opened.

    A text is taken apart between its braces. A name cannot be, and is a MacroError.
    """
    if not _OPENER.search(text):
        return text
    tree = sqlglot.parse_one(text, read=read)
    for literal in list(tree.find_all(exp.Literal)):
        parts = _BETWEEN.split(literal.name) if literal.is_string else ()
        if len(parts) > 1:
            texts = [exp.Literal.string(part) for part in parts]
            literal.replace(exp.paren(exp.Concat(expressions=texts, safe=True), copy=False))
    for name in tree.find_all(exp.Identifier):
        if _OPENER.search(name.name):
            raise MacroError(
                f"the name {name.name!r} opens a template of Superset's. Map a view of the table "
                "that gives the column another name."
            )
    return tree.sql(dialect=read, copy=False)
