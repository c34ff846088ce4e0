"""The BG/NBD model: customers may leave after any repeat purchase (Fader, Hardie & Lee 2005)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy.typing as npt

from . import beta_geometric
from .beta_geometric import (
    BetaGeometric,
    expected_purchases,
    log_likelihood,
    p_alive,
    purchases_if_alive,
    weighted_purchases,
)
from .likelihood import Fit

__all__ = [
    "BgNbd",
    "expected_purchases",
    "fit",
    "log_likelihood",
    "p_alive",
    "purchases_if_alive",
    "weighted_purchases",
]


@dataclass(frozen=True)
class BgNbd(BetaGeometric):
    """Parameters of the BG/NBD; a customer with one purchase is alive for certain."""

    first_counts: ClassVar[int] = 0
    title: ClassVar[str] = "BG/NBD"


def fit(
    x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike, weight: npt.ArrayLike = 1.0
) -> Fit[BgNbd]:
    """The BG/NBD fitted to customers, or to groups of `weight` customers each."""
    return beta_geometric.fit(BgNbd, x, t_x, T, weight)
