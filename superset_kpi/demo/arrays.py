"""The arrays that the generator works on: days since 1970-01-01, codes into names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]

DAY = 86_400
NEVER = np.iinfo(np.int64).max


def day(date: object) -> int:
    """Returns days since 1970-01-01, the unit of time inside the generator."""
    return int(np.datetime64(str(date), "D").astype(np.int64))


def dates(days: Ints) -> NDArray[np.datetime64]:
    """Returns dates for days since 1970; NEVER becomes not-a-time (null in the warehouse)."""
    # pandas has no unit of days for columns, seconds are its coarsest.
    found = np.where(days == NEVER, 0, days).astype("datetime64[D]").astype("datetime64[s]")
    found[days == NEVER] = np.datetime64("NaT")
    return found


def times(seconds: Ints) -> NDArray[np.datetime64]:
    """Returns timestamps for seconds since 1970; negative ones become not-a-time."""
    found = seconds.astype("datetime64[s]")
    found[seconds < 0] = np.datetime64("NaT")
    return found


def pick(names: tuple[str, ...], codes: Ints) -> Texts:
    """Returns the name of each code; -1 becomes None."""
    return np.array([*names, None], dtype=object)[codes]
