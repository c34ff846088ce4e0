"""docs/dialects.md: the engines, and how each spells what macros are made of."""

from __future__ import annotations

from textwrap import fill

from superset_kpi.dialects import DIALECTS, OTHERS, PORTABLE, PRIMITIVES
from superset_kpi.dialects.others import STANDARD
from superset_kpi.docs.markdown import page, table

INTRODUCTION = """\
Macros are written once and read as DuckDB's dialect. A macro uses functions that mean the same on
every engine, and primitives that each engine spells in its own file; anything else does not load.
`superset-kpi render NAME --dialect ENGINE` shows what a macro becomes.

The `dialect` of a mapping is one of the names below, which are Superset's."""

VERIFIED = """\
On an engine that is verified, the tests run cases of every macro, and one of each macro
as Superset rewrites it before sending it on. Product and version are those that the tests
run, the day is that of the last review. What is not executed is written from the engine's manual.
The parser of sqlfluff reads headline macros and all primitives in its dialect, and DuckDB runs what
sqlglot makes of one case of each macro: that shows that a statement is well formed and what it
says, not that the engine accepts it. Compare its numbers before you trust them. In a primitive,
`_1` and `_2` are its arguments."""

OTHER_ENGINES = """\
These are untested. Those that document that they accept another engine's SQL get that: {like}. \
The rest get standard SQL: {rest}.

On these, macros that need {lacking} are refused, and `as_of` must be a day, since standard SQL \
does not know the day in UTC; `check-mapping` says how many macros can be written, and which \
cannot. A database of the PostgreSQL family that Superset lists under a name of its own is better \
connected as `postgresql`."""

NOTES = """\
## What to know about an engine

- **ClickHouse**, 26.3 or newer, computes a CTE only once with `enable_materialized_cte`, which
  a statement sets if it reads one more than once. A connection with `readonly = 1` may set
  nothing: give it `readonly = 2`.
- **MariaDB**, **MySQL** and **SQLite** cast any text to some number. Macros treat a text that is
  not a number as a whole, such as `N/A`, as no value.
- **MariaDB** and **MySQL** compare texts by their bytes in macros: `Nord` and `nord` are two
  segments. Keys are compared as the column is: where it takes customers for one that differ only
  in case, `check-mapping` says what to map, and dashboards are not installed until then.
- **Oracle** treats an empty text as null, so macros write a blank for it. A mapped column whose
  name is a reserved word in Oracle is quoted as it is stored: `comment: '"COMMENT"'`. A CLOB
  of more than 4,000 characters needs `dbms_lob.substr(...)` in the mapping.
- **PostgreSQL**, 12 or newer, compiles long statements by default, which takes seconds: `jit = off`
  for Superset's role fixes that.
- **SQL Server** and **Oracle** have no boolean values: a macro that returns one elsewhere returns 1
  or 0, so write `where {{ kpi.is_valid_rating(...) }} = 1`.
- **SQL Server** compares texts as the database's collation says, often without regard to case,
  and reads 4,000 characters of each. It accepts no CTE inside a subquery; Superset moves those of
  `{{ kpi.x() }}` to the top of the statement. Outside Superset use what `superset-kpi render`
  writes, which starts with them.
- **Spark** takes seconds to plan a long statement, however few the rows are: let charts read a
  materialised dataset."""


def dialect_page() -> str:
    """Returns the page of all engines."""
    engines = {d.engine: d for d in DIALECTS.values()}
    names = [
        (
            d.title,
            ", ".join(f"`{n}`" for n in (d.engine, *d.also)),
            str(d.verified) if d.verified else f"not executed; {d.stand_in}",
        )
        for d in engines.values()
    ]
    primitives = [
        (f"`{name}`", f"`{dialect.engine}`", f"`{dialect.primitives[name]}`")
        for name in PRIMITIVES
        for dialect in engines.values()
    ]
    like = [
        (name, next(e for e in engines if engines[e].primitives == d.primitives))
        for name, d in OTHERS.items()
        if d.primitives != STANDARD.primitives
    ]
    rest = [name for name, d in OTHERS.items() if d.primitives == STANDARD.primitives]
    lacking = [f"`{p}`" for p in PRIMITIVES if p not in {*STANDARD.primitives, "today"}]
    portable = ", ".join(f"`{name}`" for name in sorted(PORTABLE))
    return page(
        "# Dialects",
        INTRODUCTION,
        table(("engine", "`dialect`", "verified"), names),
        VERIFIED,
        "## Other engines of Superset",
        *_filled(
            like=", ".join(f"`{name}` ({other})" for name, other in like),
            lacking=f"{', '.join(lacking[:-1])} or {lacking[-1]}",
            rest=", ".join(f"`{name}`" for name in sorted(rest)),
        ),
        NOTES,
        f"## Functions\n\n{portable}.",
        f"## Primitives\n\n{table(('primitive', 'engine', 'SQL'), primitives)}",
    )


def _filled(**words: str) -> list[str]:
    return [fill(part, 100) for part in OTHER_ENGINES.format(**words).split("\n\n")]
