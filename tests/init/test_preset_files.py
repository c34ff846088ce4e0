"""Preset files: what a wrong one is told, with its line and what is near."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from superset_kpi.dialects import DIALECTS
from superset_kpi.errors import KpiError
from superset_kpi.mapping.sql import sql_problem
from superset_kpi.proposal.preset_files import FOLDER, read_presets
from superset_kpi.proposal.presets import recognised
from superset_kpi.warehouse.survey import Survey, SurveyColumn, SurveyTable

RIGHT = """\
title: A shop
source: https://example.org
tables:
  buyer:
    columns: [id]
mapping:
  customers:
    - table: buyer
      columns: {customer_id: id}
"""


def test_shipped_presets_say_where_their_columns_are_documented() -> None:
    presets = read_presets()
    assert len(presets) == len([*FOLDER.glob("*.yaml")])
    assert [p.name for p in presets.values() if not p.source.startswith("https://")] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "title: A shop",
            "titel: A shop",
            "presets/shop.yaml:1 titel: unknown key 'titel'. Did you mean 'title'?",
        ),
        (
            "    columns: [id]",
            "    columns: [id]\n    optionl: true",
            "presets/shop.yaml:6 tables.buyer.optionl: unknown key 'optionl'. "
            "Did you mean 'optional'?",
        ),
        (
            "  customers:",
            "  custmers:",
            "presets/shop.yaml:7 mapping.custmers: unknown key 'custmers'. "
            "Did you mean 'customers'?",
        ),
        (
            "{customer_id: id}",
            "{custommer_id: id}",
            "presets/shop.yaml:9 mapping.customers[0].columns.custommer_id: unknown key "
            "'custommer_id'. Did you mean 'customer_id'?",
        ),
        (
            "    - table: buyer",
            "    - tabel: buyer",
            "presets/shop.yaml:8 mapping.customers[0].tabel: unknown key 'tabel'. "
            "Did you mean 'table'?",
        ),
        (
            "table: buyer",
            "select: select id from {buyers}",
            "presets/shop.yaml:8 mapping.customers[0]: there is no table 'buyers' in the file. "
            "Did you mean 'buyer'?",
        ),
        (
            "table: buyer",
            "where: id > 0",
            "presets/shop.yaml:8 mapping.customers[0]: give either table or select. Correct it.",
        ),
    ],
)
def test_a_wrong_key_is_named_with_its_line(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.yaml").write_text(RIGHT.replace(old, new))
    with pytest.raises(KpiError) as caught:
        read_presets(tmp_path)
    assert message in str(caught.value).splitlines()


def test_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(RIGHT.replace("title", "titel"))
    (tmp_path / "two.yaml").write_text(RIGHT.replace("source", "sorce"))
    with pytest.raises(KpiError) as caught:
        read_presets(tmp_path)
    assert {line.split(":")[0] for line in str(caught.value).splitlines()} == {
        "presets/one.yaml",
        "presets/two.yaml",
    }


def warehouse(engine: str, *names: str) -> Survey:
    """A warehouse with the tables of presets, each preset's in a schema of its own."""
    opened: Any = None  # nobody asks it
    tables = [
        SurveyTable(
            name,
            table,
            "",
            tuple(SurveyColumn(column, "", "", ()) for column in {*told.columns, "email"}),
            (),
            {},
            0,
        )
        for name in names
        for table, told in read_presets()[name].tables.items()
    ]
    return Survey(DIALECTS[engine], frozenset({"order", "user", "group", "values"}), opened, tables)


@pytest.mark.parametrize("engine", DIALECTS)
@pytest.mark.parametrize("beside", [(), ("shopify",)])
def test_presets_are_sql_on_every_engine(engine: str, beside: tuple[str, ...]) -> None:
    read = DIALECTS[engine].sqlglot
    for name, preset in read_presets().items():
        is_there = not preset.engines or DIALECTS[engine].engine in preset.engines
        if not is_there or name in beside or (beside and preset.people is None):
            continue
        found = recognised(warehouse(engine, *beside, name), [*beside, name])
        assert [f.preset.name for f in found] == [*beside, name]
        for source in (s for f in found for s in f.sources):
            told = [("select", source.select), ("where", source.where), ("table", source.table)]
            told += [("value", str(li.value)) for li in source.lines if isinstance(li.value, str)]
            for kind, text in told:
                assert text is None or sql_problem(text, read, kind) is None
