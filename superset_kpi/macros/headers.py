"""The YAML header of a macro: what it says itself, and what it names of vocabulary.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from superset_kpi.documents import Document, checked, own_document
from superset_kpi.errors import MacroError, nearest
from superset_kpi.macros.macro import SETTINGS, Argument, ArgumentType, Returned, ReturnType

# Arguments and columns that several headers share, beside the folders of the macros.
VOCABULARY = "vocabulary.yaml"
# A hundred years of days: counted from any as_of they stay within every engine's calendar.
LONGEST = 36_525

Entry = Dict[str, Any]
_Model = TypeVar("_Model", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ArgumentHeader(_Strict):
    """What is said of an argument; without a default it has to be given."""

    type: ArgumentType
    doc: str
    default: Any = None
    choices: list[str] = []
    min: float | None = None
    max: float | None = None


class ReturnHeader(_Strict):
    """What is said of a column, or of what an expression gives."""

    type: ReturnType
    doc: str
    unit: str | None = None
    range: str | None = None


class _CheckHeader(_Strict):
    severity: Literal["error", "warning", "info"]
    fix: str


class Vocabulary(_Strict):
    """The shared entries by name."""

    args: dict[str, ArgumentHeader] = {}
    returns: dict[str, ReturnHeader] = {}


class Header(_Strict):
    """All that a header says, shared entries filled in."""

    summary: str
    kind: Literal["relation", "expression"] = "relation"
    grain: str | None = None
    needs: list[str] = []
    needs_one_of: list[str] = []
    uses: list[str] = []
    args: dict[str, ArgumentHeader] = {}
    returns: dict[str, ReturnHeader]
    source: str
    example: dict[str, Any] = {}
    internal: bool = False
    carries: str | None = None
    single_answers: bool | dict[str, str] = False
    filtered_last: bool = False
    check: _CheckHeader | None = Field(None)


class AliasHeader(_Strict):
    """What the header of an alias says: the rest is its target's."""

    alias_of: str
    summary: str
    grain: str
    bind: dict[str, Any] = {}
    rename: dict[str, str] = {}
    omit: list[str] = []
    args: list[Any] = []
    returns: list[Any] = []
    source: str | None = None
    example: dict[str, Any] = {}
    internal: bool = False


def read_vocabulary(folder: Path) -> Vocabulary:
    """Returns the vocabulary of a folder of macros, empty where there is none."""
    path = folder / VOCABULARY
    text = path.read_text(encoding="utf-8") if path.is_file() else "{}"
    return validated(Vocabulary, values_of(text, VOCABULARY))


def read_header(header: Document, known: Vocabulary) -> Header:
    """Returns the header that the values of a text are."""
    values = header.values
    if "args" in values:
        values["args"] = whole(header, known.args, "args")
    if isinstance(values.get("returns"), list):
        values["returns"] = whole(header, known.returns, "returns")
    elif "returns" in values:
        values["returns"] = {"": values["returns"]}
    return validated(Header, header)


def values_of(text: str, where: str) -> Document:
    """Returns YAML by key; other text is a MacroError. `where` names its file."""
    document = own_document(text, where, MacroError)
    if not isinstance(document.values, dict):
        raise MacroError(f"{where}: the header holds no keys. Begin it with `summary: `.")
    return document


def whole(header: Document, known: Dict[str, BaseModel], section: str) -> dict[str, Entry]:
    """Returns the entries of a list by name: a name alone, or what differs, is filled in.

    One with a type is not, so that a word may mean something else in one macro.
    """
    found: dict[str, Entry] = {}
    for name, said in items(header, section):
        shared = known[name].model_dump(exclude_unset=True) if name in known else None
        if fault := _entry_fault(name, said, shared, known, found):
            raise fault_in(header, section, name, fault)
        found[name] = {**said} if "type" in said else {**(shared or {}), **said}
    return found


def _entry_fault(
    name: str,
    said: Entry,
    shared: Entry | None,
    known: Dict[str, BaseModel],
    found: Dict[str, Entry],
) -> str:
    """Returns what is wrong with an entry of a list, empty where nothing is."""
    if name in found:
        return f"{name!r} is named twice. Name it once."
    if shared is None and "type" not in said:
        hint = nearest(name, known) if known else "Give it type and doc."
        return f"{name!r} is not in {VOCABULARY}, and has no type of its own. {hint}"
    again = [key for key in said if shared and key in shared and said[key] == shared[key]]
    if again and ("type" not in said or said == shared):
        return f"{name!r} repeats what {VOCABULARY} says: {', '.join(again)}. Leave it out."
    return ""


def items(header: Document, section: str) -> Iterator[tuple[str, Entry]]:
    """Yields each name of a list with what is said of it."""
    listed = header.values.get(section, [])
    if not isinstance(listed, list):
        raise MacroError(
            f"{header.name}:{header.line((section,))}: {section} is not a list. Write it like "
            "[scheme, target: {default: 80}]."
        )
    for item in listed:
        pair = item if isinstance(item, dict) else {item: {}}
        ((name, said), *others) = pair.items()
        if others or not isinstance(name, str) or not isinstance(said, dict):
            what = f"{item!r} is neither a name nor a name with keys. "
            raise fault_in(header, section, name, f"{what}Write it like target: {{default: 80}}.")
        yield name, said


def fault_in(header: Document, section: str, name: str, what: str) -> MacroError:
    """Returns what is wrong with an entry of a section."""
    return MacroError(f"{header.name}:{header.line((section, name))}: {section}: {what}")


def validated(model: type[_Model], header: Document) -> _Model:
    """Returns the values of YAML as a model; what is wrong with them is a MacroError."""
    found, faults = checked(model, header.values, header)
    if found is None:
        raise MacroError("\n".join(faults))
    return found


def arguments_of(headers: Dict[str, ArgumentHeader], where: str) -> MappingProxyType[str, Argument]:
    """Returns the arguments that a header declares."""
    return MappingProxyType({name: _argument(name, a, where) for name, a in headers.items()})


def _argument(name: str, header: ArgumentHeader, where: str) -> Argument:
    setting, default = None, header.default
    if isinstance(default, dict):
        setting, default = default.get("setting"), None
        if header.default != {"setting": setting} or setting not in SETTINGS:
            raise MacroError(
                f"{where}: argument {name!r}: {header.default!r} is not a setting of the mapping. "
                f"{nearest(str(setting), SETTINGS)}"
            )
    return Argument(
        name=name,
        type=header.type,
        doc=header.doc,
        is_required="default" not in header.model_fields_set,
        default=default,
        setting=setting,
        choices=tuple(header.choices),
        min=header.min,
        max=LONGEST if header.max is None and header.type == "integer" else header.max,
    )


def columns_of(headers: Dict[str, ReturnHeader]) -> MappingProxyType[str, Returned]:
    """Returns the columns that a header declares; what an expression gives has no name."""
    return MappingProxyType(
        {n: Returned(n, r.type, r.doc, r.unit, r.range) for n, r in headers.items()}
    )
