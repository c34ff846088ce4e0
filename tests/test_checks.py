"""Every planted fault is found by its check, row by row, and the clean demo has none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from superset_kpi.cli import superset_group
from superset_kpi.demo import faults as planting
from superset_kpi.demo import warehouse
from superset_kpi.macros import library, render_query
from superset_kpi.macros.library import Library
from superset_kpi.mapping import Mapping, changed, read_mappings
from superset_kpi.resources import sql_macros
from superset_kpi.warehouse import run
from superset_kpi.warehouse.checks import MAPPING_CHECK, Outcome, check_names, run_checks

DEMO_MAPPING = Path(warehouse.__file__).with_name("kpi.yaml")

Outcomes = dict[str, Outcome]


def outcomes_of(schema: str, path: Path, folder: Path) -> Outcomes:
    """The telecom's checks on the tables of a schema of the warehouse."""
    text = DEMO_MAPPING.read_text(encoding="utf-8").replace("telecom.", f"{schema}.")
    (folder / "kpi.yaml").write_text(text.replace("${KPI_DEMO_WAREHOUSE}", str(path)))
    mapping = read_mappings(folder / "kpi.yaml")["telecom"]
    return {outcome.name: outcome for outcome in run_checks(mapping)}


@pytest.fixture(scope="module")
def spoilt(
    demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, planting.Planted], Path]:
    """What was planted, and the warehouse that holds it."""
    path = tmp_path_factory.mktemp("spoilt") / "spoilt.duckdb"
    shutil.copy(demo_warehouse, path)
    return planting.plant_faults(path), path


