"""A look at the data: what the tables hold, and on few rows what every chart would show.

Only counts are read. The ratings are read once, and so is every other table. Where all of them
together are small, as they are with a new customer, each dataset is asked what its charts ask: a
year may be missing that nothing but the dataset itself would miss.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from superset_kpi.dialects import Dialect, dialect
from superset_kpi.errors import WarehouseError
from superset_kpi.macros.sources import Observed, mapped_select
from superset_kpi.mapping import LOGICAL_TABLES, Mapping
from superset_kpi.mapping.logical import METRICS
from superset_kpi.superset.asked import ROWS, Answer, Asked
from superset_kpi.warehouse.connection import select
from superset_kpi.warehouse.freshness import newest_by, staleness

Ask = Callable[[str], Sequence[Sequence[Any]]]

# With more rows the datasets are not asked one by one.
SMALL = 200_000


@dataclass(frozen=True)
class Seen:
    """What a look at the data showed; `ask` is there where the datasets may be asked, too.

    `stale` is a sentence where the data ended long before the mapping's as_of.
    """

    observed: Observed
    ask: Ask | None = None
    stale: str | None = None


@dataclass(frozen=True)
class Probe:
    """What a dataset holds: its rows, choices by column, and what each chart on it would get."""

    rows: int
    choices: Dict[str, int] = field(default_factory=dict)
    answers: Dict[str, Answer] = field(default_factory=dict)


def asker(connection: Any) -> Ask:
    """Returns what runs a SELECT on a connection; one that was refused stands in no other's way."""

    def ask(sql: str) -> Sequence[Sequence[Any]]:
        try:
            return select(connection, sql, "the look at the data").rows
        except WarehouseError:
            with contextlib.suppress(Exception):
                connection.connection.rollback()
            raise

    return ask


def look(mapping: Mapping, ask: Ask) -> Seen:
    """Returns what the mapping's tables hold; `ask` runs a SELECT and returns its rows.

    A table that cannot be read is a WarehouseError.
    """
    try:
        return _looked(mapping, ask)
    except WarehouseError as error:
        raise WarehouseError(
            f"{mapping.name}: {error} Or leave the look out with --no-data-check."
        ) from error


def _looked(mapping: Mapping, ask: Ask) -> Seen:
    total, no_rows, empty = 0, set[str](), set[tuple[str, str, str]]()
    metrics: frozenset[str] | None = None
    for table in mapping.tables:
        columns = _open(table, mapping)
        found = ask(_counts(table, columns, mapping))
        total += sum(int(row[1]) for row in found)
        for metric, _, *counts in found:
            key = str(metric) if table == "ratings" else ""
            empty |= {(table, c, key) for c, n in zip(columns, counts, strict=True) if not n}
        if table == "ratings":
            metrics = frozenset(str(row[0]) for row in found if row[0] in METRICS)
        if not any(row[1] for row in found):
            no_rows.add(table)
    observed = Observed(frozenset(no_rows), frozenset(empty), metrics)
    stale = staleness(mapping, newest_by(mapping, lambda sql: ask(sql)[0][0]))
    return Seen(observed, ask if total <= SMALL else None, stale)


def _open(table: str, mapping: Mapping) -> list[str]:
    """Returns the optional columns that may have values or not, as far as the mapping says."""
    return [
        column.name
        for column in LOGICAL_TABLES[table].columns.values()
        if not column.is_required
        and any(
            source.columns[column.name].kind != "constant"
            for source in mapping.tables[table]
            if column.name in source.columns
        )
    ]


def _counts(table: str, columns: list[str], mapping: Mapping) -> str:
    target = dialect(mapping.dialect)
    key = "metric" if table == "ratings" else None
    wanted = [*([key] if key else []), *columns]
    rows = mapped_select(table, wanted, mapping, target).sql(dialect=target.sqlglot)
    first = _quoted(key, target) if key else "null"
    counts = "".join(f", count({_quoted(column, target)})" for column in columns)
    group = f" group by {first}" if key else ""
    return f"select {first}, count(*){counts} from ({rows}) {ROWS}{group}"


def _quoted(name: str, target: Dialect) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect=target.sqlglot)


def probe(
    sql: str,
    choices: Collection[str],
    charts: Dict[str, list[Asked]],
    metrics: Dict[str, str],
    mapping: Mapping,
    ask: Ask,
) -> Probe | None:
    """Returns what a dataset holds, by one statement; null where the warehouse refuses it.

    `choices` are columns that filters offer, `charts` what each chart asks, and `metrics` the
    dataset's own in the warehouse's dialect.
    """
    target = dialect(mapping.dialect)
    distinct = [f"count(distinct {_quoted(column, target)})" for column in choices]
    queries = [(full, query) for full, asked in charts.items() for query in asked]
    selects = [(distinct, ROWS), *(_counted(query, metrics, target) for _, query in queries)]
    width = max(len(counts) for counts, _ in selects)
    lines = [
        f"select {number}, count(*){''.join(f', {count}' for count in counts)}"
        f"{', 0' * (width - len(counts))} from {source}"
        for number, (counts, source) in enumerate(selects)
    ]
    try:
        found = ask(f"with {ROWS} as ({sql}) " + " union all ".join(lines))
    except WarehouseError:
        return None
    by_number = {int(row[0]): [int(count or 0) for count in row[1:]] for row in found}
    answers: dict[str, Answer] = {}
    for number, (full, query) in enumerate(queries, 1):
        rows, *counts = by_number[number]
        names = (*query.columns, *query.metrics)
        lacking = frozenset(n for n, c in zip(names, counts, strict=False) if not c)
        given = Answer(rows > 0, lacking)
        answers[full] = answers[full].both(given) if full in answers else given
    rows, *counts = by_number[0]
    return Probe(rows, dict(zip(choices, counts, strict=False)), answers)


def _counted(query: Asked, metrics: Dict[str, str], target: Dialect) -> tuple[list[str], str]:
    """Returns what to count of a chart's rows, and the select that they come from."""
    columns = [_quoted(column, target) for column in query.columns]
    parts = [*columns, *(f"({metrics[name]})" for name in query.metrics)]
    named = [f"{part} as kpi__{number}" for number, part in enumerate(parts)]
    if query.is_grouped:
        named.append("count(*) as kpi__n")
    text = f"select {', '.join(named)} from {ROWS}"
    where = query.select.args.get("where")
    if where:
        text += f" where {where.this.sql(dialect=target.sqlglot)}"
    if query.is_grouped and columns:
        text += f" group by {', '.join(columns)}"
    if query.having:
        text += f" having {query.having}"
    # One number is there also where no row is.
    source = f"({text}) kpi__chart" + (" where kpi__n > 0" if query.is_grouped else "")
    return [f"count(kpi__{number})" for number in range(len(parts))], source
