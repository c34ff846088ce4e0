"""No number that a relation of aggregates shows is made of fewer than min_n people.

Where the tables hold four people who answered twice, whatever is shown is a person's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from superset_kpi.macros import Macro, library, render_query
from superset_kpi.mapping import Mapping, changed, read_mappings
from tests.test_engine import DEMO, values_for

AS_OF = pd.Timestamp("2026-09-30")

# Rows are single customers or answers, or things that no customer said or paid.
LISTS = {
    "clv_by_customer": "a list of customers",
    "clv_predicted": "a list of customers",
    "current_segments": "a list of customers",
    "customer_activity": "a list of customers",
    "customer_summary": "a list of customers",
    "rfm_segments": "a list of customers",
    "rating_scores": "single answers",
    "scores_with_initiatives": "single answers",
    "verbatims": "single answers",
    "clv_calculator": "the stated components alone",
    "segment_list": "the catalogue of segments",
    "segments_due_for_review": "the catalogue of segments",
    "check_findings": "faults of the data, for who mends them",
    "checks_summary": "counts of faults",
    "help": "what the headers of the macros say",
    "model_status": "parameters of fitted models",
    "clv_backtest_by_frequency": "counts of purchases, and what the model of all says of them",
    "clv_backtest_by_week": "counts of purchases, and what the model of all says of them",
}
OF_COUNTS = "a quotient of counts that stand beside it"
OF_ALL = "of all customers, or of the model, where the own ones are few"
SPREAD = "a share of variance over a whole scheme, which gives back no value"
SHOWN = {
    ("churn_by_segment", "churn"): OF_COUNTS,
    ("churn_by_segment", "retention"): OF_COUNTS,
    ("churn_by_segment", "change"): OF_COUNTS,
    ("clv_by_segment", "churn"): OF_ALL,
    ("clv_by_segment", "retention"): OF_ALL,
    ("clv_by_segment", "lifespan_years"): OF_ALL,
    ("clv_by_segment", "purchase_frequency"): OF_COUNTS,
    ("clv_by_segment", "year_purchases"): "a count, of a year",
    ("clv_by_segment", "observed_years"): "how long customers have been there, not what they paid",
    ("clv_contractual", "retention"): OF_ALL,
    ("clv_contractual", "survival"): OF_ALL,
    ("clv_contractual", "residual_months"): OF_ALL,
    ("clv_tiers", "customer_share"): OF_COUNTS,
    ("cohort_retention", "retention"): OF_COUNTS,
    ("cx_to_churn", "churn"): OF_COUNTS,
    ("cx_to_churn", "relative_churn"): OF_COUNTS,
    ("followup_performance", "contact_hours"): "time that the house took, not what anybody said",
    ("journey_funnel", "share_of_first"): OF_COUNTS,
    ("journey_funnel", "conversion"): OF_COUNTS,
    ("overall_scores", "represented_share"): OF_COUNTS,
    ("segment_migration", "share"): OF_COUNTS,
    ("segment_separation", "eta_squared"): SPREAD,
    ("segment_shares", "share"): OF_COUNTS,
    ("segment_shares", "previous_share"): OF_COUNTS,
    ("segment_shares", "share_change"): OF_COUNTS,
    ("segment_stability", "changed_share"): OF_COUNTS,
    ("segment_stability", "stability"): OF_COUNTS,
    ("value_components", "weight"): "stated by the house",
    ("segmentation_health", "smallest_share"): OF_COUNTS,
    ("segmentation_health", "largest_share"): OF_COUNTS,
    ("segmentation_health", "unassigned_share"): OF_COUNTS,
    ("segmentation_health", "changed_share"): OF_COUNTS,
    ("segmentation_health", "eta_squared_clv"): SPREAD,
    ("segmentation_health", "eta_squared_cx"): SPREAD,
}
# What anybody may know: sizes, and what an answer is held against.
ALWAYS = {
    *("coverage", "effective_n", "target", "norm", "hidden_part"),
    *("at_risk_part", "answer_weight", "engagement", "ci_low", "ci_high"),
}
KEYS = {
    *("scheme", "segment", "period", "cohort", "age", "touchpoint", "journey_stage", "team"),
    *("channel", "attribute", "side", "component", "acquisition_channel", "clv_tier", "band"),
    *("frequency_group", "silence_group", "tenure_months", "stage", "part", "method"),
}
BOXED = {"csat_sum", "nps_sum", "low_effort_sum"}
# Where all is hidden there is no row.
WITHOUT_ROWS = {"action_list", "clv_levers", "engagement_and_cx", "two_period_test", "value_map"}
# Intervals of quotients of counts; elsewhere they are hidden as what they are about.
BOUNDED = {
    "churn_by_segment", "cohort_retention", "cx_to_churn", "journey_funnel",
}  # fmt: skip
PUBLIC = [
    macro
    for macro in library().values()
    if macro.kind == "relation" and not macro.is_internal and macro.area != "checks"
]
AGGREGATES = [macro for macro in PUBLIC if macro.name not in LISTS]


@dataclass(frozen=True)
class World:
    """Random rows in DuckDB, and their mapping."""

    connection: duckdb.DuckDBPyConnection
    mapping: Mapping

    def run(self, macro: Macro, **arguments: Any) -> pd.DataFrame:
        sql = render_query(macro.name, {**values_for(macro), **arguments}, self.mapping)
        return self.connection.execute(sql).df()


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Four customers in segments of one and two: no number has ten answers."""
    yield from _world(tmp_path_factory.mktemp("few"), {"A": 1, "B": 1, "C": 2}, 1)


