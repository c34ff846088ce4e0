"""All macros by name, and the calls that turn one into SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from superset_kpi.dialects import Unwritable, dialect
from superset_kpi.errors import MacroError, nearest, said
from superset_kpi.macros.arguments import bind, name_arguments
from superset_kpi.macros.braces import without_templates
from superset_kpi.macros.catalogue import HELP, catalogue, told
from superset_kpi.macros.check_lists import AREA, LISTS, check_lists, in_order
from superset_kpi.macros.compiler.compiler import (
    EXPANSION,
    KNOWLEDGE,
    PASSES,
    PREPARATION,
    compiled,
)
from superset_kpi.macros.compiler.statement import UNKNOWN, Facts, Observed, Statement
from superset_kpi.macros.fitted import MODEL_TABLES, kind_of, not_fitted
from superset_kpi.macros.forecasts import kinds_read
from superset_kpi.macros.headers import Vocabulary, read_vocabulary
from superset_kpi.macros.lint import lint, lint_tree
from superset_kpi.macros.macro import Macro
from superset_kpi.macros.read import CANONICAL, read_macro
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.sql import parse_expression


class Library(Dict[str, Macro]):
    """The macros of a folder by name; a file is read when its macro is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = _paths(folder)
        self._macros: dict[str, Macro] = {}
        self._reading: list[str] = []
        self._needs: dict[str, dict[str, set[str]]] = {}
        self._one_of: dict[str, set[tuple[str, ...]]] = {}
        self._models: dict[str, set[str]] = {}

    def _read(self, name: str) -> None:
        """Reads a macro; what is wrong with its file is a MacroError."""
        if name in LISTS:
            checks = [(check, self._needed(check)) for check in self.checks()]
            found = {m.name: m for m in check_lists(checks, self.vocabulary, self._folder)}
        elif name == HELP:
            found = {name: catalogue(self.vocabulary, self._folder)}
        else:
            self._reading.append(name)
            try:
                found = {name: read_macro(self._paths[name], self.vocabulary, self._target)}
            finally:
                self._reading.pop()
            if bool(found[name].check) != (self._paths[name].parent.name == AREA):
                raise MacroError(
                    f"{found[name].area}/{name}.sql: checks, with `check` in the header, are in "
                    f"the folder {AREA}, and nothing else is. Move it, or correct the header."
                )
        for macro in found.values():
            lint(macro, self)
        self._macros |= found

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The arguments and columns that headers share."""
        return read_vocabulary(self._folder)

    def _target(self, name: str) -> Macro:
        """Returns the macro that an alias stands for."""
        if name not in self._paths:
            raise MacroError(f"there is no macro {name!r}. {nearest(name, self._paths)}")
        if name in self._reading:
            raise MacroError(f"{name!r} is an alias of this one. Name a macro with a body.")
        return self[name]

    def _needed(self, macro: Macro) -> tuple[str, ...]:
        """Returns the tables without which a macro is switched off, those of models too."""
        models = [table for table in MODEL_TABLES if kind_of(table) in self.models(macro)]
        return tuple(sorted([*self.needs(macro), *models]))

    def __getitem__(self, name: str) -> Macro:
        if name not in self._macros and name in self:
            self._read(name)
        return self._macros[name]

    def __contains__(self, name: object) -> bool:
        return name in self._paths or name in self._made

    def __iter__(self) -> Iterator[str]:
        yield from self._paths
        yield from self._made

    def __len__(self) -> int:
        return len(self._paths) + len(self._made)

    @cached_property
    def _made(self) -> tuple[str, ...]:
        """The macros that have no file: they are made from the headers of the others."""
        has_checks = any(path.parent.name == AREA for path in self._paths.values())
        return (*(LISTS if has_checks else ()), HELP)

    def checks(self) -> list[Macro]:
        """Returns the checks: first those that make numbers wrong."""
        return in_order(self[n] for n, path in self._paths.items() if path.parent.name == AREA)

    def find(self, name: str) -> Macro:
        """Returns the macro; an unknown name is a MacroError with the nearest right one."""
        if name not in self:
            raise MacroError(
                f"{name}: there is no such macro. {nearest(name, self.public_names())}"
            )
        return self[name]

    def public(self, name: str) -> Macro | None:
        """Returns a macro that may be called from outside; None where there is none of the name."""
        macro = self.get(name)
        return None if macro is None or macro.is_internal else macro

    def public_names(self) -> list[str]:
        """Returns the names of those macros, in order."""
        return sorted(macro.name for macro in self.values() if not macro.is_internal)

    def called_by(self, macro: Macro) -> list[Macro]:
        """Returns the macros that a macro calls, directly."""
        names = {c.name.lower() for c in macro.body.find_all(exp.Anonymous)}
        return [self[n] for n in sorted(names) if n in self]

    def needs(self, macro: Macro) -> dict[str, set[str]]:
        """Returns the required logical tables and their columns, through every macro called.

        A table in the caller's `uses` may be unmapped also where a called macro needs it.
        """
        if macro.name not in self._needs:
            found = {table: set(columns) for table, columns in macro.needs.items()}
            for called in self.called_by(macro):
                for table, columns in self.needs(called).items():
                    if table not in macro.uses:
                        found.setdefault(table, set()).update(columns)
            self._needs[macro.name] = found
        return self._needs[macro.name]

    def needs_one_of(self, macro: Macro) -> set[tuple[str, ...]]:
        """Returns groups of logical tables of which one has to be mapped, through every call.

        A caller does without a called macro's group where it has one of those tables in `uses`.
        """
        if macro.name not in self._one_of:
            found = {macro.needs_one_of} if macro.needs_one_of else set()
            for called in self.called_by(macro):
                groups = self.needs_one_of(called)
                found |= {group for group in groups if not set(macro.uses) & set(group)}
            self._one_of[macro.name] = found
        return self._one_of[macro.name]

    def models(self, macro: Macro) -> set[str]:
        """Returns the kinds of fitted models that it needs, through every macro called.

        As with tables, those in the caller's `uses` may be missing.
        """
        if macro.name not in self._models:
            found = kinds_read(macro.body)
            needed = found.union(*(self.models(called) for called in self.called_by(macro)))
            allowed = {kind_of(table) for table in macro.uses if table in MODEL_TABLES}
            self._models[macro.name] = needed - allowed
        return self._models[macro.name]

    def missing(self, macro: Macro, mapping: Mapping) -> tuple[str, ...]:
        """Returns the logical tables, and the models, that it needs and the mapping lacks."""
        tables = sorted(t for t in self.needs(macro) if not mapping.is_mapped(t))
        tables += sorted(
            " or ".join(group)
            for group in self.needs_one_of(macro)
            if not any(map(mapping.is_mapped, group))
        )
        fitted = mapping.models
        kinds = sorted(k for k in self.models(macro) if fitted is None or not fitted.has(k))
        return (*tables, *(f"model of {kind}" for kind in kinds))

    def lacking(self, macro: Macro, mapping: Mapping) -> tuple[str, ...]:
        """Returns all that the mapping lacks for a call of the macro with its defaults."""
        missing = self.missing(macro, mapping)
        reads_model = any((a.setting or "").startswith("model") for a in macro.args.values())
        if reads_model and not mapping.models and not missing:
            missing = ("fitted model",)
        is_private = macro.gives_single_answers({}) and not mapping.single_answers
        return (*missing, "privacy.single_answers") if is_private else missing


def _paths(folder: Path) -> dict[str, Path]:
    """Returns the files by the names of their macros, in the order of their folders."""
    paths: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.sql")):
        name, place = path.stem, f"{path.parent.name}/{path.name}"
        if name in paths:
            taken = f"{paths[name].parent.name}/{name}.sql"
            raise MacroError(f"{place}: the name {name!r} is taken by {taken}. Rename one.")
        paths[name] = path
    return paths


@lru_cache(maxsize=8)
def _library(folder: Path) -> Library:
    return Library(folder)


def library() -> Library:
    """Returns the macros that ship with the package, each read once."""
    from superset_kpi.resources import sql_macros

    return _library(sql_macros())


@dataclass(frozen=True)
class Rendered:
    """A macro's SQL; of a relation also what is known of its rows, before one is read.

    `metrics` are those that all its readers of ratings ask for; null where one reads any.
    """

    text: str
    facts: Facts
    metrics: frozenset[str] | None = None


def render_query(name: str, arguments: Dict[str, Any], mapping: Mapping) -> str:
    """Returns the plain SELECT of a relation macro, or `select <expression>` of an expression."""
    return rendered(name, arguments, mapping).text


def rendered(
    name: str,
    arguments: Dict[str, Any],
    mapping: Mapping,
    displayed: Dict[str, str] = MappingProxyType({}),
    observed: Observed | None = None,
) -> Rendered:
    """Returns the SELECT of a macro with what is known of its rows.

    `displayed` gives canonical SQL that stands in the place of a column of a relation. With
    `observed` the facts are of that moment, and there is no text.
    """
    values, shown = _frozen(name, arguments), tuple(displayed.items())
    return _rendered(name, (), values, mapping, 1, True, shown, observed)


def render_call(
    name: str,
    positional: Sequence[Any],
    named: Dict[str, Any],
    mapping: Mapping,
    call_number: int = 1,
) -> str:
    """Returns what a macro stands for inside a statement: `(select ...)`, or an expression."""
    values = _frozen(name, dict(enumerate(positional)))
    return _rendered(name, values, _frozen(name, named), mapping, call_number, False).text


@lru_cache(maxsize=1024)
def render_expression(text: str, mapping: Mapping) -> str:
    """Returns canonical text, which may call expression macros, in the mapping's dialect."""
    try:
        tree = parse_expression(text, CANONICAL)
    except (SqlglotError, ValueError) as error:
        raise MacroError(f"{text!r}: this is not one expression. Correct it.") from error
    target = dialect(mapping.dialect)
    lib = library()
    lint_tree(tree, repr(text), lib)
    try:
        written = compiled(Statement(tree, mapping, target, lib.find)).body
    except Unwritable as error:
        raise MacroError(f"{text!r}: {error}") from error
    return without_templates(written.sql(dialect=target.sqlglot, copy=False), target.sqlglot)


