"""Security at its edges where organisations have it: warehouse and Superset's store on PostgreSQL.

Of every point there is a test by readers of different rights. What no engine can change is tested
elsewhere: test_security.py, test_visible.py, tests/hostile, tests/test_connection.py.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from superset_kpi.errors import KpiError
from superset_kpi.macros.written import today, with_written
from superset_kpi.mapping import Mapping
from superset_kpi.mapping.tables import read_tables, tables_path
from superset_kpi.superset.doctor import instance as examine
from superset_kpi.superset.finding import Finding
from superset_kpi.superset.install import install
from superset_kpi.superset.installed import recorded
from superset_kpi.superset.plan import plan
from tests.hostile.test_passed import refused
from tests.superset.conftest import Instance, chart_data, installed_charts
from tests.superset.retail import (
    DATABASE,
    EVERYBODY,
    NORTH,
    OF_PEOPLE,
    SOUTH,
    VIEW,
    Shop,
    metric,
    of_scheme,
    open_shop,
    within,
)
from tests.superset.test_install import everything_changed
from tests.superset.test_own_datasets import make_dataset
from tests.test_connection import SECRET, WRONG, tells, wrong_file

pytestmark = pytest.mark.engine

Ask = Callable[..., Any]
SCORES = "{{ kpi.rating_scores(metric='experience') }}"


@pytest.fixture(scope="module")
def shop(
    instance_on_postgresql: Instance,
    engine_url: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """The shop with its dashboards installed, and no rule."""
    instance = instance_on_postgresql
    before = (instance.home / "kpi.yaml").read_text(encoding="utf-8")
    opened = open_shop(instance, engine_url("postgres"), tmp_path_factory.mktemp("retail"))
    opened.install()
    yield opened
    opened.file.write_text(before, encoding="utf-8")


@pytest.fixture
def ask(shop: Shop) -> Ask:
    """A function from SQL and a user to rows, or to the message that SQL Lab shows instead."""

    def run(sql: str, user: str, query: str = "", database: str = DATABASE, **more: Any) -> Any:
        body = {"database_id": shop.instance.database_id(database), "sql": sql, "runAsync": False}
        body |= {"client_id": os.urandom(5).hex(), "queryLimit": 1000, **more}
        client = shop.instance.client(user)
        answer = client.post(f"/api/v1/sqllab/execute/{query}", json=body).get_json()
        return answer["data"] if "data" in answer else answer["errors"][0]["message"]

    return run


def found(shop: Shop, severity: str) -> list[Finding]:
    """What the doctor finds of that severity."""
    with shop.instance.app.app_context():
        return [each for each in examine() if each.severity == severity]


def refusal(shop: Shop) -> str:
    """What plan and install say alike, of the mapping as the file has it now."""
    messages = set()
    with shop.instance.app.app_context():
        for attempt in (plan, install):
            with pytest.raises(KpiError) as raised:
                attempt(shop.mapping(), shop.folder)
            messages.add(str(raised.value))
    (message,) = messages
    return message


def test_each_reader_is_shown_the_own_half_by_charts_and_in_sql_lab(shop: Shop, ask: Ask) -> None:
    """What the tests below compare with."""
    sql = f"select count(distinct rating_id) as n from {SCORES} t"
    whole = shop.shown("anna")
    with shop.halves():
        assert found(shop, "error") == found(shop, "warning") == []
        assert [shop.shown(user) for user in ("admin", "anna", "bert")] == [EVERYBODY, NORTH, SOUTH]
        assert [ask(sql, user)[0]["n"] for user in ("admin", "anna", "bert")] == [40, 24, 16]
    assert whole == EVERYBODY


# A rule that misses


def ratings_as(**keys: Any) -> Callable[[dict[str, Any]], object]:
    """A change to the source of ratings."""

    def change(tables: dict[str, Any]) -> None:
        columns = {**tables["ratings"]["columns"], **keys.pop("columns", {})}
        rest = {} if "select" in keys else {"table": tables["ratings"]["table"]}
        tables["ratings"] = {**rest, **keys, "columns": columns}

    return change


@pytest.mark.parametrize(
    ("table", "right"),
    [
        ("RETAIL.ratings", "retail.ratings"),
        ("retail.Ratings", "retail.ratings"),
        ("Shop.Retail.Ratings", "retail.ratings"),
        (f"{VIEW}_which_is_cut_off", VIEW),
    ],
    ids=lambda name: name[:20],
)
def test_a_spelling_that_escapes_a_rule_is_refused_everywhere_with_the_right_one(
    shop: Shop, ask: Ask, table: str, right: str
) -> None:
    rule = shop.rules("north", {right: "region = 'north'"})
    with rule, shop.mapped(ratings_as(table=table)):
        checked = shop.command("check-mapping", "--mapping", f"{shop.file}:retail")
        messages = [refusal(shop), ask(f"select * from {SCORES} t", "anna")]
        (error,) = found(shop, "error")
    assert checked.exit_code == 1
    assert f"Write {'Shop.' * table.startswith('Shop')}{right}." in checked.stdout
    for message in (*messages, error.found):
        assert f"{table} is spelled shop.{right} in Superset" in message
        assert message.endswith(f"Write {right}.")


@pytest.mark.parametrize(
    "table", ['"retail"."ratings"', "shop.retail.ratings", '"shop"."retail".ratings']
)
def test_a_quoted_name_and_one_with_its_catalog_show_the_readers_own_rows(
    shop: Shop, ask: Ask, table: str
) -> None:
    with shop.halves(), shop.mapped(ratings_as(table=table)):
        checked = shop.command("check-mapping", "--mapping", f"{shop.file}:retail")
        assert (checked.exit_code, found(shop, "error")) == (0, [])
        shop.install()
        assert shop.shown("anna") == NORTH
        assert ask(f"select count(distinct rating_id) as n from {SCORES} t", "bert") == [{"n": 16}]
    shop.install()


def test_a_rule_reaches_no_view_of_its_table_and_one_on_the_view_does(shop: Shop, ask: Ask) -> None:
    """Which is Superset's; docs/security.md says so."""
    of_the_north = {"retail.ratings": "region = 'north'", VIEW: "region = 'north'"}
    shown = []
    with shop.mapped(ratings_as(table=VIEW)):
        shop.install()
        for table, clause in of_the_north.items():
            with shop.rules("north", {table: clause}):
                shown += [answers(shop, "anna"), answers(shop, "bert")]
                shown += ask(f"select count(distinct rating_id) as n from {SCORES} t", "anna")
    shop.install()
    assert shown == [40, 40, {"n": 40}, 24, 40, {"n": 24}]


