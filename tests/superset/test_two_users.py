"""Two users with rules of their own see their own rows, wherever Superset shows any.

Anna's rules are regular on tables and base rules on installed datasets, Bert's the other way round.
What they see has to be what a warehouse holds that has their rows alone, which is asked without
Superset.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from superset_kpi.macros import render_call, render_query
from superset_kpi.mapping import Mapping
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import recorded
from tests.rows import same
from tests.superset.conftest import CLAUSES, Instance, add_rule, divide_customers
from tests.superset.test_own_datasets import COUNT, make_dataset
from tests.superset.two_users import Alone, Dataset, Rows, agree, are_among, parted, separate

SqlLab = Callable[..., Any]
README = Path(__file__).parents[2] / "README.md"
LIMIT = 1000  # of samples and of SQL Lab
DASHBOARDS = (
    "experience",
    "leading_indicators",
    "lifetime_value",
    "perceived_value",
    "scorecard",
    "trust",
)
MACROS: dict[str, dict[str, str]] = {
    "churn_by_segment": {},
    "clv_by_customer": {},
    "clv_by_segment": {},
    "cohort_retention": {},
    "cpv_by_segment": {},
    "customer_summary": {},
    "cx_by_segment": {"period": "month"},
    "followup_performance": {},
    "journey_funnel": {},
    "nps_by_segment": {},
    "rating_scores": {"metric": "experience"},
    "rfm_segments": {},
}
OWN = {"customer_summary": "frequency", "rating_scores": "channel"}  # with what they are counted by
CX = "10 * avg(q_experience)"
BANDS = "select {} as band, count(*) as n from telecom.survey group by contact_point"


@dataclass(frozen=True)
class World:
    """What is installed, and the warehouses of each user's rows alone.

    A chart is its id, its dataset's key and its queries; a filter, its dataset's key and its query.
    """

    instance: Instance
    mapping: Mapping
    charts: dict[str, tuple[int, str, list[dict[str, Any]]]]
    datasets: dict[str, Dataset]
    filters: dict[str, tuple[str, dict[str, Any]]]
    alone: dict[str, Alone]

    def reads(self) -> int:
        """Returns how often the two read something in the tests below."""
        cold_and_warm = 2 * (len(self.filters) + len(OWN))
        each = len(self.charts) + cold_and_warm + len(self.datasets) + len(MACROS) + 1
        return len(CLAUSES) * each + 2 * len(self.charts)


@pytest.fixture(scope="module")
def world(instance: Instance) -> Iterator[World]:
    mapping = instance.mappings()["telecom"]
    with instance.app.app_context():
        install(mapping)
    separate(instance, divide_customers(instance, base=("bert",)))
    alone = {user: Alone(user, instance.home) for user in CLAUSES}
    with instance.app.app_context():
        datasets = {key: ruled(each, alone) for key, each in installed_datasets().items()}
        charts, filters = charts_and_filters({each.id: key for key, each in datasets.items()})
    instance.forget_rows()
    yield World(instance, mapping, charts, datasets, filters, alone)
    for each in alone.values():
        each.close()


def installed_datasets() -> dict[str, Dataset]:
    return {
        each.key: Dataset(
            each.model.id,
            each.model.sql,
            tuple(column.column_name for column in each.model.columns),
            {metric.metric_name: metric.expression for metric in each.model.metrics},
        )
        for each in recorded("telecom", "dataset")
    }


def ruled(dataset: Dataset, alone: dict[str, Alone]) -> Dataset:
    """The dataset with a rule for each user on its own columns."""
    parts = parted({user: each.values(dataset) for user, each in alone.items()})
    for user, clause in parts.items():
        add_rule(user, clause, [dataset.id], is_base=user == "anna")
    return replace(dataset, parts=parts)


def charts_and_filters(keys: dict[int, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is on the dashboards; `keys` are those of datasets by id."""
    charts, filters = {}, {}
    for each in recorded("telecom"):
        if each.kind == "chart":
            queries = json.loads(each.model.query_context)["queries"]
            charts[each.key] = each.model.id, keys[each.model.datasource_id], queries
        if each.kind == "dashboard":
            metadata = json.loads(each.model.json_metadata)
            for chosen in metadata["native_filter_configuration"]:
                key = keys[chosen["targets"][0]["datasetId"]]
                filters[f"{each.key}: {chosen['name']}"] = key, values_of(chosen)
    return charts, filters


