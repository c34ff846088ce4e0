"""Which form the expected purchases of a model take in SQL."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from . import dropout, surface
from .arrays import FloatArray
from .beta_geometric import BetaGeometric, weighted_purchases
from .discount import MONTH, discount_rule

Form = surface.PurchaseSurface | dropout.DropoutRule

# A form that takes too long at the tolerance that was asked for may be as far off as this.
LOOSEST = 1e-5
_FEW_POINTS = 32


def has_one_chance(parameters: BetaGeometric, reach: float) -> bool:
    """Whether a few chances to leave stand for all: where customers differ little in them.

    Also where they differ little in their rates. Not where a surface does, which is shorter.
    """
    a, stays = parameters.a, parameters.b + parameters.first_counts
    is_alike = a + stays > surface.MANY_CHANCES or parameters.r > surface.MANY_CHANCES
    can_be_one = is_alike and a >= 0.5 and stays >= 1
    return can_be_one and not surface.is_followed(parameters, reach)


def forecast(
    parameters: BetaGeometric,
    horizons: Sequence[float],
    weights: Sequence[float],
    tolerance: float,
    reach: float | None = None,
) -> Form:
    """The form of sum(weight * E[Y(horizon)]) of customers alive, within the tolerance if it can.

    Otherwise within a larger one up to LOOSEST, which the form states; else ValueError.
    """
    loosest = max(tolerance, LOOSEST)
    if not has_one_chance(parameters, reach or max(horizons)):
        return surface.purchase_surface(parameters, horizons, weights, tolerance, reach, loosest)
    *first, last = surface.tolerances(tolerance, loosest)
    for allowed in first:
        try:
            return dropout.dropout_rule(parameters, horizons, weights, allowed, _FEW_POINTS)
        except ValueError:
            continue
    return dropout.dropout_rule(parameters, horizons, weights, last)


def axes(parameters: BetaGeometric, reach: float) -> surface.Axes:
    """The axes of a form; a dropout rule has u alone, from its own half-way point."""
    if has_one_chance(parameters, reach):
        half = parameters.a + parameters.b + parameters.first_counts
        return surface.Axes(half, math.inf)
    return surface.axes(parameters, reach)


def purchases_ahead(parameters: BetaGeometric, weeks: float, tolerance: float) -> Form:
    """The form of the purchases to expect in so many weeks."""
    return forecast(parameters, (weeks,), (1.0,), tolerance / 2, weeks)


def discounted_ahead(
    parameters: BetaGeometric, months: int, discount_rate: float, tolerance: float
) -> Form:
    """The form of the discounted purchases of so many months, at a rate per month."""
    rule = discount_rule(parameters, months, discount_rate, tolerance=tolerance / 4)
    return forecast(parameters, rule.horizons, rule.weights, tolerance / 2, months * MONTH)


def evaluate(form: Form, x: npt.ArrayLike, T: npt.ArrayLike) -> FloatArray:
    """The purchases `(n,)` of customers alive, as SQL computes them."""
    if isinstance(form, surface.PurchaseSurface):
        return surface.evaluate(form, x, T)
    return dropout.evaluate(form, x, T)


def error_at(
    form: Form,
    parameters: BetaGeometric,
    horizons: FloatArray,
    weights: FloatArray,
    x: FloatArray,
    T: FloatArray,
) -> float:
    """The largest relative error of a form for the customers of a warehouse."""
    exact = weighted_purchases(parameters, horizons, weights, x, T)
    return float(np.abs(evaluate(form, x, T) / exact - 1).max(initial=0.0))
