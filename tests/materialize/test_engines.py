"""On every engine that can run here: the rows stay the same, and nothing is left behind."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from superset_kpi.errors import KpiError, WarehouseError
from superset_kpi.macros import render_query
from superset_kpi.macros.kept import BASES, relations
from superset_kpi.macros.written import available, tables_in, today, with_written
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.tables import read_tables
from superset_kpi.materialize import plan, recorded, remove, write, write_tables, writing
from superset_kpi.materialize.planning import quoted
from superset_kpi.warehouse import run as query
from tests.killed import dies
from tests.materialize.warehouses import ENGINES, fill, mapping_of, run, same, write_mapping

_number = itertools.count()


@dataclass
class Shop:
    """A warehouse of the shop, and the file of its mapping."""

    url: str
    dialect: str
    schema: str
    file: Path
    mapping: Mapping

    def tables(self) -> list[str]:
        """Whatever stands in the schema that relations are written to."""
        if self.dialect == "sqlite":
            sql = f"select name from sqlite_master where name like '{self.schema}%'"
        else:
            sql = (
                "select table_name from information_schema.tables "
                f"where table_schema = '{self.schema}'"
            )
        return sorted(name for (name,) in run(self.url, sql))

    def count(self, name: str) -> int:
        return int(run(self.url, f"select count(*) from {self.table(name)}")[0][0])

    def add_customer(self) -> None:
        purchases = next(iter(self.mapping.tables["transactions"])).table
        run(self.url, f"insert into {purchases} values ('p', 'new', '2025-12-01 12:00:00', 7.0)")

    def table(self, name: str) -> str:
        return quoted(self.schema, name, self.dialect)


@pytest.fixture(params=list(ENGINES))
def shop(request: pytest.FixtureRequest, engine_url: Callable[[str], str], tmp_path: Path) -> Shop:
    url, dialect = engine_url(request.param), ENGINES[request.param]
    number = next(_number)
    schema, source = f"kpi{number}", f"shop{number}"
    if dialect == "sqlite":
        source = f"{source}_"
    else:
        word = "database" if dialect in ("mysql", "clickhousedb") else "schema"
        run(url, f"create {word} {schema}", f"create {word} {source}")
        source = f"{source}."
    fill(url, dialect, source)
    file = tmp_path / "kpi.yaml"
    mapping = write_mapping(file, mapping_of(url, dialect, source, schema))
    return Shop(url, dialect, schema, file, mapping)


def test_macros_give_the_same_rows_from_tables(shop: Shop) -> None:
    written = write(shop.mapping, plan(shop.mapping, None, (), "table", today(shop.mapping)))
    assert [each.key for each in written] == list(available(shop.mapping))
    assert {each.key for each in BASES} <= {each.key for each in written}
    bound = with_written(shop.mapping, written, today(shop.mapping))
    read = set()
    for name in ("cx_by_segment", "cpv_by_segment", "rfm_segments", "cohort_retention"):
        sql = render_query(name, {}, bound)
        read |= {each.key for each in tables_in(sql, bound)}
        assert same(query(bound, sql), query(bound, render_query(name, {}, shop.mapping))), name
    for name, arguments in (
        ("rating_scores", {"metric": "value", "scheme": "Plan"}),
        ("rating_scores", {"metric": "value", "scheme": "All customers"}),
        ("rating_scores", {"metric": "nps", "scheme": None}),
        ("rating_scores", {"metric": "value", "unit": "latest"}),
        ("clv_by_segment", {}),
        ("churn_by_segment", {"scheme": "Region"}),
        ("clv_by_customer", {"scheme": "Plan"}),
    ):
        sql = render_query(name, arguments, bound)
        read |= {each.key for each in tables_in(sql, bound)}
        live = query(bound, render_query(name, arguments, shop.mapping))
        assert live.rows or arguments.get("metric") == "nps"
        assert same(query(bound, sql), live), name
    nowhere = {"metric": "value", "scheme": "Nowhere"}
    assert query(bound, render_query("rating_scores", nowhere, bound)).rows == ()
    assert query(bound, render_query("rating_scores", nowhere, shop.mapping)).rows == ()
    for each in written:
        relation = relations()[each.key]
        if not relation.among:
            sql = render_query(relation.macro, dict(relation.arguments), bound)
            read |= {used.key for used in tables_in(sql, bound)}
            live = render_query(relation.macro, dict(relation.arguments), shop.mapping)
            assert same(query(bound, sql), query(bound, live)), each.key
    assert read == {each.key for each in written}


def test_a_second_run_replaces_and_a_removal_leaves_nothing(shop: Shop) -> None:
    before = shop.tables()
    planned = plan(shop.mapping, None, ("customer_summary",), "table", today(shop.mapping))
    (first,) = write(shop.mapping, planned)
    shop.add_customer()
    (second,) = write(shop.mapping, planned)
    assert (first.name, first.rows, second.rows) == (second.name, 40, 41)
    assert shop.count(second.name) == 41
    entries = recorded(shop.mapping, shop.schema)
    assert [(e.table_name, e.row_count) for e in entries] == [(second.name, 41)]
    remove(shop.mapping, shop.schema, entries)
    assert shop.tables() == before == []


def test_a_view_is_as_new_as_the_tables_under_it(shop: Shop) -> None:
    planned = plan(shop.mapping, None, ("customer_activity",), "view", today(shop.mapping))
    write(shop.mapping, planned)
    (written,) = write(shop.mapping, planned)
    bound = with_written(shop.mapping, [written], today(shop.mapping))
    sql = render_query("customer_activity", {}, bound)
    assert written.name in sql
    assert same(
        query(bound, sql), query(bound, render_query("customer_activity", {}, shop.mapping))
    )
    remove(shop.mapping, shop.schema, recorded(shop.mapping, shop.schema))
    assert shop.tables() == []


def test_an_interruption_before_the_swap_leaves_the_old_table(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(shop.mapping, None, ("customer_summary",), "table", today(shop.mapping))
    (written,) = write(shop.mapping, planned)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_count", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(shop.mapping, planned)
    assert shop.count(written.name) == 40
    assert any(name.endswith("__new") for name in shop.tables())
    write(shop.mapping, planned)
    assert shop.count(written.name) == 40
    assert not any(name.endswith(("__new", "__old")) for name in shop.tables())


def test_a_removal_takes_what_an_interruption_left(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(shop.mapping, None, ("customer_summary",), "table", today(shop.mapping))
    write(shop.mapping, planned)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_count", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(shop.mapping, planned)
    assert len(shop.tables()) == 3
    remove(shop.mapping, shop.schema, recorded(shop.mapping, shop.schema))
    assert shop.tables() == []


def _interrupted(*_: object) -> int:
    raise KeyboardInterrupt


def test_a_swap_happens_whole_or_not_at_all(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan(shop.mapping, None, ("customer_summary",), "table", today(shop.mapping))
    (written,) = write(shop.mapping, planned)
    shop.add_customer()
    change = writing.change
    rolls_back = shop.dialect in ("duckdb", "postgresql", "sqlite")

    def failing(connection: Connection, statements: Sequence[str], where: str) -> None:
        is_swap = any("insert into" in sql for sql in statements)
        if is_swap and rolls_back:
            statements = [*statements, "select no_such_column from no_such_table"]
        change(connection, statements, where)
        if is_swap:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing, "change", failing)
        with pytest.raises((WarehouseError, KeyboardInterrupt)):
            write(shop.mapping, planned)
    assert shop.count(written.name) == (40 if rolls_back else 41)
    write(shop.mapping, planned)
    assert shop.count(written.name) == 41
    remove(shop.mapping, shop.schema, recorded(shop.mapping, shop.schema))
    assert shop.tables() == []


def test_a_table_that_is_not_ours_is_never_replaced(shop: Shop) -> None:
    planned = plan(
        shop.mapping, None, ("customer_summary", "rating_scores"), "table", today(shop.mapping)
    )
    stored = " engine = MergeTree order by tuple()" if shop.dialect == "clickhousedb" else ""
    foreign = shop.table(planned[-1].name)
    run(shop.url, f"create table {foreign}{stored} as select 1 as theirs")
    before = shop.tables()
    with pytest.raises(KpiError, match="there is a table of this name that kpi_materialized"):
        write(shop.mapping, planned)
    assert shop.tables() == before
    assert [int(v) for (v,) in run(shop.url, f"select theirs from {foreign}")] == [1]


def test_spark_points_a_view_at_the_newest_build(
    engine_url: Callable[[str], str], tmp_path: Path
) -> None:
    url = engine_url("spark")
    run(url, "create database kpi_views", "create database shop_views")
    fill(url, "hive", "shop_views.")
    body = mapping_of(url, "hive", "shop_views.", "kpi_views")
    mapping = write_mapping(tmp_path / "kpi.yaml", body)
    planned = plan(mapping, None, ("customer_summary",), "table", today(mapping))
    (first,) = write(mapping, planned)
    bound = with_written(mapping, [first], today(mapping))
    sql = render_query("rfm_segments", {}, bound)
    assert first.name in sql
    assert same(query(bound, sql), query(bound, render_query("rfm_segments", {}, mapping)))
    moment = "timestamp '2025-12-01 12:00:00'"
    run(url, f"insert into shop_views.purchases values ('p', 'new', {moment}, 7.0)")
    (second,) = write(mapping, planned)
    assert (first.rows, second.rows) == (40, 41)
    shown = sorted(row[1] for row in run(url, "show tables in kpi_views"))
    assert shown[:2] == ["kpi_materialized", second.name]
    assert len(shown) == 3
    assert shown[2].startswith(f"{second.name}__")
    remove(mapping, "kpi_views", recorded(mapping, "kpi_views"))
    assert run(url, "show tables in kpi_views") == []


@pytest.mark.parametrize("rebuilt", [False, True], ids=["again", "anew"])
def test_the_next_run_mends_what_any_kill_left(shop: Shop, rebuilt: bool) -> None:
    keys = ("customer_summary",) if rebuilt else ("customer_summary", "rating_scores")
    planned = plan(shop.mapping, None, keys, "table", today(shop.mapping))

    def work() -> None:
        write_tables(shop.file, "shop", write(shop.mapping, planned))

    def standing() -> tuple[object, ...]:
        entries = recorded(shop.mapping, shop.schema)
        files = sorted(each.name for each in read_tables(shop.file)["shop"])
        counts = {each.name: shop.count(each.name) for each in planned}
        return shop.tables(), counts, sorted(e.table_name for e in entries), files

    work()
    whole = standing()
    kills, step = 0, 1 if shop.dialect == "sqlite" else 4
    while True:
        if rebuilt:
            remove(shop.mapping, shop.schema, recorded(shop.mapping, shop.schema))
        if not dies(work, kills * step):
            break
        kills += 1
        if not rebuilt:  # readers meet the old tables or the new ones
            assert {each.name: shop.count(each.name) for each in planned} == whole[1]
        work()
        assert standing() == whole
    assert kills >= (12 if shop.dialect == "sqlite" else 3)
