"""A moment is of the mapping's day, whatever the zone of the session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from superset_kpi.errors import MacroError
from superset_kpi.macros import render_query
from superset_kpi.macros.written import as_of_day, today
from superset_kpi.mapping import Mapping, changed, read_mappings
from superset_kpi.warehouse import run
from superset_kpi.warehouse.inspect import check_mapping

pytestmark = pytest.mark.engine

Url = Callable[[str], str]

SESSIONS = ("UTC", "Asia/Tokyo", "America/New_York")
LATE = "2026-06-30 22:30:00"
# How a session takes a zone, and how a table of one purchase at LATE is made: `zoned` in UTC,
# `plain` by a clock without a zone.
ENGINES: dict[str, tuple[str, str, list[str]]] = {
    "duckdb": (
        "duckdb",
        "set timezone = '{}'",
        [
            "create table moments as select 1 as id, 7 as buyer, 12.5 as total, "
            f"timestamptz '{LATE}+00' as zoned, timestamp '{LATE}' as plain"
        ],
    ),
    "postgres": (
        "postgresql",
        "set timezone = '{}'",
        [
            "create table moments as select 1 as id, 7 as buyer, 12.5 as total, "
            f"timestamptz '{LATE}+00' as zoned, timestamp '{LATE}' as plain"
        ],
    ),
    "mariadb": (
        "mysql",
        "set time_zone = '{}'",
        [
            "set time_zone = '+00:00'",
            "create table moments (id int, buyer int, total double, zoned timestamp null, "
            "plain datetime)",
            f"insert into moments values (1, 7, 12.5, '{LATE}', '{LATE}')",
        ],
    ),
    "clickhouse": (
        "clickhousedb",
        "",
        [
            "create table moments (id Int32, buyer Int32, total Float64, zoned DateTime('Asia/"
            "Tokyo'), plain Date32) engine = Memory",
            f"insert into moments select 1, 7, 12.5, toDateTime('{LATE}', 'UTC'), '2026-06-30'",
        ],
    ),
    "spark": (
        "hive",
        "set time zone '{}'",
        [
            "create table moments as select 1 as id, 7 as buyer, 12.5d as total, "
            f"timestamp '{LATE}Z' as zoned, timestamp_ntz '{LATE}' as plain"
        ],
    ),
    "sqlite": (
        "sqlite",
        "",
        [
            "create table moments as select 1 as id, 7 as buyer, 12.5 as total, "
            f"'{LATE}' as zoned, '{LATE}' as plain"
        ],
    ),
}
# What mariadb-tzinfo-to-sql would write of Europe/Berlin, of 2026.
BERLIN = [
    "replace into mysql.time_zone values (9001, 'N')",
    "replace into mysql.time_zone_name values ('Europe/Berlin', 9001)",
    "replace into mysql.time_zone_transition_type values (9001, 0, 3600, 0, 'CET'), "
    "(9001, 1, 7200, 1, 'CEST')",
    "replace into mysql.time_zone_transition values (9001, 0, 0), (9001, 1774746000, 1), "
    "(9001, 1792890000, 0)",
]
OFFSETS = {"UTC": "+00:00", "Asia/Tokyo": "+09:00", "America/New_York": "-04:00"}


@pytest.fixture(scope="module", params=list(ENGINES))
def warehouse(request: pytest.FixtureRequest, engine_url: Url) -> tuple[str, str]:
    """An engine with the table of one purchase, and its URL."""
    url = engine_url(request.param)
    database = create_engine(url)
    with database.begin() as connection:
        for statement in ["drop table if exists moments", *ENGINES[request.param][2]]:
            connection.exec_driver_sql(statement)
        for statement in BERLIN if request.param == "mariadb" else ():
            connection.exec_driver_sql(statement)
    database.dispose()
    return request.param, url


def shop(folder: Path, engine: str, column: str, zone: str, is_told: bool = True) -> Mapping:
    is_told = is_told and engine == "mariadb" and column == "zoned"
    moment = "{column: zoned, zoned: true}" if is_told else column
    (folder / "kpi.yaml").write_text(
        f"shop:\n  database: Shop\n  dialect: {ENGINES[engine][0]}\n  as_of: 2026-09-30\n"
        f"{zone and f'  timezone: {zone}'}\n"
        "  tables:\n    transactions:\n      table: moments\n      columns:\n"
        f"        transaction_id: id\n        customer_id: buyer\n        occurred_at: {moment}\n"
        "        amount: total\n"
    )
    return read_mappings(folder / "kpi.yaml")["shop"]


def days(warehouse: tuple[str, str], mapping: Mapping) -> set[Any]:
    """The first day of purchase in a session of each zone, by the command line and by Superset."""
    from tests.engines.text import superset_forms

    engine, url = warehouse
    sql = render_query("customer_summary", {}, mapping)
    database, found = create_engine(url), set()
    for zone in SESSIONS:
        with database.begin() as connection:
            if setting := ENGINES[engine][1]:
                known = OFFSETS[zone] if engine == "mariadb" else zone
                connection.exec_driver_sql(setting.format(known))
            for text in [sql, *superset_forms(sql, mapping.dialect)]:
                if engine == "clickhouse":
                    text = f"{text} settings session_timezone = '{zone}'"
                asked = text.replace("%", "%%")
                row = connection.exec_driver_sql(asked).mappings().one()
                found.add(str(row["first_purchase_on"])[:10])
    database.dispose()
    return found


@pytest.mark.parametrize("zone", ["", "UTC", "Europe/Berlin"])
def test_a_moment_with_a_zone_is_of_the_day_in_the_mappings(
    zone: str, warehouse: tuple[str, str], tmp_path: Path
) -> None:
    if warehouse[0] == "sqlite":
        pytest.skip("SQLite has no moments with a zone.")
    mapping = shop(tmp_path, warehouse[0], "zoned", zone)
    wanted = "2026-07-01" if zone == "Europe/Berlin" else "2026-06-30"
    assert days(warehouse, mapping) == {wanted}


@pytest.mark.parametrize("zone", ["", "Asia/Tokyo"])
def test_a_moment_without_a_zone_is_of_the_day_it_says(
    zone: str, warehouse: tuple[str, str], tmp_path: Path
) -> None:
    assert days(warehouse, shop(tmp_path, warehouse[0], "plain", zone)) == {"2026-06-30"}


def test_mariadb_is_asked_which_columns_the_session_moves(engine_url: Url, tmp_path: Path) -> None:
    """Without a word from the mapping such a column would be of another day by session."""
    url = engine_url("mariadb")
    database = create_engine(url)
    with database.begin() as connection:
        for statement in ["drop table if exists moments", *ENGINES["mariadb"][2]]:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("delete from mysql.time_zone_name where name = 'Asia/Tokyo'")
    database.dispose()
    found = [
        check_mapping(replace(shop(tmp_path, "mariadb", "zoned", zone, is_told), url=url))
        for is_told, zone in ((False, "UTC"), (True, "UTC"), (True, "Asia/Tokyo"))
    ]
    assert found == [
        [
            "shop.tables.transactions.columns.occurred_at: 'zoned' is a TIMESTAMP, which each "
            "session sees in its own zone. For the time in UTC: map "
            "`{column: zoned, zoned: true}`; to leave it to the session: `zoned: false`."
        ],
        [],
        [
            "shop.timezone: the server does not know Asia/Tokyo, and turns every timestamp into "
            "null. Fill its time zone tables, for example "
            "`mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql`."
        ],
    ]


def test_today_is_the_day_in_the_mappings_zone(warehouse: tuple[str, str], tmp_path: Path) -> None:
    """Two zones that are 25 hours apart never have one day."""
    engine, url = warehouse
    zones = ("Pacific/Kiritimati", "Pacific/Niue")
    if engine == "mariadb":
        zones = ("UTC", "Europe/Berlin")  # the one that was filled
    wanted, found = [], []
    for zone in zones:
        mapping = shop(tmp_path, engine, "plain", zone)
        mapping = changed(mapping, as_of="today", url=url)
        if engine == "sqlite":
            with pytest.raises(MacroError, match="SQLite does not know which day it is in Pacific"):
                render_query("customer_summary", {}, mapping)
            continue
        (row,) = run(mapping, render_query("customer_summary", {}, mapping)).records()
        found.append(dt.date(2026, 6, 30) + dt.timedelta(days=int(row["age_days"])))
        wanted.append(today(mapping))
        assert as_of_day(mapping, today(mapping)) == today(mapping)
    assert found == wanted
