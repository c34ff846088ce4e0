"""The macro engine: what loads, what is written, and what no argument can change."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
import sqlglot
from sqlglot import exp

import superset_kpi.demo
from superset_kpi.dialects import dialect
from superset_kpi.errors import ArgumentError, MacroError
from superset_kpi.macros import (
    Library,
    Macro,
    library,
    render_call,
    render_expression,
    render_query,
)
from superset_kpi.mapping import LOGICAL_TABLES, Mapping, changed, read_mappings
from tests import cases

ENGINES = {"duckdb": "duckdb", "sqlite": "sqlite", "postgresql": "postgres"}
DEMO = Path(superset_kpi.demo.__file__).parent / "kpi.yaml"

# Engines of two names are written alike.
DISTINCT = ["duckdb", "postgresql", "sqlite", "mysql", "hive", "clickhousedb", "mssql", "oracle"]
RELATIONS = [
    m
    for m in library().values()
    if m.kind == "relation" and not any(a.type == "relation" for a in m.args.values())
]
EXPRESSIONS = [m for m in library().values() if m.kind == "expression"]
# Between them they call nearly every macro.
LARGE = ("cx_by_segment", "cpv_by_brand", "clv_by_customer", "customer_summary")
# SQLite's parser stops between 15 and 20; a dataset adds one or two.
DEEPEST = 12
# One row in every logical table, so that keys and texts have types.
VALUES = {
    "key": "1",
    "text": "a",
    "number": "1",
    "date": "2026-09-01",
    "timestamp": "2026-09-01 10:00:00",
    "boolean": "true",
}
WORLD = {
    name: ", ".join(table.columns)
    + "\n"
    + ", ".join(VALUES[column.type] for column in table.columns.values())
    for name, table in LOGICAL_TABLES.items()
}


def world(engine: str) -> Mapping:
    """A mapping of every logical table, with the demo's models."""
    mapping = cases.mapping_of(cases.Case("world", "all tables", given=WORLD), engine)
    models = read_mappings(DEMO)["telecom"].models
    return changed(mapping, models=models)


def values_for(macro: Macro) -> dict[str, Any]:
    """A value for every argument that has to be given."""
    values: dict[str, Any] = {}
    for argument in macro.args.values():
        if argument.is_required:
            by_type = {"text": "a", "integer": 1, "number": 1, "boolean": True, "expression": "1"}
            by_type["date"] = "2026-01-01"
            values[argument.name] = by_type.get(argument.type, (*argument.choices, None)[0])
    return values


def rendered(macro: Macro, mapping: Mapping, call_number: int = 1) -> str:
    """A relation as a statement, whatever the number of its call."""
    text = render_call(macro.name, (), values_for(macro), mapping, call_number)
    return text.removeprefix("(").removesuffix(")") if macro.kind == "relation" else text


def parsed(text: str, engine: str) -> exp.Expression:
    (tree,) = sqlglot.parse(text, read=dialect(engine).sqlglot)
    assert tree is not None
    return tree


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(
    request: pytest.FixtureRequest, engine_url: Callable[[str], str]
) -> Iterator[tuple[str, sqlalchemy.engine.Connection]]:
    """A dialect's name, and a connection to it."""
    created = sqlalchemy.create_engine(engine_url(ENGINES[request.param]))
    with created.connect() as connection:
        yield request.param, connection
    created.dispose()


# What is written


@pytest.mark.parametrize("macro", RELATIONS, ids=[m.name for m in RELATIONS])
def test_every_cte_and_alias_has_the_prefix(macro: Macro) -> None:
    # A CTE named like a physical table would switch row-level security off.
    text = rendered(macro, world("duckdb"))
    tree = parsed(text, "duckdb")
    names = {cte.alias for cte in tree.find_all(exp.CTE)}
    aliases = {t.alias for t in tree.find_all(exp.Table, exp.Subquery) if t.alias}
    tables = {t.name for t in tree.find_all(exp.Table)}
    assert tables <= names, tables - names
    assert {n for n in names | aliases if not n.startswith("kpi__")} == set()
    assert depth(text) <= DEEPEST


