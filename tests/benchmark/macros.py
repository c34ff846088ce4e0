"""Macros on many ratings and purchases: in multiples of one scan, of SQL by hand, and of pandas."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg2
import psycopg2.extensions
import yaml

from superset_kpi.macros import library, render_query
from superset_kpi.mapping import Mapping, changed, read_mappings
from tests import engines
from tests.benchmark.measure import best, engine_megabytes

SIZES = (1_000_000, 10_000_000)
MOST_FOR_PANDAS = 1_000_000
MOST_FOR_POSTGRES = 1_000_000
# Tables are measured three times, those of more rows once, with more memory.
MOST_IN_LITTLE = 10_000_000
MEMORY, MORE_MEMORY = "2GB", "16GB"
BY_HAND = Path(__file__).parent / "by_hand"
NOTES = f"""\
Seconds, best of three, for so many ratings, and as many purchases, of a tenth as many customers
in one scheme of five segments, three in a hundred of them in none; DuckDB is limited to {MEMORY}
of memory, PostgreSQL has its settings of the tests. Macros without SQL by hand run once, on a
million rows, if these tables have what they need; some find nothing there. `scans` is the time in
multiples of one `group by customer` over the purchases, or of one `group by quarter` over the
ratings. `by hand` is the shortest SQL that we could write for the same rows on these tables, in
tests/benchmark/by_hand: all columns but the target, compared row by row in the same run. It
counts who is in no segment, as the macro does, and trusts that keys are unique and known; it
reads no weights, brands, dates of membership or refunds, of which these tables have none.
`pandas` computes the main figures only, from frames that are already in memory. `MB` is DuckDB's
peak of memory, each as the first statement of an instance.
""".splitlines()
SOURCES = {
    "customers": {"table": "customers", "columns": {"customer_id": "id", "created_at": "created"}},
    "segment_membership": {
        "table": "member",
        "columns": {"customer_id": "id", "scheme": {"constant": "Plan"}, "segment": "segment"},
    },
    "ratings": [
        {
            "table": "ratings",
            "columns": {
                "rating_id": "id",
                "customer_id": "customer",
                "metric": {"constant": metric},
                "rating": "rating",
                "responded_at": "moment",
            },
        }
        for metric in ("experience", "value")
    ],
    "transactions": {
        "table": "purchases",
        "columns": {
            "transaction_id": "id",
            "customer_id": "customer",
            "occurred_at": "moment",
            "amount": "amount",
        },
    },
}
DATA = """
create table customers as
select range as id, date '2020-01-01' + cast(range % 2000 as integer) as created from range({c});
create table member as
select range as id, ['Night owls', 'Small businesses', 'Loyal families', 'Young professionals',
'Value seekers'][cast(range * 7 % 5 + 1 as integer)] as segment from range({c})
where range % 100 > 2;
create table ratings as
select range as id, cast(hash(range) % {c} as bigint) as customer, cast(hash(range + 1) % 11 as
integer) as rating, timestamp '2023-10-01' + to_seconds(cast(hash(range + 2) % 94600000 as bigint))
as moment from range({n});
create table purchases as
select range as id, cast(hash(range) % {c} as bigint) as customer, hash(range + 1) % 10000 / 100 as
amount, timestamp '2023-10-01' + to_seconds(cast(hash(range + 2) % 94600000 as bigint)) as moment
from range({n});
"""
Frames = dict[str, pd.DataFrame]
QUARTERS = "select date_trunc('quarter', moment), count(*), avg(rating) from ratings group by 1"
CUSTOMERS = (
    "select customer, count(*), sum(amount), min(moment), max(moment) from purchases group by 1"
)
PLAN = {"scheme": "Plan"}
# Macro: its arguments, and the scan that bounds it.
MACROS: dict[str, tuple[dict[str, Any], str]] = {
    "cx_by_segment": (PLAN, QUARTERS),
    "cpv_by_segment": (PLAN, QUARTERS),
    "customer_summary": ({}, CUSTOMERS),
    "clv_by_segment": (PLAN, CUSTOMERS),
    "cohort_retention": ({}, CUSTOMERS),
    "rfm_segments": ({}, CUSTOMERS),
    "clv_by_customer": (PLAN, CUSTOMERS),
    "churn_by_segment": (PLAN, CUSTOMERS),
}
Run = Callable[[str], Any]


def by_hand(macro: str) -> str | None:
    """Returns SQL for the macro's rows, written by hand; null where nobody did."""
    scores = {
        "cx_by_segment": ("cx_rated", "'Excellent'", "'Good'", "'Critical'", ">= 85", ">= 70"),
        "cpv_by_segment": (
            *("cpv_rated", "'Strong alignment'", "'Moderate alignment'"),
            *("'Significant disconnect'", "> 80", ">= 60"),
        ),
    }
    if macro not in scores:
        file = BY_HAND / f"{macro}.sql"
        return file.read_text(encoding="utf-8") if file.exists() else None
    rated, high, middle, low, above, from_ = scores[macro]
    text = (BY_HAND / "scores.sql").read_text(encoding="utf-8")
    text = text.replace("RATED\n", (BY_HAND / f"{rated}.sql").read_text(encoding="utf-8"))
    for column in ("score", "ci_low", "ci_high"):
        band = f"case when {column} {above} then {high} when {column} {from_} then {middle}"
        text = text.replace(f"BAND({column})", f"{band} else {low} end")
    kpi = macro.split("_")[0]
    return text.replace("    score,\n", f"    score as {kpi},\n").replace(
        "score_shown", f"{kpi}_shown"
    )


