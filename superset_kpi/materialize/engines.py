"""How each engine puts a table in the place of another, so that readers see one or the other."""

from __future__ import annotations

from dataclasses import dataclass

from superset_kpi.dialects import dialect
from superset_kpi.dialects.vocabulary import Tables
from superset_kpi.materialize.planning import Planned


@dataclass(frozen=True)
class Swap:
    """The statements around one table: `build` beside it, `swap` at once, `clean` what is left.

    `built` is what is counted before the swap, null where only the swap makes it.
    """

    build: tuple[str, ...]
    built: str | None
    swap: tuple[str, ...]
    clean: tuple[str, ...] = ()


def swap_of(planned: Planned, mapping: str, stamp: str, is_ours: bool, is_there: bool) -> Swap:
    """Returns the statements that write a relation.

    `is_ours`: the record holds a table of the name, which may be replaced; nothing else may, so
    that the engine itself refuses a name that is taken. `stamp` names the build where tables
    cannot be swapped.
    """
    table, select = planned.table(), planned.select
    new, old = map(planned.table, passing_names(mapping, planned.key))
    tables = dialect(planned.engine).tables
    if planned.kind == "view":
        return _view(tables, table, select, is_ours)
    if tables.swap == "replace":
        word = "create or replace table" if is_ours else "create table"
        return Swap((), None, (f"{word} {table} as {select}",))
    if tables.swap == "pointer":
        part = planned.table(part_name(planned.name, stamp))
        view = _view(tables, table, f"select * from {part}", is_ours)
        return Swap((f"create table {part} as {select}",), part, view.swap)
    build: tuple[str, ...] = (
        f"drop table if exists {new}",
        f"create table {new}{tables.stored} as {select}",
    )
    if tables.swap == "transaction":
        bare = table.rsplit(".", 1)[-1]
        dropped = (f"drop table if exists {table}",) if is_ours else ()
        return Swap(build, new, (*dropped, f"alter table {new} rename to {bare}"))
    if tables.swap == "exchange":
        if is_ours and is_there:
            return Swap(build, new, (f"exchange tables {new} and {table}",), (f"drop table {new}",))
        return Swap(build, new, (f"rename table {new} to {table}",))
    build = (f"drop table if exists {old}", *build)
    if is_ours and is_there:
        swap = f"rename table {table} to {old}, {new} to {table}"
        return Swap(build, new, (swap,), (f"drop table {old}",))
    return Swap(build, new, (f"rename table {new} to {table}",))


def passing_names(mapping: str, key: str) -> tuple[str, str]:
    """Returns the names of a table that is not yet, or no longer, in its place."""
    return f"{mapping}_{key}__new", f"{mapping}_{key}__old"


def part_name(name: str, stamp: str) -> str:
    """Returns the name of one build of a table that readers reach through a view."""
    return f"{name}__{stamp}"


def _view(tables: Tables, view: str, select: str, is_ours: bool) -> Swap:
    if not tables.replaces_views:
        dropped = (f"drop view if exists {view}",) if is_ours else ()
        return Swap((), None, (*dropped, f"create view {view} as {select}"))
    word = "create or replace view" if is_ours else "create view"
    return Swap((), None, (f"{word} {view} as {select}",))
