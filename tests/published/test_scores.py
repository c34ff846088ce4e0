"""Scores against published numbers, from tables in each engine by a mapping file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import sqlalchemy

from superset_kpi.macros import render_call, render_query
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import select
from tests.cases import same

Warehouse = tuple[Mapping, sqlalchemy.engine.Connection]
ENGINES = {"duckdb": "duckdb", "sqlite": "sqlite", "postgresql": "postgres"}

# Madsen (1976), Statistical analysis of multiple contingency tables: Two examples, Scandinavian
# Journal of Statistics 3, pp. 97-106; the data set `housing` of the R package MASS. Frequencies by
# contact (low, high), type, influence (low, medium, high) and satisfaction (low, medium, high).
TYPES = ("Tower", "Apartment", "Atrium", "Terrace")
HOUSING = (
    "21 21 28  34 22 36  10 11 36    61 23 17  43 35 40  26 18 54 "
    "13  9 10   8  8 12   6  7  9    18  6  7  15 13 13   7  5 11 "
    "14 19 37  17 23 40   3  5 23    78 46 43  48 45 86  15 25 62 "
    "20 23 20  10 22 24   7 10 21    57 23 13  31 21 13   5  6 13"
)
PRINTED = {"Tower": 62.625, "Atrium": 56.69, "Apartment": 52.03, "Terrace": 38.63}

# Every query below reads these tables; the names are odd on purpose.
KPI_YAML = """
published:
  database: warehouse
  dialect: {dialect}
  as_of: 1976-12-31
  scales:
    experience: {{lo: 0, hi: 100}}
    satisfaction: {{lo: 1, hi: 3}}
  tables:
    customers: {{table: published_homes, columns: {{customer_id: home}}}}
    segment_membership:
      table: published_homes
      columns:
        customer_id: home
        scheme: {{constant: Housing}}
        segment: {{column: Type of home}}
    ratings:
      - table: published_homes
        columns: &answer
          rating_id: home
          customer_id: home
          metric: {{constant: experience}}
          rating: "case sat when 'Low' then 0 when 'Medium' then 50 when 'High' then 100 end"
          responded_at: answered_at
      - table: published_homes
        columns:
          <<: *answer
          metric: {{constant: satisfaction}}
          rating: "case sat when 'Low' then 1 when 'Medium' then 2 when 'High' then 3 end"
      - table: published_cells
        columns:
          rating_id: home
          customer_id: home
          metric: {{constant: value}}
          lo: 0
          hi: 2
          rating: level
          responded_at: answered_at
          weight: freq
"""


def cells() -> list[tuple[str, int, int]]:
    """The 72 rows of the table: type, satisfaction as 0, 1 or 2, and frequency."""
    frequencies = [int(f) for f in HOUSING.split()]
    return [(TYPES[i // 9 % 4], i % 3, f) for i, f in enumerate(frequencies)]


def satisfactions(kind: str | None = None) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Every answer as a score, of one type of home or of all."""
    rows = [(level, f) for home, level, f in cells() if kind in (None, home)]
    return np.repeat([50.0 * level for level, _ in rows], [f for _, f in rows])


@pytest.fixture(scope="module", params=list(ENGINES))
def warehouse(
    request: pytest.FixtureRequest,
    engine_url: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Warehouse]:
    """A mapping, and a connection to the tables that it maps."""
    homes, number = [], 0
    for kind, level, frequency in cells():
        for _ in range(frequency):
            number += 1
            homes.append(
                f"({number}, '{kind}', '{('Low', 'Medium', 'High')[level]}', '1976-06-30')"
            )
    grouped = [f"({i}, {cell[1]}, {cell[2]}, '1976-06-30')" for i, cell in enumerate(cells(), 1)]
    created = sqlalchemy.create_engine(engine_url(ENGINES[request.param]))
    with created.begin() as connection:
        for statement in (
            "drop table if exists published_homes",
            "drop table if exists published_cells",
            'create table published_homes (home integer, "Type of home" varchar(20), '
            "sat varchar(20), answered_at timestamp)",
            "create table published_cells (home integer, level integer, freq integer, "
            "answered_at timestamp)",
            f"insert into published_homes values {', '.join(homes)}",
            f"insert into published_cells values {', '.join(grouped)}",
        ):
            connection.execute(sqlalchemy.text(statement))
    path = tmp_path_factory.mktemp("published") / "kpi.yaml"
    path.write_text(KPI_YAML.format(dialect=request.param), encoding="utf-8")
    with created.connect() as connection:
        yield read_mappings(path)["published"], connection
    created.dispose()


