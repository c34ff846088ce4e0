"""SQL that a call passes as a value: columns, literals, operators and a closed set of functions.

A call may come out of a link (`kpi.cx_band(url_param('score'))`), so what it passes is judged by
what it is made of, never by what it must not contain. See docs/decisions.md#injection.
"""

from __future__ import annotations

from collections import Counter

import sqlglot
from sqlglot import TokenType, exp

from superset_kpi.mapping.sql import parse_expression, unseen_name

LONGEST = 2000
# How many times as long as it was a text may become where replace() stands in replace().
GROWTH = 100
# Deeper trees end in Python's recursion limit, here or where Superset parses the statement again.
DEEPEST = 40

ALLOWED = (
    "columns, numbers, texts, operators, case, cast, aggregates and usual functions of numbers, "
    "texts and dates, without comments"
)

_OPERATORS = (
    *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Paren, exp.DPipe),
    *(exp.And, exp.Or, exp.Not, exp.Xor, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.Is, exp.Between, exp.In, exp.Like, exp.ILike, exp.NullSafeEQ, exp.NullSafeNEQ),
    *(exp.Case, exp.If, exp.Cast, exp.TryCast, exp.Interval, exp.AtTimeZone),
    *(exp.Distinct, exp.Filter, exp.Where, exp.WithinGroup, exp.Order, exp.Ordered),
    exp.IgnoreNulls,
)
_LEAVES = (exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.DataTypeParam)

_FUNCTIONS = frozenset(
    exp.FUNCTION_BY_NAME[name.upper()]
    for name in (
        # Aggregates.
        "sum avg count min max count_if any_value stddev stddev_pop stddev_samp variance "
        "variance_pop median quantile percentile_cont percentile_disc approx_distinct "
        "approx_quantile corr covar_pop covar_samp logical_and logical_or "
        # Numbers.
        "coalesce nullif nvl2 decode_case abs ceil floor round sign sqrt exp ln log pow greatest "
        "least safe_divide to_double to_number "
        # Texts.
        "lower upper trim length substring left right concat concat_ws replace str_position "
        "initcap starts_with ends_with contains to_char time_to_str number_to_str string "
        # Dates.
        "extract date datetime timestamp time year quarter month week week_of_year day "
        "day_of_month day_of_week day_of_year hour minute second date_trunc datetime_trunc "
        "timestamp_trunc date_add date_sub date_diff datetime_add datetime_sub datetime_diff "
        "timestamp_add timestamp_sub timestamp_diff ts_or_ds_add ts_or_ds_diff ts_or_ds_to_date "
        "ts_or_ds_to_timestamp ts_or_ds_to_datetime ts_or_ds_to_date_str str_to_date str_to_time "
        "str_to_unix time_to_unix unix_to_time unix_seconds unix_date date_from_parts "
        "date_str_to_date time_str_to_date time_str_to_time to_days last_day add_months "
        "months_between current_date current_timestamp current_datetime utc_date utc_timestamp "
        "from_iso8601_timestamp"
    ).split()
)

# Functions of some engine that sqlglot knows by name only, or under a name of ClickHouse's.
_NAMED = frozenset(
    "age avgif countif curdate date_part dateadd datetime datetrunc div0 from_unixtime getdate "
    "isnull julianday make_date maxif minif multiif now sumif to_date to_timestamp todate "
    "todatetime tofloat64 toint64 tomonth tostring toyear trunc truncate uniq uniqexact "
    "to_binary_double unix_timestamp zeroifnull".split()
)
_BY_NAME = (exp.Anonymous, exp.AnonymousAggFunc, exp.CombinedAggFunc)

_TYPES = frozenset(
    exp.DataType.Type[name]
    for name in (
        "BOOLEAN TINYINT SMALLINT MEDIUMINT INT BIGINT INT128 INT256 UTINYINT USMALLINT UINT "
        "UBIGINT FLOAT DOUBLE DECIMAL BIGDECIMAL CHAR VARCHAR NCHAR NVARCHAR TEXT DATE DATE32 "
        "DATETIME DATETIME2 DATETIME64 TIMESTAMP TIMESTAMPTZ TIMESTAMPLTZ TIMESTAMPNTZ TIME"
    ).split()
)

_PADDED = (exp.DataType.Type.CHAR, exp.DataType.Type.NCHAR)

# What an engine fills in for a bare name, beside what sqlglot knows as a function.
_BARE = frozenset(
    "current_catalog current_database current_path current_role current_schema current_user "
    "rowid session_user sysdate system_user systimestamp uid user".split()
)
# What a name behind a point does on an engine with sequences.
_BEHIND = frozenset("currval nextval prevval".split())


