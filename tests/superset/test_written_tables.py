"""Relations in tables under Superset: read where no rule of row-level security could touch them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from superset_kpi.cli import superset_group
from superset_kpi.errors import KpiError
from superset_kpi.macros.written import today, with_written
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.model import Written
from superset_kpi.mapping.tables import tables_path
from superset_kpi.materialize import plan, write, write_tables
from superset_kpi.superset import written_tables
from superset_kpi.superset.doctor import Finding
from superset_kpi.superset.doctor import instance as examine
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import recorded
from tests.superset.conftest import GALLERY, Instance

SqlLab = Callable[..., Any]
CUSTOMERS = "select count(*) as n from {{ kpi.rfm_segments() }} t"


@pytest.fixture(scope="module")
def tables(instance: Instance) -> Iterator[dict[str, Written]]:
    """What was written for the mapping; one row of customers stands in its table, by our hand."""
    warehouse = instance.home / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as opened:
        opened.execute("create schema kpi")
    mapping = replace(instance.mappings()["telecom"], url=f"duckdb:///{warehouse}")
    keys = ("customer_summary", "customer_activity")
    written = write(mapping, plan(mapping, "kpi", keys, "table", today(mapping)))
    with duckdb.connect(str(warehouse)) as opened:
        name = written[0].name
        opened.execute(f"delete from kpi.{name} where customer_id <> 100001")
    write_tables(instance.home / "kpi.yaml", "telecom", written)
    yield {each.key: each for each in written}
    tables_path(instance.home / "kpi.yaml").unlink()
    with duckdb.connect(str(warehouse)) as opened:
        opened.execute("drop schema kpi cascade")


@contextmanager
def rule_on(instance: Instance, table: str, schema: str = "telecom") -> Iterator[None]:
    """A rule for a role that nobody has, as long as the block runs."""
    from superset import db, security_manager
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable
    from superset.models.core import Database

    with instance.app.app_context():
        database = db.session.query(Database).filter_by(database_name="Telecom warehouse").one()
        dataset = SqlaTable(table_name=table, schema=schema, database=database)
        role = security_manager.add_role("nobody")
        rule = RowLevelSecurityFilter(
            name="none", filter_type="Regular", clause="1 = 0", roles=[role], tables=[dataset]
        )
        db.session.add_all([dataset, rule])
        db.session.commit()
        ids = rule.id, dataset.id
    try:
        yield
    finally:
        with instance.app.app_context():
            db.session.delete(db.session.get(RowLevelSecurityFilter, ids[0]))
            db.session.commit()
            db.session.delete(db.session.get(SqlaTable, ids[1]))
            db.session.commit()


def findings(instance: Instance) -> list[Finding]:
    with instance.app.app_context():
        return [f for f in examine() if f.name.startswith(("table", "dataset"))]


def test_macros_read_the_table_where_there_is_no_rule(
    sql_lab: SqlLab, tables: dict[str, Written]
) -> None:
    assert sql_lab(CUSTOMERS) == [{"n": 1}]


def test_any_rule_on_a_source_has_macros_compute_the_relation(
    sql_lab: SqlLab, instance: Instance, tables: dict[str, Written]
) -> None:
    with rule_on(instance, "payments"):
        assert sql_lab(CUSTOMERS)[0]["n"] > 1_000
    with rule_on(instance, "survey"):  # no source of this relation
        assert sql_lab(CUSTOMERS) == [{"n": 1}]
    with rule_on(instance, "payments", "retail"):  # another table of that name
        assert sql_lab(CUSTOMERS) == [{"n": 1}]


def test_rules_that_cannot_be_looked_up_have_macros_compute_the_relation(
    sql_lab: SqlLab, tables: dict[str, Written], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(mapping: Mapping) -> list[Any]:
        raise RuntimeError("no metadata store")

    monkeypatch.setattr(written_tables, "ruled_tables", failing)
    assert sql_lab(CUSTOMERS)[0]["n"] > 1_000


def test_a_guest_and_a_security_manager_with_own_rules_have_macros_compute_the_relation(
    sql_lab: SqlLab, tables: dict[str, Written], monkeypatch: pytest.MonkeyPatch, instance: Instance
) -> None:
    with instance.app.app_context():
        from superset import security_manager

        manager = type(security_manager._get_current_object())
    own = manager.get_rls_filters
    with monkeypatch.context() as patch:
        patch.setattr(written_tables, "_is_guest", lambda: True)
        assert sql_lab(CUSTOMERS)[0]["n"] > 1_000
    own_class = type("Own", (manager,), {"get_rls_filters": lambda self, table: own(self, table)})
    assert written_tables.has_own_rules(own_class)
    assert not written_tables.has_own_rules(manager)


def test_datasets_read_tables_only_on_request_and_never_under_a_rule(
    instance: Instance, telecom: Mapping, tables: dict[str, Written]
) -> None:
    bound = with_written(telecom, tables.values(), today(telecom))
    with instance.app.app_context():
        install(telecom, GALLERY)
        assert readers(instance) == set()
    with rule_on(instance, "payments"), instance.app.app_context():
        with pytest.raises(KpiError, match=r"was made from telecom\.payments, which a rule of"):
            install(bound, GALLERY)
        assert readers(instance) == set()
    with instance.app.app_context():
        install(bound, GALLERY)
        assert readers(instance) == {tables["customer_activity"].name}


@contextmanager
def guests() -> Iterator[None]:
    """Guests of embedded dashboards are let in, as long as the block runs."""
    from superset import feature_flag_manager

    flags = feature_flag_manager._feature_flags
    before = flags.get("EMBEDDED_SUPERSET", False)
    flags["EMBEDDED_SUPERSET"] = True
    try:
        yield
    finally:
        flags["EMBEDDED_SUPERSET"] = before


def test_datasets_never_read_tables_where_guests_bring_rules_of_their_own(
    instance: Instance, telecom: Mapping, tables: dict[str, Written]
) -> None:
    bound = with_written(telecom, tables.values(), today(telecom))
    with instance.app.app_context():
        install(bound, GALLERY)
        with guests(), pytest.raises(KpiError, match=r"this Superset has guests \(EMBEDDED_"):
            install(bound, GALLERY)
        with guests():
            found = [f for f in findings(instance) if f.severity == "error"]
            install(telecom, GALLERY)
            after = [f for f in findings(instance) if f.severity == "error"]
    assert "It reads " in found[0].found
    assert "whose tokens bring rules of their own" in found[0].found
    assert found[0].remedy == "Run `superset-kpi install` without --materialized."
    assert after == []


def test_an_edited_dataset_that_rules_do_not_reach_is_not_kept_in_silence(
    instance: Instance, telecom: Mapping, tables: dict[str, Written]
) -> None:
    from superset import db

    bound = with_written(telecom, tables.values(), today(telecom))
    with instance.app.app_context():
        install(bound, GALLERY)
        name = tables["customer_activity"].name
        edited = next(d for d in recorded("telecom", "dataset") if name in d.model.sql)
        before, edited.model.sql = edited.model.sql, f"{edited.model.sql} where true"
        number = edited.model.id
        db.session.commit()
    with rule_on(instance, "payments"):
        (found,) = [f for f in findings(instance) if f.severity == "error" and name in f.found]
        with instance.app.app_context(), pytest.raises(KpiError) as raised:
            install(telecom, GALLERY)
    assert found.remedy.startswith("A user edited its SQL, which installations keep: write the SQL")
    assert str(raised.value) == f"{found.name}: {found.found} {found.remedy}"
    with instance.app.app_context():
        db.session.get(type(edited.model), number).sql = before
        db.session.commit()
        install(telecom, GALLERY)


def test_the_plan_says_which_tables_are_not_read(
    instance: Instance, tables: dict[str, Written], tmp_path: Path
) -> None:
    file = tmp_path / "kpi.yaml"
    shutil.copy(instance.home / "kpi.yaml", file)
    arguments = ["plan", "--materialized", "--mapping", f"{file}:telecom"]
    with instance.app.app_context():
        refused = CliRunner().invoke(superset_group, arguments)
        shutil.copy(tables_path(instance.home / "kpi.yaml"), tmp_path)
        shown = CliRunner().invoke(superset_group, arguments)
    assert refused.exit_code == 1
    assert "telecom: there is no table to read. Run superset-kpi materialize" in refused.stderr
    assert shown.exit_code == 0, shown.stderr
    assert "kpi_telecom_clv_by_segment" in shown.stdout


def readers(instance: Instance) -> set[str]:
    """The tables of ours that installed datasets read."""
    found = [each for each in recorded("telecom") if each.kind == "dataset"]
    return {t for each in found for t in written_tables.relations_in(each.tree["sql"], "telecom")}


def test_the_doctor_lists_tables_and_reports_datasets_that_a_rule_should_reach(
    instance: Instance, telecom: Mapping, tables: dict[str, Written]
) -> None:
    bound = with_written(telecom, tables.values(), today(telecom))
    with instance.app.app_context():
        install(bound, GALLERY)
    listed = findings(instance)
    assert {f.severity for f in listed} == {"info"}
    assert {f.name for f in listed} == {f"table kpi.{t.name}" for t in tables.values()}
    with rule_on(instance, "payments"):
        found = findings(instance)
    assert {f.severity for f in found} == {"warning", "error"}
    (error, *_) = [f for f in found if f.severity == "error"]
    assert error.name.startswith("dataset kpi_telecom_")
    assert "escape the rule of row-level security on telecom.payments" in error.found


def test_the_doctor_reports_datasets_on_tables_that_are_gone(
    instance: Instance, telecom: Mapping, tables: dict[str, Written]
) -> None:
    bound = with_written(telecom, tables.values(), today(telecom))
    with instance.app.app_context():
        install(bound, GALLERY)
    record = tables_path(instance.home / "kpi.yaml")
    text = record.read_text(encoding="utf-8")
    record.unlink()
    try:
        found = findings(instance)
        assert {f.severity for f in found} == {"warning"}
        assert all("no longer written" in f.found for f in found)
    finally:
        record.write_text(text, encoding="utf-8")


def test_the_doctor_reports_datasets_on_tables_of_an_earlier_mapping_where_there_are_rules(
    instance: Instance, telecom: Mapping, tables: dict[str, Written]
) -> None:
    """What the mapping reads now says nothing of the rules that those rows escape."""
    with instance.app.app_context():
        install(with_written(telecom, tables.values(), today(telecom)), GALLERY)
    file = instance.home / "kpi.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("telecom.payments", "telecom.paid"), encoding="utf-8")
    try:
        before = [f for f in findings(instance) if f.severity == "error"]
        with rule_on(instance, "payments"):
            found = [f for f in findings(instance) if f.severity == "error"]
    finally:
        file.write_text(text, encoding="utf-8")
    assert before == []
    assert found
    assert all("was made with an earlier mapping" in f.found for f in found)
