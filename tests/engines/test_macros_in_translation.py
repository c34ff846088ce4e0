"""Macros in the words of engines that nobody executes, run by DuckDB in translation."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from superset_kpi.dialects import DIALECTS, dialect
from superset_kpi.macros import library
from tests import cases
from tests.engines.translated import Translated
from tests.test_macros import FIRST, RUN, connected

NOT_EXECUTED = list(dict.fromkeys(d.engine for d in DIALECTS.values() if d.verified is None))
HEADLINE = (
    "cpv_by_segment",
    "cx_by_segment",
    "clv_by_segment",
    "nps_by_segment",
    "customer_summary",
)
# These are furthest from the others; Snowflake has an emulator.
THOROUGH = ("mssql", "oracle")
EVERY_CASE = "EVERY_CASE" in os.environ
SHORT = {c.id for c in RUN if library()[c.macro].kind == "expression"}
FIRSTS = {c.id for c in FIRST}
CASES = [
    (engine, case)
    for engine in NOT_EXECUTED
    for case in RUN
    if (case.id in SHORT and ((EVERY_CASE and engine in THOROUGH) or case.id in FIRSTS))
    or (case.id in FIRSTS and (engine in THOROUGH or case.macro in HEADLINE))
]


@pytest.mark.parametrize(("engine", "case"), CASES, ids=[f"{e}, {c.id}" for e, c in CASES])
def test_what_a_statement_says_gives_the_expected_rows(
    engine: str, case: cases.Case, engine_url: Callable[[str], str]
) -> None:
    """Shows a wrong primitive, order of nulls, truth or type, as sqlglot reads the engine's words.

    What sqlglot reads wrong in the way in which it writes it wrong is not seen: that the engine's
    grammar takes the statement is for the other parser of test_not_executed.py.
    """
    with connected(engine_url("duckdb")) as connection:
        cases.check(case, engine, Translated(connection, dialect(engine).sqlglot))