def depth(text: str) -> int:
    """The deepest nesting of parentheses outside texts."""
    level = deepest = 0
    for character in "".join(text.split("'")[::2]):
        level += (character == "(") - (character == ")")
        deepest = max(deepest, level)
    return deepest


@pytest.mark.parametrize("target", DISTINCT)
def test_a_statement_that_superset_wrote_anew_stays_as_it_is(target: str) -> None:
    """Superset writes each statement anew for its rules, and that once more for its limit.

    The first time is compared by rows in test_macros.py; the second must change nothing.
    """
    mapping, read = world(target), dialect(target).sqlglot
    for name in (LARGE[0], *(m.name for m in EXPRESSIONS)):
        text = rendered(library()[name], mapping)
        once = parsed(text if name in LARGE else f"select {text}", target).sql(dialect=read)
        assert parsed(once, target).sql(dialect=read) == once, name


@pytest.mark.parametrize("name", LARGE)
def test_two_calls_in_one_template_share_no_cte(name: str) -> None:
    mapping = world("duckdb")
    names = []
    for number in (1, 2, 12):
        tree = parsed(rendered(library()[name], mapping, number), "duckdb")
        names.append({cte.alias for cte in tree.find_all(exp.CTE)})
    assert not names[0] & names[1]
    assert not names[1] & names[2]
    assert len(names[0]) == len(names[1])


