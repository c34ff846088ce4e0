"""What names of tables and columns mean, by the words of words.yaml."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from superset_kpi.documents import read_yaml

# A shorter word is no sure beginning or end of a longer one.
SHORTEST = 5

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


@cache
def _words() -> dict[str, tuple[str, ...]]:
    text = Path(__file__).with_name("words.yaml").read_text(encoding="utf-8")
    return {
        role: tuple(word.strip() for word in words.split(","))
        for role, words in read_yaml(text).items()
    }


@lru_cache(maxsize=10_000)
def parts(name: str) -> tuple[str, ...]:
    """Returns the words of a name: `AmountCents` and `amount_cents` are amount and cents."""
    text = unicodedata.normalize("NFKD", name.translate(_GERMAN))
    plain = "".join(c for c in text if not unicodedata.combining(c))
    return tuple(part.lower() for part in _PARTS.findall(plain))


def _single(part: str) -> set[str]:
    """Returns the part and what it may be the plural of."""
    found = {part}
    for end, instead in (("ies", "y"), ("es", ""), ("s", ""), ("en", ""), ("n", ""), ("e", "")):
        if part.endswith(end) and len(part) > len(end) + 2:
            found.add(part[: -len(end)] + instead)
    return found


@lru_cache(maxsize=100_000)
def likeness(role: str, name: str) -> float:
    """Returns how much a name sounds like a role: 1 for one of its words, less for a part."""
    found = parts(name)
    spaced = (
        {f" {' '.join([*found[:-1], last])} " for last in _single(found[-1])} if found else set()
    )
    singles = [_single(part) for part in found]
    best = 0.0
    for word in _words()[role]:
        if any(f" {word} " in text for text in spaced) or any(word in each for each in singles):
            return 1.0
        if len(word) >= SHORTEST and " " not in word:
            if any(p.startswith(word) or p.endswith(word) for p in found):
                best = 0.8
    return best


def sounds(role: str, name: str) -> bool:
    """Returns whether a name has a word of the role."""
    return likeness(role, name) > 0


def is_about(role: str, name: str, others: tuple[str, ...]) -> float:
    """Returns how much a table's name is that of a role, less what it sounds of others.

    The last word decides: customer orders are orders, order customers customers.
    """
    if not parts(name):
        return 0.0
    last = parts(name)[-1]
    against = max(likeness(other, name) for other in others)
    if likeness(role, last) and not any(likeness(other, last) for other in others):
        against = 0.0
    return likeness(role, name) - against


def is_word(role: str, text: str) -> bool:
    """Returns whether a text is one of the role's words as a whole."""
    return " ".join(parts(text)) in _words()[role]


def is_same(one: str, other: str) -> bool:
    """Returns whether two names name the same thing, be it in the plural."""
    left, right = parts(one), parts(other)
    if not left or not right or left[:-1] != right[:-1]:
        return False
    return bool(_single(left[-1]) & _single(right[-1]))
