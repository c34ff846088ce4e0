"""Row-level security at its edges: what would escape it is refused, and the doctor names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
import yaml

from superset_kpi.errors import KpiError
from superset_kpi.mapping import Mapping, read_mappings
from superset_kpi.superset import spelling
from superset_kpi.superset.doctor import Finding
from superset_kpi.superset.doctor import instance as examine
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import find_database, recorded
from superset_kpi.superset.instance import set_up_database
from superset_kpi.superset.plan import plan
from superset_kpi.superset.removal import uninstall
from superset_kpi.superset.spelling import Known
from tests.superset.conftest import GALLERY, PASSWORD, Instance, chart_data
from tests.superset.test_own_datasets import COUNT, make_dataset

SqlLab = Callable[..., Any]
WAREHOUSE = "Telecom warehouse"
HALF = "client_no < 103000"
CALL = "select count(*) as n from {{ kpi.customer_summary() }} t"


@pytest.fixture(scope="module", autouse=True)
def anna(instance: Instance) -> Any:
    """A client of a user whose role has rules."""
    from superset import db, security_manager

    with instance.app.app_context():
        roles = [security_manager.find_role("Alpha"), security_manager.add_role("some customers")]
        security_manager.add_user("anna", "anna", "", "anna@example.com", roles, password=PASSWORD)
        db.session.commit()
    return instance.client("anna")


@contextmanager
def rules(
    instance: Instance, *given: tuple[str, str], role: str = "some customers", **dataset: Any
) -> Iterator[list[int]]:
    """Rules, each a table of schema.name and a clause, as long as the block runs."""
    from superset import db, security_manager
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable
    from superset.models.core import Database

    with instance.app.app_context():
        database = db.session.query(Database).filter_by(database_name=WAREHOUSE).one()
        datasets, made = {}, []
        for table in dict.fromkeys(table for table, _ in given):
            schema, name = table.split(".")
            about = {"table_name": name, "schema": schema, "database": database, **dataset}
            datasets[table] = SqlaTable(**about)
        for number, (table, clause) in enumerate(given):
            rule = RowLevelSecurityFilter(
                name=f"rule {number} of {role}",
                filter_type="Regular",
                clause=clause,
                roles=[security_manager.add_role(role)],
                tables=[datasets[table]],
            )
            made.append(rule)
        made += datasets.values()
        db.session.add_all(made)
        db.session.commit()
        keys = [(type(each), each.id) for each in made]
    instance.forget_rows()
    try:
        yield [number for cls, number in keys if cls is SqlaTable]
    finally:
        with instance.app.app_context():
            for cls, number in keys:
                db.session.delete(db.session.get(cls, number))
                db.session.commit()


@contextmanager
def mapped(instance: Instance, change: Callable[[dict[str, Any]], None]) -> Iterator[Mapping]:
    """The telecom mapping with a change to its tables, also in the file of the instance."""
    file = instance.home / "kpi.yaml"
    before = file.read_text(encoding="utf-8")
    body = yaml.safe_load(before)
    change(body["telecom"]["tables"])
    file.write_text(yaml.safe_dump(body), encoding="utf-8")
    try:
        yield read_mappings(file)["telecom"]
    finally:
        file.write_text(before, encoding="utf-8")


def customers_as(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(tables: dict[str, Any]) -> None:
        source = tables["customers"]
        source = source[0] if isinstance(source, list) else source
        if "select" in changes:
            source.pop("table", None)
        source |= changes

    return change


def refused(instance: Instance, mapping: Mapping) -> str:
    """What plan and install say alike."""
    messages = set()
    with instance.app.app_context():
        for attempt in (plan, install):
            with pytest.raises(KpiError) as raised:
                attempt(mapping, GALLERY)
            messages.add(str(raised.value))
    (message,) = messages
    return message


def errors(instance: Instance, severity: str = "error") -> list[Finding]:
    with instance.app.app_context():
        found = [each for each in examine() if each.severity == severity]
    return [each for each in found if each.name != "database of wrong"]


SPELLED = (
    "telecom.tables.customers.table: TELECOM.CLIENTS is spelled telecom.clients in Superset, whose "
    "row-level security and grants go by that spelling and would miss it. Write telecom.clients."
)


def test_a_table_in_another_case_is_refused_with_the_right_spelling(
    instance: Instance, sql_lab: SqlLab
) -> None:
    change = customers_as(table="TELECOM.CLIENTS")
    with rules(instance, ("telecom.clients", HALF)), mapped(instance, change) as mapping:
        assert refused(instance, mapping) == SPELLED
        assert sql_lab(CALL).endswith(SPELLED)
        (found,) = errors(instance)
    assert f"{found.name}: {found.found}" == SPELLED


def test_a_catalog_that_superset_does_not_know_is_refused(instance: Instance) -> None:
    change = customers_as(table="warehouse.telecom.clients")
    with rules(instance, ("telecom.clients", HALF)), mapped(instance, change) as mapping:
        message = refused(instance, mapping)
    assert message.endswith("Write telecom.clients.")


@pytest.mark.parametrize("schema", [None, "warehouse.telecom"])
def test_a_dataset_that_no_spelling_finds_is_refused_where_it_has_a_rule(
    instance: Instance, telecom: Mapping, schema: str | None
) -> None:
    with rules(instance, ("telecom.clients", HALF), schema=schema) as (number,):
        change = customers_as(table="main.clients" if schema is None else "telecom.clients")
        with mapped(instance, change) as mapping:
            message = refused(instance, mapping)
    assert f"is a dataset (id {number}) with " in message
    assert f"Edit the dataset: its schema is {'telecom' if schema else 'main'}." in message


@pytest.mark.parametrize("table", ['"telecom"."clients"', "telecom.clients"])
def test_a_table_spelled_as_its_dataset_is_fine_in_any_quotes(
    instance: Instance, sql_lab: SqlLab, table: str
) -> None:
    change = customers_as(table=table)
    with rules(instance, ("telecom.clients", HALF)), mapped(instance, change) as mapping:
        with instance.app.app_context():
            plan(mapping, GALLERY)
        assert sql_lab(CALL)[0]["n"] > 1_000


def test_a_table_without_a_schema_is_refused_where_superset_takes_it_for_another(
    instance: Instance,
) -> None:
    change = customers_as(table="clients")
    with rules(instance, ("telecom.clients", HALF)), mapped(instance, change) as mapping:
        message = refused(instance, mapping)
    assert message.startswith(
        "telecom.tables.customers.table: clients has no schema. Superset takes it for main.clients,"
    )


IMPORTED = """
with clients as (select * from telecom.clients),
payments as (select client_no as payer from telecom.payments),
kept as (select clients.*, (select count(*) from payments where payer = clients.client_no) as times
         from clients where not clients.is_test)