def values_of(chosen: dict[str, Any]) -> dict[str, Any]:
    """The query by which the front end asks for what a dashboard's filter offers."""
    column = chosen["targets"][0]["column"]["name"]
    if chosen["filterType"] == "filter_range":
        ends = [
            {"expressionType": "SQL", "sqlExpression": f"{end}({column})", "label": end}
            for end in ("min", "max")
        ]
        return {"columns": [], "metrics": ends}
    metric = chosen.get("sortMetric")
    return {
        "columns": [column],
        "metrics": [metric] if metric else [],
        "orderby": [[metric or column, True]],
        "row_limit": LIMIT,
    }


# What the users are shown


def chart(world: World, user: str, key: str) -> list[dict[str, Any]]:
    return _results(world.instance.client(user).get(f"/api/v1/chart/{world.charts[key][0]}/data/"))


def values(world: World, user: str, name: str) -> dict[str, Any]:
    """What a dashboard's filter offers."""
    key, query = world.filters[name]
    return asked(world, user, world.datasets[key].id, query)


def asked(world: World, user: str, dataset: int, query: dict[str, Any]) -> dict[str, Any]:
    body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query]}
    answer = world.instance.client(user).post("/api/v1/chart/data", json=body)
    return _results(answer)[0]


def _results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.get_json()
    return list(answer.get_json()["result"])


def samples(world: World, user: str, dataset: int, **payload: Any) -> dict[str, Any]:
    """Rows of a dataset; with filters it is what drilling to detail asks for."""
    url = f"/datasource/samples?datasource_type=table&datasource_id={dataset}"
    answer = world.instance.client(user).post(url, json=payload)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json()["result"])


def downloads(world: World, user: str, key: str) -> list[list[list[str]]]:
    """The cells of each file that a chart's download has, by line."""
    url = f"/api/v1/chart/{world.charts[key][0]}/data/?format=csv"
    answer = world.instance.client(user).get(url)
    assert answer.status_code == 200, answer.get_json()
    files = [answer.data]
    if answer.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as opened:
            files = [opened.read(name) for name in sorted(opened.namelist())]
    return [list(csv.reader(io.StringIO(each.decode("utf-8-sig"), newline=""))) for each in files]


def are_downloads(files: list[list[list[str]]], results: list[dict[str, Any]]) -> bool:
    """Whether the files have the rows of a chart, in their order."""
    return len(files) == len(results) and all(map(_is_download, files, results))


def _is_download(lines: list[list[str]], result: dict[str, Any]) -> bool:
    rows = [[row[name] for name in result["colnames"]] for row in result["data"]]
    return len(lines[1:]) == len(rows) and all(
        len(cells) == len(row) and all(map(_is_cell, cells, row))
        for cells, row in zip(lines[1:], rows, strict=True)
    )


def _is_cell(cell: str, value: Any) -> bool:
    if value is None:
        return cell == ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        is_day = re.match(r"\d+-\d+-", cell)
        return same(pd.Timestamp(cell).timestamp() * 1000 if is_day else float(cell), value)
    return cell.removeprefix("'").replace("\\|", "|") == str(value).removeprefix("'")


# What they have to be shown


def strange(world: World, user: str, key: str, results: list[dict[str, Any]]) -> bool:
    """Whether a chart shows anything but the user's own rows."""
    _, dataset, queries = world.charts[key]
    return not all(
        agree(
            result["data"],
            world.alone[user].answer(world.datasets[dataset], query),
            query.get("row_limit"),
        )
        for query, result in zip(queries, results, strict=True)
    )


def strange_samples(world: World, user: str, key: str, filters: list[dict[str, Any]]) -> bool:
    """Whether samples, or the rows behind a chart's part, hold anything but the user's own."""
    dataset = world.datasets[key]
    shown = samples(world, user, dataset.id, filters=filters)
    query = {"columns": shown["colnames"], "filters": filters}
    own, count = world.alone[user].like(dataset, query, shown["data"])
    is_whole = shown["total_count"] == count and len(shown["data"]) == min(LIMIT, count)
    return not is_whole or not are_among(shown["data"], own)


