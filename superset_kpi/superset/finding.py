"""What `doctor` says: one thing that is wrong, and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`error`: something does not work. `warning`: it works otherwise than one may expect.

    `info`: nothing to do.
    """

    name: str
    severity: Literal["error", "warning", "info"]
    found: str
    remedy: str
