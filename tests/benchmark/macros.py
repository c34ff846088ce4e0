"""Macros on many ratings and purchases: in multiples of one scan, of SQL by hand, and of pandas."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml

from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, read_mappings
from tests.benchmark.clv import best

SIZES = (1_000_000, 10_000_000)
MOST_FOR_PANDAS = 1_000_000
MEMORY = "2GB"
NOTES = f"""\
Seconds on DuckDB, limited to {MEMORY} of memory, best of three, for so many ratings and as many
purchases of a tenth as many customers in one scheme of five segments. `scans` is the time in
multiples of one `group by customer` over the purchases, or of one `group by quarter` over the
ratings; `by hand` is a query that gives the same main figures and nothing else (no intervals,
bands, coverage, small-number rules, comparison with the quarter before); `pandas` the same figures
from frames that are already in memory.
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
create table member as select range as id, 'S' || (range * 7 % 5) as segment from range({c});
create table ratings as
select range as id, cast(hash(range) % {c} as bigint) as customer, cast(hash(range + 1) % 11 as
integer) as rating, timestamp '2023-10-01' + to_seconds(cast(hash(range + 2) % 94600000 as bigint))
as moment from range({n});
create table purchases as
select range as id, cast(hash(range) % {c} as bigint) as customer, hash(range + 1) % 10000 / 100 as
amount, timestamp '2023-10-01' + to_seconds(cast(hash(range + 2) % 94600000 as bigint)) as moment
from range({n});
"""
QUARTERS = "select date_trunc('quarter', moment), count(*), avg(rating) from ratings group by 1"
CUSTOMERS = (
    "select customer, count(*), sum(amount), min(moment), max(moment) from purchases group by 1"
)
SCORES = """
select m.segment, date_trunc('quarter', r.moment) as quarter, count(*), avg(r.rating) * 10
from ratings as r inner join member as m on r.customer = m.id group by 1, 2"""
LATEST = """
select segment, quarter, count(*), avg(rating) * 10 from (
    select m.segment, r.rating, date_trunc('quarter', r.moment) as quarter, row_number() over (
        partition by r.customer, date_trunc('quarter', r.moment)
        order by r.moment desc, r.id desc) as place
    from ratings as r inner join member as m on r.customer = m.id
) where place = 1 group by 1, 2"""
SUMMARY = """
with days as (
    select customer, cast(moment as date) as day, sum(amount) as value from purchases group by 1, 2
), firsts as (
    select customer, day, value, min(day) over (partition by customer) as first from days
)
select customer, count(*) - 1 as frequency, max(day) - min(day) as recency,
    date '2026-09-30' - min(day) as age, avg(case when day > first then value end) as monetary
from firsts group by 1"""
# Macro: its arguments, the scan that bounds it, the same by hand, the same in pandas.
MACROS: dict[str, tuple[dict[str, Any], str, str | None, str | None]] = {
    "cx_by_segment": ({"scheme": "Plan"}, QUARTERS, SCORES, "scores"),
    "cpv_by_segment": ({"scheme": "Plan"}, QUARTERS, LATEST, "latest"),
    "customer_summary": ({}, CUSTOMERS, SUMMARY, "summary"),
    "clv_by_segment": ({"scheme": "Plan"}, CUSTOMERS, None, None),
    "clv_by_customer": ({"scheme": "Plan"}, CUSTOMERS, None, None),
    "cohort_retention": ({}, CUSTOMERS, None, None),
    "churn_by_segment": ({"scheme": "Plan"}, CUSTOMERS, None, None),
    "rfm_segments": ({}, CUSTOMERS, None, None),
}


def section(sizes: Sequence[int] = SIZES) -> tuple[list[str], list[dict[str, Any]]]:
    """Returns lines of the page and the record, for so many ratings and purchases each."""
    record = []
    with tempfile.TemporaryDirectory() as folder:
        mapping = _mapping(Path(folder))
        for rows in sizes:
            path = Path(folder) / f"{rows}.duckdb"
            with duckdb.connect(str(path)) as opened:
                opened.execute(DATA.format(n=rows, c=rows // 10))
            record += _measured(path, rows, mapping)
            path.unlink()
    lines = [
        "## Macros at scale",
        "",
        *NOTES,
        "",
        "| ratings, purchases | macro | seconds | scans | by hand | times by hand | pandas |",
        "|---:|---|---:|---:|---:|---:|---:|",
        *map(_line, record),
    ]
    return lines, record


def _measured(path: Path, rows: int, mapping: Mapping) -> list[dict[str, Any]]:
    found = []
    with duckdb.connect(str(path)) as opened:
        opened.execute(f"set threads = {os.cpu_count()}; set memory_limit = '{MEMORY}'")
        opened.execute(f"set temp_directory = '{path.parent / 'spill'}'")

        def timed(sql: str) -> float:
            return best(lambda: opened.execute(f"create or replace temp table made as {sql}"))

        bounds = {sql: timed(sql) for sql in (QUARTERS, CUSTOMERS)}
        frames = _frames(opened) if rows <= MOST_FOR_PANDAS else None
        for name, (arguments, bound, by_hand, in_pandas) in MACROS.items():
            seconds = timed(render_query(name, arguments, mapping))
            hand = timed(by_hand) if by_hand else None
            pandas = best(lambda: PANDAS[in_pandas](frames)) if frames and in_pandas else None  # noqa: B023
            found.append(
                {
                    "rows": rows,
                    "macro": name,
                    "seconds": seconds,
                    "scans": seconds / bounds[bound],
                    "by_hand": hand,
                    "pandas": pandas,
                }
            )
            print(_line(found[-1]), flush=True)
    return found


Frames = dict[str, pd.DataFrame]


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


PANDAS: dict[str | None, Callable[[Frames], pd.DataFrame]] = {
    "scores": _scores,
    "latest": _latest,
    "summary": _summary,
}


def _line(row: dict[str, Any]) -> str:
    hand = f"{row['by_hand']:.2f}" if row["by_hand"] else ""
    times = f"{row['seconds'] / row['by_hand']:.1f}" if row["by_hand"] else ""
    pandas = f"{row['pandas']:.2f}" if row["pandas"] else ""
    return (
        f"| {row['rows']:,} | {row['macro']} | {row['seconds']:.2f} | {row['scans']:.1f} "
        f"| {hand} | {times} | {pandas} |"
    )


def _mapping(folder: Path) -> Mapping:
    file = folder / "kpi.yaml"
    body = {
        "benchmark": {
            "database": "benchmark",
            "dialect": "duckdb",
            "as_of": dt.date(2026, 9, 30),
            "scales": {name: {"lo": 0, "hi": 10} for name in ("experience", "value")},
            "tables": SOURCES,
        }
    }
    file.write_text(yaml.safe_dump(body), encoding="utf-8")
    return read_mappings(file)["benchmark"]
