"""A YAML file as plain values, remembering the line of every key.

What somebody else wrote is bounded: a file of 500 bytes can stand for a billion values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from superset_kpi.errors import KpiError, MappingError, said

KeyPath = tuple[str | int, ...]

# Many times what a mapping of every table or the models of a thousand segments need.
MOST_BYTES = 10_000_000
MOST_VALUES = 100_000
DEEPEST = 20
LONGEST_NUMBER = 40

SECRET = "url"  # the key whose value no message shows

_PLAIN = {
    yaml.MappingNode: {"map"},
    yaml.SequenceNode: {"seq"},
    yaml.ScalarNode: {"str", "int", "float", "bool", "null", "timestamp", "merge"},
}

# What may be a password that begins with *, & or !, in PyYAML's own words.
_NAMES = re.compile(r"(alias|anchor|handle) (['\"]).*\2")
# To YAML 010 is octal and 1:30 is of base 60; nobody who writes them means that.
_MISREAD = re.compile(r"[-+]?(0[0-9_]|[0-9_]+:)")


# libyaml reads ten times as fast; PyYAML's wheels hold it.
_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Change = Callable[[yaml.Node], None]


@dataclass
class Document:
    """Parsed YAML: the values, the line of every path, and the faults of the text itself.

    `name` is what messages call the file, `error` what they are; `text` is there for lines that
    nobody has asked for yet.
    """

    name: str
    error: type[KpiError] = MappingError
    values: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    text: str = ""

    def line(self, path: KeyPath) -> int:
        """Returns the line of a path, or of its nearest parent.

        An item of a list may be called by its text or its first key.
        """
        lines = self._lines()
        found: KeyPath = ()
        for part in path:
            if (*found, part) not in lines:
                break
            found = (*found, part)
        return lines.get(found, 1)

    def place(self, path: KeyPath) -> str:
        """Returns `kpi.yaml:12 telecom.tables.ratings` for a path, or for its nearest parent."""
        return f"{self.name}:{self.line(path)} {_dotted(path)}".rstrip()

    def path(self, path: KeyPath) -> KeyPath:
        """Returns the path as the file has it: one source may stand there without its list."""
        kept: KeyPath = ()
        for part in path:
            if (*kept, part) in self._lines() or (part and not isinstance(part, int)):
                kept = (*kept, part)
        return kept

    def _lines(self) -> dict[KeyPath, int]:
        if self.text and not self.lines:
            self.lines = parse_document(self.text, self.name, self.error).lines
        return self.lines

    def refuse(self, faults: list[str]) -> None:
        """Raises the faults as one error, if there are any."""
        if faults:
            raise self.error("\n".join(faults))


def read_yaml(text: str) -> Any:
    """Returns the values of YAML that is ours."""
    return yaml.load(text, Loader=_FAST)


def own_document(text: str, name: str, error: type[KpiError] = KpiError) -> Document:
    """Returns YAML that is ours: read fast, its lines are looked up where there is a fault."""
    try:
        return Document(name, error, read_yaml(text), text=text)
    except yaml.YAMLError:
        return parse_document(text, name, error)


def read_document(
    path: Path,
    change: _Change = lambda node: None,
    name: str | None = None,
    error: type[KpiError] = MappingError,
) -> Document:
    """Returns the YAML file; text that is no YAML, or no file at all, is an error.

    `change` may alter the nodes before they become values.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as reason:
        raise error(
            f"{path}: the file cannot be read ({reason.strerror}). "
            "Name an existing mapping file, or write one with `superset-kpi init`."
        ) from reason
    except UnicodeDecodeError as reason:
        raise error(f"{path}: the file is not UTF-8 text. Save it as UTF-8.") from reason
    if len(raw) > MOST_BYTES:
        raise error(
            f"{path}: the file has more than {MOST_BYTES // 1_000_000} MB. Name another one."
        )
    return parse_document(text, name or path.name, error, change)