OF_CUSTOMERS = "with customers as (select * from retail.customers) select {} from customers"


@pytest.mark.parametrize(
    "change",
    [
        ratings_as(
            select="with ratings as (select * from retail.ratings), customers as (select * from "
            "retail.customers) select r.* from ratings as r inner join customers as c "
            "on c.customer_no = r.customer_no"
        ),
        ratings_as(where=f"customer_no in ({OF_CUSTOMERS.format('customer_no')})"),
        ratings_as(columns={"touchpoint": f"concat(({OF_CUSTOMERS.format('count(*)')}), '')"}),
    ],
    ids=["select", "where", "column"],
)
def test_a_cte_named_like_its_table_hides_it_nowhere_in_a_mapping(
    shop: Shop, ask: Ask, change: Callable[[dict[str, Any]], object]
) -> None:
    """With a rule on customers alone, which the mapping reads in the CTE alone."""
    shown = "coalesce(max(touchpoint), cast(count(distinct rating_id) as text))"
    with shop.mapped(change), shop.rules("north", {"retail.customers": "region = 'north'"}):
        shop.install()
        scores = shop.dataset("scores")
        for user, number in (("admin", "40"), ("anna", "24")):
            client = shop.instance.client(user)
            assert chart_data(client, scores, metrics=[metric(shown, "n")]) == [{"n": number}]
            assert ask(f"select {shown} as n from {SCORES} t", user) == [{"n": number}]
    shop.install()


HIDES = "a CTE around it is called 'ratings', as a table that it reads, and Superset would not"
COUNTED = "select count(distinct rating_id) as n from"


