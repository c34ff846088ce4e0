"""Every engine the macros are written out for: the only folder that names one.

A new primitive is one line in `vocabulary.py` and one in the file of each engine.
"""

from __future__ import annotations

from types import MappingProxyType

from superset_kpi.dialects import (
    bigquery,
    clickhousedb,
    databricks,
    duckdb,
    hive,
    mssql,
    mysql,
    oracle,
    postgresql,
    pydoris,
    redshift,
    snowflake,
    sqlite,
    starrocks,
    trino,
)
from superset_kpi.dialects.others import OTHERS
from superset_kpi.dialects.vocabulary import PORTABLE, PRIMITIVES, Dialect, Unwritable
from superset_kpi.dialects.writing import (
    as_written,
    finish,
    is_number,
    rewrite,
    write_cast,
    write_column,
    write_mend,
    write_moment,
    write_primitive,
    write_read,
)
from superset_kpi.errors import MacroError, nearest

__all__ = [
    "DIALECTS",
    "KNOWN",
    "OTHERS",
    "PORTABLE",
    "PRIMITIVES",
    "Dialect",
    "Unwritable",
    "as_written",
    "dialect",
    "finish",
    "is_number",
    "rewrite",
    "write_cast",
    "write_column",
    "write_mend",
    "write_moment",
    "write_primitive",
    "write_read",
]

_RUN = (duckdb, postgresql, sqlite, mysql, hive, clickhousedb)
_NOT_EXECUTED = (
    snowflake,
    bigquery,
    redshift,
    databricks,
    trino,
    mssql,
    oracle,
    starrocks,
    pydoris,
)

DIALECTS: MappingProxyType[str, Dialect] = MappingProxyType(
    {
        name: module.DIALECT
        for module in (*_RUN, *_NOT_EXECUTED)
        for name in (module.DIALECT.engine, *module.DIALECT.also)
    }
)

KNOWN: MappingProxyType[str, Dialect] = MappingProxyType({**DIALECTS, **OTHERS})


def dialect(engine: str) -> Dialect:
    """Returns the engine of Superset's name; one that is not known is a MacroError."""
    try:
        return KNOWN[engine]
    except KeyError:
        raise MacroError(
            f"dialect: {engine!r} is not an engine that the macros are written for. "
            f"{nearest(engine, KNOWN)}"
        ) from None
