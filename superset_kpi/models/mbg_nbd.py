"""The MBG/NBD model: customers may leave after any purchase, the first included.

Batislam, Denizel & Filiztekin (2007); Hoppe & Wagner (2007).
"""

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
    "MbgNbd",
    "expected_purchases",
    "fit",
    "log_likelihood",
    "p_alive",
    "purchases_if_alive",
    "weighted_purchases",
]


@dataclass(frozen=True)
class MbgNbd(BetaGeometric):
    """Parameters of the MBG/NBD; a customer with one purchase may be gone too."""

    first_counts: ClassVar[int] = 1
    title: ClassVar[str] = "MBG/NBD"


def fit(
    x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike, weight: npt.ArrayLike = 1.0
) -> Fit[MbgNbd]:
    """The MBG/NBD fitted to customers, or to groups of `weight` customers each."""
    return beta_geometric.fit(MbgNbd, x, t_x, T, weight)
