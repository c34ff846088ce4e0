"""A mapping as init proposes it, and what is read through it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy

from superset_kpi.api import Kpi
from superset_kpi.dialects import dialect
from superset_kpi.macros.compiler.sources import mapped_select
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import connection
from superset_kpi.warehouse.connection import select
from tests.init.conftest import Run
from tests.init.rows import Rows, write


def proposed(
    run: Run, folder: Path, engine: str, tables: Rows, *more: str, before: Iterable[str] = ()
) -> Mapping:
    """The mapping that is proposed for made-up tables."""
    path = folder / f"shop.{engine}"
    write(engine, path, tables, before)
    return proposed_at(run, folder, f"{engine}:///{path}", *more)


def proposed_at(run: Run, folder: Path, url: str, *more: str) -> Mapping:
    """The mapping that is proposed for a warehouse, with which check-mapping agrees."""
    result = run("init", "--url", url, "--yes", *more)
    assert result.exit_code == 0, result.output
    assert "file and warehouse agree" in result.output
    return replace(read_mappings(folder / "kpi.yaml")["shop"], url=url)


def rows(mapping: Mapping, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """What macros read of a logical table."""
    target = dialect(mapping.dialect)
    sql = mapped_select(table, columns, mapping, target).sql(dialect=target.sqlglot)
    with connection(mapping) as opened:
        return sorted(select(opened, sql).rows, key=repr)


def kpi(mapping: Mapping, macro: str, **arguments: Any) -> list[dict[str, Any]]:
    """The rows of a macro, however few answers there are."""
    return getattr(Kpi(mapping), macro)(**arguments).rows()


def write_to(url: str, tables: Rows, schema: str) -> None:
    """Writes tables with their rows into a new schema of a server."""
    engine = sqlalchemy.create_engine(url)
    name = engine.dialect.identifier_preparer.quote_identifier
    with engine.begin() as opened:
        opened.exec_driver_sql(f"create schema {schema}")
        for table, (columns, rows) in tables.items():
            place = f"{name(schema)}.{name(table)}"
            opened.exec_driver_sql(f"create table {place} ({columns})")
            if rows:
                values = ", ".join(["%s"] * len(rows[0]))
                opened.exec_driver_sql(f"insert into {place} values ({values})", rows)
    engine.dispose()