@pytest.fixture(scope="module", params=[1, 2, 3])
def mixed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Segments of all sizes, of which one, two or three are small."""
    small = dict(zip("DEF", (3, 5, 1)[: request.param], strict=False))
    sizes = {"A": 60, "B": 45, "C": 12, **small}
    yield from _world(tmp_path_factory.mktemp("mixed"), sizes, request.param)


def _world(folder: Path, sizes: dict[str, int], seed: int) -> Iterator[World]:
    rng, connection, tables = np.random.default_rng(seed), duckdb.connect(), {}
    for name, frame in _frames(rng, sizes).items():
        connection.register("frame", frame)
        connection.execute(f"create table {name} as select * from frame")
        tables[name] = {"table": name, "columns": {c: c for c in frame.columns}}
    body = {
        "database": "Shop", "dialect": "duckdb", "as_of": AS_OF.date(), "tables": tables,
        "scales": {"value": {"lo": 0, "hi": 10}, "experience": {"lo": 0, "hi": 10},
                   "satisfaction": {"lo": 0, "hi": 10}, "csat": {"lo": 1, "hi": 5},
                   "ces": {"lo": 1, "hi": 7}, "attribute": {"lo": 0, "hi": 10}},
    }  # fmt: skip
    (folder / "kpi.yaml").write_text(yaml.safe_dump({"shop": body}), encoding="utf-8")
    models = read_mappings(DEMO)["telecom"].models
    yield World(connection, changed(read_mappings(folder / "kpi.yaml")["shop"], models=models))
    connection.close()


def _frames(rng: np.random.Generator, sizes: dict[str, int]) -> dict[str, pd.DataFrame]:
    segment_of = [name for name, size in sizes.items() for _ in range(size)]
    people = np.arange(1, len(segment_of) + 1)
    n = len(people)
    joined = AS_OF - pd.to_timedelta(rng.integers(300, 900, n), unit="D")
    return {
        "customers": pd.DataFrame({
            "customer_id": people, "created_at": joined,
            "acquisition_channel": rng.choice(["web", "shop"], n, p=[0.8, 0.2]),
            "acquisition_cost": rng.uniform(5, 50, n).round(2),
        }),
        "segment_membership": pd.DataFrame({
            "customer_id": people, "scheme": "Plan", "segment": segment_of,
            "valid_from": pd.Timestamp("2023-01-01"),
        }),
        "segments": pd.DataFrame({"scheme": "Plan", "segment": list(sizes), "sort_order": 1}),
        "ratings": _ratings(rng, people),
        "attributes": pd.DataFrame({
            "attribute": ["use", "joy", "effort"], "side": ["benefit", "benefit", "cost"],
            "component": ["functional", "emotional", "effort"], "stated_weight": 1.0,
        }),
        "brands": pd.DataFrame({
            "brand": ["Ours", "Theirs"], "is_own": [True, False], "relative_price": [1.1, 0.9],
        }),
        "transactions": _transactions(rng, people, joined),
        "subscriptions": pd.DataFrame({
            "subscription_id": people, "customer_id": people, "started_at": joined,
            "ended_at": [AS_OF - pd.Timedelta(days=40) if i % 9 == 4 else pd.NaT for i in people],
            "mrr": rng.uniform(5, 90, n).round(2),
        }),
        "benchmarks": pd.DataFrame({"metric": ["experience"], "value": [70.0]}),
        "engagement": pd.DataFrame({
            "team": ["T1", "T1", "T2", "T2"], "score": [60.0, 70, 80, 65],
            "period": pd.to_datetime(["2026-04-01", "2026-07-01"] * 2),
        }),
        "journey_events": pd.DataFrame({
            "customer_id": np.repeat(people, 3),
            "stage": ["awareness", "engagement", "consideration"] * n,
            "occurred_at": np.repeat(joined, 3)
            + pd.to_timedelta(np.tile([0, 20, 50], n) + rng.integers(0, 15, 3 * n), unit="D"),
        }),
        "followups": pd.DataFrame({
            "response_id": np.arange(1, 400), "opened_at": AS_OF - pd.Timedelta(days=100),
            "first_contact_at": AS_OF + pd.to_timedelta(rng.uniform(-80, -1, 399), unit="D"),
        }),
        "initiatives": pd.DataFrame({
            "title": ["Training"], "started_at": [pd.Timestamp("2026-07-01")], "segment": ["B"],
        }),
        "conjoint_profiles": pd.DataFrame({
            "profile_id": np.repeat([1, 2, 3, 4], 2), "attribute": ["price", "speed"] * 4,
            "level": ["low", "slow", "low", "fast", "high", "slow", "high", "fast"],
        }),
        "conjoint_answers": pd.DataFrame({
            "respondent_id": np.repeat(people, 4), "profile_id": np.tile([1, 2, 3, 4], n),
            "rating": rng.integers(0, 11, 4 * n).astype(float),
            "chosen": rng.integers(0, 2, 4 * n).astype(float), "segment": np.repeat(segment_of, 4),
        }),
    }  # fmt: skip


def _ratings(rng: np.random.Generator, people: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Of each customer an answer to every question in each of two quarters; one in four none."""
    kinds: list[tuple[str, str | None, str, float, float]] = [
        ("value", None, "Ours", 0, 10), ("experience", None, "Ours", 0, 10),
        ("satisfaction", None, "Ours", 0, 10), ("nps", None, "Ours", 0, 10),
        ("csat", None, "Ours", 1, 5), ("ces", None, "Ours", 1, 7),
    ]  # fmt: skip
    kinds += [
        ("attribute", attribute, brand, 0, 10)
        for attribute in ("use", "joy", "effort")
        for brand in ("Ours", "Theirs")
    ]
    rows = []
    for customer in people:
        for quarter, start in enumerate(("2026-04-01", "2026-07-01")):
            if len(people) > 10 and rng.random() < 0.25:
                continue
            at = pd.Timestamp(start) + pd.Timedelta(days=int(rng.integers(0, 85)), hours=9)
            for metric, attribute, brand, lo, hi in kinds:
                rating = float(rng.uniform(lo, hi))
                low = metric == "experience" and rng.random() < 0.5
                rows.append((2 * customer + quarter, customer, metric, attribute, brand,
                             rating / 3 if low else rating, at))  # fmt: skip
    frame = pd.DataFrame(rows, columns=["response_id", "customer_id", "metric", "attribute",
                                        "brand", "rating", "responded_at"])  # fmt: skip
    pick = np.arange(len(frame)) // len(kinds)
    return frame.assign(
        rating_id=np.arange(1, len(frame) + 1),
        touchpoint=np.where(pick % 3, "shop", "web"),
        journey_stage=np.where(pick % 3, "awareness", "engagement"),
        team=np.where(pick % 2, "T1", "T2"),
        channel=np.where(pick % 3, "phone", "mail"),
    )


