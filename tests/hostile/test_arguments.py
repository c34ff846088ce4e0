"""What comes in through an argument stays a value: the same statement, and the same value back.

How a value is written depends on the type and the bounds of its argument alone. So every string
goes into an argument of each kind, and a part of them into every argument of every macro, as far as
the node that it becomes; every node is written, and read, by every engine; whole statements are
compared, and run, for a sample that rotates through the strings.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import cycle, islice
from typing import Any

import pytest
import sqlalchemy
from sqlglot import exp

from superset_kpi.dialects import dialect, write_primitive
from superset_kpi.errors import ArgumentError
from superset_kpi.macros import Macro, arguments, library, render_call, render_query
from superset_kpi.macros.arguments import as_node
from superset_kpi.macros.braces import without_templates
from superset_kpi.macros.headers import LONGEST
from superset_kpi.macros.macro import Argument
from superset_kpi.mapping import Mapping
from tests import cases
from tests.hostile.corpus import hostile_strings
from tests.test_engine import VALUES, values_for, world

STRINGS = hostile_strings()
PUBLIC = [m for m in library().values() if not m.is_internal]
EVERY = [(macro, argument) for macro in PUBLIC for argument in macro.args.values()]
ENGINES = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "postgresql": "postgres",
    "mysql": "mariadb",
}
PLAIN = "plainword"
LAST = (LONGEST, 1e308, "9000-12-31")


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(
    request: pytest.FixtureRequest, engine_url: Callable[[str], str]
) -> Iterator[tuple[str, sqlalchemy.engine.Connection]]:
    """A dialect's name, and a connection to it."""
    created = sqlalchemy.create_engine(engine_url(ENGINES[request.param]))
    with created.connect() as connection:
        yield request.param, connection
    created.dispose()


def node_of(
    macro: Macro, argument: Argument, value: Any, mapping: Mapping
) -> exp.Expression | None:
    """The node of a value; None where it is refused, which a sentence of ours says."""
    try:
        return as_node(macro, argument, value, mapping)
    except ArgumentError as error:
        message = str(error)
    assert message.startswith(f"{macro.name}: {argument.name} is ")
    assert "\n" not in message
    return None


def literal(node: exp.Expression, target: str) -> str:
    return without_templates(node.sql(dialect=dialect(target).sqlglot), dialect(target).sqlglot)


def test_there_are_at_least_500_strings() -> None:
    assert len(set(STRINGS)) == len(STRINGS) >= 500


