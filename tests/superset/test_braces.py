"""What opens a template in a mapping or an argument is text, wherever Superset renders it."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from superset_kpi.errors import MacroError
from superset_kpi.macros import render_query
from superset_kpi.mapping import Mapping, read_mappings
from tests.bundles import build
from tests.superset.conftest import Instance, chart_data
from tests.superset.test_own_datasets import make_dataset

SCHEME = "a {{ 1/0 }} b {% raw %} {# c"
SEGMENT = "{{{{ current_username() }} {%- {#"
ROWS = f"(select unnest(range(40)) as id, '{SEGMENT}' as segment, 1 + unnest(range(40)) % 9 as v)"
DAY = "2026-08-15"


@pytest.fixture
def braces(instance: Instance) -> Iterator[Mapping]:
    """A mapping on a connection of its own whose scheme and segment open templates."""
    from superset_kpi.superset.instance import set_up_database

    set_up_database(instance.app, "Braces", "duckdb:///:memory:")
    select = f"select * from {ROWS}"
    key = {"customer_id": "id"}
    body = {
        "database": "Braces",
        "dialect": "duckdb",
        "as_of": dt.date(2026, 9, 30),
        "scales": {"experience": {"lo": 0, "hi": 10}},
        "tables": {
            "customers": {"select": select, "columns": key},
            "segment_membership": {
                "select": select,
                "columns": {**key, "scheme": {"constant": SCHEME}, "segment": "segment"},
            },
            "ratings": {
                "select": select,
                "columns": {
                    **key,
                    "rating_id": "id",
                    "metric": {"constant": "experience"},
                    "rating": "v",
                    "responded_at": f"timestamp '{DAY}'",
                    "touchpoint": {"constant": SEGMENT},
                },
            },
        },
    }
    file = instance.home / "kpi.yaml"
    before = file.read_text(encoding="utf-8")
    text = yaml.safe_dump({**yaml.safe_load(before), "braces": body})
    file.write_text(text, encoding="utf-8")
    yield read_mappings(file)["braces"]
    file.write_text(before, encoding="utf-8")
    os.utime(file)


def test_an_installed_dataset_and_its_columns_show_the_text(
    instance: Instance, braces: Mapping
) -> None:
    tree = build(braces).datasets["cx_by_segment"]
    number = make_dataset(instance, "braces", tree["sql"], "Braces")
    client = instance.client()
    answer = client.put(f"/api/v1/dataset/{number}/refresh")
    assert answer.status_code == 200, answer.data
    columns = client.get(f"/api/v1/dataset/{number}").get_json()["result"]["columns"]
    assert {"scheme", "segment", "cx"} <= {c["column_name"] for c in columns}
    rows = chart_data(client, number, columns=["scheme", "segment", "answers"])
    assert {"scheme": SCHEME, "segment": SEGMENT, "answers": 40} in rows


def test_in_sql_lab_which_renders_twice_too(braces: Mapping, sql_lab: Callable[..., Any]) -> None:
    rows = "{{ kpi.current_segments(scheme=s) }}"
    sql = f"select scheme, segment, count(*) as n from {rows} t group by all"
    found = sql_lab(sql, "Braces", templateParams=json.dumps({"s": SCHEME}))
    assert found == [{"scheme": SCHEME, "segment": SEGMENT, "n": 40}]


def test_a_name_that_opens_a_template_is_refused(braces: Mapping) -> None:
    from dataclasses import replace

    from superset_kpi.mapping.model import MappedColumn, replace_tables

    (source,) = braces.tables["ratings"]
    columns = {**source.columns, "rating": MappedColumn("column", "v {{ x }}")}
    odd = replace_tables(braces, {"ratings": (replace(source, columns=columns),)})
    with pytest.raises(MacroError) as raised:
        render_query("cx_by_segment", {}, odd)
    assert str(raised.value) == (
        "the name 'v {{ x }}' opens a template of Superset's. Map a view of the table that gives "
        "the column another name."
    )
