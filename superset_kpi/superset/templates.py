"""The `kpi` object of Superset's templates: `{{ kpi.cpv_by_segment(scheme='plan') }}`.

Everything here runs while a template is rendered, several times for one query, so calls are pure
and rendered SQL is remembered (by `render_call`). Superset is imported only then, since its
configuration file imports this module.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from superset_kpi.errors import ArgumentError, KpiError, MacroError, MappingError, nearest, said
from superset_kpi.macros import library, render_call
from superset_kpi.macros.catalogue import HELP
from superset_kpi.mapping import Mapping
from superset_kpi.superset.mapping_file import MappingFile
from superset_kpi.superset.query_at_hand import QueryAtHand, query_at_hand
from superset_kpi.superset.visible import sees_everything, visible
from superset_kpi.superset.written_tables import with_readable

# What Jinja itself asks every object for; see jinja2.utils._PassArg and jinja2.sandbox.
_ASKED_BY_JINJA = frozenset({"jinja_pass_arg", "unsafe_callable", "alters_data"})

# How many macros a template has called so far: CTE names must differ between the calls.
_calls: WeakKeyDictionary[Context, int] = WeakKeyDictionary()


class Kpi:
    """Has a method for every macro, and for every mapping an object like itself bound to it."""

    def __init__(self, file: MappingFile, mapping: str | None = None) -> None:
        self._file = file
        self._mapping = mapping

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in _ASKED_BY_JINJA:
            raise AttributeError(name)
        return _clean(self._attribute, name)

    def __str__(self) -> str:
        return str(_clean(self._refuse))

    def _refuse(self) -> str:
        bound = f"kpi.{self._mapping}" if self._mapping else "kpi"
        raise MacroError(
            f"{bound}: it holds the macros and is not one itself. Call one, for example "
            f"{bound}.cx_by_segment(...)."
        )

    def _attribute(self, name: str) -> Any:
        if library().public(name):
            return self._method(name)
        mappings = {} if self._mapping else self._mappings()
        if name in mappings:
            return Kpi(self._file, name)
        known = [*library().public_names(), *visible(mappings)]
        raise MacroError(f"kpi.{name}: there is no such macro. {nearest(name, known)}")

    def _mappings(self) -> dict[str, Mapping]:
        """Returns the mappings; what is wrong with their file is for administrators."""
        try:
            return self._file.mappings()
        except MappingError:
            if sees_everything():
                raise
            raise MappingError(
                "kpi: the mapping file has faults, which Superset's log names. "
                "Ask an administrator to correct them."
            ) from None

    def _method(self, name: str) -> _Method:
        bound = f"kpi.{self._mapping}.{name}" if self._mapping else f"kpi.{name}"
        return _Method(bound, partial(self._call, name))

    def _call(
        self, name: str, context: Context, positional: tuple[Any, ...], named: dict[str, Any]
    ) -> str:
        for argument, value in [*enumerate(positional, 1), *named.items()]:
            if isinstance(value, Undefined):
                # With RLS_IN_SQLLAB, Superset's PostgreSQL renders once more without parameters.
                raise ArgumentError(
                    f"kpi.{name}: the value of argument {argument} is not defined. Put a text in "
                    "quotes, or set the template parameter and write "
                    f"{value._undefined_name} | default('...'), which PostgreSQL needs."
                )
        asked = named.pop("mapping", None) or self._mapping
        query = query_at_hand(context)
        mapping = pick_bound(name, self._mappings(), query, asked)
        if library()[name].kind == "relation" and name != HELP:  # which reads no table
            query.require_findable(mapping)
        mapping = with_readable(mapping, self._file.tables(mapping.name))
        call_number = _calls[context] = _calls.get(context, 0) + 1
        sql = render_call(name, positional, named, mapping, call_number)
        if library()[name].kind == "relation":
            query.require_seen(name, sql, mapping)
        query.add_to_cache_key(name, sql)
        return sql


class _Method:
    """A macro in a template: its SQL where it is called, and a sentence where it only stands."""

    def __init__(self, name: str, call: Callable[..., str]) -> None:
        self._name = name
        self._call = call

    @pass_context
    def __call__(self, context: Context, *positional: Any, **named: Any) -> str:
        sql: str = _clean(self._call, context, positional, named)
        return sql

    def __str__(self) -> str:
        return str(_clean(self._refuse))

    def __html__(self) -> str:
        return str(self)

    def _refuse(self) -> str:
        raise MacroError(
            f"{self._name}: the macro is not called. Write parentheses after it, with its "
            f"arguments if it needs some: {self._name}(...)."
        )


def has_macros(mapping: str) -> bool:
    """Returns whether the templates of this Superset have the macros of a mapping."""
    from flask import current_app

    kpi = (current_app.config.get("JINJA_CONTEXT_ADDONS") or {}).get("kpi")
    try:
        return isinstance(kpi, Kpi) and mapping in kpi._file.mappings()
    except MappingError:
        return False


def pick_bound(
    macro: str, mappings: dict[str, Mapping], query: QueryAtHand, asked: str | None
) -> Mapping:
    """Returns the mapping that a call is about: the one asked for, else the database's only one."""
    where, here = f"kpi.{macro}", query.database
    if asked is not None and not isinstance(asked, str):
        raise MappingError(
            f"{where}: mapping is {said(asked)} and must be the name of a mapping. Write one name."
        )
    bound = [m for m in mappings.values() if here in (None, m.database) and asked in (None, m.name)]
    if not bound and asked is not None:
        seen = visible(mappings)
        if asked not in seen:
            hint = nearest(asked, seen) if seen else "Leave it out."
            raise MappingError(f"{where}: there is no mapping {said(asked)}. {hint}")
        raise MappingError(
            f"{where}: the mapping {asked!r} belongs to the database {mappings[asked].database!r}, "
            f"and this query runs on {here!r}. Choose the other database, or the other mapping."
        )
    if not bound:
        known = ", ".join(sorted({m.database for m in visible(mappings).values()}))
        choose = f"Choose one that has a mapping ({known}), or map" if known else "Map"
        raise MappingError(
            f"{where}: no mapping belongs to the database {here!r}. {choose} this one in kpi.yaml."
        )
    if len(bound) > 1:
        names = [m.name for m in bound]
        raise MappingError(
            f"{where}: {len(bound)} mappings fit this query ({', '.join(names)}). "
            f"Say which: kpi.{names[0]}.{macro}(...)."
        )
    if bound[0].dialect not in query.engines:
        raise MappingError(
            f"{where}: the mapping {bound[0].name!r} is written for {bound[0].dialect!r}, and the "
            f"database of this query is {query.engines[0]!r}. Correct `dialect` in kpi.yaml."
        )
    return bound[0]


def _clean(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls the function; our errors become the one that Superset prints without decoration."""
    try:
        return function(*arguments)
    except KpiError as error:
        from superset_kpi.superset.template_error import template_error

        raise template_error(str(error)) from error
