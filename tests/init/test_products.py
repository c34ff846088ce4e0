"""Each preset reads the numbers that somebody gets by hand, on engines that hold the product."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from superset_kpi.mapping import Mapping
from superset_kpi.proposal.preset_files import read_presets
from superset_kpi.warehouse import survey
from tests.init import products
from tests.init.conftest import Run
from tests.init.products import T, camel, later, on
from tests.init.proposing import kpi, proposed, proposed_at, rows, write_to
from tests.init.rows import Rows, write

DAY = T.date()
# Preset: its tables, and by logical table the columns and the rows that are read.
PRODUCTS: dict[str, tuple[Rows, dict[str, tuple[str, list[tuple[Any, ...]]]]]] = {
    "zendesk": (
        products.ZENDESK,
        {
            "customers": ("customer_id", [(1,), (2,)]),
            "ratings": (
                "rating_id metric rating responded_at customer_id team channel comment",
                [
                    (100, "csat", 5.0, later(2), 1, "Billing", "email", "well, thanks"),
                    (101, "csat", 1.0, later(3), 2, None, "web", None),
                ],
            ),
        },
    ),
    "zendesk_airbyte": (
        products.ZENDESK_AIRBYTE,
        {
            "customers": ("customer_id", [(1,), (2,)]),
            "ratings": (
                "rating_id metric rating responded_at customer_id response_id team comment",
                [
                    (501, "csat", 5.0, later(2), 1, 100, "Billing", "well, thanks"),
                    (502, "csat", 1.0, later(3), 2, 101, None, None),
                ],
            ),
        },
    ),
    "woocommerce": (
        products.WOOCOMMERCE,
        {
            "customers": ("customer_id country", [(1, "DE"), (2, None)]),
            "segment_membership": (
                "customer_id scheme segment",
                [(1, "Country", "DE"), (1, "State", "BY")],
            ),
            "transactions": (
                "transaction_id customer_id occurred_at amount",
                [
                    (1, 1, T, 50.0),
                    (2, 2, T, 30.0),
                    (3, 2, later(9), -30.0),
                    (4, 1, later(9), -8.0),
                ],
            ),
        },
    ),
    "salesforce": (
        products.SALESFORCE,
        {
            "customers": (
                "customer_id country industry",
                [("001A", "Germany", "Energy"), ("001B", None, None)],
            ),
            "segment_membership": (
                "customer_id scheme segment",
                [("001A", "Industry", "Energy"), ("001A", "Team", "Xu"), ("001B", "Team", "Xu")],
            ),
            "transactions": (
                "transaction_id customer_id occurred_at amount",
                [("006A", "001A", dt.datetime.combine(DAY, dt.time()), 1000.0)],
            ),
            "subscriptions": (
                "subscription_id customer_id started_at ended_at",
                [("800A", "001A", dt.datetime(2025, 1, 1), dt.datetime(2027, 1, 1))],
            ),
        },
    ),
    "hubspot": (
        products.HUBSPOT,
        {
            "customers": (
                "customer_id country industry",
                [(1, "Germany", "ENERGY"), (2, None, None)],
            ),
            "segment_membership": (
                "customer_id scheme segment",
                [(1, "Industry", "ENERGY"), (1, "Team", "yo@us.org")],
            ),
            "transactions": (
                "transaction_id customer_id occurred_at amount",
                [(10, 1, T, 1000.0), (14, 1, later(24), 50.0)],
            ),
        },
    ),
    "qualtrics": (
        products.QUALTRICS,
        {
            "customers": ("customer_id created_at", [("ann@x.org", T), ("bob@x.org", T)]),
            "ratings": (
                "rating_id metric rating responded_at customer_id response_id channel",
                [
                    ("a1", "nps", 10.0, T, "ann@x.org", "R_1", "email"),
                    ("a3", "nps", 2.0, later(24), "ann@x.org", "R_2", "email"),
                    ("a4", "nps", 9.0, T, None, "R_3", "anonymous"),
                ],
            ),
        },
    ),
}
MORE: dict[str, tuple[Rows, dict[str, tuple[str, list[tuple[Any, ...]]]]]] = {
    "typeform": (
        products.TYPEFORM,
        {
            "customers": ("customer_id", [("ann@x.org",), ("bob@x.org",)]),
            "ratings": (
                "rating_id metric rating responded_at customer_id response_id lo hi",
                [
                    ("t1 n", "nps", 9.0, T, "ann@x.org", "t1", 0.0, 10.0),
                    ("t1 s", "satisfaction", 4.0, T, "ann@x.org", "t1", 1.0, 5.0),
                    ("t2 n", "nps", 0.0, later(2), "bob@x.org", "t2", 0.0, 10.0),
                    ("t3 n", "nps", 7.0, later(3), None, "t3", 0.0, 10.0),
                ],
            ),
        },
    ),
    "surveymonkey": (
        products.SURVEYMONKEY,
        {
            "customers": ("customer_id created_at", [("ann@x.org", T), ("bob@x.org", T)]),
            "ratings": (
                "rating_id metric rating responded_at customer_id lo hi top_from bottom_to",
                [
                    ("m1 q1", "nps", 100.0, T, "ann@x.org", -100.0, 100.0, 100.0, -100.0),
                    ("m2 q1", "nps", 0.0, later(24), "ann@x.org", -100.0, 100.0, 100.0, -100.0),
                    ("m3 q1", "nps", -100.0, T, None, -100.0, 100.0, 100.0, -100.0),
                    ("m4 q1", "nps", 100.0, T, "bob@x.org", -100.0, 100.0, 100.0, -100.0),
                ],
            ),
        },
    ),
    "qualtrics_airbyte": (
        products.QUALTRICS_AIRBYTE,
        {
            "customers": ("customer_id", [("ann@x.org",), ("bob@x.org",)]),
            "ratings": (
                "rating_id metric rating responded_at customer_id response_id",
                [
                    ("R_1 QID1", "nps", 10.0, T, "ann@x.org", "R_1"),
                    ("R_2 QID1", "nps", 2.0, later(24), "ann@x.org", "R_2"),
                    ("R_3 QID1", "nps", 9.0, T, None, "R_3"),
                ],
            ),
        },
    ),
    "woocommerce_airbyte": (
        products.WOOCOMMERCE_AIRBYTE,
        {
            "customers": ("customer_id", [(11,), (12,)]),
            "transactions": (
                "transaction_id customer_id occurred_at amount currency",
                [
                    ("order 1", 11, T, 50.0, "EUR"),
                    ("order 2", 12, T, 30.0, "EUR"),
                    ("refund 3", 12, later(9), -30.0, "EUR"),
                    ("refund 4", 11, later(9), -8.0, "EUR"),
                ],
            ),
        },
    ),
    "hubspot_airbyte": (
        products.HUBSPOT_AIRBYTE,
        {
            "customers": ("customer_id created_at", [("1", T), ("2", T)]),
            "segment_membership": ("customer_id scheme segment", [("1", "Team", "Yo")]),
            "transactions": (
                "transaction_id customer_id occurred_at amount",
                [("10", "1", T, 1000.0), ("14", "1", later(24), 50.0)],
            ),
        },
    ),
    "formbricks": (
        products.FORMBRICKS,
        {
            "customers": ("customer_id", [("c1",), ("c2",)]),
            "ratings": (
                "rating_id metric rating responded_at customer_id response_id lo hi",
                [
                    ("r1 n", "nps", 9.0, T, "c1", "r1", 0.0, 10.0),
                    ("r1 s", "satisfaction", 8.0, T, "c1", "r1", 1.0, 10.0),
                    ("r2 c", "csat", 4.0, later(1), None, "r2", 1.0, 5.0),
                    ("r2 f", "ces", 6.0, later(1), None, "r2", 1.0, 7.0),
                ],
            ),
        },
    ),
}
PRODUCTS |= MORE
PRODUCTS["salesforce_airbyte"] = (camel(products.SALESFORCE), PRODUCTS["salesforce"][1])


def test_every_preset_is_tested_with_rows() -> None:
    elsewhere = {"delighted", "olist", "shopify", "stripe"}
    assert {*PRODUCTS} | elsewhere == {*read_presets()}


def agrees(mapping: Mapping, name: str) -> None:
    """Whether everything is mapped and read that is expected of a preset."""
    expected = PRODUCTS[name][1]
    assert {*mapping.tables} == {*expected}
    for logical, (columns, told) in expected.items():
        found = rows(mapping, logical, *columns.split())
        assert [tuple(map(plain, row)) for row in found] == told, logical


def plain(value: Any) -> Any:
    """A day as a moment, a moment without its zone, a code without the spaces that fill it."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    return value.rstrip() if isinstance(value, str) else value


