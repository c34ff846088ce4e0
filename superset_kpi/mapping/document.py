"""A YAML file as plain values, remembering the line of every key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from superset_kpi.errors import MappingError

KeyPath = tuple[str | int, ...]

DEEPEST = 20

# To YAML 010 is octal and 1:30 is of base 60; nobody who writes them means that.
_MISREAD = re.compile(r"[-+]?(0[0-9_]|[0-9_]+:)")


@dataclass
class Document:
    """Parsed YAML: the values, the line of every path, and the faults of the text itself."""

    path: Path
    values: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def place(self, path: KeyPath) -> str:
        """Returns `kpi.yaml:12 telecom.tables.ratings` for a path, or for its nearest parent."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        dotted = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
        return f"{self.path.name}:{self.lines.get(known, 1)} {dotted}".rstrip()


def read_document(path: Path, change: Callable[[yaml.Node], None] = lambda node: None) -> Document:
    """Returns the YAML file; text that is no YAML, or no file at all, is a MappingError.

    `change` may alter the nodes before they become values.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MappingError(
            f"{path}: the file cannot be read ({error.strerror}). "
            "Name an existing mapping file, or write one with `superset-kpi init`."
        ) from error
    except UnicodeDecodeError as error:
        raise MappingError(f"{path}: the file is not UTF-8 text. Save it as UTF-8.") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "not YAML"
        raise MappingError(
            f"{path.name}:{line}: this is not YAML: {problem}. Correct the line."
        ) from error
    document = Document(path)
    if node is not None:
        change(node)
        unreadable = _visit(node, (), document)
        if unreadable:
            raise MappingError("\n".join([*document.faults, *unreadable]))
        document.values = yaml.SafeLoader("").construct_document(node)
    return document


def _visit(node: yaml.Node, path: KeyPath, document: Document) -> list[str]:
    """Notes the line of every key; returns a sentence for each value that YAML cannot hold."""
    document.lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > DEEPEST:
        return [f"{document.place(path[:3])}: an alias (*) stands inside itself. Write it out."]
    unreadable = []
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            child = (*path, str(key.value))
            if child in document.lines:
                document.faults.append(
                    f"{document.path.name}:{key.start_mark.line + 1} {'.'.join(map(str, child))}: "
                    f"the name {key.value!r} stands here a second time "
                    f"(first on line {document.lines[child]}). Rename or remove one of them."
                )
                continue
            document.lines[child] = key.start_mark.line + 1
            unreadable += _visit(value, child, document)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            unreadable += _visit(value, (*path, index), document)
    elif node.tag == "tag:yaml.org,2002:int" and _MISREAD.match(node.value):
        unreadable.append(
            f"{document.place(path)}: YAML reads {node.value} as "
            f"{yaml.SafeLoader('').construct_object(node)}. Write that number, or put quotes "
            "around a text."
        )
    else:
        try:
            yaml.SafeLoader("").construct_object(node)
        except (yaml.YAMLError, ValueError):
            unreadable.append(
                f"{document.place(path)}: {node.value!r} cannot be read as the date, number or tag "
                "that it looks like. Correct it, or put quotes around a text."
            )
    return unreadable
