"""The `kpi` object in SQL Lab: rows, choices of a mapping, and messages."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from json import dumps
from pathlib import Path
from typing import Any

import pytest
from jinja2.sandbox import SandboxedEnvironment

from superset_kpi.errors import said
from superset_kpi.macros import library, render_query
from superset_kpi.mapping import Mapping
from superset_kpi.superset.mapping_file import MappingFile
from superset_kpi.superset.templates import Kpi
from tests.superset.conftest import Instance

SqlLab = Callable[..., Any]


def test_a_relation_gives_the_rows_of_its_sql(sql_lab: SqlLab, telecom: Mapping) -> None:
    compiled = render_query("cx_by_segment", {"scheme": "All customers"}, telecom)
    sql = "select period, answers, band from {} t order by period"
    rows = sql_lab(sql.format("{{ kpi.cx_by_segment(scheme='All customers') }}"))
    assert len(rows) > 4
    assert rows == sql_lab(sql.format(f"({compiled})"))


def test_help_lists_the_macros_and_explains_one(sql_lab: SqlLab, telecom: Mapping) -> None:
    listed = sql_lab("select * from {{ kpi.help() }} t order by place")
    assert [row["macro"] for row in listed if row["is_fed"] == "yes"]
    assert sorted(row["macro"] for row in listed) == library().public_names()
    found = sql_lab("select * from {{ kpi.help('churn') }} t order by place")
    assert {"churn_by_segment", "cx_to_churn"} < {row["macro"] for row in found}
    explained = sql_lab("select name from {{ kpi.telecom.help('cx_by_segment') }} t order by place")
    macro = library()["cx_by_segment"]
    assert [row["name"] for row in explained] == [macro.name, *macro.args, *macro.returns]


def test_help_needs_no_table_and_takes_any_word(sql_lab: SqlLab) -> None:
    call = "select kind, summary from {{ kpi.telecom.help(word=w) }} t"
    for word in ("xyzzy", "it's \" %s", "{{ 1/0 }} {% x %} {# y #}", "drop table; --", "日本"):
        ((kind, summary),) = [
            row.values() for row in sql_lab(call, templateParams=dumps({"w": word}))
        ]
        assert kind == "nothing"
        assert said(word) in summary
        assert "The nearest 10 of " in summary
    refused = sql_lab(call, templateParams=dumps({"w": "x" * 10_000}))
    assert "must be a text of at most 500 characters" in refused
    assert len(refused) < 400


def test_a_call_that_failed_stands_in_the_lists_of_queries(
    instance: Instance, sql_lab: SqlLab
) -> None:
    sql = "select 1 as n from {{ kpi.cx_by_segmen() }} t"
    assert sql_lab(sql) == "kpi.cx_by_segmen: there is no such macro. Did you mean 'cx_by_segment'?"
    body = {"db_id": instance.database_id("Telecom warehouse"), "label": "Wrong", "sql": sql}
    client = instance.client()
    assert client.post("/api/v1/saved_query/", json=body).status_code == 201
    for kind in ("query", "saved_query"):
        found = client.get(f"/api/v1/{kind}/").get_json()["result"]
        assert [each["sql_tables"] for each in found if each["sql"] == sql] == [[]]


def test_an_expression_stands_in_any_formula(sql_lab: SqlLab) -> None:
    rows = sql_lab("select {{ kpi.cx_band('avg(v)') }} as band from (values (85.0)) t(v)")
    assert rows == [{"band": "Excellent"}]


def test_calls_of_one_statement_do_not_share_names(sql_lab: SqlLab) -> None:
    one, other = "{{ kpi.cx_by_segment() }}", "{{ kpi.cx_by_segment(period='month') }}"
    both = f"select * from (select count(*) n from {one} a), (select count(*) m from {other} b)"
    (row,) = sql_lab(both)
    assert row["m"] > row["n"] > 0


def test_template_parameters_are_arguments(sql_lab: SqlLab) -> None:
    sql = "select distinct scheme from {{ kpi.cx_by_segment(scheme=chosen) }} t"
    rows = sql_lab(sql, templateParams='{"chosen": "All customers"}')
    assert rows == [{"scheme": "All customers"}]


def test_other_templates_still_work(sql_lab: SqlLab) -> None:
    assert sql_lab("select '{{ current_username() }}' as name") == [{"name": "admin"}]


def test_a_mapping_is_chosen_by_name_where_a_database_has_several(sql_lab: SqlLab) -> None:
    sql = "select segment, customers from {{ %s }} t order by scheme, segment"
    by_attribute = sql_lab(sql % "kpi.retail.clv_by_segment()", "Shop warehouse")
    by_argument = sql_lab(sql % "kpi.clv_by_segment(mapping='retail')", "Shop warehouse")
    assert by_attribute
    assert by_attribute == by_argument


def messages() -> list[tuple[str, str, str]]:
    return [
        (
            "{{ kpi.cx_by_segmen() }}",
            "Telecom warehouse",
            "kpi.cx_by_segmen: there is no such macro. Did you mean 'cx_by_segment'?",
        ),
        (
            "{{ kpi.telecom.cx_by_segment }}",
            "Telecom warehouse",
            "kpi.telecom.cx_by_segment: the macro is not called. Write parentheses after it, with "
            "its arguments if it needs some: kpi.telecom.cx_by_segment(...).",
        ),
        (
            "{{ kpi.telecom }}",
            "Telecom warehouse",
            "kpi.telecom: it holds the macros and is not one itself. Call one, for example "
            "kpi.telecom.cx_by_segment(...).",
        ),
        (
            "{{ kpi.cx_by_segment(scheme=plan) }}",
            "Telecom warehouse",
            "kpi.cx_by_segment: the value of argument scheme is not defined. "
            "Put a text in quotes, or set the template parameter and write "
            "plan | default('...'), which PostgreSQL needs.",
        ),
        (
            "{{ kpi.clv_by_segment() }}",
            "Shop warehouse",
            "kpi.clv_by_segment: 2 mappings fit this query (cdnow, retail). "
            "Say which: kpi.cdnow.clv_by_segment(...).",
        ),
        (
            "{{ kpi.clv_by_segment() }}",
            "Unmapped",
            "kpi.clv_by_segment: no mapping belongs to the database 'Unmapped'. Choose one that "
            "has a mapping (Shop warehouse, Telecom warehouse, Wrong), or map this one in "
            "kpi.yaml.",
        ),
        (
            "{{ kpi.telecom.clv_by_segment() }}",
            "Unmapped",
            "kpi.clv_by_segment: the mapping 'telecom' belongs to the database 'Telecom warehouse'"
            ", and this query runs on 'Unmapped'. Choose the other database, or the other mapping.",
        ),
        (
            "{{ kpi.clv_by_segment(mapping='telecon') }}",
            "Telecom warehouse",
            "kpi.clv_by_segment: there is no mapping 'telecon'. Did you mean 'telecom'?",
        ),
        (
            "{{ kpi.clv_by_segment() }}",
            "Wrong",
            "kpi.clv_by_segment: the mapping 'wrong' is written for 'postgresql', and the database "
            "of this query is 'duckdb'. Correct `dialect` in kpi.yaml.",
        ),
    ]


@pytest.mark.parametrize(("call", "database", "message"), messages())
def test_a_wrong_call_is_answered_with_one_sentence(
    sql_lab: SqlLab, call: str, database: str, message: str
) -> None:
    assert sql_lab(f"select * from {call} t", database) == message


def test_a_name_that_is_like_no_other_is_answered_with_the_nearest_ten(sql_lab: SqlLab) -> None:
    message = sql_lab("select * from {{ kpi.experience_report() }} t")
    hint = message.removeprefix("kpi.experience_report: there is no such macro. The nearest 10 of ")
    count, _, names = hint.removesuffix(".").partition(" are: ")
    assert int(count) > 100
    assert len(names.split(", ")) == 10


def test_an_unknown_argument_is_answered_with_the_right_one(sql_lab: SqlLab) -> None:
    message = sql_lab("select * from {{ kpi.cx_by_segment(schem='x') }} t")
    assert message.startswith("cx_by_segment: ")
    assert "Did you mean 'scheme'?" in message


def test_a_mapping_that_lacks_the_tables_is_named(sql_lab: SqlLab) -> None:
    message = sql_lab("select * from {{ kpi.retail.cx_by_segment() }} t", "Shop warehouse")
    assert "does not map ratings" in message


def test_a_changed_mapping_file_is_read_again(instance: Instance, sql_lab: SqlLab) -> None:
    file = instance.home / "kpi.yaml"
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text("telecom: {database: Telecom warehouse", encoding="utf-8")
        broken = sql_lab("select * from {{ kpi.cx_by_segment() }} t")
        assert broken.startswith("kpi.yaml:1: this is not YAML")
        assert sql_lab("select 1 as one") == [{"one": 1}]
    finally:
        file.write_text(before, encoding="utf-8")
        os.utime(file)
    assert isinstance(sql_lab("select * from {{ kpi.cx_by_segment() }} t"), list)


def test_a_missing_mapping_file_is_an_error_of_the_macro_alone(tmp_path: Path) -> None:
    template = SandboxedEnvironment().from_string("{{ kpi.cx_by_segment() }}")
    with pytest.raises(Exception, match=r"nowhere.yaml: the file cannot be read") as caught:
        template.render(kpi=Kpi(MappingFile(tmp_path / "nowhere.yaml")))
    assert str(caught.value).endswith("or write one with `superset-kpi init`.")


@pytest.mark.parametrize(
    "name", ["_secret", "__call__", "jinja_pass_arg", "unsafe_callable", "alters_data"]
)
def test_what_jinja_asks_every_object_for_is_simply_absent(instance: Instance, name: str) -> None:
    assert not hasattr(Kpi(MappingFile(instance.home / "kpi.yaml")), name)


def test_a_call_that_was_rendered_before_is_not_rendered_again(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from superset.jinja_context import get_template_processor
    from superset.models.core import Database

    with instance.app.app_context():
        from superset import db

        database = db.session.query(Database).filter_by(database_name="Telecom warehouse").one()
        environment = get_template_processor(database).env
        context = get_template_processor(database).get_context()
        template = environment.from_string("{{ kpi.cx_by_segment(scheme='All customers') }}")
        before = template.render(context)
        monkeypatch.delattr(sys.modules["superset_kpi.macros.library"], "compiled")
        assert template.render(context) == before
        other = environment.from_string("{{ kpi.cx_by_segment(scheme='All customers', target=1) }}")
        with pytest.raises(NameError, match="compiled"):
            other.render(context)