def test_text_is_the_same_in_every_process() -> None:
    code = (
        "from tests.test_engine import LARGE, library, rendered, world\n"
        "print([rendered(library()[n], world(t)) for t in ('duckdb', 'mysql') for n in LARGE])"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(texts) == 1


FLOATS = {"DOUBLE", "FLOAT8", "double precision"}
INTEGERS = {"BIGINT", "INTEGER", "bigint", "integer"}
TYPES = {
    "number": FLOATS,
    "integer": INTEGERS,
    "date": {"DATE", "date"},
    "timestamp": {"TIMESTAMP", "timestamp without time zone"},
    "boolean": {"BOOLEAN", "boolean"},
    # A key keeps the warehouse's own type.
    "string": {"VARCHAR", "text"} | INTEGERS,
}


# SQLite's values have types, its columns have none.
@pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
@pytest.mark.parametrize("macro", RELATIONS, ids=[m.name for m in RELATIONS])
def test_a_column_has_the_type_that_the_header_says(
    macro: Macro, engine: tuple[str, sqlalchemy.engine.Connection]
) -> None:
    target, connection = engine
    sql = render_query(macro.name, values_for(macro), world(target))
    describe = {
        "duckdb": f"select column_name, column_type from (describe {sql})",
        "postgresql": "select attname, format_type(atttypid, null) from pg_attribute "
        "where attrelid = 'kpi_described'::regclass and attnum > 0",
    }
    if target == "postgresql":
        plain = connection.execution_options(no_parameters=True)  # texts may hold a %
        plain.exec_driver_sql("drop view if exists kpi_described")
        plain.exec_driver_sql(f"create temporary view kpi_described as {sql}")
    found = dict(tuple(row.values()) for row in cases.run(connection, describe[target]))
    wrong = {
        name: found[name]
        for name, returned in macro.returns.items()
        if found[name] not in TYPES[returned.type]
    }
    assert wrong == {}


# What no argument can change

FRAGMENTS = (
    "'", "''", '"', "`", "[", "]", "(", ")", "--", "/*", "*/", "#", ";", "\\", "\\'", "$$", "$x",
    "$scheme", ":a", "?", "@x", "%s", "%", "{{ x }}", "{% x %}", "\n", "\t", "\0", "\x7f", " ",
    "’", "🙂", "ﬁ", "\u2028", "null", "1", "x", "a b", "or 1=1", "union all select 1",
    "; drop table customers", "') or ('1'='1", "x) from y --", "1, 2", "select 1", "kpi__ratings",
    "kpi__masked_0", "kpi__masked_9", "case when 1=1 then 2 end", "exists (select 1)", "x as y",
    "cast(x as text)", "E'\\''", "U&'\\0027'", "0x27", "N'x'", "sum(x) over ()", "*", "x.*",
)  # fmt: skip


def nasty_texts(count: int = 100) -> list[str]:
    """Fragments, and random runs of them; the same at every run."""
    chosen = random.Random(20260930)
    runs = ["".join(chosen.choices(FRAGMENTS, k=chosen.randint(2, 5))) for _ in range(count)]
    return [*FRAGMENTS, *runs]


def shape(text: str, engine: str, value: str) -> str:
    """The tree of a statement, with the value in place of a plain word."""
    tree = parsed(text, engine)
    for literal in list(tree.find_all(exp.Literal, exp.National)):
        if not literal.is_number and literal.this == value:
            literal.replace(exp.Literal.string("plain"))
    return repr(tree)


def is_refused(value: str) -> bool:
    """Whether a text is none that a label can be."""
    return "\\" in value or any(ord(c) < 32 for c in value)


@pytest.mark.parametrize("target", ["duckdb", "postgresql", "mysql", "mssql", "oracle"])
def test_a_text_stays_a_text(target: str) -> None:
    mapping = world(target)
    plain = shape(render_query("current_segments", {"scheme": "plain"}, mapping), target, "plain")
    for value in filter(lambda v: v not in VALUES.values(), nasty_texts()):
        if any(opener in value for opener in ("{{", "{%", "{#")):
            continue  # written as two texts, so that it opens no template: see tests/hostile
        if target == "oracle" and not value.strip():
            continue  # the statement has blanks of its own, since Oracle has no empty text
        if is_refused(value):
            with pytest.raises(ArgumentError, match="must be a text"):
                render_query("current_segments", {"scheme": value}, mapping)
        else:
            sql = render_query("current_segments", {"scheme": value}, mapping)
            assert shape(sql, target, value) == plain, value


def test_a_text_finds_the_rows_that_bear_it(
    engine: tuple[str, sqlalchemy.engine.Connection],
) -> None:
    target, connection = engine
    for value in filter(lambda v: not is_refused(v), nasty_texts(5)):
        quoted = '"' + value.replace('"', '""') + '"'
        membership = f"customer_id, scheme, segment\n1, {quoted}, A"
        given = {"customers": "customer_id\n1", "segment_membership": membership}
        mapping = cases.mapping_of(cases.Case("text", value, given=given), target)
        found = cases.run(connection, render_query("current_segments", {"scheme": value}, mapping))
        # The CSV reader drops blanks around a value, and two quotes are an empty text to it.
        is_read = value == value.strip() and value != "''"
        wanted = [(1, value, "A")] if is_read else []
        assert [tuple(row.values()) for row in found] == wanted


def attempt(value: str, mapping: Mapping) -> str | None:
    """The call of a macro with the value as an expression; None where it is refused as such."""
    try:
        return render_call("cx_band", (value,), {}, mapping)
    except ArgumentError:
        return None


@pytest.mark.parametrize("target", DISTINCT)
def test_an_expression_stays_one_expression(target: str) -> None:
    mapping = world(target)
    for value in nasty_texts():
        text = attempt(value, mapping)
        if text is None:
            continue
        tree = parsed(f"select {text} as result, 1 as witness from given", target)
        assert isinstance(tree, exp.Select)
        assert tree.named_selects == ["result", "witness"], value
        assert [t.name for t in tree.find_all(exp.Table)] == ["given"], value
        assert tree.find(exp.Subquery, exp.Union, exp.Command) is None, value


@pytest.mark.parametrize(
    ("macro", "argument", "wanted"),
    [
        ("cx_by_segment", "period", "period is"),
        ("rating_scores", "per", "per is"),
        ("rating_scores", "competitors", "must be true or false"),
        ("cx_by_segment", "as_of", "must be a date"),
        ("cx_by_segment", "target", "must be a number"),
        ("cx_by_segment", "min_n", "must be a whole number"),
    ],
)
def test_every_other_type_refuses_what_it_is_not(macro: str, argument: str, wanted: str) -> None:
    mapping = world("duckdb")
    for value in filter(lambda v: v.strip() != "1", nasty_texts(0)):
        with pytest.raises(ArgumentError, match=wanted):
            render_query(macro, {argument: value}, mapping)


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-inf", "1e999", float("nan"), float("inf"), True, None, b"1", "1e0x"]
)
def test_a_number_is_finite(value: object) -> None:
    with pytest.raises(ArgumentError):
        render_query("cx_by_segment", {"target": value}, world("duckdb"))


