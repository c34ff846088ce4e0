"""When macros read a table instead of computing it: never where the rows could be others."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from superset_kpi.cli.mapping_file import in_dialect
from superset_kpi.errors import KpiError, MappingError
from superset_kpi.macros import library, render_call, render_query
from superset_kpi.macros.written import (
    available,
    sources,
    statement,
    tables_in,
    today,
    why_not,
    with_written,
)
from superset_kpi.mapping import Mapping, changed, read_mappings
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.tables import read_tables, tables_path
from superset_kpi.materialize import forget_tables, plan, swap_of, write, write_tables
from superset_kpi.resources import dashboards
from superset_kpi.warehouse import run as query
from tests.materialize.warehouses import mapping_of, run, same, write_mapping

DEMO = Path(__file__).parents[2] / "superset_kpi" / "demo" / "kpi.yaml"
DAY = dt.date(2026, 3, 12)


@pytest.fixture(scope="module")
def demo(
    demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Mapping, Mapping]]:
    """The demo's mappings, each as it computes and as it reads all that can be written."""
    path = tmp_path_factory.mktemp("kept") / "demo.duckdb"
    shutil.copy(demo_warehouse, path)
    run(f"duckdb:///{path}", "create schema kpi")
    found = {}
    for name, mapping in read_mappings(DEMO).items():
        here = replace(mapping, url=f"duckdb:///{path}")
        written = write(here, plan(here, "kpi", (), "table", today(here)))
        found[name] = (here, with_written(here, written, today(here)))
        assert len(found[name][1].written) == len(available(mapping)) == len(written)
    return found


def calls(mapping: Mapping) -> list[tuple[str, dict[str, Any]]]:
    """Every relation for the first scheme, and as every dataset of the dashboards calls it."""
    lib = library()
    scheme = {"scheme": mapping.default_scheme} if mapping.default_scheme else {}
    found: list[tuple[str, dict[str, Any]]] = [
        (m.name, scheme if "scheme" in m.args else {})
        for m in lib.values()
        if m.kind == "relation" and not m.needs_arguments
    ]
    for file in sorted((dashboards() / "datasets").glob("*.yaml")):
        dataset = yaml.safe_load(file.read_text(encoding="utf-8"))
        if (dataset["macro"], dataset.get("arguments") or {}) not in found:
            found.append((dataset["macro"], dataset.get("arguments") or {}))
    return [(name, a) for name, a in found if not lib.missing(lib[name], mapping)]


def agree(mapping: Mapping, one: str, other: str) -> bool:
    """Whether both give the same rows: the warehouse compares exactly, else we by the digits."""
    compared = (
        f"with a as materialized ({one}), b as materialized ({other}) "
        "select (select count(*) from a) = (select count(*) from b) "
        "and not exists (select * from a except all select * from b)"
    )
    if query(mapping, compared).rows == ((True,),):
        return True
    return same(query(mapping, one), query(mapping, other))


@pytest.mark.parametrize("name", ["telecom", "retail", "cdnow"])
def test_every_macro_gives_the_same_rows_from_tables(
    name: str, demo: dict[str, tuple[Mapping, Mapping]]
) -> None:
    live, bound = demo[name]
    read, differing = set(), []
    for macro, arguments in calls(live):
        sql = render_query(macro, arguments, bound)
        used = tables_in(sql, bound)
        read |= {each.key for each in used}
        if used and not agree(bound, sql, render_query(macro, arguments, live)):
            differing.append((macro, arguments))
    assert differing == []
    assert read == set(available(live))


def written(
    mapping: Mapping, day: dt.date, kind: str = "table", keys: tuple[str, ...] = ()
) -> list[Written]:
    """What a run on a day would record."""
    return [
        Written(
            key=each.key,
            schema=each.schema,
            name=each.name,
            kind="view" if kind == "view" else "table",
            statement=each.statement,
            mapping=mapping.file_digest,
            as_of=each.as_of,
            written_at=dt.datetime(2026, 3, 12, tzinfo=dt.timezone.utc),
            rows=1,
            package="0",
        )
        for each in plan(mapping, None, keys, kind, day)
    ]


def shop(folder: Path, **settings: Any) -> Mapping:
    body = {**mapping_of("duckdb:///none", "duckdb", "shop.", "kpi"), **settings}
    return write_mapping(folder / "kpi.yaml", body)


def reads(mapping: Mapping, known: list[Written], day: dt.date = DAY) -> set[str]:
    return {each.key for each in with_written(mapping, known, day).written}


@pytest.mark.parametrize(
    ("arguments", "conditions"),
    [
        ({"metric": "value"}, "metric = 'value'"),
        ({"metric": "value", "scheme": "Plan"}, "metric = 'value' AND scheme = 'Plan'"),
        ({"metric": "value", "scheme": "it's"}, "metric = 'value' AND scheme = 'it''s'"),
    ],
)
def test_metric_and_scheme_are_looked_up_in_the_table(
    arguments: dict[str, str], conditions: str, tmp_path: Path
) -> None:
    mapping = shop(tmp_path)
    bound = with_written(mapping, written(mapping, DAY), DAY)
    sql = render_query("rating_scores", arguments, bound)
    assert sql.endswith(f" WHERE {conditions}")
    assert "shop." not in sql


