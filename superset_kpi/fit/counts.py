"""What the models are fitted to: counts of customers alike, read through macros, never rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.engine import Connection

from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.models import EVERYBODY
from superset_kpi.warehouse import select

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """What there is of purchases up to the end of observation."""

    customers: int
    repeaters: int
    regulars: int
    purchase_days: int
    revenue: float
    first_purchase_on: dt.date | None
    last_purchase_on: dt.date | None


@dataclass(frozen=True)
class Purchases:
    """Groups of customers alike, all `(groups,)`: the models' x, t_x, T in weeks, and how many."""

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    holdout: FloatArray
    weight: FloatArray

    @property
    def customers(self) -> float:
        """How many customers they are."""
        return float(self.weight.sum())


@dataclass(frozen=True)
class Spend:
    """Groups of customers alike, all `(groups,)`: repeat purchases, mean value, and how many."""

    x: FloatArray
    m: FloatArray
    weight: FloatArray


@dataclass(frozen=True)
class Renewals:
    """Groups of contracts alike, all `(groups,)`."""

    renewals: FloatArray
    has_left: FloatArray
    weight: FloatArray


class Warehouse:
    """A connection and a mapping: each method is one statement."""

    def __init__(self, opened: Connection, mapping: Mapping, end: dt.date, is_exact: bool) -> None:
        self.opened = opened
        self.mapping = mapping
        self.end = end
        self.is_exact = is_exact

    def _columns(self, macro: str, arguments: Dict[str, Any]) -> dict[str, list[Any]]:
        given = {"observation_end": self.end, **arguments}
        sql = render_query(macro, given, self.mapping)
        rows = select(self.opened, sql, f"{self.mapping.name}: {macro}")
        values = list(zip(*rows.rows, strict=True)) or [()] * len(rows.columns)
        return {
            name.lower(): list(column) for name, column in zip(rows.columns, values, strict=True)
        }

    def history(self, end: dt.date | None = None) -> History:
        """Returns what there is up to a day."""
        row = {
            name: column[0]
            for name, column in self._columns(
                "purchase_history", {"observation_end": end or self.end}
            ).items()
        }
        return History(
            **{k: int(row[k]) for k in ("customers", "repeaters", "regulars", "purchase_days")},
            revenue=float(row["revenue"] or 0.0),
            first_purchase_on=_day(row["first_purchase_on"]),
            last_purchase_on=_day(row["last_purchase_on"]),
        )

    def purchases(self, calibration_end: dt.date | None = None) -> Purchases:
        """Returns the counts of all customers, with what they bought after the calibration."""
        arguments = {"calibration_end": calibration_end, "is_exact": self.is_exact}
        return _purchases(self._columns("purchase_counts", arguments))

    def purchases_by_segment(self, scheme: str) -> dict[str, Purchases]:
        """Returns the counts of each segment."""
        arguments = {"scheme": scheme, "is_exact": self.is_exact}
        columns = self._columns("purchase_counts_by_segment", arguments)
        return {name: _purchases(part) for name, part in _by_segment(columns).items()}

    def spend(self) -> Spend:
        """Returns the counts of all customers with a repeat purchase and spend."""
        return _spend(self._columns("spend_counts", {"is_exact": self.is_exact}))

    def spend_by_segment(self, scheme: str) -> dict[str, Spend]:
        """Returns the counts of each segment."""
        arguments = {"scheme": scheme, "is_exact": self.is_exact}
        columns = self._columns("spend_counts_by_segment", arguments)
        return {name: _spend(part) for name, part in _by_segment(columns).items()}

    def renewals(self, scheme: str) -> dict[str, Renewals]:
        """Returns the counts of contracts of each segment."""
        columns = self._columns("contract_counts", {"scheme": scheme})
        return {
            name: Renewals(
                _array(part["renewals"]), _array(part["has_left"]), _array(part["contracts"])
            )
            for name, part in _by_segment(columns).items()
        }

    def schemes(self) -> list[str]:
        """Returns the segmentation schemes that are mapped."""
        if not self.mapping.is_mapped("segment_membership"):
            return []
        sql = render_query("schemes", {}, self.mapping)
        found = select(self.opened, sql, self.mapping.name).rows
        return [str(row[0]) for row in found if row[0] != EVERYBODY]


def _day(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    # SQLite keeps dates as text.
    return dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _array(values: list[Any]) -> FloatArray:
    return np.array([float(v) for v in values], dtype=np.float64)


def _purchases(columns: dict[str, list[Any]]) -> Purchases:
    weight = _array(columns["customers"])
    recency, age = _array(columns["recency"]), _array(columns["age"])
    later = columns.get("holdout_frequency")
    return Purchases(
        _array(columns["frequency"]),
        # The mean of equal numbers may differ from them in the last digit.
        np.minimum(recency, age),
        age,
        _array(later) if later is not None else np.zeros_like(weight),
        weight,
    )


def _spend(columns: dict[str, list[Any]]) -> Spend:
    return Spend(
        _array(columns["frequency"]),
        _array(columns["monetary_value"]),
        _array(columns["customers"]),
    )


def _by_segment(columns: dict[str, list[Any]]) -> dict[str, dict[str, list[Any]]]:
    parts: dict[str, dict[str, list[Any]]] = {}
    for place, segment in enumerate(columns["segment"]):
        part = parts.setdefault(str(segment), {name: [] for name in columns})
        for name, values in columns.items():
            part[name].append(values[place])
    return dict(sorted(parts.items()))
