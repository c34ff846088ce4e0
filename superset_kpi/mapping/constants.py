"""Constants of text columns as they are written: YAML would read `NO` as false."""

from __future__ import annotations

import yaml

from superset_kpi.mapping.logical import LOGICAL_TABLES

_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_BOOLEAN = "tag:yaml.org,2002:bool"

_TEXTS = {c.name for t in LOGICAL_TABLES.values() for c in t.columns.values() if c.type == "text"}


def keep_texts(node: yaml.Node) -> None:
    """Makes texts of what is written plainly for a text column, everywhere below the node.

    `{constant: 1_000}`, `{constant: 2026-01-01}` and the bare `007` become constants of these very
    characters, a bare `no` the name of a column; null stays null. Changes the node in place.
    """
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, yaml.SequenceNode):
            waiting += one.value
        if isinstance(one, yaml.MappingNode):
            waiting += [value for _, value in one.value]
            for key, value in one.value:
                if key.value == "columns" and isinstance(value, yaml.MappingNode):
                    _keep_columns(value)


def _keep_columns(columns: yaml.MappingNode) -> None:
    """Does it for the keys of `columns`, and for what they take over from others with `<<`."""
    kept = []
    for key, value in columns.value:
        if key.value == "<<":
            for other in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if isinstance(other, yaml.MappingNode):
                    _keep_columns(other)
        elif key.value in _TEXTS and isinstance(value, yaml.MappingNode):
            value.value = [(k, _text(v) if k.value == "constant" else v) for k, v in value.value]
        elif key.value in _TEXTS and isinstance(value, yaml.ScalarNode):
            value = _bare(value)
        kept.append((key, value))
    columns.value = kept


def _bare(value: yaml.ScalarNode) -> yaml.Node:
    """Returns what a number or a day without quotes stands for: a constant of these characters."""
    text = _text(value)
    if text is value or value.tag == _BOOLEAN:
        return text
    key = yaml.ScalarNode(_TEXT, "constant", value.start_mark, value.end_mark)
    return yaml.MappingNode("tag:yaml.org,2002:map", [(key, text)], value.start_mark)


def _text(node: yaml.Node) -> yaml.Node:
    """Returns the node as a text if it stands without quotes; null stays. An alias is of others."""
    is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
    is_standard = node.tag.startswith("tag:yaml.org,2002:")
    if not is_plain or not is_standard or node.tag in (_TEXT, _NULL):
        return node
    return yaml.ScalarNode(_TEXT, node.value, node.start_mark, node.end_mark)
