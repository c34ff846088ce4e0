"""A draft -> the text of a mapping file, with the reason of every line as a comment."""

from __future__ import annotations

from typing import Any

import yaml

from superset_kpi.mapping import LOGICAL_TABLES
from superset_kpi.proposal.draft import LIKELY, SURE, Draft, Line, Source

URL = "${WAREHOUSE_URL}"
WIDTH = 110
# Where a comment starts behind a line.
COLUMN = 46

HEAD = """\
# Proposed by `superset-kpi init` from names, types, keys and a sample of the rows; every line says
# why. Correct what is wrong, then run `superset-kpi check-mapping`. The manual: docs/mapping.md
#
# Editors complete and check this file once this has been run:
# superset-kpi schema --output kpi.schema.json
# yaml-language-server: $schema=kpi.schema.json
"""

_SETTINGS = {
    "title": "shown in the titles of dashboards",
    "database": "the name of the database in Superset",
    "dialect": "Superset's name of its engine",
    "url": "only for the command line; from the environment",
    "as_of": "the last complete day of the data",
    "currency": "of every amount",
    "margin_rate": "share of an amount that is margin",
    "scales": "lowest and highest answer of each kind of rating",
}


def mapping_text(name: str, draft: Draft) -> str:
    """Returns the file."""
    lines = [HEAD, f"{name}:"]
    for key, why in _SETTINGS.items():
        if key in draft.settings:
            lines += _setting(key, draft.settings[key], why)
        elif key in ("currency", "margin_rate") and draft.of("transactions"):
            example = {"currency": "EUR", "margin_rate": 0.3}[key]
            lines.append(_commented(f"  # {key}: {example}", why))
    lines += ["", "  tables:"]
    for logical in LOGICAL_TABLES:
        if sources := draft.of(logical):
            lines += [f"    {logical}:", *_sources(sources), ""]
    return "\n".join([*lines[:-1], ""])


def _setting(key: str, value: Any, why: str) -> list[str]:
    if not isinstance(value, dict):
        return [_commented(f"  {key}: {scalar(value)}", why)]
    return [_commented(f"  {key}:", why), *(f"    {k}: {scalar(v)}" for k, v in value.items())]


def _sources(sources: list[Source]) -> list[str]:
    if len(sources) == 1:
        return [f"      {line}" for line in _source(sources[0])]
    found = []
    for source in sources:
        for place, line in enumerate(_source(source)):
            found.append(f"      {'- ' if place == 0 else '  '}{line}")
    return found


def _source(source: Source) -> list[str]:
    key, text = ("table", source.table) if source.table else ("select", source.select)
    origin = f"{key}: {scalar(text)}"
    why = f"{source.reason}; {sureness(source.confidence)}"
    # A long line, and the first one of a list, cannot have its comment before it.
    first = [_commented(origin, why)] if len(origin) < COLUMN else [f"{key}:  # {_plain(why)}"]
    lines = first if len(origin) < COLUMN else [*first, *_folded(str(text))]
    if source.where:
        lines.append(f"where: {scalar(source.where)}")
    lines.append("columns:")
    lines += [_line(line) for line in source.lines]
    return [*lines, *(f"  # {_plain(remark)}" for remark in source.remarks)]


def _folded(text: str) -> list[str]:
    """Returns a long text in several lines, which YAML joins again."""
    quoted = scalar(text)
    if quoted != text:  # in quotes it stays in one line
        return [f"  {quoted}"]
    lines, current = [], ""
    for word in text.split(" "):
        if current and len(current) + len(word) > WIDTH:
            lines.append(f"  {current}")
            current = word
        else:
            current = f"{current} {word}".strip()
    return [*lines, f"  {current}"]


def _line(line: Line) -> str:
    doubt = "" if line.confidence >= SURE else f"; {sureness(line.confidence)}"
    return _commented(f"  {line.column}: {scalar(line.value)}", f"{line.reason}{doubt}")


def sureness(confidence: float) -> str:
    """Returns how sure a proposal is, in a word."""
    if confidence >= SURE:
        return "sure"
    return "likely" if confidence >= LIKELY else "please check"


def scalar(value: Any) -> str:
    """Returns a value in YAML, in one line."""
    if (
        isinstance(value, str)
        and "'" in value
        and not set(value) & set('"\\')
        and value.isprintable()
    ):
        plain = yaml.safe_dump(value, width=1_000_000, allow_unicode=True)
        return f'"{value}"' if plain.startswith("'") else plain.removesuffix("...\n").strip()
    text: str = yaml.safe_dump(
        value, default_flow_style=True, width=1_000_000, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("...\n").strip()


def _commented(text: str, why: str) -> str:
    return f"{text:<{COLUMN}}  # {_plain(why)}"


def _plain(text: str) -> str:
    """Returns a text in one line: names of tables may hold anything."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