def section(sizes: Sequence[int] = SIZES) -> tuple[list[str], list[dict[str, Any]]]:
    """Returns lines of the page and the record, for so many ratings and purchases each."""
    record: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        mapping = read_mappings(mapping_file(Path(folder)))["benchmark"]
        for rows in sizes:
            path = Path(folder) / f"{rows}.duckdb"
            with duckdb.connect(str(path)) as opened:
                opened.execute(DATA.format(n=rows, c=rows // 10))
                _limit(opened, path, MEMORY if rows <= MOST_IN_LITTLE else MORE_MEMORY)
                frames = _frames(opened) if rows <= MOST_FOR_PANDAS else None
                measured = _measured(opened.execute, rows, mapping, frames, opened)
                if rows <= MOST_FOR_POSTGRES and engines.missing("postgres") is None:
                    with on_postgres(opened) as cursor:
                        postgres = changed(mapping, dialect="postgresql")
                        measured += _measured(cursor.execute, rows, postgres, None)
            for row in measured if rows <= MOST_IN_LITTLE else ():
                if row["engine"] == "DuckDB":
                    row["megabytes"] = _peaks(path, _statements(row["macro"], mapping))
            record += measured
            path.unlink()
    return table("## Macros at scale", NOTES, record), record


def table(title: str, notes: Sequence[str], record: Sequence[dict[str, Any]]) -> list[str]:
    """Returns the lines of a section of the page."""
    return [
        title,
        "",
        *notes,
        "",
        "| engine | rows | macro | seconds | scans | by hand | times by hand | pandas "
        "| MB | by hand, MB | scan, MB |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *map(_line, record),
    ]


def _limit(opened: duckdb.DuckDBPyConnection, path: Path, memory: str) -> None:
    opened.execute(f"set threads = {os.cpu_count()}; set memory_limit = '{memory}'")
    opened.execute(f"set temp_directory = '{path.parent / 'spill'}'")


def _measured(
    run: Run,
    rows: int,
    mapping: Mapping,
    frames: Frames | None,
    opened: duckdb.DuckDBPyConnection | None = None,
) -> list[dict[str, Any]]:
    """Times each macro beside its bound and its hand-written twin, taking turns."""
    found = []
    more = others(mapping) if rows == min(SIZES) else {}
    for name in (*MACROS, *more):
        statements = _statements(name, mapping)
        hand = statements.get("hand")
        times: dict[str, list[float]] = {key: [] for key in statements}
        for _ in range(1 if name in more or rows > MOST_IN_LITTLE else 3):
            for key, sql in statements.items():
                run(f"drop table if exists made_by_{key}")
                made = f"create temp table made_by_{key} as {sql}"
                times[key].append(best(lambda: run(made), 1))  # noqa: B023
        if opened and hand and rows == min(SIZES):
            _require_equal(opened, name)
        pandas = PANDAS.get(name)
        found.append(
            {
                "engine": "DuckDB" if opened else "PostgreSQL",
                "rows": rows,
                "macro": name,
                "seconds": min(times["macro"]),
                "scans": min(times["macro"]) / min(times["bound"]),
                "by_hand": min(times["hand"]) if hand else None,
                "pandas": best(lambda: pandas(frames)) if frames and pandas else None,  # noqa: B023
                "megabytes": {},
            }
        )
        print(_line(found[-1]), flush=True)
    return found


def _statements(name: str, mapping: Mapping) -> dict[str, str]:
    """Returns the SQL of a macro, of its bound, and the one by hand where there is one."""
    arguments, bound = MACROS.get(name) or others(mapping)[name]
    hand = by_hand(name)
    told = {"hand": hand} if hand else {}
    return {"macro": render_query(name, arguments, mapping), "bound": bound, **told}


def others(mapping: Mapping) -> dict[str, tuple[dict[str, Any], str]]:
    """Returns the other relation macros that have what they need in these tables."""
    found = {}
    for macro in library().values():
        is_public = macro.kind == "relation" and not macro.is_internal
        if is_public and macro.name not in MACROS and not library().missing(macro, mapping):
            bound = CUSTOMERS if "transactions" in library().needs(macro) else QUARTERS
            found[macro.name] = (PLAN if "scheme" in macro.args else {}, bound)
    return found


def _peaks(path: Path, statements: dict[str, str]) -> dict[str, float]:
    """Returns DuckDB's peak of memory for each statement, each in an instance of its own."""
    found = {}
    for key, sql in statements.items():
        with duckdb.connect(str(path), read_only=True) as opened:
            _limit(opened, path, MEMORY)
            found[key] = engine_megabytes(opened, sql)
    return found


def _require_equal(opened: duckdb.DuckDBPyConnection, macro: str) -> None:
    """Raises unless the macro's rows are those by hand, numbers at 1e-9."""
    columns = [row[0] for row in opened.execute("describe made_by_hand").fetchall()]
    listed = ", ".join(f'"{c}"' for c in columns)
    pair = [
        opened.execute(f"select {listed} from {table} order by all").df()
        for table in ("made_by_macro", "made_by_hand")
    ]
    pd.testing.assert_frame_equal(
        *pair, check_dtype=False, check_exact=False, rtol=1e-9, atol=1e-9, obj=macro
    )


@contextlib.contextmanager
def on_postgres(source: duckdb.DuckDBPyConnection) -> Iterator[psycopg2.extensions.cursor]:
    """Yields a cursor on a private PostgreSQL with the same tables."""
    with tempfile.TemporaryDirectory() as folder, engines.running("postgres", Path(folder)) as url:
        plain = url.replace("postgresql+psycopg2", "postgresql")
        with psycopg2.connect(plain) as opened, opened.cursor() as cursor:
            for table, columns in POSTGRES.items():
                file = Path(folder) / f"{table}.csv"
                source.execute(f"copy (select {columns} from {table}) to '{file}' (header false)")
                cursor.execute(POSTGRES_TABLES[table])
                with file.open() as lines:
                    cursor.copy_expert(f"copy {table} from stdin (format csv)", lines)
            cursor.execute("analyze")
            yield cursor
        opened.close()


POSTGRES_TABLES = {
    "customers": "create table customers (id bigint, created date)",
    "member": "create table member (id bigint, segment text)",
    "ratings": (
        "create table ratings (id bigint, customer bigint, rating integer, moment timestamp)"
    ),
    "purchases": (
        "create table purchases (id bigint, customer bigint, amount double precision, "
        "moment timestamp)"
    ),
}
POSTGRES = {
    "customers": "id, created",
    "member": "id, segment",
    "ratings": "id, customer, rating, moment",
    "purchases": "id, customer, amount, moment",
}


def _frames(opened: duckdb.DuckDBPyConnection) -> Frames:
    return {
        name: opened.execute(f"from {name}").df() for name in ("ratings", "purchases", "member")
    }


def _scores(frames: Frames) -> pd.DataFrame:
    rated = frames["ratings"].merge(frames["member"], left_on="customer", right_on="id")
    quarter = rated["moment"].dt.to_period("Q")
    return rated.groupby(["segment", quarter])["rating"].agg(["count", "mean"])


def _latest(frames: Frames) -> pd.DataFrame:
    rated = frames["ratings"].assign(quarter=frames["ratings"]["moment"].dt.to_period("Q"))
    last = rated.sort_values(["moment", "id"]).drop_duplicates(["customer", "quarter"], keep="last")
    rated = last.merge(frames["member"], left_on="customer", right_on="id")
    return rated.groupby(["segment", "quarter"])["rating"].agg(["count", "mean"])


def _summary(frames: Frames) -> pd.DataFrame:
    bought = frames["purchases"].assign(day=frames["purchases"]["moment"].dt.normalize())
    days = bought.groupby(["customer", "day"])["amount"].sum().reset_index()
    first = days.groupby("customer")["day"].transform("min")
    spent = days[days["day"] > first].groupby("customer")["amount"].mean()
    summary = days.groupby("customer")["day"].agg(["count", "min", "max"])
    return summary.assign(monetary=spent)


PANDAS: dict[str, Callable[[Frames], pd.DataFrame]] = {
    "cx_by_segment": _scores,
    "cpv_by_segment": _latest,
    "customer_summary": _summary,
}


def _line(row: dict[str, Any]) -> str:
    hand = f"{row['by_hand']:.2f}" if row["by_hand"] else ""
    times = f"{row['seconds'] / row['by_hand']:.2f}" if row["by_hand"] else ""
    pandas = f"{row['pandas']:.2f}" if row["pandas"] else ""
    peaks = (row["megabytes"].get(key) for key in ("macro", "hand", "bound"))
    megabytes = " | ".join("" if peak is None else f"{peak:,.0f}" for peak in peaks)
    return (
        f"| {row['engine']} | {row['rows']:,} | {row['macro']} | {row['seconds']:.2f} "
        f"| {row['scans']:.1f} | {hand} | {times} | {pandas} | {megabytes} |"
    )


def mapping_file(folder: Path, dialect: str = "duckdb") -> Path:
    """Writes the mapping `benchmark` of the tables."""
    file = folder / "kpi.yaml"
    body = {
        "benchmark": {
            "database": "benchmark",
            "dialect": dialect,
            "as_of": dt.date(2026, 9, 30),
            "scales": {name: {"lo": 0, "hi": 10} for name in ("experience", "value")},
            "tables": SOURCES,
        }
    }
    file.write_text(yaml.safe_dump(body), encoding="utf-8")
    return file
