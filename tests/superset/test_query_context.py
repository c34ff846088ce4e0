"""Superset's own port of `buildQuery` is where it is imported from, and makes what it made."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from superset.migrations.shared.migrate_viz import query_functions as port

from superset_kpi.superset import query_context
from tests.bundles import build, mappings
from tests.superset.conftest import GALLERY

# Written by builders of our own, before the port was used; a browser sends the same.
QUERIES = Path(__file__).parent / "queries.json"


def test_the_port_has_what_is_called_of_it_and_needs_nothing_of_superset() -> None:
    called = {
        node.attr
        for node in ast.walk(ast.parse(Path(query_context.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.value.id == "port"
    }
    assert called
    assert called <= vars(port).keys(), "Superset's port has changed: see superset/query_context.py"
    tree = ast.parse(Path(port.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }
    imported |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported <= {"json", "math", "enum", "typing"}


def test_every_kind_of_chart_has_the_queries_that_it_had_before_the_port_was_used() -> None:
    wanted = json.loads(QUERIES.read_text(encoding="utf-8"))
    charts = build(mappings()["telecom"], GALLERY).charts
    made = {key.split("/")[1]: json.loads(c["query_context"]) for key, c in charts.items()}
    assert made.keys() == wanted.keys()
    for key, context in made.items():
        assert context["queries"] == wanted[key], key


def test_what_the_port_does_not_send_is_two_constants() -> None:
    form = {"x_axis": "day", "metrics": ["cx"], "datasource": "0__table"}
    (query,) = port.build_query_context(form)["queries"]
    assert "group_others_when_limit_reached" not in query
    (column,) = port.normalize_time_column(form, {**query, "columns": ["day"]})["columns"]
    assert "isColumnReference" not in column
