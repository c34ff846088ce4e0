"""Several presets: a shop and what its customers answered elsewhere, joined by e-mail."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from superset_kpi.proposal import preset_files
from superset_kpi.proposal.preset_files import People, read_presets
from tests.init import products
from tests.init.conftest import Run
from tests.init.products import on
from tests.init.proposing import kpi, proposed, proposed_at, rows, write_to
from tests.init.rows import Rows
from tests.init.test_presets import DELIGHTED, SHOPIFY, STRIPE
from tests.init.test_products import PRODUCTS

T = dt.datetime(2026, 9, 1, 10)
SECONDS = int(T.replace(tzinfo=dt.timezone.utc).timestamp())

# Who of the shop has which e-mail: 3 and 4 share one, 5 has an empty one, 6 none.
SHOP: Rows = {
    **SHOPIFY,
    "customer": (
        "id bigint, created_at timestamp, email varchar, orders_count integer",
        [
            (1, T, "Ann@x.org", 1),
            (2, T, "bob@x.org ", 1),
            (3, T, "both@x.org", 1),
            (4, T, "BOTH@x.org", 1),
            (5, T, "", 0),
            (6, T, None, 0),
        ],
    ),
    "order": (
        SHOPIFY["order"][0],
        [(10 + n, n, T, 10.0 * n, "EUR", False, None, "DE") for n in range(1, 5)],
    ),
}
# Person: e-mail. Half of them are known to the shop.
PEOPLE = {
    "p1": "ann@X.org",
    "p2": "BOB@x.org",
    "p3": "both@x.org",
    "p4": "nobody@x.org",
    "p5": "",
    "p6": None,
}
SCORES = {"p1": 10, "p2": 9, "p3": 0, "p4": 3, "p5": 8, "p6": 7}
SURVEY: Rows = {
    "people": (DELIGHTED["people"][0], [(p, p, mail, SECONDS) for p, mail in PEOPLE.items()]),
    "survey_responses": (
        DELIGHTED["survey_responses"][0],
        [(f"r-{p}", p, "nps", score, None, SECONDS) for p, score in SCORES.items()],
    ),
}
BOTH = ("--preset", "shopify", "--preset", "delighted")


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_answers_are_of_the_shop_s_customers_by_e_mail(
    engine: str, run: Run, tmp_path: Path
) -> None:
    mapping = proposed(run, tmp_path, engine, {**SHOP, **SURVEY}, *BOTH)
    assert rows(mapping, "customers", "customer_id") == [(n,) for n in range(1, 7)]
    found = rows(mapping, "ratings", "rating_id", "rating", "customer_id")
    assert found == [
        ("r-p1", 10.0, 1),
        ("r-p2", 9.0, 2),
        ("r-p3", 0.0, 3),
        ("r-p4", 3.0, None),
        ("r-p5", 8.0, None),
        ("r-p6", 7.0, None),
    ]


def test_scores_by_customer_are_those_by_hand(run: Run, tmp_path: Path) -> None:
    mapping = proposed(run, tmp_path, "duckdb", {**SHOP, **SURVEY})
    countries = kpi(mapping, "nps_by_segment", scheme="Country", min_n=1, as_of="2026-09-30")
    (german,) = [row for row in countries if row["segment"] == "DE"]
    assert (german["answers"], german["promoters"], german["detractors"]) == (3, 2, 1)
    assert german["nps"] == pytest.approx(100 / 3)
    everybody = kpi(mapping, "nps_by_segment", scheme="All customers", min_n=1, as_of="2026-09-30")
    assert [row["rated_customers"] for row in everybody] == [3]


def test_the_first_preset_with_purchases_gives_the_customers(run: Run, tmp_path: Path) -> None:
    order = ("--preset", "delighted", "--preset", "shopify")
    mapping = proposed(run, tmp_path, "duckdb", {**SHOP, **SURVEY}, *order)
    assert mapping.tables["customers"][0].table == "main.customer"
    text = (tmp_path / "kpi.yaml").read_text()
    assert "the customer of shopify with the same e-mail" in text


def test_purchases_of_a_second_preset_are_left_out(run: Run, tmp_path: Path) -> None:
    """A shop's orders are paid somewhere: both together would count them twice."""
    mails = [("cus_1", T, "usd", "ANN@x.org", False), ("cus_2", T, "usd", "z@x.org", False)]
    payments = {
        **STRIPE,
        "customer": (STRIPE["customer"][0], mails),
        "subscription": (
            STRIPE["subscription"][0],
            [(f"sub_{n}", f"cus_{n}", T, None, "active", True) for n in (1, 2)],
        ),
    }
    tables = {f"pay.{name}": told for name, told in payments.items()}
    given = ["create schema pay"]
    mapping = proposed(
        run,
        tmp_path,
        "duckdb",
        {**SHOP, **tables},
        "--preset",
        "shopify",
        "--preset",
        "stripe",
        before=given,
    )
    assert len(rows(mapping, "transactions", "transaction_id")) == 5
    assert rows(mapping, "subscriptions", "subscription_id", "customer_id") == [("sub_1", 1)]


