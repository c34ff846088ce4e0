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

`dialect` of a mapping is one of the names below, those of Superset."""

VERIFIED = """\
On an engine that is verified, the tests run cases of every macro, and one of each macro as
Superset writes it again before it sends it on. Product and version are those that the tests
start, the day is that of the last review. What is not executed is written from the engine's manual.
Headline macros are read back in its dialect, and DuckDB runs what sqlglot makes of one case of each
macro: that shows what a statement says, not that the engine takes it. Compare its numbers before
you trust them. In a primitive, `_1` and `_2` stand for its arguments."""

OTHER_ENGINES = """\
Nobody has tried these. Those that document that they take another engine's SQL get that: {like}. \
The rest get what standard SQL has: {rest}.

There, macros that need {lacking} are refused, and `as_of` must be a day, since standard SQL does \
not know the day in UTC; `check-mapping` says how many macros can be written, and which cannot. \
A database of PostgreSQL's family that Superset has under a name of its own is better connected \
as `postgresql`."""

NOTES = """\
## What to know of an engine

- **ClickHouse**, 26.3 or newer, works a CTE out once only with `enable_materialized_cte`, which a
  statement sets where it reads one more than once. A connection with `readonly = 1` may set
  nothing: give it `readonly = 2`.
- **MariaDB**, **MySQL** and **SQLite** cast any text to some number. Macros take a text that is no
  number as a whole, such as `N/A`, for no value.
- **MariaDB** and **MySQL** compare texts by their bytes in macros: `Nord` and `nord` are two
  segments.
- **Oracle** takes an empty text for null, so macros write a blank for it. A column of the mapping
  that Oracle has as a word of its own is quoted as it is stored: `comment: '"COMMENT"'`. A CLOB
  of more than 4,000 characters needs `dbms_lob.substr(...)` in the mapping.
- **PostgreSQL**, 12 or newer, compiles long statements by default, which takes seconds: `jit = off`
  for Superset's role mends that.
- **SQL Server** and **Oracle** have no value that is true or false: a macro that gives one gives 1
  or 0, so write `where {{ kpi.is_valid_rating(...) }} = 1`.
- **SQL Server** compares texts as the database's collation says, often without regard to case,
  and reads 4,000 characters of each. It takes no CTE inside a subquery; Superset moves those of
  `{{ kpi.x() }}` to the top of the statement. Outside Superset use what `superset-kpi render`
  writes, which begins with them.
- **Spark** plans a long statement for seconds, however few the rows are: let charts read a
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
