"""Intervals where customers answer several times, weigh unequally, or all agree."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy

from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, read_mappings
from tests.independent.clusters import interval

TEXT = """\
shop:
  database: Warehouse
  dialect: duckdb
  as_of: 2026-09-30
  scales: {experience: {lo: 0, hi: 10}}
  tables:
    customers: {table: people, columns: {customer_id: id}}
    segment_membership:
      table: answers
      columns: {customer_id: who, scheme: {constant: Sample}, segment: sample}
    ratings:
      table: answers
      columns:
        rating_id: id
        metric: kind
        rating: rating
        responded_at: day
        customer_id: who
        weight: weight
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    (tmp_path / "kpi.yaml").write_text(TEXT, encoding="utf-8")
    return read_mappings(tmp_path / "kpi.yaml")["shop"]


Answers = list[tuple[str, int, str, float, float]]


def scored(
    mapping: Mapping, macro: str, answers: Answers, **more: object
) -> list[dict[str, object]]:
    """Rows of a macro over answers: sample, customer (0: not named), metric, rating, weight."""
    day = dt.datetime(2026, 8, 1)
    rows = [
        (i, f"{s} {c}" if c else None, s, kind, rating, day, weight)
        for i, (s, c, kind, rating, weight) in enumerate(answers)
    ]
    with sqlalchemy.create_engine("duckdb://").connect() as connection:
        connection.exec_driver_sql(
            "create table answers (id int, who text, sample text, kind text, rating double, "
            "day timestamp, weight double)"
        )
        connection.exec_driver_sql("insert into answers values (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.exec_driver_sql("create view people as select distinct who as id from answers")
        sql = render_query(macro, {"scheme": "Sample", "min_n": 1, **more}, mapping)
        found = connection.exec_driver_sql(sql)
        return [dict(zip(found.keys(), row, strict=True)) for row in found]


@pytest.mark.parametrize(
    ("macro", "kind", "column", "hi"),
    [
        ("cx_by_segment", "experience", "cx", 10),
        ("nps_by_segment", "nps", "nps", 10),
        ("ces_by_segment", "ces", "ces", 7),
    ],
)
def test_an_interval_is_that_of_clusters_of_customers(
    mapping: Mapping, macro: str, kind: str, column: str, hi: int
) -> None:
    rng = np.random.default_rng(54)
    answers: Answers = []
    for sample in range(40):
        people = int(rng.integers(2, 40))
        liking = rng.normal(0.6, 0.25, people)
        for _ in range(int(rng.integers(3, 80))):
            who = int(rng.integers(people))
            lo = 1 if kind == "ces" else 0
            rating = np.clip(np.round(lo + (hi - lo) * rng.normal(liking[who], 0.1)), lo, hi)
            weight = float(rng.choice([1, 1, 2, 0.5])) if sample % 2 else 1.0
            answers.append((f"s{sample}", who + 1, kind, float(rating), weight))
    found = {row["segment"]: row for row in scored(mapping, macro, answers)}
    for sample in sorted({a[0] for a in answers}):
        mine = [a for a in answers if a[0] == sample]
        ratings = [a[3] for a in mine]
        scores = {
            "experience": [10 * r for r in ratings],
            "nps": [100.0 * ((r > 8) - (r < 7)) for r in ratings],
            "ces": ratings,
        }[kind]
        ends = {"experience": (0.0, 100.0), "nps": (-100.0, 100.0), "ces": (1.0, 7.0)}[kind]
        who, weights = [a[1] for a in mine], [a[4] for a in mine]
        wanted = interval(scores, who, weights, ends, kind == "nps")
        row = found[sample]
        # Means are rounded to six decimals before intervals are made around them.
        assert row[column] == pytest.approx(wanted.mean, abs=1e-6)
        assert row["ci_low"] == pytest.approx(wanted.low, abs=2e-6)
        assert row["ci_high"] == pytest.approx(wanted.high, abs=2e-6)
        assert (row["reliability"] == "reliable") == (len(mine) >= 30 <= wanted.customers)


def test_answers_of_nobody_are_of_one_customer_each(mapping: Mapping) -> None:
    given = [("s", 0, "experience", float(r), 1.0) for r in (3, 9, 9, 10, 4, 8)]
    named = [("s", i, *rest) for i, (_, _, *rest) in enumerate(given, 1)]
    apart, together = (
        {row["ci_low"] for row in scored(mapping, "cx_by_segment", answers, scheme="All customers")}
        for answers in (given, named)
    )
    assert apart == together


@pytest.mark.parametrize("share", [0.98, 0.99, 0.995])
@pytest.mark.parametrize("n", [30, 40, 100])
@pytest.mark.parametrize("other", [75.0, 0.0])
def test_an_interval_of_those_who_agree_covers_the_truth(
    n: int, share: float, other: float
) -> None:
    """Nearly all give the best of five answers, the others the next one or the lowest.

    Without the answers that are added the interval of those who all agree has no width: of samples
    of 100 with a chance of .99 a third covers nothing.
    """
    rng = np.random.default_rng(7)
    truth = 100 * share + other * (1 - share)
    covered, bare = [], []
    for best in rng.binomial(n, share, 400):
        scores = [100.0] * int(best) + [other] * int(n - best)
        found = interval(scores, list(range(n)))
        covered.append(found.low <= truth <= found.high)
        half = 1.96 * np.std(scores, ddof=1) / np.sqrt(n)
        bare.append(abs(np.mean(scores) - truth) <= half)
    assert np.mean(covered) >= 0.95 > 0.9 > np.mean(bare)


def test_an_interval_of_customers_who_answer_often_covers_the_truth() -> None:
    rng = np.random.default_rng(11)
    covered, bare = [], []
    for _ in range(400):
        answers = rng.integers(1, 8, 60)
        who = np.repeat(np.arange(60), answers)
        scores = 60 + np.repeat(rng.normal(0, 10, 60), answers) + rng.normal(0, 8, len(who))
        found = interval(list(scores), list(who))
        covered.append(found.low <= 60 <= found.high)
        bare.append(abs(scores.mean() - 60) <= 1.96 * scores.std(ddof=1) / np.sqrt(len(who)))
    assert 0.92 <= np.mean(covered) <= 0.98
    assert np.mean(bare) < 0.8
