"""What `superset-kpi fit` found, as SQL: parameters as rows, forecasts as polynomials.

Macros read the parameters from `customer_models`, `contract_models` and `holdout_models`, and how
the fits came out from `fitted_models`, which has no rows where nothing was fitted. They call the
functions of `GENERATED`, whose text cannot stand in a file: its numbers follow from the
parameters. numpy and scipy are imported when the first such function is written out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlglot import exp

from superset_kpi.errors import ArgumentError, MacroError
from superset_kpi.macros.arguments import number_node
from superset_kpi.macros.fold import fold
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.models import EVERYBODY, KINDS, ContractModel, CustomerModel

# Levels of parentheses that a polynomial opens before it goes on beside them.
_LEVELS = 5

_TYPES = {
    "model_no": "bigint",
    "scheme": "text",
    "segment": "text",
    "model": "text",
    "kind": "text",
    "problems": "text",
    "observations": "bigint",
    "fitted_to": "date",
}
_CUSTOMER_COLUMNS = ("r", "alpha", "a", "b", "p", "q", "gamma")
_COLUMNS = {
    "customer_models": ("model_no", "scheme", "segment", "model", *_CUSTOMER_COLUMNS, "fitted_to"),
    "holdout_models": ("model_no", "scheme", "segment", "model", *_CUSTOMER_COLUMNS, "fitted_to"),
    "contract_models": ("model_no", "scheme", "segment", "alpha", "beta", "fitted_to"),
    "fitted_models": (
        *("model_no", "kind", "scheme", "segment", "model", "observations", "problems"),
        "fitted_to",
    ),
}
MODEL_TABLES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(_COLUMNS)


_KINDS = {"customer_models": KINDS[0], "contract_models": KINDS[1], "holdout_models": KINDS[2]}


def kind_of(table: str) -> str | None:
    """Returns the kind of model without which a table is missing; fitted_models is always there."""
    return _KINDS.get(table)


def not_fitted(macro: str, mapping: Mapping) -> MacroError:
    """Returns the error of a macro that needs a model which the mapping lacks."""
    return MacroError(
        f"{macro}: the mapping {mapping.name!r} has no fitted model. Run superset-kpi fit."
    )


def models_select(table: str, mapping: Mapping) -> exp.Query:
    """Returns the parameters of every model of a kind as rows."""
    wanted = MODEL_TABLES[table]
    models, kind = mapping.models, kind_of(table)
    if kind and (models is None or not models.has(kind)):
        raise not_fitted(table, mapping)
    if models is None or not (kind or models.fits):
        return exp.select(*(_value(None, c).as_(c) for c in wanted)).where("1 = 0", copy=False)
    day = models.calibration_end if table == "holdout_models" else models.observation_end
    query: exp.Query | None = None
    for number, model in enumerate(getattr(models, kind) if kind else models.fits, 1):
        values = {"model_no": number, "fitted_to": day, **vars(model)}
        select = exp.select(*(_value(values[c], c).as_(c) for c in wanted))
        query = select if query is None else exp.union(query, select, distinct=False, copy=False)
    assert query is not None
    return query


def _value(value: Any, column: str) -> exp.Expression:
    kind = _TYPES.get(column, "double")
    if value is None:
        return exp.cast(exp.null(), kind)
    if kind == "date":
        text = exp.Literal.string(value.isoformat())
        return exp.Anonymous(this="day_of", expressions=[text])
    if kind == "text":
        return exp.Literal.string(value)
    literal = exp.Literal.number(value) if kind == "bigint" else number_node(value)
    return exp.cast(literal, kind)


@dataclass(frozen=True)
class _Call:
    """A call of a generated function: its arguments, and whose models it means."""

    name: str
    arguments: Sequence[exp.Expression]
    mapping: Mapping

    def number(self, place: int) -> float:
        """Returns a number that is known when the statement is written."""
        value = _constant(fold(self.arguments[place].copy()))
        if not isinstance(value, float):
            raise ArgumentError(
                f"{self.name}: {self.arguments[place].sql()} is not known when the statement is "
                "written. Give a number."
            )
        return value

    def text(self, place: int) -> str | None:
        """Returns a text that is known when the statement is written; null is None."""
        value = _constant(self.arguments[place])
        return value if isinstance(value, str) else None


_ARITHMETIC: dict[type[exp.Expression], Callable[[float, float], float]] = {
    exp.Add: operator.add,
    exp.Sub: operator.sub,
    exp.Mul: operator.mul,
    exp.Div: operator.truediv,
}


def _constant(node: exp.Expression) -> float | str | None:
    while isinstance(node, (exp.Paren, exp.Cast, exp.Nullif)):
        node = node.this
    if isinstance(node, exp.Literal):
        return str(node.this) if node.is_string else float(node.this)
    if isinstance(node, exp.Neg):
        value = _constant(node.this)
        return -value if isinstance(value, float) else None
    if type(node) not in _ARITHMETIC or not isinstance(node, exp.Binary):
        return None
    left, right = _constant(node.left), _constant(node.right)
    if not isinstance(left, float) or not isinstance(right, float):
        return None
    return _ARITHMETIC[type(node)](left, right)


def _models(call: _Call, kind: str) -> Sequence[Any]:
    models = call.mapping.models
    if models is None or not models.has(kind):
        raise not_fitted(call.name, call.mapping)
    found: Sequence[Any] = getattr(models, kind)
    return found


def _by_model(
    call: _Call, kind: str, scheme: str | None, write: Callable[[Any], exp.Expression]
) -> exp.Expression:
    """Returns a case over model_no, of the models that the scheme's customers can have."""
    models = [
        (number, model)
        for number, model in enumerate(_models(call, kind), 1)
        if scheme is None or model.scheme in (scheme, EVERYBODY)
    ]
    if len(models) == 1:
        return write(models[0][1])
    case = exp.Case()
    for number, model in models:
        is_it = exp.EQ(this=call.arguments[0].copy(), expression=exp.Literal.number(number))
        case = case.when(is_it, write(model), copy=False)
    return case