def test_a_cte_that_would_hide_a_macros_table_is_refused_in_sql_lab(shop: Shop, ask: Ask) -> None:
    beside = f"with ratings as (select 1) {COUNTED} {SCORES} t"
    twice = f"with ratings as (select * from {SCORES} t) {COUNTED} {SCORES} u"
    within = f"with ratings as (select * from {SCORES} t) {COUNTED} ratings"
    assert ask(beside, "anna") == [{"n": 40}]
    with shop.halves():
        for sql in (beside, beside.replace("ratings as", '"ratings" as')):
            assert HIDES in ask(sql, "anna")
        for sql in (within, twice, beside.replace("ratings as", "scores as")):
            assert ask(sql, "anna") == [{"n": 24}]


def test_a_cte_that_would_hide_a_macros_table_is_refused_in_a_dataset_of_ones_own(
    shop: Shop,
) -> None:
    rows = SCORES.replace("{{ ", "{{ cache_key_wrapper(").replace(" }}", ") }}")
    shown = []
    for name in ("ratings", "scores"):
        sql = f"with {name} as (select 1) select * from {rows} t"
        number = make_dataset(shop.instance, f"own {name}", sql, DATABASE)
        asked = {"metrics": [metric("count(distinct rating_id)", "n")]}
        with shop.halves():
            shown += [chart_data(shop.instance.client("anna"), number, **asked)]
    assert HIDES in shown[0]
    assert shown[1] == [{"n": 24}]


# A rule that cannot be applied

BROKEN = (
    "region = 'north' -- mine",
    "region = 'north';",
    "region = 'north' or",
    "region = = 'north'",
    "region in (",
    "region = 'north",
    "region = 'north') or (1=1",
    "region = '{{ nothing() }}'",
    "customer_no % 2 = 0",
    "customer_no // 2 < 9",  # DuckDB reads it
    "`region` = 'north'",
)
SOUND = {
    "customer_no # 1 < 24": 23,  # DuckDB does not read it
    "|/ customer_no < 5": 24,  # nor this
    "region ~ '^n'": 24,
    "region = any ('{north}'::text[])": 24,
    r"region = E'nor\x74h' and shop <> E'it\'s'": 24,
    r"region = 'a\' or region = $n$north$n$": 24,  # here a backslash is no escape
    "customer_no <@ int4range(1, 25) /* mine */": 24,
    "shop ilike any (array['p%', 'x' || '%'])": 24,
    "region = '{{ current_username() }}' or shop similar to 'P%'": 24,
}


def answers(shop: Shop, user: str) -> int:
    """How many answers a chart shows the user."""
    client, scores = shop.instance.client(user), shop.dataset("scores")
    rows = chart_data(client, scores, metrics=["answers"], filters=of_scheme("All customers"))
    assert isinstance(rows, list), rows
    return int(rows[0]["answers"])


@pytest.mark.parametrize("clause", BROKEN)
def test_a_clause_under_which_everything_is_shown_is_found_with_the_datasets_that_show_it(
    shop: Shop, clause: str
) -> None:
    with shop.rules("north", {"retail.ratings": clause}):
        shown = answers(shop, "anna")
        (error,) = found(shop, "error")
        message = refusal(shop)
    assert shown == 40
    assert error.name == "row-level security north in retail.ratings"
    assert error.found.startswith(f"Superset cannot apply {clause!r} to retail.ratings: it ")
    assert error.found.endswith("This affects kpi_retail_scores.")
    assert message.startswith("retail: the rule 'north in retail.ratings' of row-level security ")


@pytest.mark.parametrize("clause", SOUND)
def test_a_clause_as_postgresql_reads_it_is_applied_and_no_finding(shop: Shop, clause: str) -> None:
    with shop.rules("north", {"retail.ratings": clause}):
        shown = answers(shop, "anna")
        errors = found(shop, "error")
        with shop.instance.app.app_context():
            plan(shop.mapping(), shop.folder)
    assert (shown, errors) == (SOUND[clause], [])


# A rule that covers a part


