"""`superset-kpi materialize`: nothing without --yes, a plan that can be read, a clean removal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from superset_kpi.cli import superset_group
from superset_kpi.mapping.tables import tables_path
from tests.materialize.warehouses import fill, mapping_of, run, write_mapping

CATALOG = (
    "select table_schema, table_name, column_name, data_type from information_schema.columns "
    "order by all"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The mapping file of a shop on DuckDB, with the schema `kpi` to write to."""
    url = f"duckdb:///{tmp_path}/warehouse.duckdb"
    run(url, "create schema shop", "create schema kpi")
    fill(url, "duckdb", "shop.")
    write_mapping(tmp_path / "kpi.yaml", mapping_of(url, "duckdb", "shop.", "kpi"))
    return tmp_path / "kpi.yaml"


def url_of(file: Path) -> str:
    return f"duckdb:///{file.parent}/warehouse.duckdb"


def call(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(superset_group, [*arguments, "--mapping", str(file)])


def test_without_yes_nothing_is_written(file: Path) -> None:
    before, files = run(url_of(file), CATALOG), sorted(file.parent.iterdir())
    shown = call(file, "materialize")
    assert shown.exit_code == 0
    assert run(url_of(file), CATALOG) == before
    assert sorted(file.parent.iterdir()) == files
    assert "as of 2025-12-31, from shop.purchases: would be written." in shown.stdout
    assert 'create table "kpi"."shop_customer_summary__new" as WITH ' in shown.stdout
    assert '"kpi"."shop_customer_summary__new" rename to "shop_customer_summary_' in shown.stdout
    assert shown.stderr == "shop: nothing was changed. Give --yes to do it.\n"


def test_what_is_written_is_read_until_it_is_removed(file: Path) -> None:
    before = run(url_of(file), CATALOG)
    written = call(file, "materialize", "--relation", "customer_summary", "--yes", "--json")
    assert written.exit_code == 0, written.stderr
    (one,) = json.loads(written.stdout)["shop"]["written"]
    assert (one["relation"], one["rows"], one["as_of"]) == ("customer_summary", 40, "2025-12-31")
    read = call(file, "query", "rfm_segments", "--csv")
    assert f"customer_summary: read from {one['table']}, as of 2025-12-31 written" in read.stderr
    live = call(file, "query", "rfm_segments", "--csv", "--live")
    assert live.stderr == ""
    assert live.stdout == read.stdout
    assert one["table"].split(".")[1] in call(file, "render", "rfm_segments").stdout
    listed = call(file, "materialize", "--remove")
    assert f"{one['table']}: customer_summary, table: would be removed." in listed.stdout
    assert tables_path(file).exists()
    removed = call(file, "materialize", "--remove", "--yes")
    assert f"{one['table']}: customer_summary, table: removed." in removed.stdout
    assert run(url_of(file), CATALOG) == before
    assert not tables_path(file).exists()
    assert call(file, "materialize", "--remove", "--yes").stdout == (
        "shop: there is nothing to remove.\n"
    )


def test_after_a_change_of_the_mapping_the_old_table_stays_until_it_is_removed(file: Path) -> None:
    call(file, "materialize", "--relation", "customer_activity", "--yes")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("margin_rate: 0.3", "margin_rate: 0.4"), encoding="utf-8")
    changed = call(file, "query", "clv_by_segment").stderr
    assert changed.startswith("customer_activity: computed, kpi.shop_customer_activity_")
    assert "is not read. The mapping has changed since it was written.\n" in changed
    assert call(file, "query", "cohort_retention").stderr == ""
    again = call(file, "materialize", "--relation", "customer_activity", "--yes")
    assert "was written earlier, and stays." in again.stderr
    assert call(file, "query", "clv_by_segment").stderr.count("read from") == 1
    removed = call(file, "materialize", "--remove", "--outdated", "--yes")
    assert removed.stdout.count("removed.") == 1
    assert call(file, "query", "clv_by_segment").stderr.count("read from") == 1
    assert call(file, "query", "clv_by_segment").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--schema", "kpi; drop schema shop"), "schema: 'kpi; drop schema shop' is not the name"),
        (("--relation", "customers"), "relation: there is no relation 'customers'."),
        (("--schema", "nowhere", "--yes"), "Check that the schema exists, and that the url's user"),
        (("--outdated",), "--outdated: it limits what --remove drops. Give --remove too."),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: tuple[str, ...], message: str, file: Path
) -> None:
    before = run(url_of(file), CATALOG)
    refused = call(file, "materialize", *arguments)
    assert refused.exit_code in (1, 2)
    assert message in refused.stderr
    assert run(url_of(file), CATALOG) == before


def test_a_mapping_without_a_schema_to_write_to_says_so(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  materialized:\n    schema: kpi\n", ""), encoding="utf-8")
    refused = call(file, "materialize")
    assert "shop: no schema to write to is named. Give --schema" in refused.stderr