def strange_values(world: World, user: str, name: str, result: dict[str, Any]) -> bool:
    """Whether a filter offers anything but the values in the user's own rows."""
    key, query = world.filters[name]
    return not agree(result["data"], world.alone[user].answer(world.datasets[key], query), LIMIT)


def strange_of_own(world: World, user: str, macro: str, number: int) -> bool:
    """Whether a dataset that a user wrote shows anything but the reader's own rows."""
    shown = asked(world, user, number, {"columns": [OWN[macro]], "metrics": [COUNT]})["data"]
    rows = render_query(macro, MACROS[macro], world.mapping)
    counts = f"select {OWN[macro]}, count(*) as n from ({rows}) group by {OWN[macro]}"
    return not agree(shown, world.alone[user].rows(counts))


def call(macro: str) -> str:
    arguments = (f"{name}='{value}'" for name, value in MACROS[macro].items())
    return f"kpi.{macro}({', '.join(arguments)})"


def strange_statement(world: World, user: str, macro: str, sql_lab: SqlLab) -> bool:
    """Whether a macro in SQL Lab shows anything but the user's own rows."""
    shown = sql_lab(f"select * from {{{{ {call(macro)} }}}} t", user=user)
    own = world.alone[user].rows(render_query(macro, MACROS[macro], world.mapping))
    return not own or not agree(_with_days(shown, own), own, LIMIT)


def _with_days(shown: Rows, own: Rows) -> Rows:
    """Rows of SQL Lab, which writes days as texts, with days as in the others."""
    days = {name for row in own for name, value in row.items() if isinstance(value, dt.date)}
    return [
        {n: pd.Timestamp(v) if n in days and v is not None else v for n, v in row.items()}
        for row in shown
    ]


# That they are shown nothing else


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_a_chart_and_its_download_have_the_users_own_rows_cold_and_warm(
    world: World, dashboard: str
) -> None:
    """Both open a chart; then one, in turn, finds it in the cache, and the other takes its file."""
    faults = []
    keys = [key for key in world.charts if key.startswith(f"{dashboard}/")]
    for number, key in enumerate(keys):
        cold = {user: chart(world, user, key) for user in CLAUSES}
        for user in CLAUSES:
            if strange(world, user, key, cold[user]):
                faults.append(f"{key}: {user} is shown other rows")
        one, other = sorted(CLAUSES, reverse=number % 2 == 1)
        for first, second in zip(cold[one], chart(world, one, key), strict=True):
            if not second["is_cached"] or second["data"] != first["data"]:
                faults.append(f"{key}: {one} is shown other rows from the cache")
        if not are_downloads(downloads(world, other, key), cold[other]):
            faults.append(f"{key}: {other} is given a file of other rows")
    assert not faults, "\n".join(faults)


def test_every_chart_is_on_a_dashboard_that_is_read(world: World) -> None:
    assert {key.split("/")[0] for key in world.charts} == set(DASHBOARDS)


def test_samples_and_the_rows_behind_a_part_are_the_users_own(world: World) -> None:
    """One user has samples of a dataset and the other drills to detail, in turn: the way is one."""
    strangers = []
    for number, (key, dataset) in enumerate(world.datasets.items()):
        one, other = sorted(CLAUSES, reverse=number % 2 == 1)
        own = world.alone[other].last(dataset)
        if strange_samples(world, one, key, []):
            strangers.append(f"{key}: samples of {one}")
        if strange_samples(world, other, key, clicked(own)):
            strangers.append(f"{key}: rows that {other} drills to")
    assert not strangers, "\n".join(strangers)


def clicked(rows: Rows) -> list[dict[str, Any]]:
    """The filter that a click on a part of a chart makes: a text of its only row."""
    names = [name for name, value in rows[0].items() if isinstance(value, str)] if rows else []
    return [{"col": name, "op": "==", "val": rows[0][name]} for name in names[-1:]]


