"""Functions of fitted models whose text cannot stand in a file: it follows from the parameters.

Macros call them as they call primitives. numpy and scipy are imported when the first one is
written out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlglot import exp

from superset_kpi.errors import ArgumentError, MacroError, NotScored
from superset_kpi.macros.arguments import number_node
from superset_kpi.macros.compiler.fold import fold
from superset_kpi.macros.fitted import kind_of, not_fitted
from superset_kpi.macros.polynomial import polynomial, power
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.models import EVERYBODY, ContractModel, CustomerModel


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


def _frequency_axis(call: _Call) -> exp.Expression:
    """frequency_axis(model_no, frequency, weeks, scheme): what purchases_ahead takes for u."""
    weeks = call.number(2)
    return _by_model(
        call,
        "customers",
        call.text(3),
        lambda model: _frequency_on_axis(model, weeks, call.arguments[1]),
    )


def _age_axis(call: _Call) -> exp.Expression:
    """age_axis(model_no, age in weeks, weeks, scheme): what purchases_ahead takes for v."""
    weeks = call.number(2)
    return _by_model(
        call,
        "customers",
        call.text(3),
        lambda model: _age_on_axis(model, weeks, call.arguments[1]),
    )


def _purchases_ahead(call: _Call) -> exp.Expression:
    """purchases_ahead(model_no, frequency, age, u, v, weeks, tolerance, scheme)."""
    history, weeks, tolerance = call.arguments[1:5], call.number(5), call.number(6)

    def write(model: CustomerModel) -> exp.Expression:
        return _written(_form(model, weeks, 0, 0.0, tolerance), *history)

    return _by_model(call, "customers", call.text(7), write)


def _discounted_ahead(call: _Call) -> exp.Expression:
    """discounted_ahead(model_no, frequency, age, u, v, months, yearly rate, tolerance, scheme)."""
    history, tolerance = call.arguments[1:5], call.number(7)
    months, monthly = int(call.number(5)), (1 + call.number(6)) ** (1 / 12) - 1

    def write(model: CustomerModel) -> exp.Expression:
        return _written(_form(model, 0.0, months, monthly, tolerance), *history)

    return _by_model(call, "customers", call.text(8), write)


def _holdout_frequency_axis(call: _Call) -> exp.Expression:
    """holdout_frequency_axis(frequency, weeks)."""
    (model,) = _models(call, "holdout")
    return _frequency_on_axis(model, call.number(1), call.arguments[0])


def _holdout_age_axis(call: _Call) -> exp.Expression:
    """holdout_age_axis(age, weeks)."""
    (model,) = _models(call, "holdout")
    return _age_on_axis(model, call.number(1), call.arguments[0])


def _holdout_purchases(call: _Call) -> exp.Expression:
    """holdout_purchases(frequency, age, u, v, weeks, tolerance)."""
    (model,) = _models(call, "holdout")
    form = _form(model, call.number(4), 0, 0.0, call.number(5))
    return _written(form, *call.arguments[:4])


def _purchases_if_alive(call: _Call) -> exp.Expression:
    """purchases_if_alive(frequency, age in weeks, weeks, tolerance), of all customers' model."""
    x, age = call.arguments[0], call.arguments[1]
    model, weeks, tolerance = _models(call, "customers")[0], call.number(2), call.number(3)
    fraction = _fraction(model, weeks, tolerance)
    if fraction is None:
        u, v = _frequency_on_axis(model, weeks, x), _age_on_axis(model, weeks, age)
        return _written(_form(model, weeks, 0, 0.0, tolerance), x, age, u, v)
    top = polynomial(fraction.rows, x, age, is_typed=True)
    left = exp.Mul(this=_sum(x, model.r), expression=exp.paren(top, copy=False))
    bottom = exp.Mul(
        this=power(_sum(x, fraction.u_half), len(fraction.rows[0]) - 1),
        expression=power(_sum(age, fraction.v_half), len(fraction.rows) - 1),
    )
    bottom = exp.Mul(this=_sum(age, model.alpha), expression=bottom)
    return _over(left, exp.paren(bottom, copy=False))


def _new_customer_share(call: _Call) -> exp.Expression:
    """new_customer_share(w, weeks of the oldest, tolerance), of the calibration period's model."""
    (model,) = _models(call, "holdout")
    return polynomial((_new_curve(model, call.number(1), call.number(2)),), call.arguments[0])