def _purchase_share(call: _Call) -> exp.Expression:
    """purchase_share(model_no, u, v, weeks, tolerance, scheme)."""
    u, v, weeks, tolerance = call.arguments[1], call.arguments[2], call.number(3), call.number(4)

    def write(model: CustomerModel) -> exp.Expression:
        rows = _surface(model, weeks, 0, 0.0, tolerance)
        return _polynomial(rows, u, v)

    return _by_model(call, "customers", call.text(5), write)


def _discounted_share(call: _Call) -> exp.Expression:
    """discounted_share(model_no, u, v, months, yearly discount rate, tolerance, scheme)."""
    u, v, tolerance = call.arguments[1], call.arguments[2], call.number(5)
    months, monthly = int(call.number(3)), (1 + call.number(4)) ** (1 / 12) - 1

    def write(model: CustomerModel) -> exp.Expression:
        rows = _surface(model, 0.0, months, monthly, tolerance)
        return _polynomial(rows, u, v)

    return _by_model(call, "customers", call.text(6), write)


def _holdout_share(call: _Call) -> exp.Expression:
    """holdout_share(u, v, weeks, tolerance)."""
    (model,) = _models(call, "holdout")
    rows = _surface(model, call.number(2), 0, 0.0, call.number(3))
    return _polynomial(rows, call.arguments[0], call.arguments[1])


def _purchases_if_alive(call: _Call) -> exp.Expression:
    """purchases_if_alive(frequency, age in weeks, weeks, tolerance), of all customers' model."""
    x, age = call.arguments[0], call.arguments[1]
    model = _models(call, "customers")[0]
    fraction = _fraction(model, call.number(2), call.number(3))
    top = _polynomial(fraction.rows, x, age, is_typed=True)
    left = exp.Mul(this=_sum(model.r, x), expression=exp.paren(top, copy=False))
    bottom = exp.Mul(
        this=_power(_sum(fraction.u_half, x), len(fraction.rows[0]) - 1),
        expression=_power(_sum(fraction.v_half, age), len(fraction.rows) - 1),
    )
    bottom = exp.Mul(this=_sum(model.alpha, age), expression=bottom)
    return exp.Div(this=left, expression=exp.paren(bottom, copy=False), safe=False, typed=True)


def _sum(number: float, value: exp.Expression) -> exp.Expression:
    return exp.paren(exp.Add(this=value.copy(), expression=number_node(number)), copy=False)


def _new_customer_share(call: _Call) -> exp.Expression:
    """new_customer_share(w, weeks of the oldest, tolerance), of the calibration period's model."""
    (model,) = _models(call, "holdout")
    return _polynomial((_new_curve(model, call.number(1), call.number(2)),), call.arguments[0])


def _residual_lifetime(call: _Call) -> exp.Expression:
    """residual_lifetime(model_no, w, yearly discount rate, scheme), in months."""
    monthly = (1 + call.number(2)) ** (1 / 12) - 1

    def write(model: ContractModel) -> exp.Expression:
        return _polynomial((_lifetime_curve(model, monthly),), call.arguments[1])

    return _by_model(call, "contracts", call.text(3), write)


