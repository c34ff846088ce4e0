"""Whether row-level security would find the mapping's tables. Needs the application.

Superset looks a table of a statement up among its datasets by the exact catalog, schema and name.
Where an engine takes two spellings for one table, the other one escapes its rules and grants; so
does a table that the statement hides, see macros/compiler/hiding.py. docs/decisions.md#spelling
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from superset_kpi.dialects import dialect
from superset_kpi.errors import KpiError
from superset_kpi.macros.compiler.sources import mapped_select
from superset_kpi.mapping import LOGICAL_TABLES, Mapping
from superset_kpi.mapping.physical import (
    Part,
    Physical,
    folded,
    is_named,
    physical_tables,
    spelling,
    tables_read,
)


@dataclass(frozen=True)
class Known:
    """A dataset, by the name that row-level security goes by; `rules` are ids of those on it."""

    number: int
    catalog: str | None
    schema: str | None
    name: str
    is_virtual: bool = False
    rules: tuple[int, ...] = ()

    def __str__(self) -> str:
        return ".".join(part for part in (self.catalog, self.schema, self.name) if part)


@dataclass(frozen=True)
class Defaults:
    """What stands for a catalog or schema that is not written.

    `schema` is what the engine takes, `seen` what Superset takes: they differ in a dataset with a
    schema of its own, on an engine that cannot change schemas. Where a schema `is_chosen`, SQL Lab
    takes none where its user chooses none, and finds no rule of a table without one.
    """

    read: str
    catalog: str | None
    schema: Callable[[], str]
    seen: Callable[[], str]
    is_chosen: bool = False


def require_findable(mapping: Mapping, database: Any, schema: str | None = None) -> None:
    """Raises a KpiError where row-level security would miss a table that the mapping reads."""
    if faults := unfindable(mapping, database, schema):
        raise KpiError("\n".join(faults))


def unfindable(mapping: Mapping, database: Any, schema: str | None = None) -> list[str]:
    """Returns a sentence for each table that Superset's row-level security would miss.

    `schema` is that of the dataset at hand, where it has one.
    """
    first = {table: where for where, table in reversed(tables_read(mapping))}
    read = dialect(mapping.dialect).sqlglot
    known = known_tables(database, {name for table in first for name in _names(table, read)})
    defaults = defaults_of(database, read, schema)
    faults = [
        f"{where}: {fault}"
        for table, where in reversed(first.items())
        for fault in [_spelling_fault(table, known, defaults)]
        if fault
    ]
    return [*faults, *_hidden(mapping, database.db_engine_spec.engine)]


def known_tables(database: Any, names: Iterable[str]) -> list[Known]:
    """Returns the datasets of the database that have such a name, in any case.

    Stores differ in what they make of letters like Ä: for such names all datasets are returned.
    """
    from superset import db
    from superset.connectors.sqla.models import RLSFilterTables, SqlaTable

    wanted = sorted({name.lower() for name in names})
    columns = (SqlaTable.id, SqlaTable.catalog, SqlaTable.schema, SqlaTable.table_name)
    ruled = RLSFilterTables.c
    rows = (
        db.session.query(*columns, SqlaTable.sql, ruled.rls_filter_id)
        .outerjoin(RLSFilterTables, ruled.table_id == SqlaTable.id)
        .filter(SqlaTable.database_id == database.id)
        .order_by(SqlaTable.id, ruled.rls_filter_id)
    )
    if all(map(str.isascii, wanted)):
        rows = rows.filter(db.func.lower(SqlaTable.table_name).in_(wanted))
    found: dict[int, Known] = {}
    for number, catalog, schema, name, sql, rule in rows:
        rules = found[number].rules if number in found else ()
        more = () if rule is None else (rule,)
        found[number] = Known(number, catalog, schema, name, bool(sql), (*rules, *more))
    return list(found.values())


def defaults_of(database: Any, read: str, schema: str | None = None) -> Defaults:
    """Returns what Superset and the engine take for what is not written in the dialect."""
    from superset_kpi.superset.installed import default_catalog

    spec = database.db_engine_spec
    catalog = default_catalog(database)

    @cache
    def usual() -> str:  # asks the engine, as Superset does for each chart
        return database.get_default_schema(catalog) or ""

    return Defaults(
        read=read,
        catalog=catalog,
        schema=lambda: schema if schema and spec.supports_dynamic_schema else usual(),
        seen=lambda: schema or usual(),
        is_chosen=spec.supports_dynamic_schema,
    )


def is_same(table: Physical, known: Known, defaults: Defaults) -> bool:
    """Returns whether the engine takes the written name for the table of the dataset."""
    read = defaults.read
    catalog, schema = known.catalog, known.schema
    if schema and "." in schema and not defaults.catalog:  # DuckDB lists schemas with the catalog
        catalog, schema = (part.strip('"') for part in schema.split(".", 1))
    if not is_named(table.name, known.name, read):
        return False
    catalogs = (table.catalog.text or defaults.catalog, catalog or defaults.catalog)
    written = Part(str(catalogs[0]), table.catalog.is_quoted or not table.catalog.text)
    if all(catalogs) and not is_named(written, str(catalogs[1]), read):
        return False
    written = table.schema if table.schema.text else Part(defaults.schema(), is_quoted=True)
    return is_named(written, schema or defaults.schema(), read)


def may_cover(table: Physical, known: Known) -> bool:
    """Returns whether a rule on the dataset could be about the table; in doubt it is.

    Unlike `is_same`, it asks nobody what stands for a schema that is not written.
    """
    schemas = [part.strip('"') for part in (known.schema or "").split(".")]
    theirs = (known.name, *reversed(schemas), known.catalog or "")
    ours = (table.name.text, table.schema.text, table.catalog.text)
    pairs = zip(ours, theirs, strict=False)
    return all(a.casefold() == b.casefold() for a, b in pairs if a and b)


def is_found(table: Physical, known: Known, defaults: Defaults) -> bool:
    """Returns whether Superset takes the written name for the dataset, as superset.utils.rls."""
    catalog = table.catalog.text or defaults.catalog
    is_catalog = known.catalog == catalog or (catalog == defaults.catalog and known.catalog is None)
    schema = table.schema.text or defaults.seen()
    return (known.name, known.schema) == (table.name.text, schema) and is_catalog


def _spelling_fault(table: Physical, known: list[Known], defaults: Defaults) -> str:
    names = _names(table, defaults.read)
    named = [k for k in known if k.name.casefold() in names]
    found = [k for k in named if is_found(table, k, defaults)]
    if len(found) > 1 and any(each.rules for each in found):
        numbers = ", ".join(str(each.number) for each in found)
        return (
            f"{table} is two datasets in Superset (id {numbers}), so that Superset applies no rule "
            "at all. Delete one of them."
        )
    for each in named:
        if each in found and each.rules and not table.schema.text and defaults.is_chosen:
            return (
                f"{table} has no schema, so that SQL Lab would miss the rules of {each} for who "
                f"chooses no schema there. Write {_written(each, defaults)}."
            )
        if each in found or each.is_virtual or (found and not each.rules):
            continue
        if is_same(table, each, defaults):
            return _other_spelling(table, each, defaults)
        if not table.schema.text and not found and each.schema:
            return (
                f"{table} has no schema. Superset takes it for {defaults.seen()}.{table}, and "
                f"knows {each}. Write {_written(each, defaults)}, or the schema that you mean."
            )
    return ""


def _names(table: Physical, read: str) -> set[str]:
    """Returns the table's name as it is written and as the engine looks for it, in lower case."""
    return {name.casefold() for name in (table.name.text, folded(table.name, read))}