@pytest.fixture(scope="module")
def found(
    spoilt: tuple[Any, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Outcomes]:
    """Outcomes by schema."""
    _, path = spoilt
    folder = tmp_path_factory.mktemp("mappings")
    return {schema: outcomes_of(schema, path, folder) for schema in ("telecom", "faulty", "silent")}


def items(outcome: Outcome) -> set[str]:
    return {str(row["item"]) for row in outcome.findings.records()}


def numbers(outcome: Outcome) -> set[str]:
    """Of `value 5315485` the number of the answer."""
    return {item.split()[-1] for item in items(outcome)}


def column(name: str) -> Callable[[Outcome], set[str]]:
    return lambda outcome: {str(row[name]) for row in outcome.findings.records()}


# Fault: the check that finds it, and how its rows name what was spoilt.
FINDERS: dict[str, tuple[str, Callable[[Outcome], set[str]]]] = {
    "ratings outside their scale": ("rating_is_on_scale", numbers),
    "duplicate responses": ("response_is_unique", items),
    "ratings without customer": ("rating_has_a_customer", items),
    "customers in two segments of a scheme": ("customer_is_in_one_segment", items),
    "segments outside 3-5": ("segments_are_three_to_five", items),
    "review overdue": ("segments_are_reviewed", column("scheme")),
    "Unassigned share": ("few_customers_are_unassigned", items),
    "no competitor rating in 12 months": ("competitor_ratings_are_recent", items),
    "low ratings never followed up": ("low_ratings_are_followed_up", items),
    "employee engagement missing": ("engagement_is_measured", items),
    "employee engagement below its floor": ("engagement_is_above_floor", items),
    "mixed currencies": ("one_currency", items),
    "purchases in the future": ("no_purchase_in_the_future", items),
    "negative or zero margins": ("margins_are_positive", items),
    "purchases loaded twice": ("purchase_is_unique", column("repeated_rows")),
    "purchases without customer, day or amount": ("purchase_is_complete", items),
    "purchases without a margin": ("margin_is_stated", column("unstated_rows")),
    "buyers whom the customers lack": ("buyer_is_a_customer", column("purchases")),
    "customers with two rows": ("customer_is_unique", column("repeated_customers")),
    "ratings without a day": ("rating_has_a_day", items),
}
# Found too, but their keys are no rows of the check.
OTHERS = {
    "scores without comments",
    "overall band differs from a segment with at least 10 % of customers",
    "newest rating older than a quarter",
    "mapping column missing",
    "mapping column of the wrong type",
}


@pytest.mark.parametrize("fault", FINDERS)
def test_a_planted_fault_is_found_row_by_row(
    fault: str, spoilt: tuple[dict[str, planting.Planted], Path], found: dict[str, Outcomes]
) -> None:
    planted = spoilt[0][fault]
    check, keys_of = FINDERS[fault]
    outcome = found[planted.schema][check]
    assert outcome.status == "broken"
    assert keys_of(outcome) == {str(key) for key in planted.keys}


def test_each_fault_is_found_by_one_check_alone(found: dict[str, Outcomes]) -> None:
    finders = [check for check, _ in FINDERS.values()]
    others = {"scores_have_comments", "overall_band_fits_segments", "ratings_are_recent"}
    assert len(set(finders)) == len(finders)
    broken = {
        schema: {name for name, outcome in outcomes.items() if outcome.status == "broken"}
        for schema, outcomes in found.items()
    }
    planted = (broken["faulty"] | broken["silent"]) - broken["telecom"]
    assert planted == {*finders, *others, MAPPING_CHECK} - broken["telecom"]


def test_every_planted_fault_has_a_test(spoilt: tuple[dict[str, Any], Path]) -> None:
    assert set(spoilt[0]) == FINDERS.keys() | OTHERS


def test_missing_comments_are_found_in_the_newest_quarter(found: dict[str, Outcomes]) -> None:
    rows = found["faulty"]["scores_have_comments"].findings.records()
    assert {(row["item"], row["period"]) for row in rows} == {
        ("value", "2026-Q3"),
        ("experience", "2026-Q3"),
    }
    assert all(row["commented_share"] < 0.2 for row in rows)


def test_a_survey_that_fell_silent_is_found(found: dict[str, Outcomes]) -> None:
    rows = found["silent"]["ratings_are_recent"].findings.records()
    assert {"value", "experience", "nps"} <= {row["item"] for row in rows}
    assert {str(row["last_rated_on"]) for row in rows} <= {
        f"2026-0{m}-{d:02}" for m in (5, 6) for d in range(1, 32)
    }


def test_what_the_mapping_says_and_the_warehouse_lacks_is_found(
    found: dict[str, Outcomes],
) -> None:
    rows = found["faulty"][MAPPING_CHECK].findings.records()
    by_item = {row["item"]: row["detail"] for row in rows}
    assert set(by_item) == {
        "telecom.tables.initiatives.columns.started_at",
        "telecom.tables.market_events.columns.started_at",
    }
    assert "began_on" in by_item["telecom.tables.initiatives.columns.started_at"]
    assert "is not a timestamp" in by_item["telecom.tables.market_events.columns.started_at"]


def test_the_clean_demo_breaks_no_check_but_the_one_that_its_story_breaks(
    found: dict[str, Outcomes],
) -> None:
    others = {name: o.status for name, o in found["telecom"].items() if o.status != "holds"}
    assert others == {
        "overall_band_fits_segments": "broken",
        "model_is_newer_than_its_data": "not mapped",
    }
    assert found["telecom"]["overall_band_fits_segments"].severity == "info"


def test_a_band_that_hides_segments_names_those_that_the_scores_show(
    found: dict[str, Outcomes], spoilt: tuple[Any, Path]
) -> None:
    mapping = demo_mapping(spoilt[1])
    expected = set()
    for metric, macro in (("CPV", "cpv_by_segment"), ("CX", "cx_by_segment")):
        rows = [
            row for row in run(mapping, render_query(macro, {}, mapping)).records()
            if row["period_age"] == 0 and row["band"]
        ]  # fmt: skip
        overall = next(row for row in rows if row["scheme"] == "All customers")
        expected |= {
            (metric, row["scheme"], row["segment"])
            for row in rows
            if row["band"] != overall["band"] and row["customers"] >= 0.1 * overall["customers"]
        }
    rows = found["telecom"]["overall_band_fits_segments"].findings.records()
    assert {(row["metric"], row["scheme"], row["item"]) for row in rows} == expected
    assert ("CX", "Tariff plan", "Premium") in expected


def test_the_summary_counts_what_each_check_finds(
    found: dict[str, Outcomes], spoilt: tuple[Any, Path]
) -> None:
    mapping = demo_mapping(spoilt[1])
    rows = run(mapping, render_query("checks_summary", {}, mapping)).records()
    counts = {name: len(o.findings.rows) for name, o in found["telecom"].items()}
    del counts[MAPPING_CHECK]
    assert {row["check_name"]: row["findings"] for row in rows} == counts


def test_without_ratings_the_checks_of_purchases_remain(spoilt: tuple[Any, Path]) -> None:
    mapping = demo_mapping(spoilt[1], "cdnow")
    by_status: dict[str, set[str]] = {}
    for outcome in run_checks(mapping):
        by_status.setdefault(outcome.status, set()).add(outcome.name)
    assert by_status["holds"] == {
        MAPPING_CHECK,
        "one_currency",
        "amount_is_finite",
        "buyer_is_a_customer",
        "customer_is_unique",
        "margin_is_stated",
        "purchase_is_complete",
        "purchase_is_unique",
        "purchases_have_amounts",
        "no_purchase_in_the_future",
        "margins_are_positive",
        "purchases_are_recent",
        "model_is_newer_than_its_data",
    }
    assert by_status.keys() == {"holds", "not mapped"}
    rows = run(mapping, render_query("checks_summary", {}, mapping)).records()
    holding = {row["check_name"] for row in rows if row["status"] == "Holds"}
    assert holding == by_status["holds"] - {MAPPING_CHECK}


def test_a_check_that_the_warehouse_refuses_is_an_error(
    spoilt: tuple[Any, Path], tmp_path: Path
) -> None:
    text = DEMO_MAPPING.read_text(encoding="utf-8").replace("team: team_name", "team: nobody")
    (tmp_path / "kpi.yaml").write_text(text.replace("${KPI_DEMO_WAREHOUSE}", str(spoilt[1])))
    found = {o.name: o for o in run_checks(read_mappings(tmp_path / "kpi.yaml")["telecom"])}
    refused = found["engagement_is_measured"]
    assert refused.status == "failed"
    assert refused.is_at_least("error")
    assert refused.reason.startswith("engagement_is_measured: the warehouse refused the statement")
    assert found["rating_is_on_scale"].status == "holds"


@pytest.mark.parametrize("name", check_names())
def test_a_check_says_item_and_detail_first_and_takes_no_required_argument(name: str) -> None:
    macro = library()[name]
    assert list(macro.returns)[:2] == ["item", "detail"]
    assert not [a for a in macro.args.values() if a.is_required]
    assert macro.summary.endswith(".")
    assert macro.check["fix"].endswith(".")


def test_every_check_is_in_the_lists_with_what_its_header_says(demo_warehouse: Path) -> None:
    mapping = demo_mapping(demo_warehouse, "cdnow")
    rows = run(mapping, render_query("checks_summary", {}, mapping)).records()
    told = {row["check_name"]: (row["sentence"], row["severity"], row["fix"]) for row in rows}
    assert told == {
        name: (macro.summary, macro.check["severity"], macro.check["fix"])
        for name in check_names()
        for macro in [library()[name]]
    }


def test_a_new_check_is_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "sql_macros"
    shutil.copytree(sql_macros(), folder)
    text = (folder / "checks/purchases_have_amounts.sql").read_text(encoding="utf-8")
    (folder / "checks/purchases_are_large.sql").write_text(
        text.replace("largest = 0", "largest < 9")
    )
    listed = Library(folder)
    for name in ("check_findings", "checks_summary"):
        assert "'purchases_are_large' AS check_name" in listed[name].body.sql()


def test_numbers_that_are_none_are_left_out_and_named(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "odd.duckdb")) as connection:
        connection.execute(
            "create table asked as select range as id, case when range = 0 then 'NaN'::double "
            "when range = 1 then 'Infinity'::double else 8 end as points, "
            "case when range = 2 then 'NaN'::double else 1 end as counts_as from range(80)"
        )
        connection.execute(
            "create table paid as select range as id, case when range = 0 then 'NaN'::double "
            "when range = 1 then '-Infinity'::double else 10 end as sum from range(80)"
        )
    (tmp_path / "kpi.yaml").write_text(ODD.format(tmp_path / "odd.duckdb"), encoding="utf-8")
    mapping = read_mappings(tmp_path / "kpi.yaml")["odd"]
    scores = run(mapping, render_query("cpv_by_segment", {}, mapping)).records()
    (score,) = [row for row in scores if row["period_age"] == 0]
    assert (score["answers"], score["cpv"]) == (77, 80)
    summary = run(mapping, render_query("customer_summary", {}, mapping)).records()
    assert sum(row["revenue"] for row in summary) == 780
    broken = {o.name: o for o in run_checks(mapping) if o.status == "broken"}
    assert len(broken["rating_is_on_scale"].findings.rows) == 3
    assert column("odd_rows")(broken["amount_is_finite"]) == {"2"}
    # Who mends the data sees the rows, whatever is kept from readers.
    kept = changed(mapping, single_answers=False)
    assert {o.name for o in run_checks(kept) if o.status == "broken"} == set(broken)


