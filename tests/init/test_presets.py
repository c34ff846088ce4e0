"""Presets: recognised by their tables, and mapped as their projects document the columns."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from superset_kpi.proposal.preset_files import read_presets
from tests.init.conftest import Run
from tests.init.proposing import proposed, rows
from tests.init.rows import Rows, write
from tests.init.warehouses import build, olist

T = dt.datetime(2026, 9, 1, 10)
SECONDS = int(T.replace(tzinfo=dt.timezone.utc).timestamp())

STRIPE: Rows = {
    "customer": (
        "id varchar, created timestamp, currency varchar, email varchar, is_deleted boolean",
        [("cus_1", T, "usd", "a@x.org", False), ("cus_2", T, "usd", "b@x.org", True)],
    ),
    "charge": (
        "id varchar, customer_id varchar, amount integer, amount_refunded integer, "
        "currency varchar, created timestamp, status varchar, livemode boolean",
        [
            ("ch_1", "cus_1", 1250, 250, "usd", T, "succeeded", True),
            ("ch_2", "cus_1", 9900, 0, "usd", T, "failed", True),
            ("ch_3", "cus_1", 100, 0, "usd", T, "succeeded", False),
        ],
    ),
    "refund": (
        "id varchar, charge_id varchar, amount integer, created timestamp, status varchar",
        [("re_1", "ch_1", 250, T, "succeeded")],
    ),
    "subscription": (
        "id varchar, customer_id varchar, start_date timestamp, ended_at timestamp, "
        "status varchar, livemode boolean",
        [("sub_1", "cus_1", T, None, "active", True)],
    ),
}
SHOPIFY: Rows = {
    "customer": (
        "id bigint, created_at timestamp, email varchar, orders_count integer",
        [(1, T, "a@x.org", 1), (2, T, "b@x.org", 1)],
    ),
    "order": (
        "id bigint, customer_id bigint, created_at timestamp, total_price double, "
        "currency varchar, test boolean, cancelled_at timestamp, "
        "billing_address_country_code varchar",
        [
            (10, 1, T, 50.0, "EUR", False, None, "DE"),
            (11, 2, T, 70.0, "EUR", False, T, "FR"),
            (12, 2, T, 20.0, "EUR", True, None, "FR"),
        ],
    ),
    "transaction": (
        "id bigint, order_id bigint, refund_id bigint, amount double, kind varchar, "
        "status varchar, created_at timestamp",
        [
            (100, 10, None, 50.0, "sale", "success", T),
            (101, 10, 7, 15.0, "refund", "success", T),
            (102, 11, 8, 70.0, "refund", "success", T),
        ],
    ),
}
DELIGHTED: Rows = {
    "people": (
        "id varchar, name varchar, email varchar, created_at bigint",
        [("1", "A", "a@x.org", SECONDS)],
    ),
    "survey_responses": (
        "id varchar, person varchar, survey_type varchar, score integer, comment varchar, "
        "created_at bigint",
        [("7", "1", "nps", 9, "good", SECONDS), ("8", "1", "csat", 4, None, SECONDS)],
    ),
}


def test_charges_are_in_major_units_and_refunds_are_negative(run: Run, tmp_path: Path) -> None:
    mapping = proposed(run, tmp_path, "duckdb", STRIPE)
    found = rows(mapping, "transactions", "transaction_id", "customer_id", "amount", "currency")
    assert found == [("ch_1", "cus_1", 12.5, "USD"), ("re_1", "cus_1", -2.5, "USD")]
    assert rows(mapping, "customers", "customer_id") == [("cus_1",)]
    assert rows(mapping, "subscriptions", "subscription_id", "ended_at") == [("sub_1", None)]


def test_an_optional_table_that_is_not_there_is_left_out(run: Run, tmp_path: Path) -> None:
    there = {name: STRIPE[name] for name in ("customer", "charge")}
    mapping = proposed(run, tmp_path, "duckdb", there, "--preset", "stripe")
    assert {*mapping.tables} == {"customers", "transactions"}
    assert len(mapping.tables["transactions"]) == 1


def test_neither_cancelled_orders_nor_their_refunds_count(run: Run, tmp_path: Path) -> None:
    mapping = proposed(run, tmp_path, "duckdb", SHOPIFY)
    found = rows(mapping, "transactions", "transaction_id", "customer_id", "amount", "currency")
    assert found == [("order 10", 1, 50.0, "EUR"), ("refund 101", 1, -15.0, "EUR")]
    assert rows(mapping, "segment_membership", "customer_id", "segment") == [(1, "DE"), (2, "FR")]


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_seconds_of_answers_become_moments_on_each_engine(
    engine: str, run: Run, tmp_path: Path
) -> None:
    mapping = proposed(run, tmp_path, engine, DELIGHTED)
    found = rows(mapping, "ratings", "metric", "rating", "responded_at", "customer_id")
    assert [(m, r, str(t), c) for m, r, t, c in found] == [
        ("csat", 4.0, str(T), "1"),
        ("nps", 9.0, str(T), "1"),
    ]


def test_a_preset_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    write("duckdb", tmp_path / "shop.duckdb", DELIGHTED)
    url = f"duckdb:///{tmp_path / 'shop.duckdb'}"
    result = run("init", "--url", url, "--yes", "--preset", "stripe")
    assert (result.exit_code, result.stderr) == (
        1,
        "init: the preset 'stripe' is not in this warehouse: there is no table customer with "
        "id, created, is_deleted, currency. Name its schema with --schema, or leave it out.\n",
    )
    result = run("init", "--url", url, "--yes", "--preset", "strip")
    assert result.stderr == "init: there is no preset 'strip'. Did you mean 'stripe'?\n"
    assert not (tmp_path / "kpi.yaml").exists()


def test_customers_without_e_mails_are_not_mixed(run: Run, tmp_path: Path) -> None:
    write("duckdb", tmp_path / "shop.duckdb", {**olist(), **DELIGHTED})
    url = f"duckdb:///{tmp_path / 'shop.duckdb'}"
    result = run("init", "--url", url, "--yes")
    assert (result.exit_code, result.stderr) == (
        1,
        "init: the presets delighted and olist have customers of their own, and olist has no "
        "e-mails, so that nobody can tell which are the same. Choose one, for example "
        "--preset olist.\n",
    )
    assert run("init", "--url", url, "--yes", "--preset", "delighted").exit_code == 0


def test_without_presets_everything_is_guessed(run: Run, tmp_path: Path) -> None:
    url = build("woocommerce", tmp_path)
    assert run("init", "--url", url, "--yes").exit_code == 0
    assert "the preset woocommerce" in (tmp_path / "kpi.yaml").read_text()
    guessed = run("init", "own.yaml", "--url", url, "--yes", "--preset", "none")
    assert guessed.exit_code == 0
    said = "No other table was looked at; --preset none guesses from all."
    assert said not in guessed.output
    assert said in run("init", "again.yaml", "--url", url, "--yes").output
    text = (tmp_path / "own.yaml").read_text()
    assert "the preset" not in text
    assert "table: main.wp_wc_order_stats" in text


def test_presets_are_listed_with_what_they_feed(run: Run) -> None:
    listed = run("presets").output
    for name, preset in read_presets().items():
        assert name in listed
        assert ", ".join(preset.feeds) in listed
    told = {p["name"]: p["engines"] for p in json.loads(run("presets", "--json").output)}
    assert told["stripe"] == []
    assert told["typeform"] == ["duckdb", "postgresql"]
    assert told["formbricks"] == ["postgresql"]