def rows(warehouse: Warehouse, macro: str, **arguments: object) -> dict[str, dict[str, Any]]:
    """The rows of a relation macro by segment."""
    mapping, connection = warehouse
    found = select(connection, render_query(macro, arguments, mapping)).records()
    return {r["segment"]: r for r in found}


def test_the_table_is_the_published_one() -> None:
    assert len(cells()) == 72
    assert sum(frequency for _, _, frequency in cells()) == 1681
    for kind, printed in PRINTED.items():
        assert satisfactions(kind).mean() == pytest.approx(printed, abs=0.005)
    assert satisfactions().mean() == pytest.approx(53.0042, abs=0.00005)


def test_satisfaction_with_homes_in_copenhagen(warehouse: Warehouse) -> None:
    found = rows(warehouse, "cx_by_segment")
    assert set(found) == {*TYPES, "All customers"}
    for kind, row in found.items():
        scores = satisfactions(None if kind == "All customers" else kind)
        assert row["answers"] == row["customers"] == row["rated_customers"] == len(scores)
        # Scores are rounded to six decimals, so that noise decides no band.
        assert row["cx"] == round(scores.mean(), 6)
        half = 1.96 * scores.std(ddof=1) / math.sqrt(len(scores))
        assert same(row["ci_low"], round(scores.mean(), 6) - half)
        assert same(row["ci_high"], round(scores.mean(), 6) + half)
    assert found["Tower"]["cx"] == 62.625
    for kind, printed in PRINTED.items():
        assert found[kind]["cx"] == pytest.approx(printed, abs=0.005)
    assert found["All customers"]["cx"] == pytest.approx(53.0042, abs=0.00005)


def test_another_scale_of_the_same_answers_gives_the_same_scores(warehouse: Warehouse) -> None:
    # 1, 2 and 3 on 1 to 3 are 0, 50 and 100 percent of the range.
    mapping, connection = warehouse
    scores = [
        sorted(
            (r["rating_id"], r["segment"], r["score"])
            for r in select(
                connection, render_query("rating_scores", {"metric": metric}, mapping)
            ).records()
        )
        for metric in ("experience", "satisfaction")
    ]
    assert len(scores[0]) == 2 * 1681
    assert scores[0] == scores[1]


def test_frequencies_as_weights_give_the_same_scores(warehouse: Warehouse) -> None:
    mapping, connection = warehouse
    sql = render_query("rating_scores", {"metric": "value", "scheme": "All customers"}, mapping)
    found = select(connection, sql).records()
    assert len(found) == 72
    weight = sum(r["weight"] for r in found)
    assert weight == 1681
    mean = sum(r["weight"] * r["score"] for r in found) / weight
    assert same(mean, satisfactions().mean())
    by_segment = rows(warehouse, "cpv_by_segment", denominator="ratings", scheme="All customers")
    assert by_segment["All customers"]["cpv"] == round(satisfactions().mean(), 6)


def test_an_nps_of_20_from_500_answers_is_known_to_6_559_points(warehouse: Warehouse) -> None:
    # 40 % promoters, 40 % passives, 20 % detractors: 100 * sqrt((.4 + .2 - .2^2) / 500) * 1.96.
    mapping, connection = warehouse
    answers = "(select case when home <= 200 then 10 when home <= 400 then 7 else 3 end as said "
    answers += "from published_homes where home <= 500) as asked"
    score = render_call("nps", ("said",), {}, mapping)
    counts = "sum(case when said >= 9 then 1 end), sum(case when said <= 6 then 1 end), count(*)"
    promoters, detractors, number = counts.split(", ")
    margin = render_call("nps_margin", (promoters, detractors, number), {}, mapping)
    sql = f"select {score} as nps, {margin} as margin from {answers}"
    (row,) = select(connection, sql).records()
    assert row["nps"] == 20
    assert row["margin"] == pytest.approx(6.559, abs=0.0005)
    assert same(row["margin"], 196 * math.sqrt((0.4 + 0.2 - 0.2**2) / 500))
