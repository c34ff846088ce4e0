"""The values of a call -> nodes of the syntax tree, or a sentence about what is wrong."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from superset_kpi.dialects import dialect
from superset_kpi.errors import ArgumentError, MacroError, nearest, said
from superset_kpi.macros.macro import Argument, Macro
from superset_kpi.macros.passed import ALLOWED, is_odd, passed_expression
from superset_kpi.mapping import Mapping

Nodes = dict[str, exp.Expression]

# Python writes no number of thousands of digits.
HUGE = 10**80


def name_arguments(
    macro: Macro, positional: Sequence[Any], named: Dict[str, Any]
) -> dict[str, Any]:
    """Returns the values by argument name; too many, unknown or repeated ones are errors."""
    names = list(macro.args)
    if len(positional) > len(names):
        raise ArgumentError(
            f"{macro.name}: {len(positional)} values are given but it takes {len(names)} arguments"
            f" ({', '.join(names) or 'none'}). Remove the last ones."
        )
    values = dict(zip(names, positional, strict=False))
    for name, value in named.items():
        if name not in macro.args:
            hint = nearest(name, names) if names else "It takes none."
            raise ArgumentError(f"{macro.name}: there is no argument {name!r}. {hint}")
        if name in values:
            raise ArgumentError(f"{macro.name}: {name!r} is given twice. Give it once.")
        values[name] = value
    for argument in macro.args.values():
        if argument.is_required and argument.name not in values:
            raise ArgumentError(
                f"{macro.name}: the argument {argument.name!r} is missing. Give it: {argument.doc}"
            )
    return values


def bind(macro: Macro, values: Dict[str, Any], mapping: Mapping) -> Nodes:
    """Returns a node for every argument: what the call gives, else its default."""
    nodes = {}
    for argument in macro.args.values():
        if argument.name in values:
            value = values[argument.name]
        elif argument.setting:
            value = setting(argument.setting, mapping)
            if value is None and argument.setting.startswith(("model.", "models.")):
                raise MacroError(
                    f"{macro.name}: the mapping {mapping.name!r} has no fitted model. "
                    "Run superset-kpi fit."
                )
        else:
            value = argument.default
        if argument.name == "min_n" and mapping.min_n is not None:
            value = _protecting(macro, argument, value, mapping.min_n, argument.name in values)
        nodes[argument.name] = as_node(macro, argument, value, mapping)
    return nodes


USUAL_MIN_N = 10


def _protecting(macro: Macro, argument: Argument, value: Any, least: int, is_given: bool) -> Any:
    """Returns min_n as the mapping's privacy allows it; a smaller one is an ArgumentError."""
    if isinstance(value, exp.Expression):
        return value
    if not is_given:
        return _at_least(value, least)
    asked = as_number(value)
    if asked is not None and asked < least:
        raise ArgumentError(
            f"{macro.name}: {argument.name} is {said(value)}, and the mapping's privacy shows no "
            f"score of fewer than {least} answers. Give {least} or more."
        )
    return value


def fewest_shown(macro: Macro, mapping: Mapping) -> int:
    """Returns how many answers a relation's numbers need, and the metrics over its rows."""
    value = macro.args["min_n"].default if "min_n" in macro.args else USUAL_MIN_N
    return int(value if mapping.min_n is None else _at_least(value, mapping.min_n))


def _at_least(value: int, least: int) -> int:
    return least if value == USUAL_MIN_N else max(value, least)


def setting(name: str, mapping: Mapping) -> Any:
    """Returns a mapping's setting as the value of an argument."""
    if name == "fiscal_shift":
        return mapping.fiscal_year_starts - 1
    if name.startswith("models."):
        return getattr(mapping.models, name.removeprefix("models."), None)
    if name.startswith("model."):
        fitted = mapping.models.customers if mapping.models else ()
        return getattr(fitted[0], name.removeprefix("model.")) if fitted else None
    return getattr(mapping, name)


def as_node(macro: Macro, argument: Argument, value: Any, mapping: Mapping) -> exp.Expression:
    """Returns the value as a literal, a quoted identifier or a parsed expression."""
    if isinstance(value, exp.Expression):
        return value
    if argument.type == "expression" and value is not None:
        return _expression(macro, argument, value, mapping)
    return literal(macro, argument, value)


def literal(macro: Macro, argument: Argument, value: Any) -> exp.Expression:
    """Returns the value, which no mapping has to read, as a literal or a quoted identifier."""
    if value is None:
        if not _may_be_null(argument):
            raise _wrong(macro, argument, value, "a value")
        return exp.null()
    makers = {
        "integer": _integer,
        "number": _number,
        "text": _text,
        "date": _date,
        "boolean": _boolean,
        "choice": _choice,
        "column": _column,
    }
    if argument.type not in makers:
        raise _wrong(macro, argument, value, "the name of a CTE, inside another macro")
    return makers[argument.type](macro, argument, value)