def test_a_negative_number_keeps_its_sign(engine: tuple[str, sqlalchemy.engine.Connection]) -> None:
    target, connection = engine
    text = render_call("cx_band", ("-5 - x",), {"good_from": -1.5e-3}, world(target))
    (row,) = cases.run(connection, f"select {text} as band from (select -5 as x) as given")
    assert row["band"] == "Good"


def test_a_column_name_may_hold_blanks_and_quotes(
    engine: tuple[str, sqlalchemy.engine.Connection],
) -> None:
    target, connection = engine
    name = '"Avg ""CX"" in %, 2026"'
    text = render_call("cx_band", (name,), {}, world(target))
    (row,) = cases.run(connection, f"select {text} as band from (select 90.5 as {name}) as given")
    assert row["band"] == "Excellent"
    with pytest.raises(ArgumentError) as raised:
        render_call("cx_band", ("Avg CX in %",), {}, world(target))
    assert str(raised.value) == (
        "cx_band: score is 'Avg CX in %' and is not one expression. Write one expression of "
        "columns, numbers, texts, operators, case, cast, aggregates and usual functions of "
        "numbers, texts and dates, without comments."
    )


def test_an_analysts_own_sql_is_left_as_it_is() -> None:
    # Functions outside the vocabulary and a bare division belong to the analyst.
    text = render_call("cx_band", ("median(x) / 2",), {}, world("duckdb"))
    assert "MEDIAN(x) / 2" in text
    text = render_call("cx_band", ("date_trunc('day', x)",), {}, world("postgresql"))
    assert "DATE_TRUNC('DAY', x)" in text


def test_values_that_are_equal_as_keys_are_told_apart() -> None:
    mapping = world("duckdb")
    for value in (1, 1.0, "1"):
        assert render_call("cx_by_segment", (), {"min_n": value}, mapping)
    with pytest.raises(ArgumentError):
        render_call("cx_by_segment", (), {"min_n": True}, mapping)


# What a call says when it is wrong


@pytest.mark.parametrize(
    ("macro", "positional", "named", "message"),
    [
        ("cx_bandd", (), {}, "cx_bandd: there is no such macro. Did you mean 'cx_band'?"),
        (
            "cx_band",
            ("a", 1, 2, "none", 5),
            {},
            "cx_band: 5 values are given but it takes 4 arguments (score, excellent_from, "
            "good_from, rounding). Remove the last ones.",
        ),
        ("cx_band", ("a",), {"score": "b"}, "cx_band: 'score' is given twice. Give it once."),
        (
            "cx_band",
            (),
            {},
            "cx_band: the argument 'score' is missing. Give it: CX in percent.",
        ),
        (
            "cx_band",
            ("a",),
            {"exellent_from": 80},
            "cx_band: there is no argument 'exellent_from'. Did you mean 'excellent_from'?",
        ),
        (
            "cx_band",
            (["a"],),
            {},
            "cx_band: 0 is ['a'] and must be one value. Correct the value.",
        ),
    ],
)
def test_a_wrong_call_says_what_is_right(
    macro: str, positional: tuple[object, ...], named: dict[str, object], message: str
) -> None:
    with pytest.raises(MacroError) as raised:
        render_call(macro, positional, named, world("duckdb"))
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("avg(score", "'avg(score': this is not one expression. Correct it."),
        ("a, b", "'a, b': this is not one expression. Correct it."),
        ("a from t", "'a from t': this is not one expression. Correct it."),
        (
            "median(score)",
            "'median(score)': median is not in the vocabulary. Did you mean 'min'?",
        ),
        (
            "sum(a) / sum(b)",
            "'sum(a) / sum(b)': the division `SUM(a) / SUM(b)` can be by zero. "
            "Write nullif(..., 0).",
        ),
        (
            "cx_by_segment(scheme)",
            "cx_by_segment: it is a relation. Use it in FROM.",
        ),
    ],
)
def test_a_metric_outside_the_vocabulary_is_refused(text: str, message: str) -> None:
    with pytest.raises(MacroError) as raised:
        render_expression(text, world("duckdb"))
    assert str(raised.value) == message


