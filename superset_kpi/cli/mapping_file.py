"""Which mapping a command is about, and the values that `-o NAME=VALUE` gives to a macro."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from superset_kpi.cli.group import UsageFault

if TYPE_CHECKING:
    from superset_kpi.macros import Argument, Macro
    from superset_kpi.mapping import MappedColumn, Mapping, Source


def locate(given: str | None) -> tuple[Path, str | None]:
    """Returns the mapping file and the name after its colon; no such file is a UsageFault."""
    from superset_kpi.errors import MappingError
    from superset_kpi.mapping import place

    try:
        path, name = place.locate(given)
    except MappingError as error:
        raise UsageFault(str(error)) from error
    if not given and os.environ.get(place.VARIABLE):
        say_which(path, place.VARIABLE)
    return path, name


def say_which(path: Path, named_by: str) -> None:
    """Says once on stderr which file is read, where a kpi.yaml here is passed over for it."""
    from superset_kpi.cli.output import note
    from superset_kpi.mapping.place import DEFAULT

    context = click.get_current_context(silent=True)
    said = context.find_root().meta if context else {}
    is_other = DEFAULT.is_file() and path.resolve() != DEFAULT.resolve()
    if is_other and said.setdefault("superset_kpi.mapping", path) is path:
        note(
            f"mapping: {path} is used, as {named_by} says, not the kpi.yaml here. To "
            "use that one, give --mapping kpi.yaml."
        )


def as_configured(given: str | None, config: Dict[str, Any]) -> str | None:
    """Returns what --mapping names, else the file that Superset is configured with, if it has one.

    `config` is that of Superset's application.
    """
    configured = config.get("SUPERSET_KPI_MAPPING")
    if given is not None or not configured or not Path(configured).is_file():
        return given
    say_which(Path(configured), "Superset's configuration")
    return str(configured)


def read_all(given: str | None) -> dict[str, Mapping]:
    """Returns the mappings of the file, or the one named after its colon."""
    from superset_kpi.mapping import pick_mapping, read_mappings

    path, name = locate(given)
    mappings = read_mappings(path)
    return mappings if name is None else {name: _picked(pick_mapping, mappings, name)}


def read_one(given: str | None) -> Mapping:
    """Returns the mapping that a command is about; more than one to choose from is a UsageFault."""
    from superset_kpi.mapping import pick_mapping, read_mappings

    path, name = locate(given)
    return _picked(pick_mapping, read_mappings(path), name)


def with_tables(given: str | None, mapping: Mapping, macro: Macro | None = None) -> Mapping:
    """Returns the mapping whose macros read what `materialize` wrote, as far as they may.

    Says on stderr which tables the macro, or any, could have read, and why it does not.
    """
    from superset_kpi.cli.output import note
    from superset_kpi.macros.kept import relations
    from superset_kpi.macros.written import today, why_not, with_written
    from superset_kpi.mapping.tables import read_tables

    known, day = read_tables(locate(given)[0]).get(mapping.name, ()), today(mapping)
    reached = _reached(macro) if known and macro else None
    for each in known:
        relation = relations().get(each.key)
        is_asked = reached is None or (relation is not None and relation.macro in reached)
        if is_asked and (why := why_not(each, mapping, day)):
            note(f"{each.key}: computed, {each.schema}.{each.name} is not read. {why}")
    return with_written(mapping, known, day)


def _reached(macro: Macro) -> set[str]:
    """Returns the names of a macro and of all that it calls."""
    from superset_kpi.macros import library

    found, waiting = set[str](), [macro]
    while waiting:
        one = waiting.pop()
        if one.name not in found:
            found.add(one.name)
            waiting += library().called_by(one)
    return found


def _picked(pick: Any, mappings: dict[str, Mapping], name: str | None) -> Mapping:
    from superset_kpi.errors import MappingError

    try:
        mapping: Mapping = pick(mappings, name)
    except MappingError as error:
        raise UsageFault(str(error)) from error
    return mapping


def in_dialect(mapping: Mapping, engine: str) -> Mapping:
    """Returns the mapping as if its tables stood on another engine, its SQL translated."""
    from superset_kpi.dialects import dialect
    from superset_kpi.errors import MacroError

    try:
        target = dialect(engine)
    except MacroError as error:
        raise UsageFault(str(error)) from error
    if engine == mapping.dialect:
        return mapping
    before = dialect(mapping.dialect).sqlglot

    def translated(text: str | None) -> str | None:
        import sqlglot

        if text is None:
            return None
        return sqlglot.transpile(text, read=before, write=target.sqlglot)[0]

    def column(mapped: MappedColumn) -> MappedColumn:
        if mapped.kind != "expression":
            return mapped
        return replace(mapped, value=translated(str(mapped.value)))

    def source(given: Source) -> Source:
        columns = MappingProxyType({name: column(c) for name, c in given.columns.items()})
        return replace(
            given,
            columns=columns,
            select=translated(given.select),
            where=translated(given.where),
        )

    return replace(
        mapping,
        dialect=engine,
        tables=MappingProxyType({t: tuple(map(source, s)) for t, s in mapping.tables.items()}),
        digest=f"{mapping.digest}/{engine}",
        written=(),
    )


def find_macro(name: str) -> Macro:
    """Returns the macro; an unknown name is a UsageFault with the nearest right one."""
    from superset_kpi.errors import MacroError
    from superset_kpi.macros import library

    macros = library()
    try:
        return macros.find(name)
    except MacroError as error:
        raise UsageFault(str(error)) from error


def read_arguments(macro: Macro, options: Iterable[str]) -> dict[str, Any]:
    """Returns the values of `NAME=VALUE` texts, each read as the argument's type asks for."""
    from superset_kpi.macros.arguments import name_arguments

    values: dict[str, Any] = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not equals or not name:
            raise UsageFault(
                f"{macro.name}: {option!r} is not an argument. Write -o NAME=VALUE, for example "
                f"-o {next(iter(macro.args), 'scheme')}=..."
            )
        if name in values:
            raise UsageFault(f"{macro.name}: {name!r} is given twice. Give it once.")
        argument = macro.args.get(name)
        values[name] = text if argument is None else _value(argument, text)
    name_arguments(macro, (), values)
    return values


def _value(argument: Argument, text: str) -> Any:
    """Returns what YAML reads for a number, date or boolean; other types keep their text.

    A text such as 2024, no or `a # b` means itself, so that only null and a text in YAML's own
    quotes are read as YAML.
    """
    from superset_kpi.documents import parse_document
    from superset_kpi.errors import MappingError

    if text in ("", "~", "null"):
        return None
    is_text = argument.type in ("text", "choice")
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    if is_text and not is_quoted:
        return text
    if argument.type in ("expression", "column", "relation"):
        return text
    try:
        value = parse_document(text, "value").values
    except MappingError:
        return text
    return value if not is_text or isinstance(value, str) else text