FEW = ("customer_summary", "customer_period_purchases")
USUAL = {"cohort_activity": {"cohort": "first_purchase"}}


@pytest.mark.parametrize(
    ("macro", "arguments"),
    [
        ("rating_scores", {"period": "month"}),
        ("rating_scores", {"method": "top_box"}),
        ("rating_scores", {"unit": "mean"}),
        ("rating_scores", {"membership": "current"}),
        ("rating_scores", {"competitors": True}),
        ("rating_scores", {"as_of": "2025-12-30"}),
        ("rating_scores", {"unit": "latest", "per": "touchpoint"}),
        ("customer_summary", {"observation_end": "2025-06-30"}),
        ("customer_summary", {"calibration_end": "2025-06-30"}),
        ("customer_summary", {"margin_rate": 0.31}),
        ("customer_activity", {"inactive_days": 179}),
        ("cohort_activity", {"cohort": "signup"}),
        ("customer_period_purchases", {"basis": "revenue"}),
    ],
)
def test_any_other_argument_has_the_relation_computed(
    macro: str, arguments: dict[str, Any], tmp_path: Path
) -> None:
    mapping = shop(tmp_path)
    bound = with_written(mapping, written(mapping, DAY), DAY)
    assert len(bound.written) == len(available(mapping))
    assert f"shop_{macro}_" in render_query(macro, USUAL.get(macro, {}), bound)
    sql = render_query(macro, arguments, bound)
    assert not any(name in sql for name in (f"shop_{macro}_", f"shop_latest_{macro}_"))


def test_a_metric_without_ratings_is_computed(tmp_path: Path) -> None:
    body = mapping_of("duckdb:///none", "duckdb", "shop.", "kpi")
    body["tables"]["ratings"]["columns"]["metric"] = {"constant": "value"}
    mapping = write_mapping(tmp_path / "kpi.yaml", body)
    bound = with_written(mapping, written(mapping, DAY), DAY)
    assert '"kpi".' in render_query("rating_scores", {"metric": "value"}, bound)
    assert '"kpi".' not in render_query("rating_scores", {"metric": "nps"}, bound)


def test_a_call_in_a_template_reads_the_table_too(tmp_path: Path) -> None:
    mapping = shop(tmp_path)
    bound = with_written(mapping, written(mapping, DAY), DAY)
    assert '"kpi"."shop_rfm_segments_' in render_call("rfm_segments", (), {}, bound, 2)
    other = render_call("rfm_segments", (), {"second_axis": "monetary"}, bound, 2)
    assert '"kpi"."shop_customer_summary_' in other
    assert "shop_rfm_segments_" not in other


@pytest.mark.parametrize(
    "settings",
    [
        {"margin_rate": 0.31},
        {"inactive_days": 90},
        {"as_of": "yesterday"},
        {"url": "duckdb:///another"},
        {"currency": "EUR"},
    ],
)
def test_another_mapping_reads_nothing(settings: dict[str, Any], tmp_path: Path) -> None:
    known = written(shop(tmp_path), DAY, keys=FEW)
    other = shop(tmp_path, **settings)
    assert reads(other, known) == set()
    assert {why_not(each, other, DAY) for each in known} == {
        "The mapping has changed since it was written."
    }


def test_where_tables_are_written_to_is_no_change_of_the_mapping(tmp_path: Path) -> None:
    known = written(shop(tmp_path), DAY, keys=FEW)
    assert reads(shop(tmp_path, materialized={"schema": "kpi", "days": 9}), known) == set(FEW)


def test_another_statement_has_the_relation_computed(tmp_path: Path) -> None:
    mapping = shop(tmp_path)
    known = written(mapping, DAY, keys=FEW)
    renamed = replace(known[0], name="customers")
    changed = replace(known[0], statement="0" * 16)
    assert reads(mapping, [changed]) == reads(mapping, [renamed]) == set()
    assert why_not(changed, mapping, DAY) == "Its SQL has changed since superset-kpi 0 wrote it."


@pytest.mark.parametrize(
    ("as_of", "days", "written_on", "asked_on", "is_read"),
    [
        ("yesterday", 1, "2026-03-12", "2026-03-12", True),
        ("yesterday", 1, "2026-03-12", "2026-03-13", True),
        ("yesterday", 1, "2026-03-12", "2026-03-14", False),
        ("yesterday", 0, "2026-03-12", "2026-03-13", False),
        ("yesterday", 1, "2026-03-12", "2026-03-11", False),
        ("today", 2, "2026-03-12", "2026-03-14", True),
        # The last day of March completes it.
        ("today", 9, "2026-03-30", "2026-03-31", False),
        ("today", 9, "2026-03-31", "2026-04-02", True),
        ("yesterday", 9, "2026-03-31", "2026-04-01", False),
    ],
)
def test_an_as_of_that_moves_has_old_tables_computed(
    as_of: str, days: int, written_on: str, asked_on: str, is_read: bool, tmp_path: Path
) -> None:
    mapping = shop(tmp_path, as_of=as_of, materialized={"schema": "kpi", "days": days})
    known = written(mapping, dt.date.fromisoformat(written_on), keys=FEW)
    asked = dt.date.fromisoformat(asked_on)
    assert reads(mapping, known, asked) == (set(FEW) if is_read else set())
    assert reads(mapping, written(mapping, DAY, "view", FEW), asked) == set(FEW)