def test_a_metric_may_call_macros(engine: tuple[str, sqlalchemy.engine.Connection]) -> None:
    target, connection = engine
    text = render_expression("cx_band(sum(a) / nullif(sum(b), 0))", world(target))
    given = "(select 17 as a, 2 as b union all select 153, 18) as given"
    (row,) = cases.run(connection, f"select {text} as band from {given}")
    assert row["band"] == "Critical"


@pytest.mark.parametrize("macro", list(library().values()), ids=list(library()))
def test_a_macro_calls_others_as_their_headers_say(macro: Macro) -> None:
    for call in macro.body.find_all(exp.Anonymous):
        called = library().get(call.name.lower())
        if called is None:
            continue
        named = [e for e in call.expressions if isinstance(e, exp.PropertyEQ)]
        assert len(call.expressions) - len(named) <= len(called.args)
        for argument in named:
            declared = called.args.get(argument.this.name)
            assert declared is not None, f"{called.name}({argument.this.name})"
            value = argument.expression
            if isinstance(value, exp.Literal) and declared.choices:
                assert value.this in declared.choices, argument.sql()


# What loads

HEADER = """\
summary: A test.
kind: {kind}
{more}returns: {{type: number, doc: "A number."}}
source: "None."
"""


def load(
    folder: Path, body: str, more: str = "", kind: str = "expression", name: str = "it"
) -> Library:
    """The library of a folder with one macro."""
    (folder / "area").mkdir(exist_ok=True)
    header = HEADER.format(kind=kind, more=more)
    (folder / "area" / f"{name}.sql").write_text(f"/*---\n{header}---*/\n{body}\n")
    read = Library(folder)
    assert read[name].name == name
    return read


def refusal(folder: Path, body: str, more: str = "", kind: str = "expression") -> str:
    with pytest.raises(MacroError) as raised:
        load(folder, body, more, kind)
    return str(raised.value)


ARGS = 'args: [x: {type: expression, doc: "X."}, y: {type: expression, doc: "Y."}]\n'


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        ("round($x, 2)", "round is not in the vocabulary. Did you mean 'rounded'?"),
        ("median($x)", "median is not in the vocabulary."),
        ("greatest($x, $y)", "greatest is not in the vocabulary."),
        ("least($x, $y)", "least is not in the vocabulary."),
        ("stddev($x)", "stddev is not in the vocabulary."),
        ("corr($x, $y)", "corr is not in the vocabulary."),
        ("lgamma($x)", "lgamma is not in the vocabulary."),
        ("day_off($x)", "day_off is not in the vocabulary. Did you mean 'day_of'?"),
        ("date_trunc('month', $x)", "timestamp_trunc is not in the vocabulary."),
        ("current_date", "current_date is not in the vocabulary."),
        ("day_of($x, $y)", "day_of takes 1 arguments."),
        ("$x // $y", "`$x // $y` is not portable: use floor(a / b)."),
        ("$x % $y", "`$x % $y` is not portable: use a - b * floor(a / b)."),
        ("sum($x) filter (where $y > 0)", "is not portable: use sum(case when ... end)."),
        ("$x[1]", "is not portable: use no arrays."),
        ("$x like 'a%'", "is not portable: compare whole texts."),
        ("$x is distinct from $y", "is not portable: compare, and test for null."),
        ("$x + interval 1 day", "is not portable: use plus_days or plus_months."),
        ("(select 1)", "is not portable: use a CTE."),
        ("$x in (select y from z)", "is not portable: use a CTE."),
        ("exists (select 1)", "is not portable: join a CTE."),
        (
            "cast($x as decimal)",
            "cast to DECIMAL(18, 3) is not portable. "
            "Choose one of: BIGINT, BOOLEAN, DATE, DOUBLE, INT, TEXT, TIMESTAMP.",
        ),
        ("cast($x as date)", "`CAST($x AS DATE)` gives a number on SQLite. Use day_of(...)."),
        ("$x / $y", "the division `$x / $y` can be by zero. Write nullif(..., 0)."),
        ("$x / 0", "the division `$x / 0` can be by zero. Write nullif(..., 0)."),
        ("$x / nullif($y, 1)", "can be by zero. Write nullif(..., 0)."),
        ("$x / (2 * $y)", "can be by zero. Write nullif(..., 0)."),
        ("$x / (exp($y) - 1)", "can be by zero. Write nullif(..., 0)."),
        ("$x / (-1 + exp($y))", "can be by zero. Write nullif(..., 0)."),
        ("$x / case when $y > 0 then $y end", "can be by zero. Write nullif(..., 0)."),
        ("$z", "$z is not an argument. Choose one of: x, y."),
    ],
)
def test_an_expression_outside_the_rules_does_not_load(
    tmp_path: Path, body: str, remedy: str
) -> None:
    message = refusal(tmp_path, body, ARGS)
    assert message.startswith("area/it.sql: ")
    assert remedy in message