def _frozen(macro: str, values: Dict[Any, Any]) -> tuple[tuple[Any, str, Any], ...]:
    for key, value in values.items():
        try:
            hash(value)
        except TypeError:
            raise MacroError(
                f"{macro}: {key} is {said(value)} and must be one value. Correct the value."
            ) from None
    # 1, 1.0 and True are equal as keys and differ as arguments.
    return tuple((key, type(value).__name__, value) for key, value in values.items())


@lru_cache(maxsize=2048)
def _rendered(
    name: str,
    positional: tuple[tuple[Any, str, Any], ...],
    named: tuple[tuple[Any, str, Any], ...],
    mapping: Mapping,
    call_number: int,
    is_statement: bool,
    displayed: tuple[tuple[str, str], ...] = (),
    observed: Observed | None = None,
) -> Rendered:
    lib = library()
    macro = lib.find(name)
    missing = lib.missing(macro, mapping)
    if missing and all(name.startswith("model of ") for name in missing):
        raise not_fitted(name, mapping)
    if missing:
        raise MacroError(
            f"{name}: the mapping {mapping.name!r} does not map {', '.join(missing)}. "
            "Map what is missing, then call it again."
        )
    values = name_arguments(macro, [v for _, _, v in positional], {k: v for k, _, v in named})
    if macro.gives_single_answers(values) and not mapping.single_answers:
        raise MacroError(
            f"{name}: it gives single answers, which the mapping {mapping.name!r} keeps "
            "private (privacy.single_answers). Use a macro that gives scores of segments."
        )
    target = dialect(mapping.dialect)
    try:
        made = _prepared(name, positional, named, mapping, call_number)
        made = replace(made, displayed=dict(displayed), observed=observed)
        if observed is not None:  # nobody runs it
            return _with_facts(compiled(made, KNOWLEDGE), "")
        made = compiled(made, PASSES[len(PREPARATION) :])
        text = without_templates(made.body.sql(dialect=target.sqlglot, copy=False), target.sqlglot)
    except Unwritable as error:
        raise MacroError(f"{name}: {error}") from error
    except RecursionError as error:
        raise MacroError(
            f"{name}: an expression of the call or the mapping is nested too deeply. Simplify it."
        ) from error
    if macro.kind == "relation":
        return _with_facts(made, text if is_statement else f"({text})")
    return Rendered(f"select {text}" if is_statement else text, UNKNOWN)


