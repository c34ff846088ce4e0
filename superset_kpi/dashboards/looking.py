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

from superset_kpi.dashboards.asked import ROWS, Answer, Asked
from superset_kpi.dialects import Dialect, dialect, rewrite
from superset_kpi.errors import WarehouseError
from superset_kpi.macros.compiler.sources import mapped_select
from superset_kpi.macros.compiler.statement import Observed
from superset_kpi.mapping import LOGICAL_TABLES, Mapping
from superset_kpi.mapping.logical import METRICS
from superset_kpi.warehouse.connection import select
from superset_kpi.warehouse.freshness import newest_by, staleness
from superset_kpi.warehouse.keys import distinct_counts

Ask = Callable[[str], Sequence[Sequence[Any]]]

# The first that is mapped has the most customers.
_OF_CUSTOMERS = ("customers", "transactions", "subscriptions", "ratings")
# Which of the queries a row takes part in.
_QUERY = "kpi__query"
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
    """What a dataset holds: its rows, choices by column, and what each chart on it would get.

    `newest` is the age of its newest complete period, -1 where there is none yet; null where its
    rows have no period.
    """

    rows: int
    choices: Dict[str, int] = field(default_factory=dict)
    answers: Dict[str, Answer] = field(default_factory=dict)
    newest: int | None = None


def asker(connection: Any) -> Ask:
    """Returns what runs a SELECT on a connection; one that was refused stands in no other's way."""

    def ask(sql: str) -> Sequence[Sequence[Any]]:
        try:
            return select(connection, sql, "data check").rows
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
            f"{mapping.name}: {error} Or skip the data check with --no-data-check."
        ) from error


def _looked(mapping: Mapping, ask: Ask) -> Seen:
    _refuse_merged_customers(mapping, ask)
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


def _refuse_merged_customers(mapping: Mapping, ask: Ask) -> None:
    """Raises a WarehouseError where the engine takes several customers for one."""
    target = dialect(mapping.dialect)
    tables = [t for t in _OF_CUSTOMERS if mapping.maps_column(t, "customer_id")]
    if not target.merges_cases or not tables:
        return
    rows = mapped_select(tables[0], ["customer_id"], mapping, target).subquery("kpi__rows")
    query = distinct_counts(rows, exp.column("customer_id"), target)
    ((found, there),) = ask(query.sql(dialect=target.sqlglot))
    if found != there:
        raise WarehouseError(
            f"{mapping.name}: {there - found:,} of {there:,} customers differ from another only in "
            f"case or accents, and the engine treats them as one in {tables[0]}.customer_id. "
            "Run superset-kpi check-mapping: it says what to map."
        )


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
    has_age: bool = False,
) -> Probe | None:
    """Returns what a dataset holds, by one statement; null where the warehouse refuses it.

    `choices` are columns that filters offer, `charts` what each chart asks, and `metrics` the
    dataset's own in the warehouse's dialect. Where its rows have a `period_age` the newest is told.
    """
    target = dialect(mapping.dialect)
    queries = [(full, query) for full, asked in charts.items() for query in asked]
    counts = [[f"count(distinct {_quoted(column, target)})" for column in choices]]
    counts[0] += [_newest(target)] if has_age else []
    counts += [_counted(query, metrics, target) for _, query in queries]
    try:
        found = ask(_in_one_scan(sql, [query for _, query in queries], counts, target))
    except WarehouseError:
        return None
    nothing = [0] * (1 + max(map(len, counts)))
    by_number = {int(row[0]): [int(count or 0) for count in row[1:]] for row in found}
    answers: dict[str, Answer] = {}
    for number, (full, query) in enumerate(queries, 1):
        rows, *there = by_number.get(number, nothing)
        names = (*query.columns, *query.metrics)
        lacking = frozenset(n for n, c in zip(names, there, strict=False) if not c)
        given = Answer(rows > 0, lacking)
        answers[full] = answers[full].both(given) if full in answers else given
    rows, *there = by_number.get(0, nothing)
    newest = there[len(choices)] if has_age else None
    return Probe(rows, dict(zip(choices, there, strict=False)), answers, newest)


def _newest(target: Dialect) -> str:
    age = _quoted("period_age", target)
    return f"coalesce(min(case when {age} >= 0 then {age} end), -1)"


def _counted(query: Asked, metrics: Dict[str, str], target: Dialect) -> list[str]:
    """Returns for each column and metric of a chart the aggregate that is 0 where none has a value.

    A column of a grouped query is a key, and so the same in a whole group.
    """
    columns = [f"count({_quoted(column, target)})" for column in query.columns]
    return [*columns, *(_is_there(metrics[name]) for name in query.metrics)]


def _is_there(part: str) -> str:
    return f"case when ({part}) is null then 0 else 1 end"


def _in_one_scan(
    sql: str, queries: Sequence[Asked], counts: Sequence[Sequence[str]], target: Dialect
) -> str:
    """Returns the statement that counts for all queries, each by its number from 1.

    It reads the dataset once, for MySQL computes a CTE again for each that reads it. A row takes
    part in every query whose conditions it meets, and is grouped by that query's keys alone.
    """
    grouped = [(n, query) for n, query in enumerate(queries, 1) if query.is_grouped]
    by_key: dict[str, list[int]] = {}
    for number, query in grouped:
        for column in query.columns:
            by_key.setdefault(_quoted(column, target), []).append(number)
    keys = [
        f"case when {_QUERY} in ({', '.join(map(str, numbers))}) then {column} end as kpi__key{n}"
        for n, (column, numbers) in enumerate(by_key.items())
    ]
    wheres = {n: q.select.args.get("where") for n, q in enumerate(queries, 1)}
    conditions = [
        f"{_QUERY} <> {n} or ({w.this.sql(target.sqlglot)})" for n, w in wheres.items() if w
    ]
    havings = [f"{_QUERY} <> {n} or ({q.having})" for n, q in grouped if q.having]
    numbers = " union all ".join(_numbered(n, target) for n in range(len(counts)))
    width = max(map(len, counts))
    values = [
        "case "
        + " ".join(f"when {_QUERY} = {n} then {c[i]}" for n, c in enumerate(counts) if i < len(c))
        + f" else 0 end as kpi__{i}"
        for i in range(width)
    ]
    group = ", ".join([_QUERY, *(f"kpi__key{n}" for n in range(len(keys)))])
    sums = ", ".join(["sum(kpi__there)", *(f"sum(kpi__{i})" for i in range(width))])
    return (
        f"with {ROWS} as ({sql}), kpi__each as ("
        f"select {', '.join([f'{ROWS}.*', _QUERY, *keys])} "
        f"from {ROWS} cross join ({numbers}) kpi__numbers"
        f"{_all(' where ', conditions)}), kpi__groups as ("
        f"select {', '.join([_QUERY, 'count(*) as kpi__there', *values])} from kpi__each"
        f" group by {group}{_all(' having ', havings)}) "
        f"select {_QUERY}, {sums} from kpi__groups group by {_QUERY}"
    )


def _numbered(number: int, target: Dialect) -> str:
    one = exp.select(exp.alias_(exp.Literal.number(number), _QUERY))
    return rewrite(one, target).sql(dialect=target.sqlglot)


def _all(word: str, conditions: Sequence[str]) -> str:
    return word + " and ".join(f"({each})" for each in conditions) if conditions else ""