select kept.* from kept
"""


def test_a_cte_named_like_its_table_does_not_hide_it_from_rules(
    instance: Instance, telecom: Mapping, anna: Any
) -> None:
    change = customers_as(select=IMPORTED)
    both = ("telecom.clients", HALF), ("telecom.payments", HALF)
    with rules(instance, *both), mapped(instance, change) as mapping:
        counts = []
        for each in (telecom, mapping):
            with instance.app.app_context():
                install(each, GALLERY)
                (total,) = [d for d in recorded("telecom", "dataset") if d.name.endswith("_worth")]
            for client in (instance.client(), anna):
                metric = {**COUNT, "sqlExpression": "sum(purchases)"}
                counts += chart_data(client, total.model.id, metrics=[metric])
                instance.forget_rows()
        with instance.app.app_context():
            uninstall("telecom")
    assert counts[:2] == counts[2:]
    assert counts[0]["n"] > counts[1]["n"] > 0


BROKEN = (
    "client_no = 1 -- mine",
    "client_no = 1;",
    "client_no = 1 or",
    "client_no = = 2",
    "client_no in (",
    "country_name = 'x",
    "client_no = 1) or (1=1",
    "client_no = {{ nothing() }}",
    "client_no % 2 = 0",
    "country_name = '100%'",
    "select 1",
)
SOUND = (
    "country_name like 'A%'",
    "country_name similar to 'A%'",
    "country_name ilike any (['a%', 'b' || '%'])",
    "client_no in (select client_no from telecom.clients where country_name = 'Austria')",
    "country_name = '{{ current_username() }}' or client_no = {{ current_user_id() or 0 }}",
    "(client_no = 1) or (client_no = 2)",
)


def test_the_doctor_names_each_rule_that_cannot_be_applied_and_no_other(
    instance: Instance,
) -> None:
    with rules(instance, *(("telecom.clients", clause) for clause in (*BROKEN, *SOUND))):
        found = errors(instance)
    assert [each.name for each in found] == [
        f"row-level security rule {number} of some customers" for number in range(len(BROKEN))
    ]
    for each, clause in zip(found, BROKEN, strict=True):
        assert each.found.startswith(f"Superset cannot apply {clause!r} to telecom.clients: it ")


def test_the_doctor_says_which_datasets_a_broken_rule_leaves_open(
    instance: Instance, telecom: Mapping
) -> None:
    with instance.app.app_context():
        install(telecom, GALLERY)
    with rules(instance, ("telecom.clients", "client_no = 1;")):
        (found,) = errors(instance)
    with instance.app.app_context():
        uninstall("telecom")
    assert "kpi_telecom_worth" in found.found


def test_a_broken_rule_on_a_mapped_table_refuses_plan_and_install(
    instance: Instance, telecom: Mapping
) -> None:
    with rules(instance, ("telecom.clients", "client_no = 1;")):
        assert refused(instance, telecom) == (
            "telecom: the rule 'rule 0 of some customers' of row-level security cannot be applied "
            "to telecom.clients, so that Superset would show all rows: 'client_no = 1;' cannot be "
            "read as SQL in parentheses. Correct the rule."
        )
    with rules(instance, ("retail.clients", "client_no = 1;")), instance.app.app_context():
        plan(telecom, GALLERY)


def test_a_macro_in_ones_own_dataset_refuses_a_broken_rule_for_its_users(
    instance: Instance, anna: Any
) -> None:
    sql = "select * from {{ cache_key_wrapper(kpi.customer_summary()) }} t"
    dataset = make_dataset(instance, "summary", sql)
    with rules(instance, ("telecom.payments", "client_no = 1;")):
        message = chart_data(anna, dataset, metrics=[COUNT])
        others = chart_data(instance.client(), dataset, metrics=[COUNT])
    assert "a rule of row-level security on telecom.payments cannot be applied" in message
    assert others[0]["n"] > 1_000


def test_a_table_without_a_schema_is_refused_in_a_dataset_with_a_schema_of_its_own(
    instance: Instance, anna: Any
) -> None:
    change = customers_as(table="clients")
    sql = "select * from {{ cache_key_wrapper(kpi.customer_summary()) }} t"
    dataset = make_dataset(instance, "own schema", sql)
    with rules(instance, ("main.clients", HALF)), mapped(instance, change):
        message = chart_data(anna, dataset, metrics=[COUNT])
    assert "clients is spelled main.clients in Superset" in message


def test_the_doctor_warns_where_rules_cover_a_mapping_in_part(instance: Instance) -> None:
    with rules(instance, ("telecom.clients", HALF)):
        (found,) = [f for f in errors(instance, "warning") if f.name.endswith(" of telecom")]
    assert found.found.startswith("Rules for some customers cover telecom.clients, but not ")
    assert "telecom.payments" in found.found
    assert "item_catalogue" not in found.found


def test_the_doctor_warns_where_a_cache_would_be_shared(instance: Instance) -> None:
    one = rules(instance, ("telecom.clients", HALF))
    with one, rules(instance, ("telecom.payments", HALF), role="other customers"):
        found = [f for f in errors(instance, "warning") if "Both have the clause" in f.found]
    with rules(instance, ("telecom.clients", HALF), ("telecom.payments", HALF)):
        none = [f for f in errors(instance, "warning") if "Both have the clause" in f.found]
    assert (len(found), none) == (1, [])


TABLES = """
drop schema if exists kpi_rules cascade;
create schema kpi_rules;
create table kpi_rules.buyers (client_no integer primary key);
create table kpi_rules."Orders" (client_no integer primary key);
create table kpi_rules."kÄufer" (client_no integer primary key);
insert into kpi_rules.buyers values (1), (2), (3)
"""


@pytest.fixture(scope="module")
def folding(instance: Instance, engine_url: Callable[[str], str]) -> str:
    """The name of a connection to PostgreSQL, with datasets of two tables."""
    from superset import db
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.core import Database

    url = engine_url("postgres")
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.execute(sqlalchemy.text(statement))
    engine.dispose()
    set_up_database(instance.app, "PostgreSQL", url)
    with instance.app.app_context():
        database = db.session.query(Database).filter_by(database_name="PostgreSQL").one()
        catalog = database.get_default_catalog()
        for name in ("buyers", "Orders", "kÄufer"):
            db.session.add(
                SqlaTable(table_name=name, schema="kpi_rules", catalog=catalog, database=database)
            )
        db.session.commit()
    return "PostgreSQL"


def folded_mapping(database: str, table: str) -> dict[str, Any]:
    customers = {"table": table, "columns": {"customer_id": "client_no"}}
    return {"database": database, "dialect": "postgresql", "tables": {"customers": customers}}


@pytest.mark.engine
@pytest.mark.parametrize(
    ("table", "remedy"),
    [
        ("kpi_rules.buyers", ""),
        ('"kpi_rules"."buyers"', ""),
        ("postgres.kpi_rules.buyers", ""),
        ('kpi_rules."Orders"', ""),
        ('kpi_rules."BUYERS"', ""),  # another table to PostgreSQL
        ("KPI_RULES.Buyers", "Write kpi_rules.buyers."),
        ('kpi_rules."kÄufer"', ""),
        ("kpi_rules.KÄUFER", 'Write kpi_rules."kÄufer".'),
        ("buyers", "Write kpi_rules.buyers, or the schema that you mean."),
    ],
)
def test_an_engine_that_folds_names_has_its_own_idea_of_what_is_equal(
    instance: Instance, folding: str, tmp_path: Path, table: str, remedy: str
) -> None:
    path = tmp_path / "kpi.yaml"
    path.write_text(yaml.safe_dump({"folded": folded_mapping(folding, table)}), encoding="utf-8")
    mapping = read_mappings(path)["folded"]
    with instance.app.app_context():
        found = spelling.unfindable(mapping, find_database(mapping))
    assert [each.rsplit(". ", 1)[1] for each in found] == ([remedy] if remedy else [])


@pytest.mark.engine
@pytest.mark.parametrize(("rules", "count"), [((7,), 1), ((), 0)])
def test_a_table_with_a_rule_needs_its_schema_where_sql_lab_lets_users_choose_one(
    instance: Instance,
    folding: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rules: tuple[int, ...],
    count: int,
) -> None:
    """Without a choice, SQL Lab finds no rule of a table that stands in the default schema."""
    known = [Known(1, "postgres", "public", "buyers", rules=rules)]
    monkeypatch.setattr(spelling, "known_tables", lambda database, names: known)
    path = tmp_path / "kpi.yaml"
    path.write_text(yaml.safe_dump({"folded": folded_mapping(folding, "buyers")}), "utf-8")
    mapping = read_mappings(path)["folded"]
    with instance.app.app_context():
        found = spelling.unfindable(mapping, find_database(mapping))
    assert found == count * [
        "folded.tables.customers.table: buyers has no schema, so that SQL Lab would miss the rules "
        "of postgres.public.buyers for who chooses no schema there. Write public.buyers."
    ]


@pytest.mark.engine
def test_a_template_parameter_with_a_default_passes_the_second_rendering_of_postgresql(
    instance: Instance, folding: str, sql_lab: SqlLab
) -> None:
    file = instance.home / "kpi.yaml"
    before = file.read_text(encoding="utf-8")
    body = yaml.safe_load(before) | {"folded": folded_mapping(folding, "kpi_rules.buyers")}
    file.write_text(yaml.safe_dump(body), encoding="utf-8")
    try:
        answers = [
            sql_lab(
                f"select {{{{ kpi.cx_band({argument}) }}}} as band",
                folding,
                templateParams='{"chosen": "86"}',
            )
            for argument in ("chosen", "chosen | default('1')")
        ]
    finally:
        file.write_text(before, encoding="utf-8")
    assert "the value of argument 1 is not defined" in answers[0]
    assert answers[0].endswith("write chosen | default('...'), which PostgreSQL needs.")
    assert answers[1] == [{"band": "Excellent"}]


def test_the_example_of_the_security_page_covers_every_number(
    instance: Instance, telecom: Mapping, anna: Any
) -> None:
    """The same rows by a rule that asks the customers as by a rule on each table's own column."""
    within = f"client_no in (select client_no from telecom.clients where {HALF})"
    tables = ("client_groups", "survey", "survey_items", "payments", "contracts")
    with instance.app.app_context():
        install(telecom, GALLERY)
        numbers = {
            d.key: d.model.id
            for d in recorded("telecom", "dataset")
            if d.key in ("worth", "scores")
        }
    metrics = {
        "worth": ["sum(customers)", "sum(purchases)", "round(sum(revenue_sum), 2)"],
        "scores": ["count(*)", "round(sum(score), 6)"],
    }

    def totals() -> list[Any]:
        asked = [{**COUNT, "sqlExpression": sql, "label": sql} for sql in metrics["worth"]]
        found = chart_data(anna, numbers["worth"], metrics=asked)
        asked = [{**COUNT, "sqlExpression": sql, "label": sql} for sql in metrics["scores"]]
        return [*found, *chart_data(anna, numbers["scores"], metrics=asked)]

    everything = totals()
    with rules(instance, ("telecom.clients", HALF)):
        on_customers = totals()
    with rules(instance, ("telecom.clients", HALF), *((f"telecom.{t}", HALF) for t in tables)):
        direct = totals()
    with rules(instance, ("telecom.clients", HALF), *((f"telecom.{t}", within) for t in tables)):
        asking = totals()
    with instance.app.app_context():
        uninstall("telecom")
    assert (
        on_customers[0]["round(sum(revenue_sum), 2)"] == everything[0]["round(sum(revenue_sum), 2)"]
    )
    assert asking == direct
    assert all(0 < asking[n][key] < row[key] for n, row in enumerate(everything) for key in row)