def _transactions(
    rng: np.random.Generator, people: np.ndarray[Any, Any], joined: pd.DatetimeIndex
) -> pd.DataFrame:
    customers = np.repeat(people, 8)
    first = np.repeat(np.asarray(joined), 8)
    span = (np.datetime64(AS_OF) - first).astype("timedelta64[D]").astype(int)
    days = (rng.random(len(customers)) ** 0.5 * span).astype(int)
    amount = rng.uniform(5, 300, len(customers)).round(2)
    return pd.DataFrame({
        "transaction_id": np.arange(1, len(customers) + 1), "customer_id": customers,
        "occurred_at": pd.to_datetime(first) + pd.to_timedelta(days, unit="D"),
        "amount": amount, "margin_amount": (amount * rng.uniform(0.1, 0.6, len(amount))).round(2),
    })  # fmt: skip


# Nothing of a few is shown


@pytest.mark.parametrize("macro", AGGREGATES, ids=[m.name for m in AGGREGATES])
def test_of_four_people_no_relation_shows_a_number(few: World, macro: Macro) -> None:
    rows = few.run(macro)
    assert len(rows) or macro.name in WITHOUT_ROWS, "this test would show nothing"
    shown = {
        name
        for name, column in macro.returns.items()
        if column.type == "number" and rows[name].notna().any() and not _may_be_shown(macro, name)
    }
    shown = {name for name in shown if not _is_shared(few, macro, rows, name)}
    assert shown == set()


def _may_be_shown(macro: Macro, column: str) -> bool:
    if column in ("ci_low", "ci_high"):
        return macro.name in BOUNDED
    return column in ALWAYS or (macro.name, column) in SHOWN


