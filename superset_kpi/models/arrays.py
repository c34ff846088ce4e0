"""Columns of observations and parameters, checked once at the door."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import zeta

FloatArray = npt.NDArray[np.float64]


def trigamma(x: FloatArray | float) -> FloatArray:
    """The slope of digamma."""
    slope: FloatArray = zeta(2.0, x)
    return slope


def columns(where: str, **named: npt.ArrayLike) -> tuple[FloatArray, ...]:
    """The columns broadcast to one shape `(n,)`; ValueError where one is negative or no number."""
    arrays = []
    for name, values in named.items():
        array = np.asarray(values, dtype=np.float64)
        is_bad = ~np.isfinite(array) | (array < 0)
        if is_bad.any():
            raise ValueError(
                f"{where}: {name} holds {array[is_bad].flat[0]}, a number from 0 up is needed. "
                "Leave such customers out or fix the query that counts them."
            )
        arrays.append(np.atleast_1d(array))
    try:
        return tuple(np.broadcast_arrays(*arrays))
    except ValueError:
        sizes = ", ".join(f"{name} {array.size}" for name, array in zip(named, arrays, strict=True))
        raise ValueError(
            f"{where}: the columns differ in length ({sizes}). Pass one value per customer."
        ) from None


def purchase_columns(
    where: str, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike, weight: npt.ArrayLike = 1.0
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The four columns; ValueError where x is broken or t_x lies after the end."""
    x, t_x, T, weight = columns(where, x=x, t_x=t_x, T=T, weight=weight)
    if (x % 1).any():
        raise ValueError(
            f"{where}: x holds {x[x % 1 > 0][0]}, repeat purchases are whole numbers. "
            "Group customers by x before averaging the other columns."
        )
    # A grouped row holds averages, whose rounding may put t_x a hair above T.
    is_late = t_x > T * (1 + 1e-9)
    if is_late.any():
        raise ValueError(
            f"{where}: a last purchase at age {t_x[is_late][0]} lies after the end of observation "
            f"at age {T[is_late][0]}. Give recency and age in the same unit, counted from the "
            "first purchase."
        )
    return x, t_x, T, weight


def require_above(least: float, where: str, **parameters: float) -> None:
    """ValueError unless each parameter is a finite number above least."""
    for name, value in parameters.items():
        if not (math.isfinite(value) and value > least):
            raise ValueError(
                f"{where}: {name} is {value}, a number above {least:g} is needed. "
                "Fit the model again or correct the stored parameters."
            )