def test_a_rule_on_customers_alone_leaves_totals_whole_and_the_doctor_names_the_other_tables(
    shop: Shop,
) -> None:
    clauses = within("north")
    for table in OF_PEOPLE:
        with shop.rules("north", {table: clauses[table]}):
            (warning,) = found(shop, "warning")
            shown = shop.shown("anna")
        left = ", ".join(other for other in OF_PEOPLE if other != table)
        assert warning.name == "row-level security of retail"
        assert warning.found == (
            f"Rules for north cover {table}, but not {left}, whose rows count in full in totals, "
            "averages and lists."
        )
        assert shown != NORTH
        if table == "retail.customers":
            assert shown == EVERYBODY
    with shop.rules("north", clauses):
        assert found(shop, "warning") == []
        assert shop.shown("anna") == NORTH


# Rows that were copied


@pytest.fixture
def written(shop: Shop) -> Iterator[Mapping]:
    """The mapping with a table that materialize wrote; one customer is left in it, by our hand."""
    engine = sqlalchemy.create_engine(shop.url)
    with engine.begin() as opened:
        opened.exec_driver_sql("create schema kpi")
    options = ("--schema", "kpi", "--relation", "customer_activity", "--yes")
    made = shop.command("materialize", "--mapping", f"{shop.file}:retail", *options)
    assert made.exit_code == 0, made.stderr
    (table,) = read_tables(shop.file)["retail"]
    with engine.begin() as opened:
        opened.exec_driver_sql(f"delete from kpi.{table.name} where customer_id <> '1'")
    yield with_written(shop.mapping(), [table], today(shop.mapping()))
    tables_path(shop.file).unlink()
    with engine.begin() as opened:
        opened.exec_driver_sql("drop schema kpi cascade")
    engine.dispose()
    shop.install()


SUMMED = "select sum(purchases) as n from {{ kpi.customer_activity() }} t"


def test_a_table_is_read_under_a_rule_on_a_namesake_and_never_under_one_on_a_source(
    shop: Shop, ask: Ask, written: Mapping
) -> None:
    with shop.rules("north", {"outlet.purchases": "1 = 0", "outlet.customers": "1 = 0"}):
        shop.install(written)
        assert shop.shown("anna")["purchases"] == 3
        assert ask(SUMMED, "anna") == [{"n": 3}]
        assert found(shop, "error") == []
    with shop.halves():
        assert [shop.shown(user)["purchases"] for user in ("anna", "bert")] == [3, 3]
        (error,) = found(shop, "error")
        with pytest.raises(KpiError, match=r"which a rule of row-level security covers\. Install"):
            shop.install(written)
        shop.install()
        assert [shop.shown(user) for user in ("anna", "bert")] == [NORTH, SOUTH]
        assert [ask(SUMMED, user) for user in ("anna", "bert")] == [[{"n": 72}], [{"n": 48}]]
    assert error.name == "dataset kpi_retail_worth"
    assert "whose rows escape the rule of row-level security on retail." in error.found