def test_a_filter_offers_values_of_the_users_own_rows_cold_and_warm(world: World) -> None:
    strangers = []
    for name in world.filters:
        for _ in ("cold", "warm"):
            for user in CLAUSES:
                if strange_values(world, user, name, values(world, user, name)):
                    strangers.append(f"{name}: {user}")
    assert not strangers, "\n".join(strangers)


@pytest.mark.parametrize("macro", MACROS)
def test_a_macro_in_sql_lab_finds_the_users_own_rows(
    world: World, sql_lab: SqlLab, macro: str
) -> None:
    assert [user for user in CLAUSES if strange_statement(world, user, macro, sql_lab)] == []


def test_a_formula_in_sql_lab_is_of_the_users_own_rows(world: World, sql_lab: SqlLab) -> None:
    band = render_call("cx_band", (CX,), {}, world.mapping)
    for user, alone in world.alone.items():
        shown = sql_lab(BANDS.format(f"{{{{ kpi.cx_band('{CX}') }}}}"), user=user)
        assert agree(shown, alone.rows(BANDS.format(band))), user


def test_a_dataset_of_ones_own_has_the_users_own_rows_cold_and_warm(
    world: World, own: dict[str, int]
) -> None:
    for macro, number in own.items():
        for _ in ("cold", "warm"):
            for user in CLAUSES:
                assert not strange_of_own(world, user, macro, number), (macro, user)


@pytest.fixture(scope="module")
def own(world: World) -> dict[str, int]:
    """The ids of datasets that a user wrote, by their macro."""
    return {
        macro: make_dataset(
            world.instance,
            f"own {macro}",
            f"select * from {{{{ cache_key_wrapper({call(macro)}) }}}} t",
        )
        for macro in OWN
    }


# That the tests above would tell


def test_a_leak_anywhere_is_found(
    world: World, own: dict[str, int], sql_lab: SqlLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rules that Superset leaves out, both users see everybody's rows."""
    key, dataset, name = "scorecard/cx_league", "experience_scores", "scorecard: Segment"
    before = {user: chart(world, user, key) for user in CLAUSES}
    monkeypatch.setattr(manager(world), "get_rls_filters", lambda self, table: [])
    world.instance.forget_rows()
    for user in CLAUSES:
        assert strange(world, user, key, chart(world, user, key))
        assert not are_downloads(downloads(world, user, key), before[user])
        assert strange_samples(world, user, dataset, [])
        assert strange_values(world, user, name, values(world, user, name))
        assert strange_statement(world, user, "cx_by_segment", sql_lab)
        assert strange_of_own(world, user, "rating_scores", own["rating_scores"])
    world.instance.forget_rows()


def test_a_cache_that_does_not_know_the_rules_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from superset.utils import rls

    key = "scorecard/cx_league"
    monkeypatch.setattr(manager(world), "get_rls_cache_key", lambda self, table: [])
    monkeypatch.setattr(rls, "collect_rls_predicates_for_sql", lambda *_: [])
    world.instance.forget_rows()
    assert not strange(world, "anna", key, chart(world, "anna", key))
    assert strange(world, "bert", key, chart(world, "bert", key))
    world.instance.forget_rows()


def manager(world: World) -> type:
    """The class of Superset's security manager."""
    from superset import security_manager

    with world.instance.app.app_context():
        return type(security_manager._get_current_object())


def test_the_users_have_rows_and_not_the_same_ones(world: World) -> None:
    told = [
        key
        for key, (_, name, queries) in world.charts.items()
        if not agree(
            *(each.answer(world.datasets[name], queries[0]) for each in world.alone.values())
        )
    ]
    shown = [
        key
        for key, (_, name, queries) in world.charts.items()
        if all(each.answer(world.datasets[name], queries[0]) for each in world.alone.values())
    ]
    assert len(told) > len(world.charts) * 4 // 5
    assert len(shown) > len(world.charts) * 4 // 5


def test_readme_says_how_much_the_two_users_read(world: World) -> None:
    (said,) = re.findall(r"([\d,]+) reads of two users", README.read_text(encoding="utf-8"))
    assert int(said.replace(",", "")) == world.reads()