def _residual_lifetime(call: _Call) -> exp.Expression:
    """residual_lifetime(model_no, w, yearly discount rate, scheme), in months."""
    monthly = (1 + call.number(2)) ** (1 / 12) - 1

    def write(model: ContractModel) -> exp.Expression:
        return polynomial((_lifetime_curve(model, monthly),), call.arguments[1])

    return _by_model(call, "contracts", call.text(3), write)


# Name: what writes it, how many arguments it takes, and the kind of model that it needs.
GENERATED: MappingProxyType[str, tuple[Callable[[_Call], exp.Expression], int, str]] = (
    MappingProxyType(
        {
            "frequency_axis": (_frequency_axis, 4, "customers"),
            "age_axis": (_age_axis, 4, "customers"),
            "purchases_ahead": (_purchases_ahead, 8, "customers"),
            "discounted_ahead": (_discounted_ahead, 9, "customers"),
            "purchases_if_alive": (_purchases_if_alive, 4, "customers"),
            "holdout_frequency_axis": (_holdout_frequency_axis, 2, "holdout"),
            "holdout_age_axis": (_holdout_age_axis, 2, "holdout"),
            "holdout_purchases": (_holdout_purchases, 6, "holdout"),
            "new_customer_share": (_new_customer_share, 3, "holdout"),
            "residual_lifetime": (_residual_lifetime, 4, "contracts"),
        }
    )
)


def kinds_read(body: exp.Expression) -> set[str]:
    """Returns the kinds of models that a macro's body cannot do without."""
    tables = {kind_of(table.name) for table in body.find_all(exp.Table)}
    calls = {call.name.lower() for call in body.find_all(exp.Anonymous)}
    read = {kind for name, (_, _, kind) in GENERATED.items() if name in calls}
    return read.union(kind for kind in tables if kind)


def generate(name: str, arguments: Sequence[exp.Expression], mapping: Mapping) -> exp.Expression:
    """Returns what a generated function stands for, by the mapping's models."""
    write = GENERATED[name][0]
    try:
        return write(_Call(name, arguments, mapping))
    except ImportError as error:
        raise MacroError(
            f"{name}: the Python package {error.name!r} is missing. "
            "Install it: pip install 'superset-kpi[fit]'."
        ) from error


def _parameters(model: CustomerModel) -> Any:
    from superset_kpi.models.bg_nbd import BgNbd
    from superset_kpi.models.mbg_nbd import MbgNbd

    kind = BgNbd if model.model == "bg_nbd" else MbgNbd
    return kind(model.r, model.alpha, model.a, model.b)


def _form(model: CustomerModel, weeks: float, months: int, rate: float, tolerance: float) -> Any:
    """The form of the purchases in so many weeks, or of the discounted ones in months."""
    form = _form_or_reason(model, weeks, months, rate, tolerance)
    if isinstance(form, ValueError):
        raise _not_scored(model, form)
    return form


@lru_cache(maxsize=256)
def _form_or_reason(
    model: CustomerModel, weeks: float, months: int, rate: float, tolerance: float
) -> Any:
    from superset_kpi.models.forecast import discounted_ahead, purchases_ahead

    try:
        if months:
            return discounted_ahead(_parameters(model), months, rate, tolerance)
        return purchases_ahead(_parameters(model), weeks, tolerance)
    except ValueError as error:
        # Looked for as long as a form that is found: remembered as well.
        return error


@lru_cache(maxsize=256)
def _fraction(model: CustomerModel, weeks: float, tolerance: float) -> Any:
    """The same as a fraction of plain powers, which is shorter; None where there is none."""
    from superset_kpi.models.surface import PurchaseSurface, as_fraction

    form = _form(model, weeks, 0, 0.0, tolerance)
    if not isinstance(form, PurchaseSurface):
        return None
    try:
        return as_fraction(form, tolerance)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _new_curve(model: CustomerModel, oldest: float, tolerance: float) -> tuple[float, ...]:
    from superset_kpi.models.curve import new_customer_curve

    try:
        return new_customer_curve(_parameters(model), oldest, tolerance)
    except ValueError as error:
        raise _not_scored(model, error) from error


@lru_cache(maxsize=64)
def _lifetime_curve(model: ContractModel, monthly: float) -> tuple[float, ...]:
    from superset_kpi.models.curve import residual_lifetime_curve
    from superset_kpi.models.sbg import Sbg

    try:
        return residual_lifetime_curve(Sbg(model.alpha, model.beta), monthly)
    except ValueError as error:
        raise _not_scored(model, error) from error