def test_a_guest_is_shown_what_the_rules_of_the_token_leave_and_no_table(
    shop: Shop, written: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    from superset import feature_flag_manager, security_manager
    from superset.extensions import db

    shop.install(written)
    monkeypatch.setitem(feature_flag_manager._feature_flags, "EMBEDDED_SUPERSET", True)
    (error,) = found(shop, "error")
    with pytest.raises(KpiError, match=r"this Superset has guests \(EMBEDDED_SUPERSET\)"):
        shop.install(written)
    shop.install()
    with shop.instance.app.app_context():
        security_manager.copy_role("Gamma", "Public")
        db.session.commit()
    assert "whose tokens bring rules of their own" in error.found
    assert guests_customers(shop, {}) == 40
    assert guests_customers(shop, within("north")) == 24
    assert guests_customers(shop, within("south")) == 16


def guests_customers(shop: Shop, rules: dict[str, str]) -> int:
    """How many customers the table of sums shows a guest with these rules on physical tables."""
    with shop.instance.app.app_context():
        ours = {each.key: each.model for each in recorded("retail")}
        board, context = ours["gallery"].id, json.loads(ours["gallery/table_sums"].query_context)
        chart = ours["gallery/table_sums"].id
    client = shop.instance.client()
    made = client.post(f"/api/v1/dashboard/{board}/embedded", json={"allowed_domains": []})
    token = client.post(
        "/api/v1/security/guest_token/",
        json={
            "user": {"username": "guest"},
            "resources": [{"type": "dashboard", "id": made.get_json()["result"]["uuid"]}],
            "rls": [{"dataset": shop.datasets[t], "clause": clause} for t, clause in rules.items()],
        },
    ).get_json()["token"]
    context["form_data"] |= {"slice_id": chart, "dashboardId": board}
    guest = shop.instance.app.test_client()
    answer = guest.post("/api/v1/chart/data", json=context, headers={"X-GuestToken": token})
    rows = answer.get_json()["result"][0]["data"]
    return int(sum(row["customers"] for row in rows if row["scheme"] == "All customers"))


# Small numbers


def test_shipped_metrics_hide_scores_of_few_and_privacy_says_how_few(shop: Shop, ask: Ask) -> None:
    def scores() -> dict[str, tuple[float | None, int]]:
        asked = {"columns": ["segment"], "metrics": ["cx", "answers"], "filters": of_scheme("Shop")}
        rows = chart_data(shop.instance.client("bert"), shop.dataset("scores"), **asked)
        return {row["segment"]: (row["cx"], row["answers"]) for row in rows}

    by_ten = scores()
    with shop.mapped(lambda tables: None, privacy={"min_n": 12}):
        shop.install()
        by_twelve = scores()
        message = ask("select * from {{ kpi.cx_by_segment(min_n=11) }} t", "bert")
    assert by_ten == {"Pier": (100.0, 24), "Mill": (40.0, 11), "Kiosk": (None, 5)}
    assert by_twelve == {"Pier": (100.0, 24), "Mill": (None, 11), "Kiosk": (None, 5)}
    assert message.endswith("shows no score of fewer than 12 answers. Give 12 or more.")
    with shop.mapped(lambda tables: None, privacy={"single_answers": False}):
        shop.install()
        with shop.instance.app.app_context():
            kept = {each.key for each in recorded("retail", "dataset")}
        message = ask(f"select * from {SCORES} t", "bert")
        sums = ask("select distinct segment from {{ kpi.cx_by_segment() }} t", "bert")
    shop.install()
    assert kept == {"worth"}
    assert "it gives single answers, which the mapping 'retail' keeps private" in message
    assert {"segment": "Pier"} in sums


# Expressions and texts

BAND = "select {{ kpi.cx_band(url_param('s', '0', escape_result=False)) }} as band"
HOSTILE = [text for name, text, _ in refused() if name == "postgresql"]


def test_a_link_passes_a_value_and_nothing_of_the_hostile_corpus(ask: Ask) -> None:
    """The value has a default, since PostgreSQL renders a statement again without the link."""
    assert ask(BAND, "anna", f"?{urlencode({'s': '40 + 46.0'})}") == [{"band": "Excellent"}]
    for text in HOSTILE:
        for sql in (BAND, BAND.replace(", escape_result=False", "")):
            message = ask(sql, "anna", f"?{urlencode({'s': text})}")
            assert isinstance(message, str), text
            assert message.startswith("cx_band: score is "), (text, message)


OPENING = "a {{ 1/0 }} b {% raw %} {# c"


def test_what_opens_a_template_is_a_text_to_readers_with_rules_too(shop: Shop, ask: Ask) -> None:
    """Superset parses and writes the statement again to put rules into it, and renders it again."""

    def change(tables: dict[str, Any]) -> None:
        tables["segment_membership"]["columns"]["scheme"] = {"constant": OPENING}

    asked = {"columns": ["scheme"], "metrics": ["answers"], "filters": of_scheme(OPENING)}
    with shop.halves(), shop.mapped(change):
        shop.install()
        shown = chart_data(shop.instance.client("anna"), shop.dataset("scores"), **asked)
        rows = ask(f"select distinct scheme from {SCORES} t order by 1", "anna")
    with shop.mapped(ratings_as(columns={"rating": {"column": "points {{ 1/0 }}"}})):
        message = refusal(shop)
    shop.install()
    assert shown == [{"scheme": OPENING, "answers": 24}]
    assert {row["scheme"] for row in rows} == {OPENING, "All customers"}
    assert "the name 'points {{ 1/0 }}' opens a template of Superset's." in message


# Messages


def test_no_message_of_a_wrong_login_tells_the_password_to_whom_a_server_answers(
    shop: Shop, ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The command line connects with the login; Superset only reads the file that it stands in."""
    monkeypatch.setenv("KPI_SECRET", SECRET)
    port, before = make_url(shop.url).port, shop.file.read_text(encoding="utf-8")
    sql = "select * from {{ kpi.customer_activity() }} t"
    try:
        for number, form in enumerate(WRONG):
            text = wrong_file(form).replace("127.0.0.1:1/", f"127.0.0.1:{port}/")
            text = text.replace("port=1", f"port={port}").replace("Shop", DATABASE)
            shop.file.write_text(text, encoding="utf-8")
            said = [shop.command("check-mapping", "--mapping", str(shop.file))]
            said += [shop.command("doctor")] if number % 6 == 0 else []
            shown = [each.stdout + each.stderr for each in said]
            shown += [str(ask(sql, user)) for user in ("admin", "clara") if number % 6 == 0]
            assert all(shown)
            assert not tells("".join(shown) + caplog.text), (form, shown)
            caplog.clear()
    finally:
        shop.file.write_text(before, encoding="utf-8")


def test_a_message_names_no_mapping_of_a_database_that_the_reader_may_not_use(ask: Ask) -> None:
    calls = ("kpi.boks()", "kpi.books.customer_activity()", "kpi.customer_activity(mapping='boks')")
    told = {
        user: [str(ask(f"select * from {{{{ {call} }}}} t", user)) for call in calls]
        for user in ("clara", "anna")
    }
    assert "Did you mean 'books'" in told["anna"][0]
    assert "belongs to the database 'Books'" in told["anna"][1]
    for message in told["clara"]:
        assert "Books" not in message
        assert "books" not in message.replace("'books'. Choose", "")
    assert "was not found" in str(ask("select 1", "clara", database="Books"))


# Smaller ones


def test_a_template_parameter_with_a_default_gives_the_readers_own_rows(
    ask: Ask, shop: Shop
) -> None:
    sql = "select distinct scheme, segment from {{{{ kpi.cx_by_segment(scheme={}) }}}} t"
    more = {"templateParams": '{"chosen": "Shop"}'}
    with shop.halves():
        rows = ask(sql.format("chosen | default('All customers')"), "anna", **more)
        message = ask(sql.format("chosen"), "anna", **more)
    assert rows == [{"scheme": "Shop", "segment": "Pier"}]
    assert message.endswith("write chosen | default('...'), which PostgreSQL needs.")


def test_the_roles_gamma_and_sql_lab_are_enough_for_a_macro_on_a_granted_database(ask: Ask) -> None:
    assert ask(f"select count(distinct rating_id) as n from {SCORES} t", "clara") == [{"n": 40}]


def test_an_upgrade_adds_no_owner_and_brings_no_deleted_chart_back(
    shop: Shop, tmp_path: Path
) -> None:
    from superset import db

    charts = installed_charts(shop.instance, "retail")
    gone = shop.instance.client().delete(f"/api/v1/chart/{charts['gallery/total']}")
    assert gone.status_code == 200
    shutil.copytree(shop.folder, tmp_path / "dashboards")
    everything_changed(tmp_path / "dashboards")
    with shop.instance.app.app_context():
        for each in recorded("retail"):
            each.model.owners = []
        db.session.commit()
        planned = install(shop.mapping(), tmp_path / "dashboards")
        owners = [owner for each in recorded("retail") for owner in each.model.owners]
        left = {each.key for each in recorded("retail", "chart")}
        install(shop.mapping(), shop.folder, restore=True)
    assert {step.action for step in planned.steps} == {"update", "away"}
    assert owners == []
    assert left == {"gallery/table_sums"}
