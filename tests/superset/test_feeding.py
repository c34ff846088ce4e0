"""Small hotels: what their data cannot feed is not there, and the rest is full."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import duckdb
import pytest
import yaml

from superset_kpi.dashboards.bundle import identity
from superset_kpi.mapping import MappedColumn, Mapping, changed, read_mappings
from superset_kpi.mapping.model import replace_tables
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import by_uuid
from superset_kpi.superset.plan import Plan, plan
from superset_kpi.superset.removal import uninstall
from tests.superset.conftest import Instance, chart_data

BARE = {
    "rating_id": "answer_no",
    "metric": "kind",
    "rating": "grade",
    "responded_at": "given_at",
    "customer_id": "guest_no",
}
WHO = {"table": "guests", "columns": {"customer_id": "guest_no", "created_at": "since"}}
BOOKINGS = {
    "table": "bookings",
    "columns": {
        "transaction_id": "booking_no",
        "customer_id": "guest_no",
        "occurred_at": "booked_at",
        "amount": "price",
    },
}
TOPICS = {
    "table": "topics",
    "columns": {"attribute": "topic", "side": "side", "component": "component"},
}


def answers(where: str = "true", **columns: Any) -> dict[str, Any]:
    return {"table": "answers", "where": where, "columns": {**BARE, **columns}}


def constant(kind: str) -> dict[str, Any]:
    return answers(f"kind = '{kind}'", metric={"constant": kind})


# Each with the dashboards that are left, and what the plan says is missing.
HOTELS: dict[str, tuple[dict[str, Any], set[str], set[str]]] = {
    "experience_only": (
        {"customers": WHO, "ratings": constant("experience")},
        {"scorecard", "experience", "trust"},
        {"no ratings of metric 'value'", "ratings.touchpoint is not mapped"},
    ),
    "nps_and_csat": (
        {"customers": WHO, "ratings": answers("kind in ('nps', 'csat')")},
        {"experience", "trust"},
        {"no ratings of metric 'experience'", "no ratings of metric 'value'"},
    ),
    "value_only": (
        {"customers": WHO, "ratings": answers("kind = 'value'")},
        {"scorecard", "perceived_value", "trust"},
        {"no ratings of metric 'experience'", "attributes is not mapped"},
    ),
    "new_customer": (
        {
            "customers": WHO,
            "ratings": answers("given_at >= date '2026-10-01'"),
        },
        {"scorecard", "experience", "perceived_value", "trust"},
        {"the data is not there yet"},
    ),
    "nothing_stated": (
        {
            "customers": WHO,
            "ratings": answers(touchpoint="place", team="crew", channel="via"),
            "transactions": BOOKINGS,
        },
        {"scorecard", "experience", "perceived_value", "lifetime_value", "leading_indicators"}
        | {"trust"},
        {"ratings.touchpoint has no value", "ratings.team has no value", "there is only one value"},
    ),
    "two_components": (
        {
            "customers": WHO,
            "ratings": answers("kind in ('value', 'attribute')", attribute="topic"),
            "attributes": TOPICS,
        },
        {"scorecard", "perceived_value", "trust"},
        {"the data is not there yet"},
    ),
    "shop": (
        {"customers": WHO, "transactions": BOOKINGS},
        {"lifetime_value", "trust"},
        {"ratings is not mapped"},
    ),
}


@pytest.fixture(scope="module")
def hotels(instance: Instance) -> dict[str, Mapping]:
    """The mappings, on a warehouse of their own that Superset is connected with."""
    from superset_kpi.superset.instance import set_up_database

    path = instance.home / "hotel.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as opened:
        build(opened)
    set_up_database(instance.app, "Hotel", f"duckdb:///{path}?access_mode=READ_ONLY")
    scales = {"value": [1, 10], "experience": [0, 10], "attribute": [1, 5], "csat": [1, 5]}
    body = {
        name: {
            "title": name,
            "database": "Hotel",
            "dialect": "duckdb",
            "as_of": dt.date(2026, 10, 20),
            "currency": "EUR",
            "scales": {metric: {"lo": lo, "hi": hi} for metric, (lo, hi) in scales.items()},
            "tables": tables,
        }
        for name, (tables, _, _) in HOTELS.items()
    }
    file = instance.home / "hotels.yaml"
    file.write_text(yaml.safe_dump(body), encoding="utf-8")
    return read_mappings(file)


def build(opened: duckdb.DuckDBPyConnection) -> None:
    """Sixty guests who answer every question once a quarter, and book every other month."""
    opened.execute(
        """
        create table guests as
        select g as guest_no, date '2024-01-01' + cast(g * 7 as integer) as since
        from range(60) r(g);
        create table topics(topic text, side text, component text);
        insert into topics values
            ('rooms', 'benefit', 'functional'), ('rates', 'cost', 'monetary');
        create table answers as
        select
            row_number() over (order by q, k.kind, g) as answer_no, g as guest_no, k.kind,
            k.lo + (g * 7 + q * 3 + length(k.kind) + length(k.topic)) % (k.hi - k.lo + 1) as grade,
            date '2025-07-10' + to_months(cast(3 * q as integer)) as given_at,
            nullif(k.topic, '') as topic, cast(null as text) as place, cast(null as text) as crew,
            case when g % 2 = 0 then 'mail' end as via
        from range(60) r(g), range(6) p(q), (values
            ('value', 1, 10, ''), ('experience', 0, 10, ''), ('nps', 0, 10, ''), ('csat', 1, 5, ''),
            ('attribute', 1, 5, 'rooms'), ('attribute', 1, 5, 'rates')
        ) k(kind, lo, hi, topic);
        create table bookings as
        select
            row_number() over (order by m, g) as booking_no, g as guest_no,
            date '2025-01-05' + to_months(cast(m as integer)) + to_days(cast(g % 20 as integer))
            as booked_at, 80 + g as price
        from range(60) r(g), range(21) n(m)
        where (m + g) % 2 = 0 and m < 4 + g;
        """
    )


@pytest.fixture(scope="module", params=HOTELS)
def hotel(
    instance: Instance, hotels: dict[str, Mapping], request: pytest.FixtureRequest
) -> Iterator[tuple[str, Plan]]:
    """One mapping, installed after a look at its data."""
    with instance.app.app_context():
        planned = install(hotels[request.param], looks=True)
    yield request.param, planned
    with instance.app.app_context():
        uninstall(request.param, edited=True)


def test_every_chart_of_every_dashboard_has_rows_with_the_filters_as_they_open(
    instance: Instance, hotel: tuple[str, Plan]
) -> None:
    _, planned = hotel
    client, ids = instance.client(), ids_of(instance, planned)
    empty = []
    for name, tree in planned.bundle.dashboards.items():
        chosen = opening(instance, planned, tree)
        for node in charts_in(tree):
            number = ids[node["uuid"]]
            shown = client.get(f"/api/v1/chart/{number}").get_json()["result"]
            body = json.loads(shown["query_context"])
            for query in body["queries"]:
                query["filters"] += [
                    {"col": column, "op": "IN", "val": [value]}
                    for column, value, outside in chosen
                    if node["chartId"] not in outside
                ]
            answer = client.post("/api/v1/chart/data", json=body).get_json()
            results = answer.get("result") or [{"error": answer}]
            form = json.loads(shown["params"])
            bad = [r for r in results if r.get("error") or not filled(r) or blanks(r, form)]
            empty += [(name, node["sliceName"], bad)] if bad else []
    assert not empty


def filled(result: dict[str, Any]) -> bool:
    """Whether there is a row with more than names in it; one number must be one."""
    rows = result["data"]
    return bool(rows) and any(value is not None for row in rows for value in row.values())


def blanks(result: dict[str, Any], form: dict[str, Any]) -> list[str]:
    """The axes of a radar without a number, and what a chart groups by where a label is missing."""
    is_radar, is_table = form["viz_type"] == "radar", "table" in form["viz_type"]
    labels = {form.get("x_axis"), form.get("series"), *(form.get("groupby") or ())}
    rows = result["data"]
    return [
        name
        for name in result["colnames"]
        if (is_radar and all(row[name] is None for row in rows))
        or (not is_table and name in labels and any(row[name] is None for row in rows))
    ]


def opening(
    instance: Instance, planned: Plan, tree: dict[str, Any]
) -> list[tuple[str, Any, list[int]]]:
    """The first values of the filters that must be chosen; every filter offers something."""
    ids, found = ids_of(instance, planned), []
    for each in tree["metadata"]["native_filter_configuration"]:
        (target,) = each["targets"]
        column, sort = target["column"]["name"], each.get("sortMetric")
        values = chart_data(
            instance.client(),
            ids[target["datasetUuid"]],
            columns=[column],
            metrics=[sort] if sort else [],
            orderby=[[sort or column, each["controlValues"].get("sortAscending", True)]],
        )
        is_required = each["controlValues"]["enableEmptyFilter"]
        assert isinstance(values, list), values
        assert len(values) > (0 if is_required else 1), each["name"]
        if is_required:
            found.append((column, values[0][column], each["scope"]["excluded"]))
    return found


def ids_of(instance: Instance, planned: Plan) -> dict[str, int]:
    with instance.app.app_context():
        found = {s.uuid: by_uuid(s.kind, s.uuid) for s in planned.steps if s.action != "remove"}
        return {uuid: each.model.id for uuid, each in found.items() if each}


def charts_in(tree: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = [node for node in tree["position"].values() if isinstance(node, dict)]
    return [node["meta"] for node in nodes if node.get("type") == "CHART"]


def test_what_is_left_out_is_said_with_its_reason(hotel: tuple[str, Plan]) -> None:
    name, planned = hotel
    _, dashboards, reasons = HOTELS[name]
    assert set(planned.bundle.dashboards) == dashboards
    assert {why for each in planned.absent for why in each.why} >= reasons


def test_no_tab_is_empty(hotel: tuple[str, Plan]) -> None:
    for tree in hotel[1].bundle.dashboards.values():
        for node in tree["position"].values():
            if isinstance(node, dict) and node.get("type") in ("TAB", "ROW", "COLUMN"):
                assert node["children"], node


def test_charts_come_and_go_with_their_data_and_an_edited_one_stays(
    instance: Instance, hotels: dict[str, Mapping]
) -> None:
    bare = replace(hotels["experience_only"], name="guesthouse")
    (source,) = bare.tables["ratings"]
    place = MappedColumn("column", "kind")
    columns = MappingProxyType({**source.columns, "touchpoint": place})
    full = replace_tables(bare, {"ratings": (replace(source, columns=columns),)})
    touchpoints = {"experience/critical_by_touchpoint", "experience/touchpoint_by_segment"}
    with instance.app.app_context():
        install(full)
        model = by_uuid("chart", identity("guesthouse", "chart", min(touchpoints))).model
        instance.client().put(f"/api/v1/chart/{model.id}", json={"slice_name": "Ours"})
        steps = {step.key: step for step in install(bare).steps if step.kind != "dataset"}
        assert steps[max(touchpoints)].action == "remove"
        assert (steps[min(touchpoints)].action, steps[min(touchpoints)].reason) == (
            "keep",
            "a user edited it (slice_name).",
        )
        assert (steps["experience"].action, steps["experience"].edited) == ("update", ())
        again = {step.key: step for step in install(full).steps if step.kind != "dataset"}
        assert again[max(touchpoints)].action == "create"
        assert again[min(touchpoints)].edited == ("slice_name",)
        assert (again["experience"].action, again["experience"].edited) == ("update", ())
        uninstall("guesthouse", edited=True)


def test_the_plan_says_that_the_data_ended_long_before_as_of(
    instance: Instance, hotels: dict[str, Mapping]
) -> None:
    from superset_kpi.cli.dashboards import _plan_text

    old = changed(hotels["shop"], name="inn", as_of=dt.date(2029, 10, 20))
    with instance.app.app_context():
        text = _plan_text(plan(old, looks=True))
    sentence = next(line for line in text.splitlines() if line.startswith("inn.as_of: "))
    assert "the newest purchase is" in sentence
    assert "Set as_of: 2026-" in sentence


def test_who_has_answers_of_the_running_quarter_alone_is_offered_that(
    instance: Instance, hotels: dict[str, Mapping]
) -> None:
    with instance.app.app_context():
        planned = install(replace(hotels["new_customer"], name="hostel"), looks=True)
    tree = planned.bundle.dashboards["experience"]
    periods = [value for name, value, _ in opening(instance, planned, tree) if "period" in name]
    assert periods == ["2026-Q4"]
    with instance.app.app_context():
        uninstall("hostel")


def test_points_of_a_trend_are_the_first_days_of_fiscal_quarters(
    instance: Instance, hotels: dict[str, Mapping]
) -> None:
    lodge = changed(hotels["experience_only"], name="lodge", fiscal_year_starts=2)
    with instance.app.app_context():
        install(lodge)
        model = by_uuid("chart", identity("lodge", "chart", "experience/cx_trend")).model
        number = model.id
    answer = instance.client().get(f"/api/v1/chart/{number}/data/").get_json()
    (day,) = (name for name in answer["result"][0]["colnames"] if name == "period_start")
    points = {row[day] for row in answer["result"][0]["data"]}
    starts = {dt.datetime.fromtimestamp(p / 1000, dt.timezone.utc).date() for p in points}
    years = {(2025, 5), (2025, 8), (2025, 11), (2026, 2), (2026, 5)}
    assert starts == {dt.date(year, month, 1) for year, month in years}
    with instance.app.app_context():
        uninstall("lodge")