def _not_scored(model: CustomerModel | ContractModel, error: ValueError) -> NotScored:
    return NotScored(f"The model of {model.segment} cannot be scored. {error}")


def _frequency_on_axis(
    model: CustomerModel, weeks: float, frequency: exp.Expression
) -> exp.Expression:
    from superset_kpi.models import forecast

    return _from_half_way(frequency, forecast.axes(_parameters(model), weeks).u_half)


def _age_on_axis(model: CustomerModel, weeks: float, age: exp.Expression) -> exp.Expression:
    from superset_kpi.models import forecast

    parameters = _parameters(model)
    if forecast.has_one_chance(parameters, weeks):
        return exp.paren(_over(_double(1.0), _sum(age, model.alpha)), copy=False)
    axes = forecast.axes(parameters, weeks)
    if not axes.root_of:
        return _from_half_way(age, axes.v_half)
    root = exp.Sqrt(this=exp.Add(this=age.copy(), expression=_double(axes.root_of)))
    since = exp.Sub(this=root, expression=number_node(axes.root_of**0.5))
    return _from_half_way(exp.paren(since, copy=False), axes.v_half)


def _from_half_way(value: exp.Expression, half: float) -> exp.Expression:
    """(value - half) / (value + half), without cancelling for small values."""
    share = _over(_double(2 * half), _sum(value, half))
    return exp.paren(exp.Sub(this=_double(1.0), expression=share), copy=False)


def _written(
    form: Any, x: exp.Expression, age: exp.Expression, u: exp.Expression, v: exp.Expression
) -> exp.Expression:
    """Returns a form of models/forecast.py; v is 1 / (alpha + age) where that is a rule."""
    from superset_kpi.models.surface import PurchaseSurface

    if not isinstance(form, PurchaseSurface):
        return _rule(form, x, u, v)
    share = exp.paren(polynomial(form.coefficients, u, v), copy=False)
    top = exp.Mul(this=_sum(x, form.r), expression=share)
    return _over(top, _sum(age, form.alpha))


def _rule(form: Any, x: exp.Expression, u: exp.Expression, v: exp.Expression) -> exp.Expression:
    """The sum over chances to leave of share * (what is bought before, over (x + half))."""
    total: exp.Expression | None = None
    for odds, share in zip(form.odds, form.shares, strict=True):
        bought: exp.Expression = number_node(sum(form.weights))
        for horizon, weight in zip(form.horizons, form.weights, strict=True):
            part = exp.Mul(this=_short(weight), expression=_stays(form, odds, horizon, x, v))
            bought = exp.Sub(this=bought, expression=part)
        term = exp.Mul(
            this=exp.paren(polynomial((share,), u), copy=False),
            expression=exp.paren(bought, copy=False),
        )
        total = term if total is None else exp.Add(this=total, expression=term)
    assert total is not None
    return exp.Mul(this=_sum(x, form.half), expression=exp.paren(total, copy=False))


def _stays(
    form: Any, odds: float, horizon: float, x: exp.Expression, v: exp.Expression
) -> exp.Expression:
    """(1 + p * horizon / (alpha + age)) ** -(r + x), 0 where PostgreSQL refuses the exponent."""
    pace = _over(
        exp.Mul(this=v.copy(), expression=_short(odds * horizon)),
        _sum(x, float(f"{form.stays + odds:.13g}")),
    )
    grows = exp.Ln(this=exp.Add(this=number_node(1.0), expression=pace))
    exponent = exp.Mul(this=_sum(x, form.r), expression=grows)
    over = exp.GT(this=exponent, expression=number_node(650.0))
    power_of = exp.Exp(this=exp.Neg(this=exp.paren(exponent.copy(), copy=False)))
    return exp.Case().when(over, number_node(0.0), copy=False).else_(power_of, copy=False)


def _sum(value: exp.Expression, number: float) -> exp.Expression:
    return exp.paren(exp.Add(this=value.copy(), expression=number_node(number)), copy=False)


def _short(number: float) -> exp.Expression:
    """Digits beyond these move no forecast."""
    return number_node(float(f"{number:.13g}"))


def _over(top: exp.Expression, bottom: exp.Expression) -> exp.Expression:
    return exp.Div(this=top, expression=bottom, safe=False, typed=True)


def _double(number: float) -> exp.Expression:
    return exp.cast(number_node(number), "double")
