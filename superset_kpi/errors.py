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


# So many choices are read at a glance; of more, the nearest ten are named.
LISTED, NEAREST = 20, 10


def close(name: str, choices: Iterable[str]) -> str | None:
    """Returns the most similar choice, whatever its capitals; None where none is close."""
    known = sorted(choices)
    found = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.6)
    return next(k for k in known if k.lower() == found[0]) if found else None


def nearest(name: str, choices: Iterable[str]) -> str:
    """Returns a hint: the most similar choice; where none is close all of them, or ten."""
    known = sorted(choices)
    if meant := close(name, known):
        return f"Did you mean {meant!r}?"
    if len(known) <= LISTED:
        return f"Choose one of: {', '.join(known)}."
    near = sorted(known, key=lambda k: -_likeness(name.lower(), k.lower()))[:NEAREST]
    return f"The nearest {NEAREST} of {len(known)} are: {', '.join(near)}."


def _likeness(name: str, choice: str) -> float:
    """A name that stands in the choice, or shares a word with it, is near at any length."""
    matcher = difflib.SequenceMatcher(None, name, choice)
    longest = matcher.find_longest_match().size
    return longest / len(name or choice) + matcher.ratio()