def parse_document(
    text: str,
    name: str,
    error: type[KpiError] = MappingError,
    change: _Change = lambda node: None,
) -> Document:
    """Returns the YAML text; `name` is where it stands, for the messages."""
    loader = _Bounded(text)
    try:
        node = loader.get_single_node()
    except _Excess as reason:
        raise error(f"{name}:{reason.line}: {reason}") from reason
    except yaml.YAMLError as reason:
        mark = getattr(reason, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = _NAMES.sub(r"\1", getattr(reason, "problem", None) or "not YAML")
        raise error(f"{name}:{line}: this is not YAML: {problem}. Correct the line.") from reason
    document = Document(name, error)
    if node is not None:
        change(node)
        unreadable = _visit(node, (), document, loader)
        if unreadable:
            document.refuse([*document.faults, *unreadable])
        try:
            document.values = loader.construct_document(node)
        except yaml.YAMLError as reason:  # a merge (<<) of what holds no keys
            mark = getattr(reason, "problem_mark", None)
            problem = getattr(reason, "problem", None) or "the keys cannot be read"
            line = mark.line + 1 if mark else 1
            raise error(f"{name}:{line}: {problem}. Correct the line.") from reason
    return document


def _dotted(path: KeyPath) -> str:
    """Returns `telecom.tables.ratings[0]`, without what stands in a place that may be secret."""
    if SECRET in path:
        path = path[: path.index(SECRET) + 1]
    names = [str(part) for part in path]
    names = [name if len(name) <= 60 else f"{name[:57]}..." for name in names]
    return "".join(
        f"[{name}]" if isinstance(part, int) else f".{name}"
        for part, name in zip(path, names, strict=True)
    ).lstrip(".")


class _Excess(yaml.YAMLError):  # type: ignore[misc]
    """More than any file of ours holds."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line


class _Bounded(yaml.SafeLoader):  # type: ignore[misc]
    """Counts values while it composes them, each as often as aliases repeat it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.values = 0
        self.depth = 0
        self.sizes: dict[yaml.Node, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Returns the node; a value too many, or one inside itself, is an _Excess."""
        line = self.peek_event().start_mark.line + 1
        if self.check_event(yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if node not in self.sizes:
                raise _Excess(line, "an alias (*) refers to itself. Write it out.")
            self._count(self.sizes[node], line)
            return node
        before, self.depth = self.values, self.depth + 1
        if self.depth > DEEPEST:
            raise _Excess(
                line, f"values are nested more than {DEEPEST} levels deep. Nest them less."
            )
        self._count(1, line)
        node = super().compose_node(parent, index)
        if isinstance(parent, yaml.MappingNode) and index is None and node.id != "scalar":
            raise _Excess(line, "a key is not a plain name. Correct the line.")
        self.depth -= 1
        self.sizes[node] = self.values - before
        return node

    def _count(self, more: int, line: int) -> None:
        self.values += more
        if self.values > MOST_VALUES:
            raise _Excess(
                line,
                f"with its aliases (*) written out, the file has more than {MOST_VALUES} values. "
                "Write out what is meant.",
            )


def _visit(node: yaml.Node, path: KeyPath, document: Document, loader: _Bounded) -> list[str]:
    """Notes the line of every key; returns a sentence for each value that YAML cannot hold."""
    document.lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > DEEPEST:
        place = document.place(path[:3])
        return [f"{place}: values are nested more than {DEEPEST} levels deep. Nest them less."]
    if node.tag.removeprefix("tag:yaml.org,2002:") not in _PLAIN[type(node)]:
        place = document.place(path)
        return [f"{place}: a tag (!) is before the value. Write the value without it."]
    unreadable = []
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            child = (*path, str(key.value))
            if child in document.lines:
                document.faults.append(_twice(key, child, document))
                continue
            document.lines[child] = key.start_mark.line + 1
            unreadable += _unreadable(key, child, document, loader)
            unreadable += _visit(value, child, document, loader)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            unreadable += _visit(value, (*path, index), document, loader)
            first = value.value[0][0] if value.id == "mapping" and value.value else value
            if first.id == "scalar":
                document.lines.setdefault((*path, str(first.value)), first.start_mark.line + 1)
    else:
        unreadable += _unreadable(node, path, document, loader)
    return unreadable


def _twice(key: yaml.ScalarNode, path: KeyPath, document: Document) -> str:
    place = f"{document.name}:{key.start_mark.line + 1} {_dotted(path)}"
    name = "a name" if SECRET in path[:-1] else f"the name {said(key.value)}"
    return (
        f"{place}: {name} is here a second time (first on line {document.lines[path]}). "
        "Rename or remove one of them."
    )


def _unreadable(
    node: yaml.ScalarNode, path: KeyPath, document: Document, loader: _Bounded
) -> list[str]:
    """Returns a sentence where a date, number or tag is none, or a number has too many digits."""
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if kind == "merge":
        return []
    if kind in ("int", "float") and len(node.value) > LONGEST_NUMBER:
        return [
            f"{document.place(path)}: the number has {len(node.value)} characters. "
            "Correct it, or put quotes around a text."
        ]
    shown = "this value" if SECRET in path else said(node.value)
    try:
        value = loader.construct_object(node)
    except Exception:  # PyYAML raises whatever its parts do: KeyError, IndexError, AttributeError
        return [
            f"{document.place(path)}: {shown} cannot be read as the date, number "
            "or tag that it looks like. Correct it, or put quotes around a text."
        ]
    if kind == "int" and SECRET not in path and _MISREAD.match(node.value):
        return [
            f"{document.place(path)}: YAML reads {node.value} as {value}. "
            "Write that number, or put quotes around a text."
        ]
    return []