def prepared(name: str, arguments: Dict[str, Any], mapping: Mapping) -> Statement:
    """Returns a relation macro without calls, with what its readers ask for."""
    return _prepared(name, (), _frozen(name, arguments), mapping, 1)


# The same call is prepared to be read, to be written and to be judged by what was observed.
@lru_cache(maxsize=8)
def _prepared(
    name: str,
    positional: tuple[tuple[Any, str, Any], ...],
    named: tuple[tuple[Any, str, Any], ...],
    mapping: Mapping,
    call_number: int,
) -> Statement:
    lib = library()
    macro = lib.find(name)
    values = name_arguments(macro, [v for _, _, v in positional], {k: v for k, _, v in named})
    target, arguments = dialect(mapping.dialect), bind(macro, values, mapping)
    if name == HELP:
        public = [lib[each] for each in lib.public_names()]
        macro = told(macro, values, [(each, lib.lacking(each, mapping)) for each in public])
    bare = Statement(macro.body, mapping, target, lib.find, macro, arguments, call_number)
    return compiled(bare, PREPARATION)


def _with_facts(made: Statement, text: str) -> Rendered:
    metrics = made.asked.get("ratings", {}).get("metric")
    return Rendered(text, made.facts, None if metrics is None else frozenset(metrics))


def inlined_expression(text: str, mapping: Mapping) -> exp.Expression:
    """Returns canonical text, which may call expression macros, as a tree that calls none."""
    tree, target = parse_expression(text, CANONICAL), dialect(mapping.dialect)
    return compiled(Statement(tree, mapping, target, library().find), EXPANSION).body
