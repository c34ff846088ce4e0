"""The shop's tables behind its datasets, what is asked of them, and who is expected to answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
import pandas as pd
import yaml

from superset_kpi.dashboards.bundle import Bundle
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.mapping.models import models_path
from tests.bundles import build
from tests.superset.metrics.tables import AS_OF, CUSTOMERS, SCALES, random_tables

WHOLE = "All customers"
Q2, Q3 = dt.date(2026, 4, 1), dt.date(2026, 7, 1)
LAST_DAYS = {Q2: pd.Timestamp("2026-06-30"), Q3: AS_OF}
PURCHASES = {
    WHOLE: {"r": 0.4, "alpha": 9.0, "a": 0.7, "b": 2.9},
    "A": {"r": 0.6, "alpha": 12.0, "a": 0.5, "b": 2.2},
}
SPEND = {"p": 4.1, "q": 3.7, "gamma": 90.0}
CALIBRATED_TO = pd.Timestamp("2026-03-31")
OBSERVED_FROM = pd.Timestamp("2024-10-01")


@dataclass(frozen=True)
class Selection:
    """What a dashboard's filters keep: a scheme, some of its segments, some periods."""

    scheme: str
    segments: tuple[str, ...] | None = None
    periods: tuple[dt.date, ...] = (Q2, Q3)

    def __str__(self) -> str:
        quarters = " and ".join("Q2" if start == Q2 else "Q3" for start in self.periods)
        return f"{self.scheme}, {' '.join(self.segments or ('all',))}, {quarters}"

    def where(self, columns: Sequence[str]) -> str:
        """The filters as SQL, of those that the dataset's columns can fulfil."""
        parts = ["true"]
        if "scheme" in columns:
            parts.append(f"scheme = '{self.scheme}'")
        if {"scheme", "segment"} <= set(columns) and self.segments is not None:
            parts.append(f"segment in ({', '.join(map(repr, self.segments))})")
        if "period_start" in columns:
            parts.append(f"period_start in ({', '.join(f'date {str(p)!r}' for p in self.periods)})")
        return " and ".join(parts)

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows of the scheme that the filters keep."""
        kept = pd.Series(True, index=rows.index)
        if self.segments is not None:
            kept &= rows["segment"].isin(self.segments)
        return rows[
            kept & rows["period_start"].isin(self.periods) if "period_start" in rows else kept
        ]


SELECTIONS = [
    Selection(WHOLE), Selection("Plan"), Selection("Region"),
    Selection(WHOLE, None, (Q3,)), Selection("Plan", None, (Q3,)),
    Selection("Plan", ("A",)), Selection("Plan", ("A",), (Q3,)), Selection("Plan", ("A", "B")),
    Selection("Plan", ("A", "Small"), (Q3,)), Selection("Plan", ("A", "Small", "Tiny")),
    Selection("Plan", ("Small",)),
]  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """The metrics that a chart shows, by the values of the columns that it groups by."""

    by: tuple[str, ...]
    rows: dict[tuple[Any, ...], dict[str, Any]]


Expectation = Callable[["Shop", Selection], Iterator[Wanted]]
EXPECTED: dict[str, Expectation] = {}
F = TypeVar("F", bound=Callable[..., Iterator[Wanted]])


def expects(dataset: str, **of: Any) -> Callable[[F], F]:
    """Says what the dataset's metrics are expected to be."""

    def register(function: F) -> F:
        EXPECTED[dataset] = partial(function, **of)
        return function

    return register


def over(
    cells: pd.DataFrame,
    chosen: Selection,
    groupings: Sequence[Sequence[str]],
    numbers: Callable[[pd.DataFrame], dict[str, Any]],
) -> Iterator[Wanted]:
    """The numbers of all chosen cells together, and by the columns of each grouping.

    By segment they are those that all segments show.
    """
    kept = chosen.of(cells)
    yield Wanted((), {(): numbers(kept)})
    for by in groupings:
        if chosen.segments is None or "segment" not in by:
            groups = kept.groupby(list(by), dropna=False)
            yield Wanted(tuple(by), {_plain(key): numbers(part) for key, part in groups})


def _plain(key: Any) -> tuple[Any, ...]:
    key = key if isinstance(key, tuple) else (key,)
    return tuple(each.item() if isinstance(each, np.generic) else each for each in key)


