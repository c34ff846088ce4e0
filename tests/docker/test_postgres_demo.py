"""The demo gives the same answers from the containers' PostgreSQL as from the DuckDB file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from superset_kpi import demo
from superset_kpi.macros import library, render_query
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.warehouse import run
from tests.rows import ordered, same

DOCKER = Path(__file__).parents[2] / "docker"
DEMO_MAPPING = Path(demo.__file__).parent / "kpi.yaml"
HEADLINES = ("cpv_by_segment", "cx_by_segment", "clv_by_segment", "customer_summary")

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def mappings(
    demo_warehouse: Path, postgres_demo: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Mapping], dict[str, Mapping]]]:
    """The demo's mappings, and the same made for PostgreSQL in the way the image makes them."""
    sed = ["sed", "-f", str(DOCKER / "postgres_mapping.sed"), str(DEMO_MAPPING)]
    rewritten = tmp_path_factory.mktemp("mapping") / "kpi.yaml"
    rewritten.write_bytes(subprocess.run(sed, check=True, capture_output=True).stdout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KPI_DEMO_WAREHOUSE", str(demo_warehouse))
        patch.setenv("KPI_WAREHOUSE_URL", postgres_demo)
        yield read_mappings(DEMO_MAPPING), read_mappings(rewritten)


@pytest.mark.parametrize("name", sorted(read_mappings(DEMO_MAPPING)))
def test_the_headline_macros_answer_the_same(
    name: str, mappings: tuple[dict[str, Mapping], dict[str, Mapping]]
) -> None:
    duckdb, postgres = mappings[0][name], mappings[1][name]
    assert (duckdb.dialect, postgres.dialect) == ("duckdb", "postgresql")
    asked = [macro for macro in HEADLINES if not library().missing(library()[macro], duckdb)]
    assert "clv_by_segment" in asked
    for macro in asked:
        one, other = (run(m, render_query(macro, {}, m), macro) for m in (duckdb, postgres))
        assert one.columns == other.columns, macro
        assert len(one.rows) == len(other.rows) > 0, macro
        for row, copied in zip(ordered(one.rows), ordered(other.rows), strict=True):
            assert all(map(same, row, copied)), f"{macro}: {row} on DuckDB, {copied} on PostgreSQL"
