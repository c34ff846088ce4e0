"""Every engine the macros are written out for: the only folder that names one.

A new primitive is one line in `vocabulary.py` and one in the file of each engine; a new engine is
a file, which says all that is special about it, and its name in `ENGINES`.
"""

from __future__ import annotations

from importlib import import_module

from superset_kpi.dialects.others import OTHERS
from superset_kpi.dialects.vocabulary import PORTABLE, PRIMITIVES, Dialect, Unwritable, by_name
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

# Those with a file, in the order of the documentation: the tests run the first line's.
ENGINES = (
    *("duckdb", "postgresql", "sqlite", "mysql", "hive", "clickhousedb"),
    *("snowflake", "bigquery", "redshift", "databricks", "trino", "mssql", "oracle"),
    *("starrocks", "pydoris"),
)
_OWN: list[Dialect] = [import_module(f"{__name__}.{engine}").DIALECT for engine in ENGINES]
DIALECTS = by_name(_OWN)
KNOWN = by_name([*_OWN, *OTHERS.values()])  # no generic entry hides an engine's own file


def dialect(engine: str) -> Dialect:
    """Returns the engine of Superset's name; one that is not known is a MacroError."""
    try:
        return KNOWN[engine]
    except KeyError:
        raise MacroError(
            f"dialect: {engine!r} is not an engine that the macros are written for. "
            f"{nearest(engine, KNOWN)}"
        ) from None
