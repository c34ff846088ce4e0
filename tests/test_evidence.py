"""The page of evidence says of a test what it runs, and leaves no macro out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from superset_kpi.docs.evidence_page import evidence_page, read_checks
from superset_kpi.macros import library

TESTS = Path(__file__).parent
# Macros whose numbers are a formula, not a count or a sum.
FORMULAS = (
    "value_drivers",
    "conjoint_part_worths",
    "value_map",
    "score_links",
    "overall_scores",
    "two_period_test",
    "two_segment_test",
    "cohort_retention",
    "rfm_segments",
    "p_alive",
    "clv_predicted",
    "segment_separation",
)

SOURCE = """
import pytest

def rows(warehouse, macro, **arguments):
    return warehouse.run(macro, **arguments)

@pytest.fixture
def summary(warehouse):
    return rows(warehouse, "customer_summary")

def test_through_a_fixture(summary):
    assert summary["clv"].sum() == sorted("score")

@pytest.mark.parametrize(("macro", "column"), [("cx_by_team", "team"), ("cx_by_channel", "x")])
def test_by_parameter(demo, macro, column):
    assert demo.run(macro)

@pytest.mark.parametrize("column", ["score", "nps"])
def test_by_call(demo, column):
    assert demo.run("nps_by_segment") == render_call("nps_margin", ())

def test_of_nothing(demo):
    assert demo.table("clv")
"""

FINDERS = """
FINDERS: dict = {"mixed currencies": ("one_currency", 1), "off scale": ("rating_is_on_scale", 2)}
OTHERS: dict = {"late": ("ratings_are_recent", 1)}
"""


def test_a_test_counts_for_the_macros_that_it_runs(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "test_some.py").write_text(SOURCE)
    (tmp_path / "test_checks.py").write_text(FINDERS)
    assert {check.name: check.macros for check in read_checks(tmp_path)} == {
        "test_through_a_fixture": {"customer_summary"},
        "test_by_parameter": {"cx_by_team", "cx_by_channel"},
        "test_by_call": {"nps_by_segment", "nps_margin"},
        "test_a_planted_fault_is_found_row_by_row": {"one_currency", "rating_is_on_scale"},
    }


@pytest.fixture(scope="module")
def rows() -> dict[str, tuple[str, str, str]]:
    """What the page says by macro: published, independent, number of cases."""
    cells = re.findall(
        r"^\| \[`(\w+)`\]\(.+?\) \| (.*?) ?\| (.*?) ?\| (\d+) \|$", evidence_page(TESTS), re.M
    )
    return {name: (published, independent, cases) for name, published, independent, cases in cells}


def test_every_public_macro_has_a_row_with_cases(rows: dict[str, tuple[str, str, str]]) -> None:
    assert set(rows) == {m.name for m in library().values() if not m.is_internal}
    assert not [name for name, (_, _, cases) in rows.items() if cases == "0"]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_has_more_than_cases(rows: dict[str, tuple[str, str, str]], name: str) -> None:
    published, independent, _ = rows[name]
    assert published or "](" in independent


def test_a_link_leads_to_the_test(rows: dict[str, tuple[str, str, str]]) -> None:
    for target in set(re.findall(r"\]\((\.\./tests/[^)]+)\)", evidence_page(TESTS))):
        assert (TESTS.parent / "docs" / target).exists(), target
