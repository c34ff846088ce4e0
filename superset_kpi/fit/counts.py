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
from superset_kpi.warehouse import select, select_columns

FloatArray = npt.NDArray[np.float64]
# By the column's name: values of the rows, and the same as arrays `(n,)`.
Columns = dict[str, list[Any]]
Arrays = dict[str, npt.NDArray[Any]]

# Within so many days histories are alike where nothing asks for fewer.
MOST_GROUP_DAYS = 7

_TEXTS = ("segment", "part")


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
        self.group_days = 1 if is_exact else MOST_GROUP_DAYS

    def _columns(self, macro: str, arguments: Dict[str, Any]) -> Columns:
        sql = self._query(macro, {"observation_end": self.end, **arguments})
        names, columns = select_columns(self.opened, sql, f"{self.mapping.name}: {macro}")
        return {name.lower(): values for name, values in zip(names, columns, strict=True)}

    def _query(self, macro: str, arguments: Dict[str, Any]) -> str:
        return render_query(macro, arguments, self.mapping)

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

    def counts(
        self, scheme: str = EVERYBODY, calibration_end: dt.date | None = None
    ) -> dict[str, tuple[Purchases, Spend]]:
        """Returns the counts of each segment: purchases, and spend of those who came back."""
        columns = self._columns(
            "customer_counts",
            {
                "scheme": scheme,
                "calibration_end": calibration_end,
                "group_days": self.group_days,
                "is_exact": self.is_exact,
            },
        )
        return {segment: _counts(rows) for segment, rows in _by_segment(columns).items()}

    def renewals(self, scheme: str) -> dict[str, Renewals]:
        """Returns the counts of contracts of each segment."""
        columns = self._columns("contract_counts", {"scheme": scheme})
        return {
            segment: Renewals(rows["renewals"], rows["has_left"], rows["contracts"])
            for segment, rows in _by_segment(columns).items()
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


def _by_segment(columns: Columns) -> dict[str, Arrays]:
    """Returns the columns of each segment; all but the texts are numbers."""
    arrays = {
        name: np.array(values, dtype=str if name in _TEXTS else np.float64)
        for name, values in columns.items()
    }
    segments = arrays.pop("segment")
    return {
        segment: {name: values[segments == segment] for name, values in arrays.items()}
        for segment in sorted(set(segments.tolist()))
    }


def _counts(rows: Arrays) -> tuple[Purchases, Spend]:
    is_spend = rows["part"] == "spend"
    bought, spent = (
        {n: values[part] for n, values in rows.items()} for part in (~is_spend, is_spend)
    )
    # The mean of equal numbers may differ from them in the last digit.
    t_x = np.minimum(bought["recency"], bought["age"])
    x, holdout = bought["frequency"], bought["holdout_frequency"]
    purchases = Purchases(x, t_x, bought["age"], holdout, bought["customers"])
    return purchases, Spend(spent["frequency"], spent["monetary_value"], spent["customers"])