@pytest.mark.parametrize(
    "body",
    [
        "$x / nullif($y, 0)",
        "$x / 2",
        "$x / (2e0 * nullif($y, 0))",
        "1e0 / (1e0 + exp($x))",
        "$x / (case when $y > 0 then 1e0 else nullif($y, 0) end)",
        "$x / sqrt(nullif($y, 0))",
    ],
)
def test_a_guarded_division_loads(tmp_path: Path, body: str) -> None:
    assert "it" in load(tmp_path, body, ARGS)


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        ("select * from customers", "`*` is not portable: list the columns."),
        ("select customer_id from customers limit 1", "is not portable: filter by row_number()"),
        ("select customer_id from customers order by 1", "the last select is ordered."),
        (
            "with a as (select customer_id from customers order by 1) select customer_id from a",
            "is not portable: order windows, not rows.",
        ),
        (
            "select a.customer_id from customers as a full join ratings as b on a.customer_id = "
            "b.customer_id",
            "is not portable: use union all and group by.",
        ),
        (
            "with recursive a as (select 1 as n union all select n + 1 from a) select n from a",
            "is not portable: count without recursion.",
        ),
        (
            "select customer_id from customers qualify row_number() over (order by 1) = 1",
            "is not portable: filter in the next CTE.",
        ),
        ("select n from (values (1)) as t(n)", "is not portable: use "),
        ("select n from (select 1 as n) as t", "is not portable: use a CTE."),
        ("select unnest(x) as n from customers", "explode is not in the vocabulary."),
    ],
)
def test_a_relation_outside_the_rules_does_not_load(tmp_path: Path, body: str, remedy: str) -> None:
    assert remedy in refusal(tmp_path, body, "", "relation")


@pytest.mark.parametrize(
    ("body", "more", "kind", "message"),
    [
        ("1 +", "", "expression", "area/it.sql: the body is not SQL: "),
        ("1; 2", "", "expression", "area/it.sql: the body is not one expression. "),
        ("drop table x", "", "relation", "area/it.sql: the body is not one relation. "),
        (
            "1",
            "graim: x\n",
            "expression",
            "area/it.sql:4 graim: unknown key 'graim'. Did you mean 'grain'?",
        ),
        (
            "1",
            "needs: [customer]\n",
            "expression",
            "area/it.sql: there is no logical table 'customer'. Did you mean 'customers'?",
        ),
        (
            "select customer_id from customers",
            "needs: [customers]\n",
            "relation",
            "area/it.sql: needs names 'customers', which the body reads. Leave it out.",
        ),
        (
            "select c.customerid as n from customers as c",
            "",
            "relation",
            "area/it.sql: customers has no column 'customerid'. Did you mean 'customer_id'?",
        ),
        (
            "1",
            'args: [x: {type: date, default: {setting: asof}, doc: "X."}]\n',
            "expression",
            "area/it.sql: argument 'x': {'setting': 'asof'} is not a setting of the mapping. "
            "Did you mean 'as_of'?",
        ),
        (
            "1",
            "needs_one_of: [customers, transactions]\nuses: [customers]\n",
            "expression",
            "area/it.sql: needs_one_of names 'transactions', which is not among uses. "
            "Add it there.",
        ),
        (
            "1",
            "args: [x: {type: date}]\n",
            "expression",
            "area/it.sql:4 args.x.doc: the key 'doc' is missing. ",
        ),
        (
            "select customer_id from customers",
            "carries: members\n",
            "relation",
            "area/it.sql: carries 'members', which the last select does not read first. ",
        ),
    ],
)
def test_a_faulty_file_does_not_load(
    tmp_path: Path, body: str, more: str, kind: str, message: str
) -> None:
    assert refusal(tmp_path, body, more, kind).startswith(message)