def _other_spelling(table: Physical, known: Known, defaults: Defaults) -> str:
    is_schema = bool(known.schema) and (bool(defaults.catalog) or "." not in str(known.schema))
    if is_schema:
        return (
            f"{table} is spelled {known} in Superset, whose row-level security and grants go by "
            f"that spelling and would miss it. Write {_written(known, defaults)}."
        )
    if not known.rules:  # nothing to miss; grants of datasets do not matter in compiled ones
        return ""
    schema = str(known.schema or defaults.schema()).rsplit(".", 1)[-1].strip('"')
    stored_as = f"the schema {known.schema!r}" if known.schema else "no schema"
    return (
        f"{table} is a dataset (id {known.number}) with {stored_as} in Superset, so that its "
        "row-level security misses the table in every statement. Edit the dataset: its schema is "
        f"{schema}."
    )


def _written(known: Known, defaults: Defaults) -> str:
    is_other = known.catalog and known.catalog != defaults.catalog
    parts = (known.catalog if is_other else None, known.schema, known.name)
    return spelling(tuple(part for part in parts if part), defaults.read)


@lru_cache(maxsize=64)
def _hidden(mapping: Mapping, engine: str) -> tuple[str, ...]:
    return tuple(_hidden_tables(mapping, engine))


def _hidden_tables(mapping: Mapping, engine: str) -> Iterator[str]:
    """Yields a sentence for each logical table where Superset overlooks what its SQL reads."""
    from superset.exceptions import SupersetParseError
    from superset.sql.parse import SQLStatement

    target = dialect(mapping.dialect)
    for name in mapping.tables:
        tree = mapped_select(name, LOGICAL_TABLES[name].columns, mapping, target)
        wanted = {str(table) for table in physical_tables(tree, target.sqlglot)}
        text = f"with kpi__it as ({tree.sql(dialect=target.sqlglot)}) select * from kpi__it"
        try:
            seen = SQLStatement(text, engine).tables
        except SupersetParseError:  # then no chart shows anything
            continue
        found = {".".join(p for p in (t.catalog, t.schema, t.table) if p) for t in seen}
        if missed := sorted(wanted - found):
            yield (
                f"{mapping.name}.tables.{name}: Superset does not see that it reads "
                f"{', '.join(missed)}, so that row-level security would miss it. Write the SQL "
                "more plainly, or make it a view, on which the rules stand."
            )