@pytest.mark.parametrize("target", list(ENGINES))
def test_every_string_becomes_a_value_of_its_argument_or_is_refused(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = lru_cache(maxsize=None)(_outcome(arguments.passed_expression))
    monkeypatch.setattr(arguments, "passed_expression", lambda *a: _told(remembered(*a)))
    mapping = world(target)
    strings = rotating(target, STRINGS)
    alike: set[tuple[Any, ...]] = set()
    for macro, argument in EVERY:
        kind = (argument.type, argument.choices, argument.min, argument.max)
        # Of arguments that are alike the first takes every string, the others those at hand.
        values = islice(strings, 25) if kind in alike else STRINGS
        alike.add(kind)
        for value in values:
            node = node_of(macro, argument, value, mapping)
            if node is not None:
                assert is_the_value(node, argument, value), (macro.name, argument.name, value)


def _outcome(function: Callable[..., Any]) -> Callable[..., Any]:
    def outcome(*given: Any) -> Any:
        try:
            return function(*given)
        except ValueError as error:
            return error

    return outcome


def _told(outcome: Any) -> Any:
    if isinstance(outcome, ValueError):
        raise outcome
    return outcome


def is_the_value(node: exp.Expression, argument: Argument, value: str) -> bool:
    """Whether a node is one literal, or one primitive of a literal, that says the value."""
    if argument.type == "text":
        return isinstance(node, exp.Literal) and node.is_string and node.this == value
    if argument.type == "choice":
        return isinstance(node, exp.Literal) and node.this == value and value in argument.choices
    if argument.type == "column":
        return isinstance(node, exp.Column) and node.name == value and value in argument.choices
    if argument.type == "boolean":
        return isinstance(node, exp.Boolean) and node.this is (value == "true")
    if argument.type in ("integer", "number"):
        inner = node.unnest()
        sign = -1 if isinstance(inner, exp.Neg) else 1
        number = inner.this if sign < 0 else inner
        return isinstance(number, exp.Literal) and sign * float(number.this) == float(value)
    if argument.type == "date":
        day = node.expressions[0] if node.name == "day_of" else None
        return day.this == value if day is not None else value in ("today", "yesterday")
    return argument.type == "expression"  # tests/hostile/test_passed.py judges those


def test_every_text_comes_back_as_it_went_in(
    engine: tuple[str, sqlalchemy.engine.Connection],
) -> None:
    target, connection = engine
    mapping, macro = world(target), library()["current_segments"]
    nodes = {v: node_of(macro, macro.args["scheme"], v, mapping) for v in STRINGS}
    kept = {value: node for value, node in nodes.items() if node is not None}
    assert len(kept) > 350
    for batch in batches(list(kept), 50):
        texts = [f"{literal(kept[v], target)} as c{n}" for n, v in enumerate(batch)]
        (row,) = cases.run(connection, f"select {', '.join(texts)}")
        assert list(row.values()) == batch


def test_every_number_and_day_comes_back_as_it_went_in(
    engine: tuple[str, sqlalchemy.engine.Connection],
) -> None:
    target, connection = engine
    mapping, macro = world(target), library()["cx_by_segment"]
    for name, made in (
        ("target", float),
        ("min_n", lambda v: int(float(v))),
        ("as_of", dt.date.fromisoformat),
    ):
        values = [v for v in STRINGS if v not in ("today", "yesterday")]
        nodes = {v: node_of(macro, macro.args[name], v, mapping) for v in values}
        kept = [value for value, node in nodes.items() if node is not None]
        assert len(kept) >= 3, name
        texts = [f"{as_sql(nodes[v], target)} as c{n}" for n, v in enumerate(kept)]
        (row,) = cases.run(connection, f"select {', '.join(texts)}")
        for value, found in zip(kept, row.values(), strict=True):
            wanted: Any = made(value)
            if name == "as_of":
                assert str(found)[:10] == str(wanted)
            else:
                assert math.isclose(float(found), wanted, rel_tol=1e-15), (name, value, found)


def as_sql(node: exp.Expression | None, target: str) -> str:
    assert node is not None
    if isinstance(node, exp.Anonymous):
        node = write_primitive(node.name, node.expressions, dialect(target))
    return literal(node, target)


def batches(values: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


TEXTS = [(m, a) for m, a in EVERY if a.type == "text"]
EXPRESSIONS = [(m, a) for m, a in EVERY if a.type == "expression"]
RELATIONS = [m for m in PUBLIC if m.kind == "relation"]


@pytest.mark.parametrize("target", list(ENGINES))
def test_a_text_changes_nothing_else_of_a_statement(target: str) -> None:
    mapping, read = world(target), dialect(target).sqlglot
    # A text that a branch of the macro, or a constant of the mapping, asks for may drop the others.
    strings = rotating(target, [v for v in STRINGS if v not in ("", *VALUES.values())])
    for macro, argument in shared(target, TEXTS):
        given = {**values_for(macro), argument.name: PLAIN}
        plain = render_query(macro.name, given, mapping)
        for value in islice(strings, 1):
            node = node_of(macro, argument, value, mapping)
            if node is None:
                with pytest.raises(ArgumentError):
                    render_query(macro.name, {**given, argument.name: value}, mapping)
                continue
            wanted = plain.replace(f"'{PLAIN}'", node.sql(dialect=read))
            found = render_query(macro.name, {**given, argument.name: value}, mapping)
            assert found == without_templates(wanted, read), (macro.name, argument.name, value)


@pytest.mark.parametrize("target", list(ENGINES))
def test_an_expression_changes_nothing_else_of_a_statement(target: str) -> None:
    mapping = world(target)
    macro = library()["cx_band"]
    nodes = {v: node_of(macro, macro.args["score"], v, mapping) for v in STRINGS}
    passing = {v: literal(n, target) for v, n in nodes.items() if n is not None and v != "null"}
    assert len(passing) > 40
    strings = rotating(target, list(passing))
    for macro, argument in shared(target, EXPRESSIONS):
        given = {**values_for(macro), argument.name: PLAIN}
        plain = render_call(macro.name, (), given, mapping)
        for value in islice(strings, 8):
            found = render_call(macro.name, (), {**given, argument.name: value}, mapping)
            written = passing[value]
            forms = [plain.replace(PLAIN, written), plain.replace(PLAIN, f"({written})")]
            assert found in forms, (macro.name, argument.name, value)


def test_a_statement_runs_with_what_came_in(
    engine: tuple[str, sqlalchemy.engine.Connection],
) -> None:
    target, connection = engine
    mapping = world(target)
    strings = rotating(target, STRINGS)
    for macro in shared(target, RELATIONS):
        given = values_for(macro)
        for argument in macro.args.values():
            for value in islice(strings, 60):
                if node_of(macro, argument, value, mapping) is not None:
                    given[argument.name] = value
                    break
        cases.run(connection, render_query(macro.name, given, mapping))


# Dates between which a model was fitted are judged where it is written out.
FITTED = {"clv_backtest_by_frequency", "clv_backtest_by_week"}


@pytest.mark.parametrize(("days", "number", "day"), [(1, -1e308, "1900-01-01"), LAST])
def test_a_value_at_its_limit_is_no_error_of_the_engine(
    engine: tuple[str, sqlalchemy.engine.Connection], days: int, number: float, day: str
) -> None:
    target, connection = engine
    mapping = world(target)
    limits: dict[str, Any] = {"number": number, "date": day}
    for macro in shared(target, RELATIONS):
        given = {
            argument.name: limits.get(argument.type, max(days, int(argument.min or 0)))
            for argument in macro.args.values()
            if (argument.type == "integer" and argument.max == LONGEST)
            or (argument.type == "number" and (argument.min, argument.max) == (None, None))
            or (argument.type == "date" and macro.name not in FITTED)
        }
        cases.run(connection, render_query(macro.name, {**values_for(macro), **given}, mapping))


def rotating(target: str, strings: list[str]) -> Iterator[str]:
    """The strings without end, from another place for each engine."""
    start = list(ENGINES).index(target) * len(strings) // len(ENGINES)
    return cycle([*strings[start:], *strings[:start]])


def shared(target: str, items: list[Any], of: int = 4) -> list[Any]:
    """The part that an engine takes, where the engines together take everything."""
    return items[list(ENGINES).index(target) % of :: of]
