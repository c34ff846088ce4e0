"""superset-kpi init --url: what it says, asks and writes, and what it does with bad input."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from superset_kpi.mapping import read_mappings
from superset_kpi.warehouse import survey
from tests.init.conftest import Run
from tests.init.rows import Rows, write
from tests.init.warehouses import build

ORDERS: Rows = {
    "clients": (
        "client_no integer primary key, joined_on text, grade text",
        [(n, f"2024-01-{1 + n % 28:02d}", "gold" if n % 3 else "silver") for n in range(1, 61)],
    ),
    "orders": (
        "order_no integer primary key, client_no integer, ordered_on text, total real",
        [(n, 1 + n % 60, f"2026-0{1 + n % 9}-{1 + n % 28:02d}", 9.5 + n) for n in range(1, 301)],
    ),
}


def shop(folder: Path, tables: Rows = ORDERS) -> str:
    write("sqlite", folder / "shop.db", tables)
    return f"sqlite:///{folder / 'shop.db'}"


def test_three_answers_lead_to_a_mapping(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WAREHOUSE_URL", raising=False)
    result = run("init", "--url", shop(tmp_path), input="Warehouse\nEUR\n0.3\n")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "kpi.yaml").read_text()
    assert "database: Warehouse " in text
    mapping = read_mappings(tmp_path / "kpi.yaml")["shop"]
    assert (mapping.currency, mapping.margin_rate, mapping.url) == ("EUR", 0.3, "${WAREHOUSE_URL}")
    assert {*mapping.tables} == {"customers", "segment_membership", "transactions"}
    assert "sure" in result.output
    assert "its values are in clients.client_no" in result.output
    assert result.output.splitlines()[-2] == (
        "kpi.yaml: written, with customers, transactions, segment_membership; "
        "file and warehouse agree."
    )
    assert result.output.splitlines()[-1].startswith("Next: set WAREHOUSE_URL to the URL")
    monkeypatch.setenv("WAREHOUSE_URL", f"sqlite:///{tmp_path}/shop.db")
    again = run("init", "again.yaml", "--url", "${WAREHOUSE_URL}", "--yes").output
    assert again.splitlines()[-1].startswith("Next: read the file, then run")


def test_an_answer_that_cannot_be_used_is_asked_for_again(run: Run, tmp_path: Path) -> None:
    result = run("init", "--url", shop(tmp_path), input="Warehouse\neuros\nEUR\n30\n\n")
    assert result.exit_code == 0, result.output
    assert "A currency has three letters, for example EUR." in result.output
    assert "A share is a number such as 0.3." in result.output
    assert read_mappings(tmp_path / "kpi.yaml")["shop"].margin_rate is None


def test_answers_can_be_given_beforehand(run: Run, tmp_path: Path) -> None:
    given = ["-o", "currency=chf", "-o", "margin_rate=0.5", "-o", "database=Crm"]
    result = run("init", "--url", shop(tmp_path), "--name", "crm", *given)
    assert result.exit_code == 0, result.output
    mapping = read_mappings(tmp_path / "kpi.yaml")["crm"]
    assert (mapping.currency, mapping.margin_rate, mapping.database) == ("CHF", 0.5, "Crm")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            "currency",
            "init: 'currency' is no answer. Write -o KEY=VALUE, for example -o currency=EUR.",
        ),
        ("curency=EUR", "init: there is no question 'curency'. Did you mean 'currency'?"),
        (
            "currency=euro",
            "init: currency is 'euro'. A currency has three letters, for example EUR.",
        ),
        ("margin_rate=2", "init: margin_rate is '2'. A share is a number such as 0.3."),
        ("scale.nps=9-1", "init: scale.nps is '9-1'. A scale is two numbers such as 1-10."),
        ("ratings=t", "init: ratings can only be left out. Write -o ratings=none."),
        (
            "customers=client",
            "init: 'client' cannot hold the customers. Did you mean 'clients'?",
        ),
    ],
)
def test_a_wrong_answer_is_refused(option: str, message: str, run: Run, tmp_path: Path) -> None:
    result = run("init", "--url", shop(tmp_path), "--yes", "-o", option)
    assert (result.exit_code > 0, result.stderr) == (True, f"{message}\n")
    assert not (tmp_path / "kpi.yaml").exists()


def test_a_stop_at_any_question_writes_nothing(run: Run, tmp_path: Path) -> None:
    url = shop(tmp_path)
    for answers in ("", "Warehouse\n", "Warehouse\nEUR\n"):
        result = run("init", "--url", url, input=answers)  # the input ends as with Ctrl+C
        assert result.exit_code == 1
        assert result.stderr.endswith("Aborted!\n")
        assert {p.name for p in tmp_path.iterdir()} == {"shop.db"}


def test_a_file_in_the_way_is_left_as_it_is(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kpi.yaml").write_text("mine")
    result = run("init", "--url", shop(tmp_path), "--yes")
    assert (result.exit_code, result.stderr) == (
        2,
        "init: 'kpi.yaml' already exists and is left as it is. "
        "Name another file, or delete this one.\n",
    )
    assert (tmp_path / "kpi.yaml").read_text() == "mine"
    result = run("init", "no/kpi.yaml", "--url", shop_url(tmp_path), "--yes")
    assert result.stderr.startswith("output: 'no/kpi.yaml' cannot be written")


def shop_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'shop.db'}"


def test_a_host_that_cannot_be_reached_is_one_sentence(run: Run, tmp_path: Path) -> None:
    result = run("init", "--url", "postgresql://me:hush-hush@localhost:1/db", "--yes")
    assert result.exit_code == 1
    assert result.stderr.startswith("shop: the warehouse cannot be reached (")
    assert result.stderr.count("\n") == 1
    assert "hush" not in result.output
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "postgresql//me:hush@host/db",
            "init: the url is not a SQLAlchemy URL. Write "
            "driver://user:${PASSWORD}@host:port/database.",
        ),
        ("sqlite:///gone.db", "shop: there is no file gone.db. Correct the url."),
        (
            "sqlite:///${NOT_SET}",
            "shop: the url needs the environment variable NOT_SET, which is not set. Set it, "
            "for example `export NOT_SET=...`.",
        ),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, message: str, run: Run) -> None:
    result = run("init", "--url", url, "--yes")
    assert result.exit_code > 0
    assert result.stderr == f"{message}\n"


def test_neither_the_url_nor_a_row_is_in_the_file(run: Run, tmp_path: Path) -> None:
    url = build("klinik", tmp_path)
    assert run("init", "--url", url, "--yes").exit_code == 0
    text = (tmp_path / "kpi.yaml").read_text()
    assert str(tmp_path) not in text
    assert not [word for word in ("late again", "perfect", "Chirurgie", "2025-") if word in text]


def test_the_url_may_come_from_the_environment(run: Run, tmp_path: Path) -> None:
    shop(tmp_path)
    given = {"PLACE": str(tmp_path / "shop.db")}
    result = run("init", "--url", "sqlite:///${PLACE}", "--yes", env=given)
    assert result.exit_code == 0, result.output


def test_two_equally_good_candidates_are_asked_for(run: Run, tmp_path: Path) -> None:
    clients = ORDERS["clients"]
    url = shop(tmp_path, {**ORDERS, "clients_copy": clients, "old_clients": clients})
    result = run("init", "--url", url, input="Warehouse\nmain.old_clients\nEUR\n\n")
    assert "Several tables may hold the customers. Which one?" in result.output, result.output
    assert result.exit_code == 0, result.output
    mapping = read_mappings(tmp_path / "kpi.yaml")["shop"]
    assert mapping.tables["customers"][0].table == "main.old_clients"


def test_nothing_to_recognise_is_said(run: Run, tmp_path: Path) -> None:
    result = run("init", "--url", shop(tmp_path, {"stones": ("weight real", [(1.5,)])}), "--yes")
    assert result.exit_code == 2
    assert result.stderr.startswith("init: in 1 tables there is nothing that looks like customers")
    assert not (tmp_path / "kpi.yaml").exists()


def test_tables_without_rows_go_by_their_types(run: Run, tmp_path: Path) -> None:
    empty = {name: (columns, []) for name, (columns, _) in ORDERS.items()}
    declared = {
        **empty,
        "orders": (
            "order_no integer primary key, client_no integer references clients(client_no), "
            "ordered_on timestamp, total real",
            [],
        ),
    }
    result = run("init", "--url", shop(tmp_path, declared), "--yes")
    assert result.exit_code == 0, result.output
    mapping = read_mappings(tmp_path / "kpi.yaml")["shop"]
    assert {*mapping.tables} == {"customers", "transactions"}


def test_a_view_that_fails_is_left_out_with_a_remark(run: Run, tmp_path: Path) -> None:
    url = shop(tmp_path)
    with sqlite3.connect(tmp_path / "shop.db") as opened:
        opened.execute("create table gone (a integer)")
        opened.execute("create view customers_view as select a from gone")
        opened.execute("drop table gone")
    result = run("init", "--url", url, "--yes")
    assert result.exit_code == 0, result.output
    (remark,) = [line for line in result.stderr.splitlines() if "customers_view" in line]
    assert remark.startswith("main.customers_view: its columns cannot be listed (")


def test_odd_names_are_quoted(run: Run, tmp_path: Path) -> None:
    rows = ORDERS["clients"][1], ORDERS["orders"][1]
    odd = {
        "Client's List": ('"Client No" integer, "Joined On" text, "group" text', rows[0]),
        "order": (
            '"select" integer, "Client No" integer, "Ordered: On" text, "Total #" real',
            rows[1],
        ),
    }
    write("duckdb", tmp_path / "odd.duckdb", odd)
    result = run("init", "--url", f"duckdb:///{tmp_path / 'odd.duckdb'}", "--yes")
    assert result.exit_code == 0, result.output
    assert "file and warehouse agree" in result.output
    mapping = read_mappings(tmp_path / "kpi.yaml")["shop"]
    assert mapping.tables["customers"][0].columns["customer_id"].value == "Client No"
    assert {*mapping.tables} == {"customers", "segment_membership", "transactions"}


def test_documents_and_lists_are_no_columns(run: Run, tmp_path: Path) -> None:
    more = ORDERS["clients"][0] + ", tags json, notes varchar[]"
    rows = [(*row, '{"vip": true}', ["a", "b"]) for row in ORDERS["clients"][1]]
    write("duckdb", tmp_path / "json.duckdb", {**ORDERS, "clients": (more, rows)})
    result = run("init", "--url", f"duckdb:///{tmp_path / 'json.duckdb'}", "--yes")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "kpi.yaml").read_text()
    assert "tags" not in text
    assert "notes" not in text


def test_thousands_of_tables_are_looked_at_by_their_promise(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "MOST_TABLES", 20)
    url = shop(tmp_path)
    with sqlite3.connect(tmp_path / "shop.db") as opened:
        for n in range(3_000):
            opened.execute(f"create table aux_{n:04d} (id integer)")
    result = run("init", "--url", url, "--yes")
    assert result.exit_code == 0, result.output
    assert "2,982 of 3,002 tables were not looked at" in result.stderr
    assert {*read_mappings(tmp_path / "kpi.yaml")["shop"].tables} >= {"customers", "transactions"}


def test_what_check_mapping_faults_is_mended_or_left_out(run: Run, tmp_path: Path) -> None:
    """Of a key that is text in one table and a number in the other."""
    columns, rows = ORDERS["orders"]
    texts = [(n, str(client), day, total) for n, client, day, total in rows]
    tables = {
        **ORDERS,
        "orders": (
            columns.replace("client_no integer", "client_no text references clients(client_no)"),
            texts,
        ),
    }
    result = run("init", "--url", shop(tmp_path, tables), "--yes")
    assert result.exit_code == 0, result.output
    assert "mended or left out: shop.tables." in result.stderr
    assert "file and warehouse agree" in result.output


def test_good_and_bad_are_the_ends_of_a_scale(run: Run, tmp_path: Path) -> None:
    scores = ("good", "bad", "good", "offered")
    answers = [(n, 1 + n % 60, scores[n % 4], f"2026-08-{1 + n % 28:02d}") for n in range(1, 201)]
    tables = {
        **ORDERS,
        "satisfaction_ratings": (
            "id integer primary key, client_no integer, score text, created_at text",
            answers,
        ),
    }
    result = run("init", "--url", shop(tmp_path, tables), "--yes")
    assert result.exit_code == 0, result.output
    (source,) = read_mappings(tmp_path / "kpi.yaml")["shop"].tables["ratings"]
    assert source.where == "score in ('bad', 'good')"
    rating = source.columns["rating"].value
    assert rating == "case score when 'bad' then 1 when 'good' then 5 end"
    assert source.columns["metric"].value == "satisfaction"


def test_options_without_a_url_are_refused(run: Run) -> None:
    result = run("init", "--preset", "stripe")
    assert (result.exit_code, result.stderr) == (
        2,
        "init: without a warehouse there is nothing to propose. Add --url.\n",
    )


def test_a_schema_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("init", "--url", build("harbour", tmp_path), "--schema", "markt", "--yes")
    assert result.stderr == "init: there is no schema 'markt'. Did you mean 'market'?\n"
