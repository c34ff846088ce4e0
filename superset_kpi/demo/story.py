"""What the telecom of the demo went through: the numbers that its data is built to give.

Tests, documents and dashboards quote these constants; nothing else states them.
"""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass

import numpy as np

SEED = 20260930
AS_OF = dt.date(2026, 9, 30)

PLANS = ("Prepaid", "Basic", "Family", "Premium")
AGE_BANDS = ("18-29", "30-44", "45-59", "60+")
REGIONS = ("North", "South", "East", "West")
SCHEMES = {"Tariff plan": PLANS, "Age band": AGE_BANDS, "Region": REGIONS}


def stream(name: str) -> np.random.Generator:
    """Returns the random numbers of one part of the data: a change in one part moves no other."""
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


@dataclass(frozen=True)
class Quarter:
    """A quarter's planned numbers.

    `experience` is the mean score (percent) of all valid experience ratings, `value` the CPV of
    everybody but the youngest band, `churn` the contracts that end over those active at the start.
    """

    label: str
    start: dt.date
    experience: float
    value: float
    churn: float

    @property
    def end(self) -> dt.date:
        """First day after the quarter."""
        year, month = divmod(self.start.year * 12 + self.start.month + 2, 12)
        return dt.date(year, month + 1, 1)


QUARTERS = (
    Quarter("2023-Q4", dt.date(2023, 10, 1), 77.0, 71.0, 0.046),
    Quarter("2024-Q1", dt.date(2024, 1, 1), 77.5, 71.5, 0.046),
    Quarter("2024-Q2", dt.date(2024, 4, 1), 77.0, 71.0, 0.045),
    Quarter("2024-Q3", dt.date(2024, 7, 1), 76.5, 71.0, 0.046),
    Quarter("2024-Q4", dt.date(2024, 10, 1), 75.0, 70.0, 0.048),
    Quarter("2025-Q1", dt.date(2025, 1, 1), 68.0, 66.0, 0.050),
    Quarter("2025-Q2", dt.date(2025, 4, 1), 74.0, 68.5, 0.074),
    Quarter("2025-Q3", dt.date(2025, 7, 1), 82.0, 72.0, 0.070),
    Quarter("2025-Q4", dt.date(2025, 10, 1), 82.0, 72.5, 0.046),
    Quarter("2026-Q1", dt.date(2026, 1, 1), 82.5, 73.5, 0.038),
    Quarter("2026-Q2", dt.date(2026, 4, 1), 82.0, 74.0, 0.034),
    Quarter("2026-Q3", dt.date(2026, 7, 1), 82.5, 74.5, 0.033),
)


@dataclass(frozen=True)
class Story:
    """The known answers. Scores are in percent, `minmax`, on all valid ratings.

    `yearly_churn` is contracts ended in four quarters over those active when the first began, by
    the last of the four. `leaving_within_days` and the shares after it: cancellations after an
    experience rating of 0 to 4, and after one of 8 to 10.
    """

    worst_quarter: str = "2025-Q1"
    worst_experience: float = 68.0
    recovered_quarter: str = "2025-Q3"
    recovered_experience: float = 82.0
    experience_tolerance: float = 0.5
    programme: str = "First-contact resolution"
    programme_started_on: dt.date = dt.date(2025, 4, 1)
    peak_churn_quarter: str = "2025-Q2"
    churn_lag_quarters: int = 1
    yearly_churn: tuple[tuple[str, float], ...] = (
        ("2024-Q4", 0.186),
        ("2025-Q4", 0.236),
        ("2026-Q3", 0.153),
    )
    leaving_within_days: int = 180
    leaving_after_low: float = 0.21
    leaving_after_high: float = 0.06
    young_band: str = "18-29"
    young_shortfall: float = 0.25
    young_tolerance: float = 0.01
    release: str = "Youth data release"
    released_on: dt.date = dt.date(2026, 1, 1)
    strongest_driver_of_experience: str = "Network reliability"
    strongest_driver_of_value: str = "Monthly price"
    weak_touchpoint: str = "Billing"
    own_brand: str = "Aurelia Mobile"
    better_brand: str = "Estelle Telecom"


STORY = Story()