ODD = """
odd:
  database: Odd
  url: duckdb:///{}
  dialect: duckdb
  as_of: 2026-09-30
  scales: {{value: {{lo: 0, hi: 10}}}}
  tables:
    customers: {{table: asked, columns: {{customer_id: id}}}}
    ratings:
      table: asked
      columns:
        rating_id: id
        metric: {{constant: value}}
        rating: points
        responded_at: date '2026-09-01'
        customer_id: id
        weight: counts_as
    transactions:
      table: paid
      columns: {{transaction_id: id, customer_id: id, occurred_at: date '2026-09-01', amount: sum}}
"""


def demo_mapping(path: Path, name: str = "telecom") -> Mapping:
    """A mapping of the demo whose warehouse is the one at the path."""

    return replace(read_mappings(DEMO_MAPPING)[name], url=f"duckdb:///{path}")


def test_a_warehouse_that_is_down_is_said_once(tmp_path: Path) -> None:
    text = (
        "shop: {database: Shop, dialect: postgresql, url: 'postgresql://r:x@127.0.0.1:1/d', "
        "tables: {transactions: {table: t, columns: {transaction_id: i, customer_id: c, "
        "occurred_at: o, amount: a}}}}\n"
    )
    (tmp_path / "kpi.yaml").write_text(text)
    result = CliRunner().invoke(superset_group, ["check", "-m", str(tmp_path / "kpi.yaml")])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("shop: the warehouse cannot be reached (")
    assert result.stderr.count("\n") == 1


def test_what_the_warehouse_refuses_for_every_check_is_said_once(tmp_path: Path) -> None:
    """An account without rights on the one table: SQLite's word for it is that it is not there."""
    (tmp_path / "shop.db").touch()
    text = (
        f"shop: {{database: Shop, dialect: sqlite, url: 'sqlite:///{tmp_path}/shop.db', "
        "tables: {transactions: {table: t, columns: {transaction_id: i, customer_id: c, "
        "occurred_at: o, amount: a}}}}\n"
    )
    (tmp_path / "kpi.yaml").write_text(text)
    result = CliRunner().invoke(superset_group, ["check", "-m", str(tmp_path / "kpi.yaml")])
    assert result.exit_code == 1
    assert result.stdout.count("the warehouse refused the statement (no such table: t)") == 1