@pytest.mark.parametrize("name", [n for n in PRODUCTS if n != "formbricks"])
def test_a_product_is_recognised_and_read_right(name: str, run: Run, tmp_path: Path) -> None:
    """Without --preset: so it is not mistaken for another one either."""
    mapping = proposed(run, tmp_path, "duckdb", on("duckdb", PRODUCTS[name][0]))
    text = (tmp_path / "kpi.yaml").read_text()
    assert {*re.findall(r"the preset (\w+)", text)} == {name}
    agrees(mapping, name)
    checked = run("check-mapping", env={"WAREHOUSE_URL": mapping.url})
    assert f"{len(mapping.tables)} tables mapped; file and warehouse agree." in checked.output


@pytest.mark.engine
@pytest.mark.parametrize("name", PRODUCTS)
def test_postgresql_reads_the_same(name: str, postgres: str, run: Run, tmp_path: Path) -> None:
    write_to(postgres, on("postgres", PRODUCTS[name][0]), f"of_{name}")
    agrees(proposed_at(run, tmp_path, postgres, "--schema", f"of_{name}"), name)


@pytest.mark.engine
@pytest.mark.parametrize("name", ["woocommerce", "zendesk", "hubspot"])
def test_mariadb_reads_the_same(name: str, mariadb: str, run: Run, tmp_path: Path) -> None:
    write_to(mariadb, on("mariadb", PRODUCTS[name][0]), f"of_{name}")
    url = sqlalchemy.engine.make_url(mariadb).set(database=f"of_{name}")
    shown = url.render_as_string(hide_password=False)
    agrees(proposed_at(run, tmp_path, shown, "--schema", f"of_{name}"), name)


