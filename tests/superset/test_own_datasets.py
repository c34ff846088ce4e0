"""The `kpi` object in a user's own dataset: formulas and messages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.superset.conftest import Instance, chart_data

BARE = "select * from {{ kpi.rating_scores(metric='experience') }} t"
WATCHED = "select * from {{ cache_key_wrapper(kpi.rating_scores(metric='experience')) }} t"
NEEDS_KEY = (
    "kpi.rating_scores: without a cache key its rows would be shared by users with different "
    "row-level security. Write {{ cache_key_wrapper(kpi.rating_scores(...)) }} in the dataset's "
    "SQL."
)
NOT_IN_FORMULAS = (
    "kpi.rating_scores: it gives rows, but is in a formula or a filter. Use it after FROM in "
    "SQL Lab or in the SQL of a dataset; formulas take macros that give one value."
)
COUNT = {"expressionType": "SQL", "sqlExpression": "count(*)", "label": "n"}


def make_dataset(
    instance: Instance, name: str, sql: str, database: str = "Telecom warehouse", **changes: Any
) -> int:
    client = instance.client()
    body = {
        "database": instance.database_id(database),
        "table_name": name,
        "schema": "telecom" if database.startswith("Telecom") else "main",
        "sql": sql,
    }
    answer = client.post("/api/v1/dataset/", json=body)
    assert answer.status_code == 201, answer.data
    number = int(answer.get_json()["id"])
    if changes:
        answer = client.put(f"/api/v1/dataset/{number}?override_columns=true", json=changes)
        assert answer.status_code == 200, answer.data
    return number


@pytest.fixture(scope="module")
def watched(instance: Instance) -> int:
    """A dataset on a relation, with formulas that call macros rightly and wrongly."""
    sql = "select score, weight, channel from (values (90.0, 1.0, 'App')) t(score, weight, channel)"
    wrong = "{{ kpi.cx_ban('avg(score)') }}"
    rows = WATCHED.replace("select *", "(select max(score)") + ")"
    columns = [
        {"column_name": name, "type": kind}
        for name, kind in (("score", "DOUBLE"), ("weight", "DOUBLE"), ("channel", "VARCHAR"))
    ]
    return make_dataset(
        instance,
        "formulas",
        sql,
        metrics=[
            {"metric_name": "band", "expression": "{{ kpi.cx_band('avg(score)') }}"},
            {"metric_name": "wrong", "expression": wrong},
            {"metric_name": "rows", "expression": rows},
        ],
        columns=[
            *columns,
            {"column_name": "own_band", "expression": "{{ kpi.cx_band('score') }}"},
            {"column_name": "own_wrong", "expression": wrong},
        ],
    )


def adhoc(sql: str) -> dict[str, str]:
    return {"expressionType": "SQL", "sqlExpression": sql, "label": "it"}


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ({"metrics": ["band"]}, {"band": "Excellent"}),
        ({"columns": ["own_band"]}, {"own_band": "Excellent"}),
        ({"metrics": [adhoc("{{ kpi.cx_band('avg(score)') }}")]}, {"it": "Excellent"}),
        ({"columns": [adhoc("{{ kpi.cx_band('score') }}")]}, {"it": "Excellent"}),
        (
            {"metrics": [COUNT], "extras": {"where": "{{ kpi.cx_band('score') }} = 'Excellent'"}},
            {"n": 1},
        ),
    ],
    ids=["saved metric", "calculated column", "ad hoc metric", "ad hoc column", "ad hoc filter"],
)
def test_an_expression_works_in_every_formula(
    instance: Instance, watched: int, query: dict[str, Any], row: dict[str, Any]
) -> None:
    assert chart_data(instance.client(), watched, **query) == [row]


@pytest.mark.parametrize(
    "query",
    [
        {"metrics": ["wrong"]},
        {"columns": ["own_wrong"]},
        {"metrics": [adhoc("{{ kpi.cx_ban('avg(score)') }}")]},
        {"columns": [adhoc("{{ kpi.cx_ban('score') }}")]},
        {"metrics": [COUNT], "extras": {"where": "{{ kpi.cx_ban('score') }} = 'Good'"}},
    ],
    ids=["saved metric", "calculated column", "ad hoc metric", "ad hoc column", "ad hoc filter"],
)
def test_a_wrong_name_reads_cleanly_in_every_formula(
    instance: Instance, watched: int, query: dict[str, Any]
) -> None:
    message = chart_data(instance.client(), watched, **query)
    assert message.endswith("kpi.cx_ban: there is no such macro. Did you mean 'cx_band'?")
    assert "SupersetError(" not in message


def test_a_relation_without_a_cache_key_is_refused_in_charts(instance: Instance) -> None:
    dataset = make_dataset(instance, "bare", BARE)
    assert chart_data(instance.client(), dataset, metrics=[COUNT]).endswith(f": {NEEDS_KEY}")


@pytest.mark.parametrize(
    "metric",
    ["rows", adhoc("(select max(score) from {{ kpi.rating_scores(metric='experience') }} t)")],
    ids=["saved", "ad hoc"],
)
def test_a_relation_in_a_formula_is_refused(instance: Instance, watched: int, metric: Any) -> None:
    message = chart_data(instance.client(), watched, metrics=[metric])
    assert message.endswith(NOT_IN_FORMULAS)
