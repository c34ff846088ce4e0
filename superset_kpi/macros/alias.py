"""A macro that is another one with arguments bound and columns renamed: a header without a body."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from sqlglot import exp

from superset_kpi.documents import Document
from superset_kpi.errors import ArgumentError, nearest
from superset_kpi.macros.arguments import Nodes, literal
from superset_kpi.macros.headers import AliasHeader, fault_in, items, validated
from superset_kpi.macros.macro import Argument, Macro, Returned

_Entry = TypeVar("_Entry", Argument, Returned)
# What an alias may say otherwise of what it takes over.
_CHANGED = ("doc", "default", "min", "max", "unit", "range")


def _require(
    file: Document, section: str, names: Iterable[str], known: Iterable[str], of: str
) -> None:
    """Raises a MacroError for the first name that is not among the known."""
    known = list(known)
    for name in names:
        if name not in known:
            raise fault_in(file, section, name, f"{of} has no {name!r}. {nearest(name, known)}")


def read_alias(file: Document, path: Path, target: Macro) -> Macro:
    """Returns the macro that a header makes of its target; what misses is a MacroError."""
    header = validated(AliasHeader, file)
    _check(header, target, file)
    bound = {name: _node(target, name, value, file) for name, value in header.bind.items()}
    args = {name: a for name, a in target.args.items() if name not in bound}
    names = {name: header.rename.get(name, name) for name in target.returns}
    returns = {
        new: replace(target.returns[old], name=new)
        for old, new in names.items()
        if old not in header.omit
    }
    return replace(
        target,
        name=path.stem,
        area=path.parent.name,
        summary=header.summary,
        grain=header.grain,
        args=_changed(args, "args", file, target.name),
        returns=_changed(returns, "returns", file, target.name),
        source=header.source or target.source,
        example=MappingProxyType(header.example),
        is_internal=header.internal,
        single_answers=_single_answers(target, header.bind),
        body=_body(target, bound, names, header.omit),
    )


def _check(header: AliasHeader, target: Macro, file: Document) -> None:
    if not isinstance(target.body, exp.Select):
        raise fault_in(
            file,
            "alias_of",
            "",
            f"{target.name} is not one select. Name a relation that ends in one.",
        )
    _require(file, "bind", header.bind, target.args, target.name)
    _require(file, "rename", header.rename, target.returns, target.name)
    _require(file, "omit", header.omit, target.returns, target.name)
    for old, new in header.rename.items():
        if new in target.returns:
            raise fault_in(
                file, "rename", old, f"{target.name} has a {new!r} already. Rename it, too."
            )


def _node(target: Macro, name: str, value: Any, file: Document) -> exp.Expression:
    try:
        return literal(target, target.args[name], value)
    except ArgumentError as error:
        raise fault_in(file, "bind", name, str(error)) from error


def _changed(
    entries: dict[str, _Entry], section: str, file: Document, target: str
) -> MappingProxyType[str, _Entry]:
    """Returns the entries with what a list says of some of them."""
    for name, said in items(file, section):
        _require(file, section, [name], entries, target)
        _require(file, section, said, _CHANGED, f"what an alias changes of {name!r}")
        entries[name] = replace(entries[name], **said)
    return MappingProxyType(entries)


def _single_answers(target: Macro, bound: Dict[str, Any]) -> bool | MappingProxyType[str, str]:
    if isinstance(target.single_answers, bool):
        return target.single_answers
    asked = dict(target.single_answers)
    if any(bound.get(name, value) != value for name, value in asked.items()):
        return False
    return MappingProxyType({n: value for n, value in asked.items() if n not in bound})


def _body(target: Macro, bound: Nodes, names: Dict[str, str], omit: list[str]) -> exp.Expression:
    """Returns the target's body with values in place of arguments, and its columns by new names."""
    body = target.body.copy()
    for node in list(body.find_all(exp.Placeholder)):
        if node.name in bound:
            node.replace(bound[node.name].copy())
    body.set(
        "expressions",
        [
            _named(column, names[column.alias_or_name])
            for column in body.expressions
            if column.alias_or_name not in omit
        ],
    )
    return body


def _named(column: exp.Expression, name: str) -> exp.Expression:
    if column.alias_or_name == name:
        return column
    bare: exp.Expression = column.unalias()
    named: exp.Expression = exp.alias_(bare, name)
    return named