def test_a_rule_of_the_security_page_gives_single_answers_to_named_roles_alone(
    instance: Instance, telecom: Mapping, anna: Any
) -> None:
    from superset import db, security_manager
    from superset.connectors.sqla.models import RowLevelSecurityFilter

    asked = [{**COUNT, "sqlExpression": "count(*)", "label": "n"}]
    with instance.app.app_context():
        install(telecom, GALLERY)
        (scores,) = (d.model for d in recorded("telecom", "dataset") if d.key == "scores")
        number, roles = scores.id, [security_manager.find_role("Admin")]
        before = chart_data(anna, number, metrics=asked)  # else the rule is flushed with it
        rule = RowLevelSecurityFilter(
            name="single answers", filter_type="Base", clause="1 = 0", roles=roles, tables=[scores]
        )
        db.session.add(rule)
        db.session.commit()
    try:
        everybody = chart_data(anna, number, metrics=asked)
        admin = chart_data(instance.client(), number, metrics=asked)
        with instance.app.app_context():
            install(telecom, GALLERY)
            uninstall("telecom")
            kept = [d.key for d in recorded("telecom", "dataset")]
        still = chart_data(anna, number, metrics=asked)
    finally:
        with instance.app.app_context():
            made = db.session.query(RowLevelSecurityFilter).filter_by(name="single answers")
            db.session.delete(made.one())
            db.session.commit()
            uninstall("telecom")
    assert before == admin
    assert admin[0]["n"] > 0
    assert everybody == still == [{"n": 0}]
    assert kept == ["scores"]


