"""Plain values -> a model, or every fault in them at once, with its line and what is near."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from superset_kpi.documents.reading import Document, KeyPath
from superset_kpi.errors import nearest, said

_Model = TypeVar("_Model", bound=BaseModel)

# pydantic's reason: what is wanted instead.
_WANTED = {
    "model_type": "keys with values",
    "dict_type": "keys with values",
    "list_type": "a list",
    "tuple_type": "a list",
    "too_short": "at least one item",
    "string_type": "a text",
    "string_too_short": "a text that is not empty",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
}


def checked(
    model: type[_Model], values: Any, document: Document, at: KeyPath = (), remedy: str = ""
) -> tuple[_Model | None, list[str]]:
    """Returns the values at a path as a model, or all their faults.

    `remedy` takes the place of what a message says to do.
    """
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        errors = _deepest(model, error.errors())
        found = [sentence(e, model, document, at, remedy=remedy) for e in errors]
        return None, list(dict.fromkeys(found))


def _deepest(model: type[BaseModel], errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Returns the findings without those that a value is not of one type, if it is of another."""
    paths = [_place_in(model, error["loc"])[0] for error in errors]
    inside = {path[:n] for path in paths for n in range(len(path))}
    pairs = zip(errors, paths, strict=True)
    return [e for e, path in pairs if path not in inside or not e["type"].endswith("_type")]


def sentence(
    error: ErrorDetails,
    model: type[BaseModel],
    document: Document,
    at: KeyPath = (),
    wanted: Mapping[str, str] = MappingProxyType({}),
    remedy: str = "",
) -> str:
    """Returns one of pydantic's findings about the values at a path as a sentence.

    `wanted` says by pydantic's reason what a value must be where that is more than its type.
    """
    inside, owner = _place_in(model, error["loc"])
    path, kind, value = document.path((*at, *inside)), error["type"], error["input"]
    what, to_do = f"it is {shown(value)} and must be {_wanted(error, wanted)}", "Correct the value."
    if kind in ("extra_forbidden", "invalid_key"):
        key = value if kind == "invalid_key" else path[-1]
        what, to_do = f"unknown key {said(key)}", nearest(str(key), _keys(owner))
    elif kind == "missing":
        what, to_do = f"the key {path[-1]!r} is missing", "Add it."
    elif kind == "literal_error":
        what = f"{said(value)} is not allowed here"
        to_do = f"Choose {error['ctx']['expected']}."
    elif kind == "value_error":
        what, to_do = error["msg"].removeprefix("Value error, "), "Correct it."
    return f"{document.place(path)}: {what}. {remedy or to_do}"


def shown(value: Any) -> str:
    """Returns a value of YAML for a message."""
    if value is None:
        return "empty"
    is_plain = isinstance(value, (str, int, float, list, dict))
    return said(value) if is_plain else str(value)


def _wanted(error: ErrorDetails, wanted: Mapping[str, str]) -> str:
    limits = {k: f"{v:g}" for k, v in error.get("ctx", {}).items() if isinstance(v, (int, float))}
    known = {**_WANTED, **wanted}.get(error["type"])
    return known.format(**limits) if known else error["msg"]


def _keys(owner: Any) -> list[str]:
    return [info.alias or name for name, info in owner.model_fields.items()]


def _place_in(model: type[BaseModel], place: tuple[str | int, ...]) -> tuple[KeyPath, Any]:
    """Returns the path in the file of one of pydantic's places, and what its last key is a key of.

    Pydantic's has the member of a union that it tried, and `[key]` after a key that is wrong.
    """
    path: KeyPath = ()
    kind: Any = model
    owner: Any = model
    for part in place:
        members = _members(kind)
        if len(members) > 1:
            kind = next((m for m in members if getattr(m, "__name__", "?") in str(part)), None)
        elif part != "[key]":
            path, owner = (*path, part), members[0]
            kind = _child(owner, part)
    return path, owner


def _members(kind: Any) -> list[Any]:
    """Returns what a type may be, without None."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [
            m for member in get_args(kind) if member is not type(None) for m in _members(member)
        ]
    return [kind]


def _child(kind: Any, part: str | int) -> Any:
    """Returns the type of what is at a key or an index of a type, None where nobody knows."""
    if isinstance(kind, type) and issubclass(kind, RootModel):
        kind = kind.model_fields["root"].annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {info.alias or name: info for name, info in kind.model_fields.items()}
        return fields[str(part)].annotation if part in fields else None
    inner = [member for member in get_args(kind) if member is not Ellipsis]
    return inner[-1] if inner else None