def test_a_table_is_written_as_of_a_day_and_not_of_the_clock(tmp_path: Path) -> None:
    mapping = shop(tmp_path, as_of="yesterday")
    (table,) = plan(mapping, None, ("customer_summary",), "table", DAY)
    (view,) = plan(mapping, None, ("customer_summary",), "view", DAY)
    assert ("2026-03-11" in table.select, "2026-03-11" in view.select) == (True, False)
    fixed = changed(mapping, as_of=dt.date(2026, 3, 11))
    assert table.select == statement("customer_summary", fixed)
    assert view.select == statement("customer_summary", mapping)
    assert (table.as_of, view.as_of) == (dt.date(2026, 3, 11), None)


def test_a_relation_names_all_tables_that_it_is_made_from(tmp_path: Path) -> None:
    mapping = shop(tmp_path)
    assert sources("customer_summary", mapping) == ("shop.purchases",)
    assert sources("rating_scores", mapping) == ("shop.answers", "shop.member")


def test_the_file_beside_the_mapping_gives_back_what_was_written(tmp_path: Path) -> None:
    mapping, file = shop(tmp_path), tmp_path / "kpi.yaml"
    known = written(mapping, DAY)
    write_tables(file, "shop", known[:1])
    path = write_tables(file, "shop", known[1:])
    assert path == tables_path(file) == tmp_path / "kpi.tables.yaml"
    assert sorted(read_tables(file)["shop"], key=repr) == sorted(known, key=repr)
    assert forget_tables(file, "shop", [each.name for each in known]) == path
    assert not path.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 'kpi"; drop table x'},
        {"name": "x; y"},
        {"as_of": "soon"},
        {"statement": ""},
        {"more": 1},
    ],
)
def test_a_record_that_was_tampered_with_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    mapping, file = shop(tmp_path), tmp_path / "kpi.yaml"
    path = write_tables(file, "shop", written(mapping, DAY)[:1])
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    body["shop"]["customer_summary"] |= change
    path.write_text(yaml.safe_dump(body), encoding="utf-8")
    (key,) = change
    place = rf"^kpi\.tables\.yaml:\d+ shop\.customer_summary\.{key}: .*Restore the file"
    with pytest.raises(MappingError, match=place):
        read_tables(file)


@pytest.mark.parametrize("schema", ['kpi"; drop table x; --', "a.b.c", "", "kpi kpi", "kpi\n"])
def test_a_schema_that_is_no_name_is_refused(schema: str, tmp_path: Path) -> None:
    with pytest.raises(KpiError, match="is not the name of a schema"):
        plan(shop(tmp_path), schema, (), "table", DAY)


@pytest.mark.parametrize("engine", ["mssql", "oracle", "starrocks", "pydoris"])
def test_an_engine_without_a_swap_is_refused(engine: str, tmp_path: Path) -> None:
    mapping = changed(shop(tmp_path), dialect=engine)
    with pytest.raises(
        KpiError, match=f"on {engine!r} a table cannot be put in the place of another"
    ):
        plan(mapping, None, (), "table", DAY)


def test_a_name_that_postgresql_would_cut_off_is_refused(tmp_path: Path) -> None:
    mapping = replace(shop(tmp_path), name="a" * 40)
    with pytest.raises(KpiError, match="has more than 63 characters"):
        plan(mapping, None, (), "table", DAY)


@pytest.mark.parametrize(
    ("engine", "build", "swap"),
    [
        ("redshift", 'create table "kpi"."shop_cohort_activity__new"', "alter table"),
        ("snowflake", None, 'create or replace table "kpi"."shop_cohort_activity_'),
        ("bigquery", None, "create or replace table `kpi`.`shop_cohort_activity_"),
        ("databricks", None, "create or replace table `kpi`.`shop_cohort_activity_"),
        ("trino", 'create table "kpi"."shop_cohort_activity_', "create or replace view"),
    ],
)
def test_an_engine_that_cannot_run_here_has_a_swap_of_its_own(
    engine: str, build: str | None, swap: str, tmp_path: Path
) -> None:
    mapping = in_dialect(shop(tmp_path), engine)
    (one,) = plan(mapping, None, ("cohort_activity",), "table", DAY)
    made = swap_of(one, "shop", "1", is_ours=True, is_there=True)
    assert made.swap[-1].startswith(swap)
    assert (made.built is None) == (build is None)
    if build is not None:
        assert made.build[-1].startswith(build)
        assert made.built in made.build[-1]
    first = swap_of(one, "shop", "1", is_ours=False, is_there=False)
    assert "replace" not in " ".join(first.swap).split(" as ")[0]