def test_customers_of_the_same_ids_are_joined_by_them(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    presets = dict(read_presets())
    for name, table in (("shopify", "customer"), ("delighted", "people")):
        people = People(table=table, id="id", email="email", ids="of the shop")
        presets[name] = presets[name].model_copy(update={"people": people})
    monkeypatch.setattr("superset_kpi.proposal.presets.read_presets", lambda: presets)
    assert preset_files.read_presets() is not presets
    columns = DELIGHTED["survey_responses"][0].replace("person varchar", "person bigint")
    numbers = {
        "people": (
            "id bigint, name varchar, email varchar, created_at bigint",
            [(2, "B", "other@x.org", SECONDS)],
        ),
        "survey_responses": (columns, [("r", 2, "nps", 9, None, SECONDS)]),
    }
    mapping = proposed(run, tmp_path, "duckdb", {**SHOP, **numbers}, *BOTH)
    assert rows(mapping, "ratings", "rating_id", "customer_id") == [("r", 2)]


# What the tables of products call those who are 1 and 2 in the shop.
TOLD: dict[Any, Any] = {"ann@x.org": 1, "bob@x.org": 2, 1: 1, 2: 2, "c1": 1, None: None}
SURVEYS = ("typeform", "surveymonkey", "qualtrics", "qualtrics_airbyte", "zendesk")
ANN_AND_BOB: Rows = {
    **SHOPIFY,
    "customer": (
        SHOPIFY["customer"][0],
        [(1, T, "ANN@X.org", 1), (2, T, "bob@x.org", 1), (3, T, "bob@x.org", 1)],
    ),
}


@pytest.mark.parametrize("name", [*SURVEYS, "zendesk_airbyte"])
def test_every_survey_joins_a_shop(name: str, run: Run, tmp_path: Path) -> None:
    tables, expected = PRODUCTS[name]
    columns, told = expected["ratings"]
    place = columns.split().index("customer_id")
    mapping = proposed(run, tmp_path, "duckdb", {**ANN_AND_BOB, **on("duckdb", tables)})
    found = rows(mapping, "ratings", "rating_id", "customer_id")
    assert found == [(row[0], TOLD[row[place]]) for row in told]


@pytest.mark.engine
@pytest.mark.parametrize("name", [*SURVEYS, "formbricks"])
def test_every_survey_joins_a_shop_on_postgresql(
    name: str, postgres: str, run: Run, tmp_path: Path
) -> None:
    tables, expected = PRODUCTS[name]
    columns, told = expected["ratings"]
    place = columns.split().index("customer_id")
    shop = {n: (d.replace("double", "double precision"), r) for n, (d, r) in ANN_AND_BOB.items()}
    write_to(postgres, {**shop, **on("postgres", tables)}, f"shop_and_{name}")
    mapping = proposed_at(run, tmp_path, postgres, "--schema", f"shop_and_{name}")
    found = rows(mapping, "ratings", "rating_id", "customer_id")
    assert found == [(row[0], TOLD[row[place]]) for row in told]


@pytest.mark.engine
def test_two_surveys_join_a_shop_with_keys_apart(postgres: str, run: Run, tmp_path: Path) -> None:
    """Their keys are numbers here and texts there, and may be the same."""
    shop = {n: (d.replace("double", "double precision"), r) for n, (d, r) in ANN_AND_BOB.items()}
    both = {**products.ZENDESK, **products.TYPEFORM}
    write_to(postgres, {**shop, **on("postgres", both)}, "shop_and_two")
    mapping = proposed_at(run, tmp_path, postgres, "--schema", "shop_and_two")
    assert rows(mapping, "ratings", "rating_id", "customer_id", "response_id") == [
        ("typeform t1 n", 1, "typeform t1"),
        ("typeform t1 s", 1, "typeform t1"),
        ("typeform t2 n", 2, "typeform t2"),
        ("typeform t3 n", None, "typeform t3"),
        ("zendesk 100", 1, "zendesk 100"),
        ("zendesk 101", 2, "zendesk 101"),
    ]
    metrics = kpi(mapping, "checks_summary", as_of="2026-09-30")
    twice = [c for c in metrics if c["check_name"] == "response_is_unique"]
    assert [c["findings"] for c in twice] == [0]


def test_two_landings_of_a_product_are_one(run: Run, tmp_path: Path) -> None:
    tables = {**products.ZENDESK, **products.ZENDESK_AIRBYTE}
    mapping = proposed(run, tmp_path, "duckdb", tables)
    assert rows(mapping, "ratings", "rating_id") == [(100,), (101,)]


def test_answers_of_contacts_are_of_their_account(run: Run, tmp_path: Path) -> None:
    """Ann is a contact of 001A, and Bob one who was deleted."""
    tables = {**products.SALESFORCE, **products.SURVEYMONKEY}
    mapping = proposed(run, tmp_path, "duckdb", on("duckdb", tables))
    assert rows(mapping, "ratings", "rating_id", "customer_id") == [
        ("m1 q1", "001A"),
        ("m2 q1", "001A"),
        ("m3 q1", None),
        ("m4 q1", None),
    ]


def test_answers_of_contacts_are_of_their_company(run: Run, tmp_path: Path) -> None:
    """Bob's company is no customer any more: it is archived."""
    tables = {**products.HUBSPOT, **products.SURVEYMONKEY}
    mapping = proposed(run, tmp_path, "duckdb", on("duckdb", tables))
    found = rows(mapping, "ratings", "rating_id", "customer_id")
    assert [customer for _, customer in found] == [1, 1, None, None]
    tables = {**products.HUBSPOT_AIRBYTE, **products.SURVEYMONKEY}
    (tmp_path / "kpi.yaml").unlink()
    (tmp_path / "shop.duckdb").unlink()
    mapping = proposed(run, tmp_path, "duckdb", on("duckdb", tables))
    found = rows(mapping, "ratings", "rating_id", "customer_id")
    assert [customer for _, customer in found] == ["1", "1", None, None]
