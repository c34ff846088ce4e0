"""Which of the organisation's tables a mapping reads, as its SQL spells them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect, NormalizationStrategy

from superset_kpi.dialects import DIALECTS, dialect
from superset_kpi.mapping.model import Mapping, Source
from superset_kpi.mapping.sql import parse_expression

_LONGEST = {each.sqlglot: each.longest_name for each in DIALECTS.values() if each.longest_name}


@dataclass(frozen=True)
class Part:
    """A catalog's, schema's or table's name as it is written; empty where it is not."""

    text: str
    is_quoted: bool = False


@dataclass(frozen=True)
class Physical:
    """A table's name as it is written, which row-level security goes by."""

    name: Part
    schema: Part
    catalog: Part

    def __str__(self) -> str:
        return ".".join(p.text for p in (self.catalog, self.schema, self.name) if p.text)


def physical_tables(tree: exp.Expression, read: str) -> list[Physical]:
    """Returns the tables that a statement reads, without its CTEs, each once, in order."""
    found = (t for t in tree.find_all(exp.Table) if isinstance(t.this, exp.Identifier))
    names = [_physical(table) for table in found if cte_of(table, read) is None]
    return sorted(dict.fromkeys(names), key=str)


def tables_read(mapping: Mapping) -> list[tuple[str, Physical]]:
    """Returns each place of a mapping with each table that it reads."""
    read = dialect(mapping.dialect).sqlglot
    found = []
    for table, sources in mapping.tables.items():
        for index, source in enumerate(sources):
            suffix = f"[{index}]" if len(sources) > 1 else ""
            where = f"{mapping.name}.tables.{table}{suffix}"
            for key, kind, text in _texts(source):
                found += [(f"{where}.{key}", each) for each in _named(kind, text, read)]
    return found


def _texts(source: Source) -> Iterator[tuple[str, str, str]]:
    """Yields the key, the kind and the text of all SQL of a source."""
    for key in ("table", "select", "where"):
        if text := getattr(source, key):
            yield key, key, text
    for column, mapped in source.columns.items():
        if mapped.kind == "expression":
            yield f"columns.{column}", "value", str(mapped.value)


@lru_cache(maxsize=1024)
def _named(kind: str, text: str, read: str) -> tuple[Physical, ...]:
    if kind == "table":
        return tuple(physical_tables(exp.maybe_parse(text, into=exp.Table, dialect=read), read))
    is_query = kind == "select"
    tree = sqlglot.parse_one(text, read=read) if is_query else parse_expression(text, read)
    return tuple(physical_tables(tree, read))


def _physical(table: exp.Table) -> Physical:
    parts = (table.args.get(key) for key in ("this", "db", "catalog"))
    return Physical(*(Part(p.name, bool(p.args.get("quoted"))) if p else Part("") for p in parts))


def cte_of(table: exp.Table, read: str) -> exp.CTE | None:
    """Returns the CTE that a name in FROM stands for; null where it is a table."""
    if table.args.get("db") is not None:
        return None
    name = _folded_name(table.this, read)
    inner: exp.Expression = table
    while inner.parent is not None:
        outer = inner.parent
        with_ = outer.args.get("with_") if isinstance(outer, exp.Query) else None
        visible: list[exp.CTE] = with_.expressions if with_ and inner is not with_ else []
        if isinstance(outer, exp.With):
            before = outer.expressions.index(inner)
            visible = outer.expressions if outer.recursive else outer.expressions[:before]
        for cte in visible:
            if _folded_name(cte.args["alias"].this, read) == name:
                return cte
        inner = outer
    return None


def _folded_name(name: exp.Expression, read: str) -> str:
    return folded(Part(name.name, bool(name.args.get("quoted"))), read)


def is_named(part: Part, name: str, read: str) -> bool:
    """Returns whether the engine takes the written name for the stored one; in doubt it does.

    Whether it folds letters like Ä is a matter of its version and encoding.
    """
    if not part.is_quoted and not part.text.isascii():
        return _kept(part.text, read).casefold() == name.casefold()
    return folded(part, read) == stored(name, read)


def folded(part: Part, read: str) -> str:
    """Returns a written name as the engine looks for it, for comparisons with `stored`."""
    strategy, text = Dialect.get_or_raise(read).normalization_strategy, _kept(part.text, read)
    if strategy == NormalizationStrategy.LOWERCASE:
        return text if part.is_quoted else text.lower()
    if strategy == NormalizationStrategy.UPPERCASE:
        return text if part.is_quoted else text.upper()
    # Where the server's settings decide, names that differ only in case are taken for equal.
    return text.casefold()


def _kept(name: str, read: str) -> str:
    """Returns what an engine keeps of a name that is too long for it."""
    longest = _LONGEST.get(read)
    return name.encode(errors="replace")[:longest].decode(errors="ignore") if longest else name


def stored(name: str, read: str) -> str:
    """Returns the name that SQLAlchemy gives a table, for comparisons with `folded`."""
    strategy = Dialect.get_or_raise(read).normalization_strategy
    if strategy == NormalizationStrategy.LOWERCASE:
        return name
    if strategy == NormalizationStrategy.UPPERCASE:  # SQLAlchemy shows what needs no quotes so
        return name.upper() if name == name.lower() else name
    return name.casefold()


def as_written(part: Part, read: str) -> str:
    """Returns the name as it stands in the mapping."""
    return exp.to_identifier(part.text, quoted=part.is_quoted).sql(dialect=read)


def spelling(parts: tuple[str, ...], read: str, reserved: Collection[str] = ()) -> str:
    """Returns catalog, schema and name as SQL that means exactly them, quoted where it must.

    `reserved` are words, in lower case, that the engine takes for no name.
    """
    written = []
    for text in parts:
        is_plain = text.isidentifier() and text.isascii() and text.lower() not in reserved
        needs = not is_plain or folded(Part(text), read) != stored(text, read)
        written.append(exp.to_identifier(text, quoted=needs).sql(dialect=read))
    return ".".join(written)