def test_a_value_of_a_link_is_taken_as_it_is_without_escapes(instance: Instance) -> None:
    sql = "select * from {{ kpi.cx_by_segment(scheme=url_param('s', escape_result=False)) }} t"
    body = {"database_id": instance.database_id(WAREHOUSE), "sql": sql, "client_id": "escapes"}
    client = instance.client()
    answer = client.post("/api/v1/sqllab/execute/?s=O'Hara", json={**body, "runAsync": False})
    executed = answer.get_json()["query"]["executedSql"]
    assert "'O''Hara'" in executed
    assert "O''''Hara" not in executed


def test_two_datasets_of_one_table_are_refused_where_one_has_a_rule(
    instance: Instance, telecom: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Superset asks for the one dataset of a table, and shows all rows where there are two.

    The metadata store of these tests, SQLite, cannot hold two of a name; others can.
    """
    two = [Known(n, None, "telecom", "clients", rules=(7,) * n) for n in (0, 1)]
    monkeypatch.setattr(spelling, "known_tables", lambda database, names: two)
    with instance.app.app_context():
        (fault,) = spelling.unfindable(telecom, find_database(telecom))
    assert fault == (
        "telecom.tables.customers.table: telecom.clients is two datasets in Superset (id 0, 1), so "
        "that Superset applies no rule at all. Delete one of them."
    )


def test_sql_lab_refuses_what_it_cannot_apply_and_misses_a_table_behind_a_cte(
    instance: Instance, sql_lab: SqlLab
) -> None:
    """The second is Superset's; where it is mended, docs/security.md may promise more."""
    plain = "select count(*) as n from telecom.clients"
    behind = f"with clients as (select * from telecom.clients) {plain.replace('telecom.', '')}"
    with rules(instance, ("telecom.clients", "1 = 0"), role="Admin"):
        assert sql_lab(plain) == [{"n": 0}]
        assert sql_lab(behind)[0]["n"] > 1_000
    with rules(instance, ("telecom.clients", "client_no = 1;"), role="Admin"):
        assert isinstance(sql_lab(plain), str)
