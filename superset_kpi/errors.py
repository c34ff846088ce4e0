"""Errors that a person reads: `<where>: <what is wrong, with the value>. <what to do>.`"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

HIDDEN = "***"
URL_FORM = "driver://user:${PASSWORD}@host:port/database"  # what messages advise
# Whatever holds a login, well written or not: pg://u:pw@host, pg//u:pw@host, u:pw@host.
_LOGIN = re.compile(r"[\w+.-]*:?//[^\n]*@[^\s'\"]*|[^\s'\"(]+:[^\s'\"]*@[^\s'\"]*")
_NAMED = re.compile(
    r"(?<![\w.])((?:password|passwd|pwd|pass|token|secret|api_?key|access_?key|private_?key)\w*=)"
    r"(?!\.\.\.)[^\s&'\"`]+",
    re.IGNORECASE,
)


def masked(text: str, secrets: Iterable[str] = (), words: Iterable[str] = ()) -> str:
    """Returns the text without what may be a login in it, nor any of the secrets.

    Words, and secrets of up to three characters, are hidden where they stand by themselves.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) > 3:
            text = text.replace(secret, HIDDEN)
        else:
            words = (*words, secret)
    for word in filter(None, words):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", HIDDEN, text)
    pieces = [_NAMED.sub(rf"\1{HIDDEN}", _LOGIN.sub(HIDDEN, p)) for p in text.split(URL_FORM)]
    return URL_FORM.join(pieces)


class KpiError(Exception):
    """Anything that the user can put right. `str()` of it is the whole message.

    It never shows a URL with a login, whatever value of a mapping went into it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))


class MappingError(KpiError):
    """One or more faults in a mapping file, one sentence a line."""


class MacroError(KpiError):
    """A macro file, or a call of a macro, that cannot become SQL."""


class ArgumentError(MacroError):
    """An argument that a macro does not take, or a value of the wrong type."""


class NotScored(MacroError):
    """A fitted model whose forecast no formula follows; what needs it is left out."""


class WarehouseError(KpiError):
    """The warehouse could not be reached, or refused a statement."""


class Unreachable(WarehouseError):
    """No connection could be opened."""


# So many choices are read at a glance; of more, the nearest ten are named.
LISTED, NEAREST = 20, 10


def close(name: str, choices: Iterable[str]) -> str | None:
    """Returns the most similar choice, whatever its capitals; None where none is close."""
    known, name = sorted(choices), name[:200]  # a text without end takes as long to compare
    found = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.6)
    return next(k for k in known if k.lower() == found[0]) if found else None


def nearest(name: str, choices: Iterable[str]) -> str:
    """Returns a hint: the most similar choice; where none is close all of them, or ten."""
    known = sorted(choices)
    if meant := close(name, known):
        return f"Did you mean {meant!r}?"
    if len(known) <= LISTED:
        return f"Choose one of: {', '.join(known)}."
    name = name[:200]
    near = sorted(known, key=lambda k: -_likeness(name.lower(), k.lower()))[:NEAREST]
    return f"The nearest {NEAREST} of {len(known)} are: {', '.join(near)}."


def _likeness(name: str, choice: str) -> float:
    """A name that stands in the choice, or shares a word with it, is near at any length."""
    matcher = difflib.SequenceMatcher(None, name, choice)
    longest = matcher.find_longest_match().size
    return longest / len(name or choice) + matcher.ratio()


def said(value: Any, most: int = 80) -> str:
    """Returns a value for a message, whatever it is; its end is left out where it is long."""
    try:
        shown = repr(value)
    except Exception:  # a number of a million digits, lists in lists without end
        is_number = isinstance(value, int)
        shown = f"a number of {value.bit_length()} bits" if is_number else "too large to show"
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."