def passed_expression(text: str, read: str) -> exp.Expression:
    """Returns the tree of a passed expression; a ValueError says what is wrong with it."""
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    # Braces are parameters on one engine, templates in Superset, and nowhere needed.
    if "{" in text or "}" in text:
        raise ValueError("contains a brace")
    try:
        _refuse_comments(text, read)
        if name := unseen_name(text, read):
            raise _NotPassed(f"contains an invisible character in the name {name!r}")
        tree = parse_expression(text, read)
    except _NotPassed:
        raise
    except Exception as error:  # sqlglot's builders end in anything where arguments are missing
        raise ValueError("is not one expression") from error
    _judge(tree)
    written = parse_expression(tree.sql(dialect=read), read)
    _judge(written)
    if _words(written) != _words(tree):
        raise ValueError("contains a name or a text that cannot be written safely")
    return tree


class _NotPassed(ValueError):
    """Says what is wrong with an expression."""


def _refuse_comments(text: str, read: str) -> None:
    """An engine reads some of them as SQL, and `5--1` is 6 to MySQL."""
    for token in sqlglot.tokenize(text, read=read):
        if token.comments or token.token_type is TokenType.HINT:
            raise _NotPassed("contains a comment")


def _judge(tree: exp.Expression) -> None:
    """Raises a _NotPassed for the first part that is not among those allowed."""
    depths = {id(tree): 1}
    for node in tree.walk(bfs=True):
        depth = depths[id(node)] = depths.get(id(node.parent), 0) + 1
        if depth > DEEPEST:
            raise _NotPassed("is nested too deeply")
        problem = _problem(node, tree)
        if problem is not None:
            raise _NotPassed(f"contains {problem}")


def _problem(node: exp.Expression, tree: exp.Expression) -> str | None:
    if isinstance(node, (exp.Identifier, exp.Literal)):
        return "a backslash or a control character" if is_odd(node.name) else None
    if isinstance(node, exp.Column):
        return _problem_of_column(node)
    if isinstance(node, exp.In) and not node.expressions:
        return "a subquery"  # `a in b` reads a table on some engines
    if isinstance(node, exp.Replace) and _growth(node) > GROWTH:
        return "replace() that makes a text long"
    if isinstance(node, exp.DataType):
        is_usual = node.this in _TYPES and not _is_padded_far(node)
        return None if is_usual else f"the type {_shown(node)}"
    if isinstance(node, exp.Star):
        return None if isinstance(node.parent, exp.Count) else "*"
    if isinstance(node, exp.Var):
        return None if _is_word(node.name) and node is not tree else _shown(node)
    if isinstance(node, _BY_NAME):
        name = node.name or str(node.this)
        is_quoted = isinstance(node.this, exp.Identifier) and bool(node.this.args.get("quoted"))
        return None if name.lower() in _NAMED and not is_quoted else f"{name}()"
    if type(node) in _FUNCTIONS or type(node) in _OPERATORS or type(node) in _LEAVES:
        return None
    return _called(node)


def _problem_of_column(column: exp.Column) -> str | None:
    name = column.name
    if column.this.args.get("quoted"):
        return None
    known = _BEHIND if column.table else _BARE
    is_parameter = not (name[:1].isalpha() or name[:1] == "_")
    return name if is_parameter or name.lower() in known else None


def _growth(node: exp.Expression | None) -> float:
    """Returns how many times longer a text becomes by the replace() in it, at most."""
    if node is None:
        return 1
    if not isinstance(node, exp.Replace):
        return max(map(_growth, node.iter_expressions()), default=1)
    old, new = node.expression, node.args.get("replacement")
    own: float = GROWTH
    if isinstance(old, exp.Literal) and isinstance(new, exp.Literal):
        own = max(1, len(new.name) / max(1, len(old.name)))
    return own * _growth(node.this) * _growth(new)


def _is_padded_far(node: exp.DataType) -> bool:
    """Returns whether an engine may put ten thousand blanks, or more, behind a text of the type."""
    return node.this in _PADDED and any(len(each.name) > 4 for each in node.expressions)


def _called(node: exp.Expression) -> str:
    if node.find(exp.Query):
        return "a subquery"
    if isinstance(node, exp.Window):
        return "a window"
    if isinstance(node, exp.Func):
        return f"{str(node.sql_names()[0]).lower()}()"
    return _shown(node)


def _words(tree: exp.Expression) -> Counter[tuple[type, str]]:
    """Returns the names and texts in which something could end a quote."""
    quoted = (n for n in tree.find_all(exp.Identifier, exp.Literal) if not n.is_number)
    return Counter((type(n), n.name) for n in quoted if set(n.name) & set("'\"`[]"))


def is_odd(text: str) -> bool:
    """Returns whether a text holds what ends a literal early on some engine, or is in no label."""
    return "\\" in text or any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF for c in text)


def _is_word(text: str) -> bool:
    return text.replace("_", "").isalnum() and text.isascii()


def _shown(node: exp.Expression) -> str:
    text = node.sql().strip() or type(node).__name__.lower()
    return text if len(text) <= 40 else f"{text[:37]}..."
