"""Polynomials as SQL, with few levels of parentheses: engines and parsers give up at deep ones."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from superset_kpi.macros.arguments import number_node

Rows = tuple[tuple[float, ...], ...]

# Levels of parentheses that a polynomial opens before it goes on beside them.
_LEVELS = 5


def polynomial(
    rows: Rows, u: exp.Expression, v: exp.Expression | None = None, is_typed: bool = False
) -> exp.Expression:
    """Returns sum of rows[j][i] * u**i * v**j, with few levels of parentheses.

    `is_typed` casts where a row starts: u may be an integer, whose products would overflow.
    """
    total: exp.Expression | None = None
    for j, row in enumerate(rows):
        inner = _in_one_variable(row, u, is_typed)
        if inner is None:
            continue
        if j and v is not None:
            inner = exp.Mul(this=power(v, j), expression=exp.paren(inner, copy=False))
        total = inner if total is None else exp.Add(this=total, expression=inner)
    return number_node(0.0) if total is None else total


def _in_one_variable(
    row: Sequence[float], u: exp.Expression, is_typed: bool
) -> exp.Expression | None:
    total: exp.Expression | None = None
    for start in range(0, len(row), _LEVELS + 1):
        chunk = _horner(row[start : start + _LEVELS + 1], u, is_typed)
        if chunk is None:
            continue
        if start:
            chunk = exp.Mul(this=power(u, start), expression=exp.paren(chunk, copy=False))
        total = chunk if total is None else exp.Add(this=total, expression=chunk)
    return total


def _horner(row: Sequence[float], u: exp.Expression, is_typed: bool) -> exp.Expression | None:
    """((c3 * u + c2) * u - c1) * u + c0"""
    total: exp.Expression | None = None
    for coefficient in reversed(row):
        if total is None:
            if coefficient:
                number = number_node(coefficient)
                total = exp.cast(number, "double") if is_typed else number
            continue
        factor = total
        if not isinstance(total, (exp.Literal, exp.Paren, exp.Cast)):
            factor = exp.paren(total, copy=False)
        total = exp.Mul(this=factor, expression=u.copy())
        if coefficient:
            kind = exp.Sub if coefficient < 0 else exp.Add
            total = kind(this=total, expression=number_node(abs(coefficient)))
    return total


def power(value: exp.Expression, exponent: int) -> exp.Expression:
    if exponent == 1:
        return value.copy()
    bare = value.this if isinstance(value, exp.Paren) else value
    return exp.Pow(this=bare.copy(), expression=exp.Literal.number(exponent))
