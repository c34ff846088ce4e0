"""The proposal on servers: PostgreSQL with rights on some tables only, MariaDB with passwords."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy

from superset_kpi.mapping import read_mappings
from superset_kpi.warehouse import connection
from superset_kpi.warehouse.connection import select
from tests import engines
from tests.init.conftest import Run
from tests.init.rows import CHANCE
from tests.strangers.warehouses import STRANGERS, load

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    engines.require("postgres")
    with engines.running("postgres", tmp_path_factory.mktemp("postgres")) as url:
        load(STRANGERS["harbour"], url)
        engine = sqlalchemy.create_engine(url)
        with engine.begin() as opened:
            opened.exec_driver_sql("create role clerk login")
            opened.exec_driver_sql("grant usage on schema market to clerk")
            opened.exec_driver_sql("grant select on market.buyers, market.orders to clerk")
            opened.exec_driver_sql("grant select on market.order_lines to clerk")
        engine.dispose()
        yield url


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    engines.require("mariadb")
    with engines.running("mariadb", tmp_path_factory.mktemp("mariadb")) as url:
        load(STRANGERS["ledgerly"], url)
        yield url


def test_a_table_without_permission_is_left_out_with_a_remark(
    postgres: str, run: Run, tmp_path: Path
) -> None:
    url = postgres.replace("kpi@", "clerk@")
    result = run("init", "--url", url, "--yes")
    assert result.exit_code == 0, result.output
    assert (
        "market.reviews: it cannot be read (permission denied for table reviews), and is left out."
        in (result.stderr)
    )
    mapping = read_mappings(tmp_path / "kpi.yaml")["shop"]
    assert {*mapping.tables} == {"customers", "segment_membership", "transactions"}
    assert mapping.tables["customers"][0].table == "market.buyers"


def test_postgresql_gives_the_tables_of_the_schema(postgres: str, run: Run, tmp_path: Path) -> None:
    result = run("init", "--url", postgres, "--schema", "market", "--yes")
    assert result.exit_code == 0, result.output
    mapping = read_mappings(tmp_path / "kpi.yaml")["shop"]
    assert {*mapping.tables} == {"customers", "segment_membership", "transactions", "ratings"}
    assert str(mapping.as_of).startswith("2018-10-1")


def test_what_is_looked_at_cannot_be_changed_and_takes_seconds(
    postgres: str, run: Run, tmp_path: Path
) -> None:
    assert run("init", "--url", postgres, "--yes").exit_code == 0
    mapping = replace(read_mappings(tmp_path / "kpi.yaml")["shop"], url=postgres)
    with connection(mapping, seconds=7) as opened:
        for name, value in (("statement_timeout", "7s"), ("transaction_read_only", "on")):
            assert select(opened, f"show {name}").rows == ((value,),)


def test_comments_tell_what_was_asked(postgres: str, run: Run, tmp_path: Path) -> None:
    engine = sqlalchemy.create_engine(postgres)
    with engine.begin() as opened:
        for statement in (
            "create schema poll",
            "create table poll.members (member_no int primary key, grade text)",
            "create table poll.survey (id int primary key, member_no int references poll.members, "
            "q1 int, q2 int, answered_at timestamp)",
            "comment on column poll.survey.q1 is 'How likely are you to recommend us?'",
            "comment on column poll.survey.q2 is 'Was it worth the price?'",
            "insert into poll.members select n, 'A' from generate_series(1, 20) as n",
            "insert into poll.survey select n, 1 + mod(n, 20), mod(n, 11), 1 + mod(n, 5), "
            "timestamp '2026-09-01' + n * interval '1 hour' from generate_series(1, 100) as n",
        ):
            opened.exec_driver_sql(statement)
    engine.dispose()
    result = run("init", "--url", postgres, "--schema", "poll", "--yes")
    assert result.exit_code == 0, result.output
    sources = read_mappings(tmp_path / "kpi.yaml")["shop"].tables["ratings"]
    asked = {str(s.columns["metric"].value): s.columns["rating"].value for s in sources}
    assert asked == {"nps": "q1", "value": "q2"}


def test_mariadb_gives_cents_and_seconds(mariadb: str, run: Run, tmp_path: Path) -> None:
    result = run("init", "--url", mariadb, "--yes")
    assert result.exit_code == 0, result.output
    assert "file and warehouse agree" in result.output
    mapping = read_mappings(tmp_path / "kpi.yaml")["shop"]
    columns = mapping.tables["transactions"][0].columns
    assert columns["amount"].value == "AmountCents / 100.0"
    assert columns["occurred_at"].value == "timestamp('1970-01-01') + interval Created second"
    assert {*mapping.tables} == {
        "customers",
        "segment_membership",
        "subscriptions",
        "transactions",
        "ratings",
    }


def test_moments_of_sessions_are_said_to_be_zoned_or_not(
    mariadb: str, run: Run, tmp_path: Path
) -> None:
    engine = sqlalchemy.create_engine(mariadb)
    with engine.begin() as opened:
        for statement in (
            "create database other",
            "create table other.clients (id int primary key, name text)",
            "create table other.orders (id int primary key, client_id int, paid_at timestamp, "
            "total double, foreign key (client_id) references clients(id))",
            "insert into other.clients values (1, 'A'), (2, 'B')",
            "insert into other.orders values (1, 1, '2026-09-01 10:00:00', 5.5)",
        ):
            opened.exec_driver_sql(statement)
    engine.dispose()
    url = sqlalchemy.engine.make_url(mariadb).set(database="other")
    shown = url.render_as_string(hide_password=False)
    result = run("init", "--url", shown, "--schema", "other", "--yes")
    assert result.exit_code == 0, result.output
    assert "file and warehouse agree" in result.output
    (source,) = read_mappings(tmp_path / "kpi.yaml")["shop"].tables["transactions"]
    column = source.columns["occurred_at"]
    assert column.value == "paid_at"
    assert column.zoned is not None


def test_a_wrong_password_is_never_shown(mariadb: str, run: Run, tmp_path: Path) -> None:
    wrong = sqlalchemy.engine.make_url(mariadb).set(
        username="nobody", password=f"hush{CHANCE.random()}"
    )
    url = wrong.render_as_string(hide_password=False)
    result = run("init", "--url", url, "--yes")
    assert result.exit_code == 1
    assert result.stderr.startswith("shop: the warehouse cannot be reached (")
    assert result.stderr.count("\n") == 1
    assert "hush" not in result.output
    assert not (tmp_path / "kpi.yaml").exists()