def _may_be_null(argument: Argument) -> bool:
    """Returns whether null says something: no filter, or a setting that a mapping may lack."""
    if argument.setting:
        return argument.setting in ("currency", "margin_rate", "default_scheme")
    return not argument.is_required and argument.default is None


def _wrong(macro: Macro, argument: Argument, value: Any, wanted: str) -> ArgumentError:
    return ArgumentError(
        f"{macro.name}: {argument.name} is {said(value)} and must be {wanted}. Correct the value."
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def number_node(value: float) -> exp.Expression:
    """Returns a literal that every engine reads as a double."""
    text = repr(float(abs(value)))
    literal = exp.Literal.number(text if "e" in text else f"{text}e0")
    return exp.paren(exp.Neg(this=literal)) if value < 0 else literal


def _in_range(macro: Macro, argument: Argument, value: Any, number: float) -> None:
    low, high = argument.min, argument.max
    if (low is not None and number < low) or (high is not None and number > high):
        wanted = [f"at least {low:g}"] if low is not None else []
        wanted += [f"at most {high:g}"] if high is not None else []
        raise _wrong(macro, argument, value, " and ".join(wanted))


def as_number(value: Any) -> float | None:
    """Returns the finite number that a value says, else null."""
    try:
        number = float(value) if not isinstance(value, (bool, bytes)) else math.nan
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _integer(macro: Macro, argument: Argument, value: Any) -> exp.Expression:
    number = as_number(value)
    whole = int(number) if number is not None and number.is_integer() else None
    if whole is None or abs(whole) >= 2**31:
        raise _wrong(macro, argument, value, "a whole number")
    _in_range(macro, argument, value, whole)
    literal = exp.Literal.number(abs(whole))
    return exp.paren(exp.Neg(this=literal)) if whole < 0 else literal


def _number(macro: Macro, argument: Argument, value: Any) -> exp.Expression:
    number = as_number(value)
    if number is None:
        raise _wrong(macro, argument, value, "a number")
    _in_range(macro, argument, value, number)
    return number_node(number)


def _text(macro: Macro, argument: Argument, value: Any) -> exp.Expression:
    is_text = isinstance(value, str) or (_is_whole(value) and abs(value) < HUGE)
    if not is_text:
        raise _wrong(macro, argument, value, "a text")
    text = str(value)
    if len(text) > 500 or is_odd(text):
        raise _wrong(
            macro, argument, value, "a text of at most 500 characters without \\ or line breaks"
        )
    return exp.Literal.string(text)


def _date(macro: Macro, argument: Argument, value: Any) -> exp.Expression:
    if value == "today":
        return exp.Anonymous(this="today")
    if value == "yesterday":
        return exp.Anonymous(
            this="plus_days", expressions=[exp.Anonymous(this="today"), _minus_one()]
        )
    try:
        if isinstance(value, dt.datetime):
            value = value.date()
        day = value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
        # Newer versions of Python read 2026-W40, too.
        if isinstance(value, str) and day.isoformat() != value:
            raise ValueError(value)
    except (TypeError, ValueError):
        raise _wrong(
            macro, argument, value, "a date such as 2026-09-30, `today` or `yesterday`"
        ) from None
    # Engines differ before 1900, and what is a year later must be a date too.
    if not 1900 <= day.year <= 9000:
        raise _wrong(macro, argument, value, "a date between 1900-01-01 and 9000-12-31")
    return exp.Anonymous(this="day_of", expressions=[exp.Literal.string(day.isoformat())])


def _minus_one() -> exp.Expression:
    return exp.paren(exp.Neg(this=exp.Literal.number(1)))


def _boolean(macro: Macro, argument: Argument, value: Any) -> exp.Expression:
    known = {True: True, False: False, "true": True, "false": False}
    if not isinstance(value, (bool, str)) or value not in known:
        raise _wrong(macro, argument, value, "true or false")
    return exp.true() if known[value] else exp.false()


def _choice(macro: Macro, argument: Argument, value: Any) -> exp.Expression:
    if value not in argument.choices:
        raise ArgumentError(
            f"{macro.name}: {argument.name} is {said(value)}. "
            f"{nearest(value[:80] if isinstance(value, str) else said(value), argument.choices)}"
        )
    return exp.Literal.string(str(value))


def _column(macro: Macro, argument: Argument, value: Any) -> exp.Expression:
    _choice(macro, argument, value)
    return exp.column(str(value))


def _expression(macro: Macro, argument: Argument, value: Any, mapping: Mapping) -> exp.Expression:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(macro, argument, value)
    if not isinstance(value, str):
        raise _wrong(macro, argument, value, "a column or an expression in the warehouse's dialect")
    try:
        tree = passed_expression(value, dialect(mapping.dialect).sqlglot)
    except ValueError as problem:
        raise ArgumentError(
            f"{macro.name}: {argument.name} is {said(value)} and {problem}. "
            f"Write one expression of {ALLOWED}."
        ) from None
    tree.meta["is_foreign"] = True
    return tree