@pytest.mark.parametrize("name", MORE)
def test_documents_are_taken_apart_only_where_that_is_known(
    name: str, run: Run, tmp_path: Path
) -> None:
    tables = {n: (d.replace("jsonb[]", "json"), r) for n, (d, r) in MORE[name][0].items()}
    write("sqlite", tmp_path / "shop.db", on("sqlite", tables))
    given = ["--url", f"sqlite:///{tmp_path / 'shop.db'}", "--yes"]
    assert f"The preset {name} is used" not in run("init", "kpi.yaml", *given).output
    refused = run("init", "other.yaml", *given, "--preset", name)
    engines_of = " and ".join(read_presets()[name].engines)
    assert (refused.exit_code, refused.stderr) == (
        1,
        f"init: the preset '{name}' takes documents apart, in the words of {engines_of}. On "
        "sqlite make a view of the answers, one row each, and map that.\n",
    )


def test_weights_of_surveymonkey_give_its_score(run: Run, tmp_path: Path) -> None:
    mapping = proposed(run, tmp_path, "duckdb", on("duckdb", products.SURVEYMONKEY))
    (row,) = kpi(mapping, "nps_by_segment", scheme="All customers", min_n=1, as_of="2026-09-30")
    assert (row["answers"], row["nps"]) == (4, 25.0)


@pytest.mark.engine
def test_scores_of_documents_are_those_by_hand_on_postgresql(
    postgres: str, run: Run, tmp_path: Path
) -> None:
    """Of NPS a nine alone; of CSAT a four of five; of CES a six of seven, which is low effort."""
    write_to(postgres, products.FORMBRICKS, "scores")
    mapping = proposed_at(run, tmp_path, postgres, "--schema", "scores")
    given = {"scheme": "All customers", "min_n": 1, "as_of": "2026-09-30"}
    (nps,) = kpi(mapping, "nps_by_segment", **given)
    (csat,) = kpi(mapping, "csat_by_segment", **given)
    (ces,) = kpi(mapping, "ces_by_segment", **given)
    assert (nps["answers"], nps["nps"]) == (1, 100.0)
    assert (csat["answers"], csat["csat"]) == (1, 100.0)
    assert (ces["answers"], ces["ces"], ces["low_effort_share"]) == (1, 6.0, 1.0)


def test_satisfied_answers_are_the_share_that_zendesk_shows(run: Run, tmp_path: Path) -> None:
    mapping = proposed(run, tmp_path, "duckdb", products.ZENDESK)
    (row,) = kpi(mapping, "csat_by_segment", scheme="All customers", min_n=1, as_of="2026-09-30")
    assert (row["answers"], row["csat"]) == (2, 50.0)


def test_revenue_of_a_shop_is_net_of_refunds(run: Run, tmp_path: Path) -> None:
    mapping = proposed(run, tmp_path, "duckdb", on("duckdb", products.WOOCOMMERCE))
    found = kpi(mapping, "customer_activity", as_of="2026-09-30")
    assert {r["customer_id"]: (r["purchases"], r["revenue"]) for r in found} == {
        1: (1, 42.0),
        2: (1, 0.0),
    }


def test_a_product_is_found_among_thousands_of_tables(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "MOST_TABLES", 5)
    many: Rows = {f"customer_order_{n:03d}": ("id integer", []) for n in range(50)}
    agrees(proposed(run, tmp_path, "duckdb", {**many, **products.QUALTRICS}), "qualtrics")


def test_tables_of_two_sites_are_not_mixed(run: Run, tmp_path: Path) -> None:
    """wp_2_ has the orders of another shop, and no customers."""
    tables = on("duckdb", products.WOOCOMMERCE)
    stats = tables["wp_wc_order_stats"]
    mapping = proposed(run, tmp_path, "duckdb", {"wp_2_wc_order_stats": (stats[0], []), **tables})
    assert mapping.tables["transactions"][0].table == "main.wp_wc_order_stats"