@dataclass(frozen=True, eq=False)
class Shop:
    """Random tables, the bundle of their mapping, and a connection to both."""

    tables: Dict[str, pd.DataFrame]
    bundle: Bundle
    connection: duckdb.DuckDBPyConnection

    def shown(
        self, dataset: str, by: Sequence[str] = (), where: str = "true"
    ) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Every metric of a dataset over the rows that fulfil the condition, by some columns."""
        tree = self.bundle.datasets[dataset]
        metrics = [f'{m["expression"]} as "{m["metric_name"]}"' for m in tree["metrics"]]
        asked = ", ".join([*by, *metrics])
        grouped = f" group by {', '.join(by)}" if by else ""
        self.connection.execute(f"create table if not exists kpi_{dataset} as {tree['sql']}")
        rows = self.connection.execute(f"select {asked} from kpi_{dataset} where {where}{grouped}")
        names = [m["metric_name"] for m in tree["metrics"]]
        return {
            row[: len(by)]: dict(zip(names, row[len(by) :], strict=True)) for row in rows.fetchall()
        }

    def columns(self, dataset: str) -> list[str]:
        return [column["column_name"] for column in self.bundle.datasets[dataset]["columns"]]

    @property
    def is_contractual(self) -> bool:
        return "subscriptions" in self.tables

    def segments_on(self, scheme: str, day: pd.Timestamp) -> pd.Series:
        """The segment on a day of everybody, by customer."""
        everybody = pd.Index(range(1, CUSTOMERS + 1), name="customer_id")
        if scheme == WHOLE:
            return pd.Series(WHOLE, index=everybody)
        spells = self.tables["segment_membership"]
        there = (spells["valid_from"] <= day) & (day < spells["valid_to"])
        found = spells[(spells["scheme"] == scheme) & there].set_index("customer_id")["segment"]
        return found.reindex(everybody).fillna("Unassigned")

    def sizes(self, scheme: str, day: pd.Timestamp) -> pd.Series:
        """Customers by segment at the end of a day."""
        created = self.tables["customers"].set_index("customer_id")["created_at"]
        return self.segments_on(scheme, day)[created <= day].value_counts()

    def placed(self, rows: pd.DataFrame, scheme: str, day: str = "responded_at") -> pd.DataFrame:
        """Rows of customers with the segment that each is in on the row's day."""
        if scheme == WHOLE:
            return rows.assign(segment=WHOLE)
        spells = self.tables["segment_membership"]
        spells = spells[spells["scheme"] == scheme].drop(columns="scheme")
        joined = rows.reset_index(names="row").merge(spells, on="customer_id")
        at = joined[day].dt.normalize()
        there = joined[(joined["valid_from"] <= at) & (at < joined["valid_to"])]
        found = there.set_index("row")["segment"].reindex(rows.index)
        return rows.assign(segment=found.fillna("Unassigned"))

    @cache  # noqa: B019 - a shop lives as long as the tests
    def answers(self, metric: str, scheme: str) -> pd.DataFrame:
        """Every rating that counts, of the own brand, with its segment, quarter and score."""
        return self.all_answers(metric, scheme).query("brand == 'Own'")

    @cache  # noqa: B019
    def all_answers(self, metric: str, scheme: str) -> pd.DataFrame:
        """Those of rivals too."""
        lo, hi = SCALES[metric]
        rated = self.tables["ratings"]
        rated = rated[(rated["metric"] == metric) & rated["rating"].between(lo, hi)]
        start = rated["responded_at"].dt.to_period("Q").dt.start_time.dt.date
        score = 100 * (rated["rating"] - lo) / (hi - lo)
        found = rated.assign(score=score, period_start=start, brand=rated["brand"].fillna("Own"))
        return self.placed(found.sort_values(["responded_at", "rating_id"]), scheme)

    @cache  # noqa: B019
    def latest(self, metric: str, scheme: str) -> pd.DataFrame:
        """The last rating of each customer and quarter."""
        named = self.answers(metric, scheme).dropna(subset="customer_id")
        return named.groupby(["customer_id", "period_start"]).tail(1)


@cache
def open_shop(seed: int, folder: Path) -> Shop:
    """The shop of a seed; its mapping is written into the folder."""
    tables, connection = random_tables(seed), duckdb.connect()
    for name, frame in tables.items():
        connection.register("frame", frame)
        connection.execute(f"create table {name} as select * from frame")
    return Shop(tables, build(_mapping(folder, tables)), connection)


def _mapping(folder: Path, tables: dict[str, pd.DataFrame]) -> Mapping:
    body = {
        "title": "Shop", "database": "Shop", "dialect": "duckdb", "as_of": AS_OF.date(),
        "currency": "EUR", "default_scheme": "Plan",
        "scales": {metric: {"lo": lo, "hi": hi} for metric, (lo, hi) in SCALES.items()},
        "tables": {
            name: {"table": name, "columns": {column: column for column in frame.columns}}
            for name, frame in tables.items()
        },
    }  # fmt: skip
    file = folder / "kpi.yaml"
    file.write_text(yaml.safe_dump({"shop": body}), encoding="utf-8")
    models_path(file).write_text(yaml.safe_dump({"shop": _models()}), encoding="utf-8")
    return read_mappings(file)["shop"]


def _models() -> dict[str, Any]:
    def fitted(model: str, parameters: dict[str, float]) -> dict[str, Any]:
        return {
            "model": model, "parameters": parameters, "observations": 480,
            "standard_errors": dict.fromkeys(parameters, 0.1), "log_likelihood": -9e3,
            "problems": [],
        }  # fmt: skip

    spend = fitted("gamma_gamma", SPEND)
    return {
        "fitted_on": AS_OF.date(),
        "observation_start": OBSERVED_FROM.date(),
        "observation_end": AS_OF.date(),
        "customers": [
            {
                "scheme": WHOLE if segment == WHOLE else "Plan",
                "segment": segment,
                "purchases": fitted("bg_nbd", parameters),
                "spend": spend,
            }
            for segment, parameters in PURCHASES.items()
        ],
        "holdout": {
            "calibration_end": CALIBRATED_TO.date(),
            "purchases": fitted("bg_nbd", PURCHASES[WHOLE]),
        },
    }