def test_a_file_without_a_header_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "it.sql").write_text("select 1")
    with pytest.raises(MacroError) as raised:
        Library(tmp_path)["it"]
    assert str(raised.value) == (
        f"{tmp_path.name}/it.sql: the file has no header. Start it with /*---, YAML, and ---*/."
    )


def test_a_name_stands_once(tmp_path: Path) -> None:
    load(tmp_path, "1")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "it.sql").write_text((tmp_path / "area" / "it.sql").read_text())
    with pytest.raises(MacroError) as raised:
        Library(tmp_path)
    assert str(raised.value) == ("other/it.sql: the name 'it' is taken by area/it.sql. Rename one.")


# What is left out


def test_only_the_sources_and_columns_that_are_read_are_written() -> None:
    mapping = read_mappings(DEMO)["telecom"]
    sql = render_query("cx_by_segment", {}, mapping)
    assert "q_experience" in sql
    assert "q_value" not in sql
    assert "survey_items" not in sql
    assert "remark" not in sql
    assert "remark" in render_query("rating_scores", {}, mapping)


def test_a_join_that_gives_neither_rows_nor_columns_is_left_out() -> None:
    mapping = world("duckdb")
    assert "kpi__later" in render_query("customer_summary", {}, mapping)
    assert "kpi__later" not in render_query("rfm_segments", {}, mapping)


def test_columns_of_a_relation_come_along_with_its_segments() -> None:
    sql = render_query("churn_by_segment", {}, world("duckdb"))
    ctes = {cte.alias: cte.this for cte in parsed(sql, "duckdb").find_all(exp.CTE)}
    dated = ctes["kpi__dated_segments"]
    assert {"scheme", "segment", "was_lost"} <= set(dated.named_selects)
    assert [t.name for t in ctes["kpi__sums"].find_all(exp.Table)] == ["kpi__dated_segments"]


def test_constant_days_and_branches_are_decided_when_written() -> None:
    mapping = world("duckdb")
    text = render_call("period_start", ("x",), {"period": "month"}, mapping)
    assert "CASE" not in text
    sql = render_query("customer_activity", {"as_of": "2026-09-30"}, mapping)
    assert "CAST('2025-09-30' AS DATE)" in sql
    assert "INTERVAL" not in sql
    today = render_query("customer_activity", {"as_of": "today"}, mapping)
    assert "NOW()" in today


@pytest.mark.parametrize("target", DISTINCT)
def test_an_unmapped_table_is_left_out_or_has_no_rows_and_typed_columns(target: str) -> None:
    given = {t: WORLD[t] for t in ("customers", "ratings")}
    mapping = cases.mapping_of(cases.Case("part", "two tables", given=given), target)
    tree = parsed(render_query("cx_by_segment", {}, mapping), target)
    ctes = {cte.alias: cte.this for cte in tree.find_all(exp.CTE)}
    assert all(p.unalias().find(exp.Null) for p in ctes["kpi__brands"].expressions)
    assert ctes["kpi__brands"].args["where"] is not None
    assert not {"kpi__targets", "kpi__segment_membership"} & ctes.keys()


def test_windows_that_stand_on_many_others_are_kept_as_a_table_where_planning_would_take_long() -> (
    None
):
    texts = {
        name: render_query("conjoint_part_worths", {}, world(name)) for name in ("duckdb", "sqlite")
    }
    # 16 steps of elimination, each with a window, in rows of at most six.
    assert texts["duckdb"].count("AS MATERIALIZED") == 2
    assert "MATERIALIZED" not in texts["sqlite"]
