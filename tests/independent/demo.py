"""The demo warehouse as pandas reads it, and macros run on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

import superset_kpi.demo
from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, read_mappings

KPI_YAML = Path(superset_kpi.demo.__file__).parent / "kpi.yaml"
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Demo:
    """The demo warehouse, open for reading."""

    connection: duckdb.DuckDBPyConnection
    mappings: dict[str, Mapping]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def run(self, macro: str, mapping: str = "telecom", **arguments: Any) -> pd.DataFrame:
        """Returns the rows of a relation macro, nulls as NaN or None, numbers as floats."""
        sql = render_query(macro, arguments, self.mappings[mapping])
        return self.connection.execute(sql).df()

    def table(self, name: str) -> pd.DataFrame:
        """Returns the rows of one of the warehouse's own tables."""
        if name not in self.tables:
            self.tables[name] = self.connection.execute(f"from {name}").df()
        return self.tables[name]


def open_demo(path: Path) -> Demo:
    """Returns the demo warehouse of a DuckDB file."""
    return Demo(duckdb.connect(str(path), read_only=True), read_mappings(KPI_YAML))


def customers(demo: Demo) -> pd.DataFrame:
    """Customers of the telecom, by client_no."""
    clients = demo.table("telecom.clients")
    return clients[~clients["is_test"]].set_index("client_no")


def payments(demo: Demo, until: pd.Timestamp) -> pd.DataFrame:
    """What the telecom's mapping counts as a transaction, until the end of a day."""
    paid = demo.table("telecom.payments")
    paid = paid[(paid["status"] != "cancelled") & ~paid["is_test"]]
    paid = paid[paid["paid_at"] < until + pd.Timedelta(days=1)]
    return paid.assign(day=paid["paid_at"].dt.normalize())


def answers(demo: Demo, question: str, lo: float, hi: float) -> pd.DataFrame:
    """Valid answers to a question of the survey with their score and quarter."""
    survey = demo.table("telecom.survey")
    kept = survey[~survey["is_void"] & survey[question].between(lo, hi)].copy()
    kept["rating"] = kept[question].astype(float)
    kept["score"] = 100 * (kept["rating"] - lo) / (hi - lo)
    kept["day"] = kept["answered_at"].dt.normalize()
    kept["period_start"] = kept["day"].dt.to_period("Q").dt.start_time
    return kept


def segments_on(
    demo: Demo, client_no: pd.Series, day: pd.Series | pd.Timestamp, scheme: str
) -> np.ndarray[Any, Any]:
    """Returns the segment of each customer on a day, 'Unassigned' where there is none."""
    groups = demo.table("telecom.client_groups")
    groups = groups[groups["grouping"] == scheme]
    wanted = pd.DataFrame({"client_no": client_no.to_numpy(), "day": day})
    wanted["place"] = np.arange(len(wanted))
    joined = wanted.merge(groups, on="client_no")
    begun = joined["from_date"].isna() | (joined["from_date"] <= joined["day"])
    held = joined["until_date"].isna() | (joined["until_date"] > joined["day"])
    joined = joined[begun & held]
    assert joined["place"].is_unique
    found = joined.set_index("place")["group_name"]
    segment: np.ndarray[Any, Any] = wanted["place"].map(found).fillna("Unassigned").to_numpy()
    return segment


def quintile(ordered: pd.Series) -> pd.Series:
    """Returns 5 for the first fifth of a series in order, to 1 for the last."""
    sizes = [len(ordered) // 5 + (i < len(ordered) % 5) for i in range(5)]
    scores = np.repeat([5, 4, 3, 2, 1], sizes)
    return pd.Series(scores, index=ordered.index)


def assert_same(found: pd.DataFrame, wanted: pd.DataFrame, keys: list[str]) -> None:
    """Asserts that two tables hold the same rows: numbers to 1e-9, nulls where nulls are."""
    found = found[list(wanted.columns)].sort_values(keys, ignore_index=True)
    wanted = wanted.sort_values(keys, ignore_index=True)
    assert len(found) == len(wanted), f"{len(found)} rows, not {len(wanted)}"
    for column in wanted.columns:
        a, b = found[column], wanted[column]
        if pd.api.types.is_numeric_dtype(b):
            np.testing.assert_allclose(
                a.astype(float), b.astype(float), rtol=TOLERANCE, atol=TOLERANCE, err_msg=column
            )
        else:
            assert _plain(a) == _plain(b), column


def _plain(values: pd.Series) -> list[str | None]:
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m-%d")
    return [None if pd.isna(v) else str(v) for v in values]
