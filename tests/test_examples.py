"""The worked examples of SQL Lab mean the same on every engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy
import sqlglot
from sqlglot import exp

from superset_kpi.dashboards.examples import PLACE
from superset_kpi.dashboards.files import QueryFile, read_shipped
from superset_kpi.dialects import dialect
from superset_kpi.macros import render_call
from superset_kpi.resources import dashboards
from tests import cases
from tests.test_engine import DISTINCT, world
from tests.test_macros import ENGINES

EXAMPLES = read_shipped(dashboards()).queries


@pytest.mark.parametrize("engine", ENGINES)
def test_every_example_runs_on_an_engine(engine: str, engine_url: Callable[[str], str]) -> None:
    created = sqlalchemy.create_engine(engine_url(ENGINES[engine]))
    with created.connect() as connection:
        for file in EXAMPLES.values():
            cases.run(connection, statement(file, engine))
    created.dispose()


@pytest.mark.parametrize("engine", DISTINCT)
def test_no_example_has_a_name_that_an_engine_reserves(engine: str) -> None:
    for file in EXAMPLES.values():
        target = dialect(engine).sqlglot
        (tree,) = sqlglot.parse(file.sql.replace(PLACE, "kpi__rows"), read=target)
        # A name that is reserved there comes out in quotes.
        names = {column.name for column in tree.find_all(exp.Column)}
        assert {name: exp.column(name).sql(dialect=target) for name in names} == {
            name: name for name in names
        }


def statement(file: QueryFile, engine: str) -> str:
    """What a template makes of an example."""
    return file.sql.replace(PLACE, render_call(file.macro, (), file.arguments, world(engine)))
