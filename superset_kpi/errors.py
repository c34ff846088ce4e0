"""Errors that a person reads: `<where>: <what is wrong, with the value>. <what to do>.`"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class KpiError(Exception):
    """Anything that the user can put right. `str()` of it is the whole message."""


class MappingError(KpiError):
    """One or more faults in a mapping file, one sentence a line."""


class MacroError(KpiError):
    """A macro file, or a call of a macro, that cannot become SQL."""


class ArgumentError(MacroError):
    """An argument that a macro does not take, or a value of the wrong type."""


class WarehouseError(KpiError):
    """The warehouse could not be reached, or refused a statement."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """Returns a hint that names the most similar choice, or lists them all when none is close."""
    known = sorted(choices)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Choose one of: {', '.join(known)}."