# Name: what writes it, and how many arguments it takes.
GENERATED: MappingProxyType[str, tuple[Callable[[_Call], exp.Expression], int]] = MappingProxyType(
    {
        "purchase_share": (_purchase_share, 6),
        "discounted_share": (_discounted_share, 7),
        "holdout_share": (_holdout_share, 4),
        "purchases_if_alive": (_purchases_if_alive, 4),
        "new_customer_share": (_new_customer_share, 3),
        "residual_lifetime": (_residual_lifetime, 4),
    }
)
_KIND_OF_FUNCTION = {
    "purchase_share": "customers",
    "discounted_share": "customers",
    "purchases_if_alive": "customers",
    "holdout_share": "holdout",
    "new_customer_share": "holdout",
    "residual_lifetime": "contracts",
}


def kinds_read(body: exp.Expression) -> set[str]:
    """Returns the kinds of models that a macro's body cannot do without."""
    kinds = {_KINDS[t.name] for t in body.find_all(exp.Table) if t.name in _KINDS}
    calls = {c.name.lower() for c in body.find_all(exp.Anonymous)}
    return kinds | {kind for name, kind in _KIND_OF_FUNCTION.items() if name in calls}


def generate(name: str, arguments: Sequence[exp.Expression], mapping: Mapping) -> exp.Expression:
    """Returns what a generated function stands for, by the mapping's models."""
    write, _ = GENERATED[name]
    try:
        return write(_Call(name, arguments, mapping))
    except ImportError as error:
        raise MacroError(
            f"{name}: the Python package {error.name!r} is missing. "
            "Install it: pip install 'superset-kpi[fit]'."
        ) from error


Rows = tuple[tuple[float, ...], ...]


def _parameters(model: CustomerModel) -> Any:
    from superset_kpi.models.bg_nbd import BgNbd
    from superset_kpi.models.mbg_nbd import MbgNbd

    kind = BgNbd if model.model == "bg_nbd" else MbgNbd
    return kind(model.r, model.alpha, model.a, model.b)


@lru_cache(maxsize=256)
def _surface(
    model: CustomerModel, weeks: float, months: int, rate: float, tolerance: float
) -> Rows:
    """The coefficients of the purchases in so many weeks, or of the discounted ones in months."""
    from superset_kpi.models.discount import MONTH, discount_rule
    from superset_kpi.models.surface import purchase_surface

    parameters = _parameters(model)
    horizons: tuple[float, ...] = (weeks,)
    weights: tuple[float, ...] = (1.0,)
    try:
        if months:
            rule = discount_rule(parameters, months, rate, tolerance=tolerance / 4)
            horizons, weights = rule.horizons, rule.weights
        reach = months * MONTH or weeks
        surface = purchase_surface(
            parameters, horizons, weights, tolerance=tolerance / 2, reach=reach
        )
    except ValueError as error:
        raise MacroError(f"{model.scheme} / {model.segment}: {error}") from error
    return surface.coefficients


@lru_cache(maxsize=256)
def _fraction(model: CustomerModel, weeks: float, tolerance: float) -> Any:
    from superset_kpi.models.surface import as_fraction, purchase_surface

    try:
        surface = purchase_surface(
            _parameters(model), (weeks,), (1.0,), tolerance=tolerance / 2, reach=weeks
        )
        return as_fraction(surface, tolerance)
    except ValueError as error:
        raise MacroError(f"{model.scheme} / {model.segment}: {error}") from error


@lru_cache(maxsize=64)
def _new_curve(model: CustomerModel, oldest: float, tolerance: float) -> tuple[float, ...]:
    from superset_kpi.models.curve import new_customer_curve

    try:
        return new_customer_curve(_parameters(model), oldest, tolerance)
    except ValueError as error:
        raise MacroError(f"clv_backtest: {error}") from error


@lru_cache(maxsize=64)
def _lifetime_curve(model: ContractModel, monthly: float) -> tuple[float, ...]:
    from superset_kpi.models.curve import residual_lifetime_curve
    from superset_kpi.models.sbg import Sbg

    try:
        return residual_lifetime_curve(Sbg(model.alpha, model.beta), monthly)
    except ValueError as error:
        raise MacroError(f"{model.scheme} / {model.segment}: {error}") from error


def _polynomial(
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
            inner = exp.Mul(this=_power(v, j), expression=exp.paren(inner, copy=False))
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
            chunk = exp.Mul(this=_power(u, start), expression=exp.paren(chunk, copy=False))
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


def _power(value: exp.Expression, exponent: int) -> exp.Expression:
    if exponent == 1:
        return value.copy()
    bare = value.this if isinstance(value, exp.Paren) else value
    return exp.Pow(this=bare.copy(), expression=exp.Literal.number(exponent))
