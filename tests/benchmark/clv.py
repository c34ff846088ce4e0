"""Predictive CLV: times in SQL and in lifetimes, side by side.

lifetimes runs up to a million customers, where it already takes minutes; above that its times are
left out.
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import lifetimes
import numpy as np
from lifetimes.utils import summary_data_from_transaction_data

from superset_kpi.fit import Options, fit
from superset_kpi.fit.counts import Warehouse
from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, changed
from superset_kpi.mapping.model import MappedColumn, Source
from superset_kpi.mapping.models import EVERYBODY, as_models
from superset_kpi.models import bg_nbd, gamma_gamma
from superset_kpi.warehouse import connection
from superset_kpi.warehouse.connection import change
from tests.benchmark.data import END, build
from tests.benchmark.measure import best, own_megabytes
from tests.benchmark.resident import resident_megabytes

SIZES = (100_000, 1_000_000)
MOST_FOR_LIFETIMES = 1_000_000
MEMORY_LIMIT = "5GB"
NOTES = f"""\
Seconds to summarise, fit and score simulated customers (two years, BG/NBD and Gamma-Gamma with
CDNOW's parameters): the macros on DuckDB, beside the lifetimes package on the same machine in the
same run. SQL is the best of three runs, writing its result into a table; lifetimes runs once.
`stored` steps start from a stored summary, as those of lifetimes do; the others from the purchases,
beside summary and step of lifetimes. `CLV` writes customer and value, as lifetimes does, `scores`
all columns of `clv_predicted`. `scans` is the time in multiples of one `group by customer`. DuckDB
has a memory_limit of {MEMORY_LIMIT}. `MB` is the peak of all memory of a process that runs the
step, and makes the stored summary before where it takes one; for fits that of Python and numpy.
""".splitlines()


@dataclass(frozen=True)
class Timing:
    """Seconds of one step for so many customers, and megabytes at most."""

    customers: int
    purchases: int
    step: str
    sql: float
    lifetimes: float | None
    scan: float
    megabytes: float

    @property
    def ratio(self) -> float | None:
        """How many times faster SQL is."""
        return None if self.lifetimes is None else self.lifetimes / self.sql


def section(sizes: Sequence[int] = SIZES) -> tuple[list[str], list[dict[str, Any]]]:
    """Returns lines of the page and the record of the timings, for so many customers each."""
    np.seterr(all="ignore")
    timings: list[Timing] = []
    with tempfile.TemporaryDirectory() as folder:
        for customers in sizes:
            path = Path(folder) / f"{customers}.duckdb"
            build(path, customers)
            timings += measured(path, customers)
            path.unlink()
    lines = [
        "## Predictive CLV",
        "",
        *NOTES,
        "",
        "| customers | purchases | step | SQL, s | lifetimes, s | times faster | scans | MB |",
        "|---:|---:|---|---:|---:|---:|---:|---:|",
        *map(line, timings),
    ]
    return lines, [vars(t) | {"ratio": t.ratio} for t in timings]


def measured(path: Path, customers: int) -> list[Timing]:
    """Returns the times of summary, fit, score and all of it."""
    mapping = mapping_of(path)
    fitted = fit(mapping, Options(model="bg_nbd"))
    found = {
        "fit": (
            best(lambda: fit_from_purchases(mapping)),
            own_megabytes(lambda: fit_from_purchases(mapping)),
        )
    }
    mapping = changed(mapping, models=as_models(fitted))
    started = time.perf_counter()
    scored = render_query("clv_predicted", {"scheme": EVERYBODY}, mapping)
    found["render, first time"] = time.perf_counter() - started, 0.0
    with duckdb.connect(str(path), read_only=True, config={"memory_limit": MEMORY_LIMIT}) as opened:
        purchases = opened.execute("select count(*) from purchases").fetchall()[0][0]
        opened.execute(f"set threads = {os.cpu_count()}")
        summary = render_query("customer_summary", {}, mapping)
        # A warehouse would keep the summary as a table: `superset-kpi materialize`.
        keep = f"create temp table kept as {summary}"
        opened.execute(keep)
        stored = on_kept_summary(scored)
        for step, sql in {
            SCAN: SCAN_SQL,
            "summary": summary,
            "stored: CLV": f"select customer_id, clv from ({stored})",
            "stored: scores": stored,
            "CLV": f"select customer_id, clv from ({scored})",
            "scores": scored,
        }.items():
            make = f"create or replace temp table made as {sql}"
            before = [keep] if step.startswith("stored") else []
            megabytes = resident_megabytes(path, MEMORY_LIMIT, [*before, make])
            found[step] = best(lambda: opened.execute(make)), megabytes  # noqa: B023
    with connection(mapping) as engine:
        change(engine, [keep], "benchmark")
        kept = Kept(engine, mapping, END, is_exact=False)
        found["stored: fit"] = (
            best(lambda: fit_counts(kept)),
            own_megabytes(lambda: fit_counts(kept)),
        )
    theirs = lifetimes_times(path) if customers <= MOST_FOR_LIFETIMES else {}
    scan = found[SCAN][0]
    timings = [
        Timing(customers, purchases, step, found[step][0], theirs.get(step), scan, found[step][1])
        for step in STEPS
    ]
    for timing in timings:
        print(line(timing), flush=True)
    return timings


SCAN = "one scan with one group by customer"
SCAN_SQL = (
    "select customer_id, min(bought_at) as a, max(bought_at) as b, count(*) as n, "
    "sum(amount) as v, count(distinct cast(bought_at as date)) as d "
    "from purchases group by customer_id"
)
STEPS = (
    *(SCAN, "summary", "stored: fit", "stored: CLV", "stored: scores"),
    *("fit", "CLV", "scores", "render, first time"),
)


class Kept(Warehouse):
    """Reads its counts from the table `kept` instead of from the purchases."""

    def _query(self, macro: str, arguments: Any) -> str:
        return on_kept_summary(super()._query(macro, arguments))


def fit_from_purchases(mapping: Mapping) -> None:
    """Reads the counts of customers alike and fits purchases and spend: what lifetimes fits."""
    with connection(mapping) as opened:
        fit_counts(Warehouse(opened, mapping, END, is_exact=False))


def fit_counts(source: Warehouse) -> None:
    purchases, spend = source.counts()[EVERYBODY]
    bg_nbd.fit(purchases.x, purchases.t_x, purchases.T, purchases.weight)
    gamma_gamma.fit(spend.x, spend.m, spend.weight)


@lru_cache
def on_kept_summary(sql: str) -> str:
    """Returns the statement with the summary read from the table `kept`."""
    import sqlglot

    tree = sqlglot.parse_one(sql, read="duckdb")
    for cte in tree.args["with_"].expressions:
        if cte.alias == "kpi__customer_summary":
            cte.set("this", sqlglot.parse_one("select * from kept", read="duckdb"))
    return tree.sql(dialect="duckdb")


def mapping_of(path: Path) -> Mapping:
    names = {
        "transaction_id": "rowid",
        "customer_id": "customer_id",
        "occurred_at": "bought_at",
        "amount": "amount",
    }
    columns = MappingProxyType({k: MappedColumn("expression", v) for k, v in names.items()})
    return Mapping(
        name="benchmark",
        title="Benchmark",
        database="benchmark",
        url=f"duckdb:///{path}?memory_limit={MEMORY_LIMIT}",
        dialect="duckdb",
        as_of=END,
        currency=None,
        fiscal_year_starts=1,
        margin_rate=None,
        inactive_days=180,
        scales=MappingProxyType({}),
        tables=MappingProxyType({"transactions": (Source("purchases", None, columns),)}),
        digest=str(path),
    )


def lifetimes_times(path: Path) -> dict[str, float]:
    """Returns the times of the same steps with the lifetimes package, once each."""
    warnings.simplefilter("ignore")
    with duckdb.connect(str(path), read_only=True) as opened:
        rows = opened.execute("from purchases").df()
    steps: dict[str, float] = {}

    def timed(step: str, action: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = action()
        steps[step] = time.perf_counter() - started
        return result

    summary = timed(
        "summary",
        lambda: summary_data_from_transaction_data(
            rows,
            "customer_id",
            "bought_at",
            monetary_value_col="amount",
            observation_period_end=END,
        ),
    )
    x, t_x, age = (summary[c] for c in ("frequency", "recency", "T"))
    weeks = (x, t_x / 7, age / 7)
    repeated = summary[(x > 0) & (summary.monetary_value > 0)]
    purchases, spend = lifetimes.BetaGeoFitter(), lifetimes.GammaGammaFitter()

    def fit_both() -> None:
        purchases.fit(*weeks)
        spend.fit(repeated.frequency, repeated.monetary_value)

    timed("stored: fit", fit_both)
    timed(
        "stored: CLV",
        lambda: spend.customer_lifetime_value(
            *(purchases, *weeks), summary.monetary_value, time=12, discount_rate=0.01, freq="W"
        ),
    )
    for step in ("fit", "CLV"):
        steps[step] = steps["summary"] + steps[f"stored: {step}"]
    return steps


def line(timing: Timing) -> str:
    theirs = "" if timing.lifetimes is None else f"{timing.lifetimes:.2f}"
    ratio = "" if timing.ratio is None else f"{timing.ratio:.1f}"
    return (
        f"| {timing.customers:,} | {timing.purchases:,} | {timing.step} | {timing.sql:.2f} "
        f"| {theirs} | {ratio} | {timing.sql / timing.scan:.1f} | {timing.megabytes:,.0f} |"
    )
