"""Metrics of datasets over any rows are those of the people and answers behind the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from superset_kpi.dashboards.bundle import Bundle
from superset_kpi.errors import KpiError
from superset_kpi.mapping import Mapping, read_mappings
from tests.bundles import build
from tests.superset.test_bundle import change, files

__all__ = ["files"]  # a fixture

AS_OF = pd.Timestamp("2026-09-30")
Q2, Q3 = dt.date(2026, 4, 1), dt.date(2026, 7, 1)
SCHEMES = {"Plan": ["A", "B", "C", "Small", "Tiny"], "Region": ["North", "South"]}
SHARES = {"Plan": [0.4, 0.3, 0.24, 0.035, 0.025], "Region": [0.5, 0.5]}
SELECTIONS: list[tuple[str, list[str] | None]] = [
    ("All customers", None),
    ("Plan", None),
    ("Region", None),
    ("Plan", ["A"]),
    ("Plan", ["A", "B"]),
    ("Plan", ["A", "Small"]),
    ("Plan", ["A", "Small", "Tiny"]),
]
PERIODS = [[Q3], [Q2, Q3]]
BANDS = ["Critical", "Good", "Excellent"]


@dataclass(frozen=True)
class Shop:
    """Random tables, their bundle, and a connection to both."""

    bundle: Bundle
    connection: duckdb.DuckDBPyConnection
    members: pd.DataFrame
    ratings: pd.DataFrame
    transactions: pd.DataFrame

    def values(self, dataset: str, where: str = "true") -> dict[str, Any]:
        """Every metric of a dataset over the rows that fulfil the condition."""
        tree = self.bundle.datasets[dataset]
        asked = ", ".join(f'{m["expression"]} as "{m["metric_name"]}"' for m in tree["metrics"])
        made = f"create table if not exists kpi_{dataset} as {tree['sql']}"
        self.connection.execute(made)
        answer = self.connection.execute(f"select {asked} from kpi_{dataset} where {where}")
        names = [column[0] for column in answer.description or ()]
        return dict(zip(names, *answer.fetchall(), strict=True))

    def value(self, dataset: str, metric: str, where: str) -> Any:
        return self.values(dataset, where)[metric]

    def answers(self, metric: str, scheme: str) -> pd.DataFrame:
        """Every answer with the segment of its day."""
        found = self.ratings[self.ratings["metric"] == metric].copy()
        day = found["responded_at"].dt.normalize()
        found["period_start"] = day.dt.to_period("Q").dt.start_time.dt.date
        if scheme == "All customers":
            return found.assign(segment=scheme)
        spells = self.members[self.members["scheme"] == scheme]
        joined = found.reset_index().merge(spells, on="customer_id")
        at = joined["responded_at"].dt.normalize()
        joined = joined[(joined["valid_from"] <= at) & (at < joined["valid_to"])]
        return joined.set_index("index")


@pytest.fixture(scope="module", params=[1, 2])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    rng = np.random.default_rng(request.param)
    members, ratings, transactions = _members(rng), _ratings(rng), _transactions(rng)
    connection = duckdb.connect()
    customers = pd.DataFrame(
        {"customer_id": range(1, 501), "created_at": pd.Timestamp("2024-01-01")}
    )
    attributes = pd.DataFrame(
        [
            (a, a.split()[0], a.split()[1])
            for a in ("benefit functional", "benefit social", "cost time")
        ],
        columns=["attribute", "side", "component"],
    ).assign(stated_weight=1.0)
    frames = {
        "customers": customers, "segment_membership": members, "ratings": ratings,
        "transactions": transactions, "attributes": attributes,
    }  # fmt: skip
    tables = {}
    for name, frame in frames.items():
        connection.register("frame", frame)
        connection.execute(f"create table {name} as select * from frame")
        tables[name] = {"table": name, "columns": {c: c for c in frame.columns}}
    mapping = _mapping(tmp_path_factory.mktemp("shop"), tables)
    yield Shop(build(mapping), connection, members, ratings, transactions)
    connection.close()


def _mapping(folder: Path, tables: dict[str, Any]) -> Mapping:
    body = {
        "title": "Shop", "database": "Shop", "dialect": "duckdb", "as_of": AS_OF.date(),
        "currency": "EUR", "default_scheme": "Plan", "tables": tables,
        "scales": {
            "value": {"lo": 1, "hi": 10}, "experience": {"lo": 0, "hi": 10},
            "satisfaction": {"lo": 1, "hi": 5}, "nps": {"lo": 0, "hi": 10},
            "csat": {"lo": 1, "hi": 5}, "ces": {"lo": 1, "hi": 7}, "attribute": {"lo": 1, "hi": 5},
        },
    }  # fmt: skip
    (folder / "kpi.yaml").write_text(yaml.safe_dump({"shop": body}), encoding="utf-8")
    return read_mappings(folder / "kpi.yaml")["shop"]


def _members(rng: np.random.Generator) -> pd.DataFrame:
    """Every customer in a segment of each scheme; a third move within the two quarters."""
    rows = []
    for customer in range(1, 501):
        for scheme, names in SCHEMES.items():
            first, then = rng.choice(names, 2, p=SHARES[scheme])
            moved = pd.Timestamp("2026-04-01") + pd.Timedelta(days=int(rng.integers(5, 170)))
            until = moved if rng.random() < 1 / 3 else pd.Timestamp("2199-01-01")
            rows.append((customer, scheme, first, pd.Timestamp("2024-01-01"), until))
            if until == moved:
                rows.append((customer, scheme, then, moved, pd.Timestamp("2199-01-01")))
    columns = ["customer_id", "scheme", "segment", "valid_from", "valid_to"]
    return pd.DataFrame(rows, columns=columns)


def _ratings(rng: np.random.Generator) -> pd.DataFrame:
    parts = []
    scales = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "experience": (0, 10)}
    for metric, (lo, hi) in scales.items():
        parts.append(
            pd.DataFrame(
                {
                    "metric": metric,
                    "rating": rng.integers(lo, hi + 1, 330).astype(float),
                    "responded_at": pd.Timestamp("2026-04-01 09:00")
                    + pd.to_timedelta(rng.integers(0, 183, 330), unit="D"),
                    "customer_id": rng.integers(1, 501, 330),
                    "weight": rng.choice([0.2, 1, 1, 3, 9], 330),
                    "attribute": None,
                }
            )
        )
    for attribute in ("benefit functional", "benefit social", "cost time"):
        frame = parts[0].assign(metric="attribute", attribute=attribute, weight=1.0)
        frame["rating"] = rng.integers(1, 6, 330).astype(float)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True).assign(rating_id=lambda f: f.index + 1)


def _transactions(rng: np.random.Generator) -> pd.DataFrame:
    customers = rng.integers(1, 501, 1500)
    days = rng.integers(0, 730, 1500) * (1 + customers % 3) / 3
    amount = rng.integers(5, 300, 1500).astype(float)
    return pd.DataFrame(
        {
            "transaction_id": range(1500),
            "customer_id": customers,
            "occurred_at": AS_OF - pd.to_timedelta(days.astype(int), unit="D"),
            "amount": amount,
            "margin_amount": amount * rng.choice([0.1, 0.5], 1500),
        }
    )


VALUES: dict[tuple[str, str], tuple[str, Callable[[pd.Series], Any]]] = {
    ("nps_by_segment", "promoter_score"): ("nps", lambda r: 100 * ((r > 8) * 1 - (r < 7))),
    ("csat_by_segment", "satisfied_share"): ("csat", lambda r: np.where(r >= 4, 100, 0)),
    ("ces_by_segment", "effort_score"): ("ces", lambda r: r),
    ("ces_by_segment", "low_effort_rate"): ("ces", lambda r: np.where(r > 4, 1, 0)),
}  # fmt: skip


@pytest.mark.parametrize("periods", PERIODS, ids=["one quarter", "two quarters"])
@pytest.mark.parametrize(("scheme", "segments"), SELECTIONS)
@pytest.mark.parametrize(("dataset", "metric"), VALUES)
def test_a_total_of_segments_is_that_of_their_answers(
    shop: Shop,
    dataset: str,
    metric: str,
    scheme: str,
    segments: list[str] | None,
    periods: list[dt.date],
) -> None:
    asked, score = VALUES[dataset, metric]
    rows = shop.answers(asked, scheme)
    chosen = _chosen(rows, segments, periods)
    hides = any(_is_partly_hidden(rows[rows["period_start"] == p], segments) for p in periods)
    wanted = np.average(score(chosen["rating"]), weights=chosen["weight"])
    found = shop.value(dataset, metric, _where(scheme, segments, periods))
    assert found is None if hides else found == pytest.approx(wanted, abs=1e-4)


ANSWERS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "cx_exact": lambda rows: np.average(10 * rows["rating"], weights=rows["weight"]),
    "share_top_band": lambda rows: np.average(rows["rating"] > 8, weights=rows["weight"]),
    "share_bottom_band": lambda rows: np.average(rows["rating"] < 7, weights=rows["weight"]),
    "answers": len,
    "rated_customers": lambda rows: rows["customer_id"].nunique(),
}


@pytest.mark.parametrize("periods", PERIODS, ids=["one quarter", "two quarters"])
@pytest.mark.parametrize(("scheme", "segments"), SELECTIONS)
def test_metrics_of_single_answers_are_those_of_the_answers(
    shop: Shop, scheme: str, segments: list[str] | None, periods: list[dt.date]
) -> None:
    chosen = _chosen(shop.answers("experience", scheme), segments, periods)
    found = shop.values("experience_scores", _where(scheme, segments, periods))
    for metric, of in ANSWERS.items():
        is_count = metric in ("answers", "rated_customers")
        wanted = of(chosen) if is_count or len(chosen) >= 10 else None
        assert found[metric] == (wanted if wanted is None else pytest.approx(wanted)), metric


@pytest.mark.parametrize("periods", PERIODS, ids=["one quarter", "two quarters"])
@pytest.mark.parametrize(("scheme", "segments"), SELECTIONS)
@pytest.mark.parametrize("asked", ["nps", "csat", "ces", "experience"])
def test_answers_are_counted_once(
    shop: Shop, asked: str, scheme: str, segments: list[str] | None, periods: list[dt.date]
) -> None:
    chosen = _chosen(shop.answers(asked, scheme), segments, periods)
    dataset = f"{asked.replace('experience', 'cx')}_by_segment"
    assert shop.value(dataset, "answer_count", _where(scheme, segments, periods)) == len(chosen)


def _chosen(
    rows: pd.DataFrame, segments: list[str] | None, periods: Sequence[dt.date]
) -> pd.DataFrame:
    rows = rows[rows["period_start"].isin(periods)]
    return rows if segments is None else rows[rows["segment"].isin(segments)]


@pytest.mark.parametrize(("scheme", "segments"), SELECTIONS)
def test_sizes_and_purchases_are_those_of_the_customers(
    shop: Shop, scheme: str, segments: list[str] | None
) -> None:
    where, paid = _where(scheme, segments), shop.transactions
    people = _people(shop, scheme, segments, AS_OF)
    for dataset in ("clv_by_segment", "clv_by_customer"):
        assert shop.value(dataset, "all_customers", where) == len(people)
    theirs = paid[paid["customer_id"].isin(people)]
    to_date = shop.value("clv_by_customer", "value_to_date", where)
    assert to_date == pytest.approx(theirs["margin_amount"].sum())
    for start, end in ((Q2, "2026-06-30"), (Q3, "2026-09-30")):
        at_end = _people(shop, scheme, segments, pd.Timestamp(end))
        sized = f"{where} and period_start = date '{start}'"
        assert (shop.value("segment_shares", "size", sized) or 0) == len(at_end)


def _people(shop: Shop, scheme: str, segments: list[str] | None, day: pd.Timestamp) -> set[int]:
    """The customers who are in the segments on a day."""
    if scheme == "All customers":
        return set(range(1, 501))
    spells = shop.members
    there = spells[(spells["valid_from"] <= day) & (day < spells["valid_to"])]
    there = there[there["scheme"] == scheme]
    there = there if segments is None else there[there["segment"].isin(segments)]
    return set(there["customer_id"])


def _where(scheme: str, segments: list[str] | None, periods: Sequence[dt.date] = ()) -> str:
    parts = [f"scheme = '{scheme}'"]
    if segments is not None:
        parts.append(f"segment in ({', '.join(map(repr, segments))})")
    if periods:
        parts.append(f"period_start in ({', '.join(f'date {str(p)!r}' for p in periods)})")
    return " and ".join(parts)


def _is_partly_hidden(rows: pd.DataFrame, segments: list[str] | None) -> bool:
    counts = rows.groupby("segment").size()
    hidden = set(counts[counts < 10].index)
    if len(hidden) == 1:
        others = counts.drop(list(hidden)).reset_index(name="n").sort_values(["n", "segment"])
        hidden |= set(others["segment"].head(1))
    chosen = hidden if segments is None else hidden & set(segments)
    return bool(chosen) and chosen != hidden


@pytest.mark.parametrize("periods", PERIODS, ids=["one quarter", "two quarters"])
@pytest.mark.parametrize(("scheme", "segments"), SELECTIONS)
def test_net_value_of_segments_is_that_of_their_customers(
    shop: Shop, scheme: str, segments: list[str] | None, periods: list[dt.date]
) -> None:
    rows = shop.answers("attribute", scheme).sort_values(["responded_at", "rating_id"])
    rows["score"] = (rows["rating"] - 1) * 25
    keys = ["period_start", "segment", "customer_id"]
    latest = rows.groupby(["period_start", "customer_id", "attribute"], as_index=False).last()
    wide = latest.pivot_table(index=keys, columns="attribute", values="score", aggfunc="last")
    wide["benefit_level"] = wide[["benefit functional", "benefit social"]].mean(axis=1)
    wide["cost_level"] = 100 - wide["cost time"]
    wide["net"] = wide["benefit_level"] - wide["cost_level"]
    wide["index_of_value"] = 50 + wide["net"] / 2
    people = wide.dropna(subset=["net"]).reset_index()
    chosen = _chosen(people, segments, periods)
    hides = any(_is_partly_hidden(people[people["period_start"] == p], segments) for p in periods)
    found = shop.values("net_customer_value", _where(scheme, segments, periods))
    assert found["respondents"] == len(chosen)
    for metric in ("net", "benefit_level", "cost_level", "index_of_value"):
        wanted = pytest.approx(chosen[metric].mean(), abs=1e-4)
        assert found[metric] is None if hides else found[metric] == wanted, metric


@pytest.mark.parametrize(("scheme", "segments"), SELECTIONS)
def test_churn_and_margin_of_segments_are_those_of_their_customers(
    shop: Shop, scheme: str, segments: list[str] | None
) -> None:
    paid = shop.transactions
    ago = (AS_OF - paid["occurred_at"]).dt.days
    last = ago.groupby(paid["customer_id"]).min()
    before = (ago[ago >= 365] - 365).groupby(paid["customer_id"]).min()
    was, now = set(before[before <= 180].index), set(last[last <= 180].index)
    today = shop.members[shop.members["valid_to"] > AS_OF]
    people = _people(shop, scheme, segments, AS_OF)
    where = _where(scheme, segments)
    assert shop.value("clv_by_segment", "active", where) == len(people & now)
    wanted = len(people & was - now) / len(people & was)
    assert shop.value("clv_by_segment", "churn_rate", where) == pytest.approx(wanted)
    year = paid[(ago < 365) & paid["customer_id"].isin(people & now)]
    margin = year["margin_amount"].sum() / year["amount"].sum()
    here = today[(today["scheme"] == scheme) & today["customer_id"].isin(now)]
    hides = _is_partly_hidden(here, segments)
    found = shop.value("clv_by_segment", "margin_share", where)
    assert found is None if hides else found == pytest.approx(margin)
    found = shop.value("clv_by_segment", "average_purchase_value", where)
    assert found is None if hides else found == pytest.approx(year["amount"].mean())


@pytest.mark.parametrize(("scheme", "segments"), SELECTIONS)
def test_money_at_risk_is_that_of_the_customers_and_never_of_a_few(
    shop: Shop, scheme: str, segments: list[str] | None
) -> None:
    shop.values("clv_by_customer")
    people = shop.connection.execute("from kpi_clv_by_customer where is_active = 1").df()
    people = people[people["scheme"] == scheme]
    people["band"] = pd.cut(people["cx"], [-1, 70, 85, 101], right=False, labels=BANDS)
    chosen = people if segments is None else people[people["segment"].isin(segments)]
    at_risk = chosen[chosen["band"] == "Critical"]
    found = shop.value("money_at_risk", "critical_value", _where(scheme, segments))
    if len(at_risk) < 10:
        assert found is None
    elif segments is None:
        assert found == pytest.approx(at_risk["clv"].sum())
    else:
        assert found is None or found == pytest.approx(at_risk["clv"].sum())
    for (band, tier), field in chosen.groupby(["band", "clv_tier"], observed=True):
        where = f"{_where(scheme, segments)} and band = '{band}' and clv_tier = '{tier}'"
        found = shop.value("money_at_risk", "value_here", where)
        if len(field) < 10:
            assert found is None
        elif segments is None:
            few = people[(people["band"] == band) & (people["clv_tier"] == tier)]
            alone = (few.groupby("segment").size() < 10).sum() == 1 == few["segment"].nunique()
            assert alone or found == pytest.approx(field["clv"].sum())
        else:
            assert found is None or found == pytest.approx(field["clv"].sum())


def test_without_a_scheme_a_metric_is_that_of_the_default_one(shop: Shop) -> None:
    seen = 0
    for key, tree in shop.bundle.datasets.items():
        if key in ("segments", "model_status", "segmentation_health"):
            continue  # schemes are what their rows are about
        if "scheme" in {column["column_name"] for column in tree["columns"]}:
            alone, wanted = shop.values(key), shop.values(key, "scheme = 'Plan'")
            numbers = {n: v for n, v in wanted.items() if isinstance(v, float)}
            assert {n: alone[n] for n in numbers} == pytest.approx(numbers, rel=1e-9), key
            assert {n: v for n, v in alone.items() if n not in numbers} == {
                n: v for n, v in wanted.items() if n not in numbers
            }, key
            seen += sum(value is not None for value in wanted.values())
    assert seen > 50


def test_a_score_of_few_answers_is_hidden_in_every_chart_of_single_answers(shop: Shop) -> None:
    rows = shop.answers("experience", "Plan")
    counts = rows.groupby(["segment", "period_start"]).size()
    few = counts[counts < 10]
    assert len(few) > 0
    for (segment, start), n in counts.items():
        found = shop.values("experience_scores", _where("Plan", [segment], [start]))
        assert (found["cx"] is None) == (n < 10)
        assert (found["share_bottom_band"] is None) == (n < 10)


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("sum(clv_simple * active_customers)", "weighs finished rows"),
        ("sum(churn)", "adds up churn, which is not a sum"),
        ("avg(clv_simple)", "is a mean of rows"),
        ("max(churn)", "picks one of several rows"),
        ("mean_score(churn)", "Write protected(...)"),
    ],
)
def test_a_metric_that_adds_up_finished_rows_is_refused(
    files: Path, expression: str, fault: str
) -> None:
    metric = {"metric_name": "m", "description": "x", "expression": expression}
    change(files / "datasets/worth.yaml", metrics=[metric])
    with pytest.raises(KpiError, match=r"dashboards/datasets/worth.yaml: m: ") as caught:
        build(_any_mapping(), files)
    assert fault in str(caught.value)


def _any_mapping() -> Mapping:
    from tests.superset.test_bundle import TELECOM

    return TELECOM