def _is_shared(few: World, macro: Macro, rows: pd.DataFrame, column: str) -> bool:
    """Whether a sum is that of several hidden rows, and no row's own."""
    if not column.endswith("_sum"):
        return False
    own = few.run(macro, min_n=1)
    keys = [name for name in macro.returns if name in KEYS]
    both = rows.merge(own, on=keys, suffixes=("", "_own"))
    told = both[both[column].notna() & (both[column].abs() > 1e-9)]
    equal = np.isclose(told[column], told[f"{column}_own"])
    # Shares in a top box are 0 or 100 of one, and equal in two by chance.
    return not (equal.all() if column in BOXED else equal.any())


def test_what_may_be_shown_is_a_column_of_an_aggregate() -> None:
    names = {m.name: set(m.returns) for m in AGGREGATES}
    assert set(LISTS) <= {m.name for m in PUBLIC} | {"check_findings", "checks_summary"}
    assert [(m, c) for m, c in SHOWN if c not in names[m]] == []
    assert set(names) >= BOUNDED | WITHOUT_ROWS


# Totals are what they were

FIELD, STAGE = ["scheme", "band", "clv_tier"], ["scheme", "frequency_group", "silence_group"]
CHANNEL = ["scheme", "acquisition_channel"]
# Macro, sum, the number that it totals, and what is equal in the rows of a total.
TOTALS = [
    ("money_at_risk", "clv_sum", "clv", FIELD),
    ("money_at_risk", "clv_sum", "clv", ["scheme"]),
    ("money_at_risk", "at_risk_sum", "at_risk", ["scheme", "segment"]),
    ("money_at_risk", "at_risk_sum", "at_risk", ["scheme"]),
    ("alive_matrix", "alive_sum", "alive_customers", STAGE),
    ("alive_matrix", "alive_sum", "alive_customers", ["scheme"]),
    ("clv_by_segment", "revenue_sum", "revenue", ["scheme"]),
    ("clv_by_segment", "value_sum", "year_value", ["scheme"]),
    ("clv_by_segment", "equity_sum", "equity", ["scheme"]),
    ("clv_by_segment", "discounted_sum", "discounted_equity", ["scheme"]),
    ("clv_predicted_by_segment", "alive_sum", "alive_customers", ["scheme"]),
    ("clv_predicted_by_segment", "purchases_sum", "expected_purchases", ["scheme"]),
    ("clv_predicted_by_segment", "equity_sum", "equity", ["scheme"]),
    ("clv_contractual", "equity_sum", "equity", ["scheme", "segment"]),
    ("cohort_value", "value_sum", "period_value", ["period"]),
    ("clv_to_acquisition_cost", "cost_sum", "acquisition_cost", CHANNEL),
    ("clv_to_acquisition_cost", "clv_sum", "clv", CHANNEL),
]


@pytest.mark.parametrize(("macro", "column", "number", "keys"), TOTALS)
def test_totals_are_those_of_what_is_hidden_too(
    mixed: World, macro: str, column: str, number: str, keys: list[str]
) -> None:
    hidden, open_ = mixed.run(library()[macro]), mixed.run(library()[macro], min_n=1)
    rows = [name for name in library()[macro].returns if name in KEYS]
    both = hidden.merge(open_, on=rows, suffixes=("", "_open"), validate="one_to_one")
    wanted = f"{column}_open"
    is_hidden = both[number].isna() & both[f"{number}_open"].notna()
    assert is_hidden.any(), "nothing is hidden: this test would show nothing"
    assert not is_hidden.all()
    part = "at_risk_part" if column == "at_risk_sum" else "hidden_part"
    totals = 0
    for _, group in both.groupby(keys):
        own, shared = group[wanted].fillna(0), group[column]
        if part in group and not _is_whole(group, part):
            continue
        totals += 1
        assert shared.fillna(0).sum() == pytest.approx(own.sum(), rel=1e-9)
        told = is_hidden[group.index] & np.isclose(shared, own) & (own != 0)
        assert not told.any()
    assert totals


def _is_whole(rows: pd.DataFrame, part: str) -> bool:
    """As protected_total has it: all of each hidden group, or none of it."""
    name = part.replace("part", "group")
    groups = rows[name] if name in rows else rows[part].notna().map({True: 1, False: None})
    return bool(abs(rows[part].sum() - groups[rows[part].notna()].nunique()) < 1e-6)


@pytest.mark.parametrize(("macro", "column", "number", "keys"), TOTALS)
def test_nothing_is_hidden_alone(
    mixed: World, macro: str, column: str, number: str, keys: list[str]
) -> None:
    if macro == "cohort_value":
        pytest.skip("A lone hidden cohort has no total that would tell it.")
    shown = mixed.run(library()[macro])
    own = shown[number] if number != "at_risk" else shown["clv"]
    counted = shown[shown["customers" if "customers" in shown else "contracts"] > 0]
    for _, group in counted.groupby(keys):
        assert own[group.index].isna().sum() != 1 or len(group) == 1
