"""docs/dialects.md: the engines, and how each spells what macros are made of."""

from __future__ import annotations

from superset_kpi.dialects import DIALECTS, PORTABLE, PRIMITIVES
from superset_kpi.docs.markdown import page, table

INTRODUCTION = """\
Macros are written once and read as DuckDB's dialect. A macro uses functions that mean the same on
every engine, and primitives that each engine spells in its own file; anything else does not load.
`superset-kpi render NAME --dialect ENGINE` shows what a macro becomes.

`dialect` of a mapping is one of the names below, those of Superset."""

VERIFIED = """\
On an engine that is verified, the tests run every case of every macro. In a primitive, `_1` and
`_2` stand for its arguments."""


def dialect_page() -> str:
    """Returns the page of all engines."""
    engines = {d.engine: d for d in DIALECTS.values()}
    names = [
        (
            d.title,
            ", ".join(f"`{n}`" for n in (d.engine, *d.also)),
            "yes" if d.verified else "no",
        )
        for d in engines.values()
    ]
    primitives = [
        (f"`{name}`", f"`{dialect.engine}`", f"`{dialect.primitives[name]}`")
        for name in PRIMITIVES
        for dialect in engines.values()
    ]
    portable = ", ".join(f"`{name}`" for name in sorted(PORTABLE))
    return page(
        "# Dialects",
        INTRODUCTION,
        table(("engine", "`dialect`", "verified"), names),
        VERIFIED,
        f"## Functions\n\n{portable}.",
        f"## Primitives\n\n{table(('primitive', 'engine', 'SQL'), primitives)}",
    )
