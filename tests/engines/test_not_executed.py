"""Engines that cannot be started here: what is known of their SQL without them."""

from __future__ import annotations

import pytest
from sqlglot import exp

from superset_kpi.dialects import DIALECTS, PRIMITIVES, dialect, write_primitive
from superset_kpi.macros import library, render_call, render_expression, render_query
from superset_kpi.mapping import Mapping
from tests import cases
from tests.test_engine import EXPRESSIONS, LARGE, parsed, rendered, world

DEEPEST_CASE = 10
NOT_EXECUTED = list(dict.fromkeys(d.engine for d in DIALECTS.values() if d.verified is None))


def mapping(engine: str) -> Mapping:
    return cases.mapping_of(cases.Case("none", "no tables"), engine)


@pytest.mark.parametrize(
    ("text", "sql_server", "oracle"),
    [
        ("true", "1", "1"),
        ("a > b", "CASE WHEN a > b THEN 1 WHEN NOT a > b THEN 0 END", "same"),
        ("a is null", "CASE WHEN a IS NULL THEN 1 ELSE 0 END", "same"),
        ("case when flag then 1 end", "CASE WHEN flag = 1 THEN 1 END", "same"),
        ("case when not flag then 1 end", "CASE WHEN NOT flag = 1 THEN 1 END", "same"),
        ("case when a > b then true end", "CASE WHEN a > b THEN 1 END", "same"),
        ("case when a = 1 or flag then x end", "CASE WHEN a = 1 OR flag = 1 THEN x END", "same"),
        ("power(n, -1)", "POWER(CAST(n AS FLOAT), -1)", "POWER(n, -1)"),
        ("avg(n)", "AVG(CAST(n AS FLOAT))", "AVG(n)"),
        ("day_of(x)", "CAST(x AS DATE)", "TRUNC(CAST(x AS DATE), 'DD')"),
        (
            "day_of('2026-09-30')",
            "CAST('2026-09-30' AS DATE)",
            "TO_DATE('2026-09-30', 'YYYY-MM-DD')",
        ),
        (
            "a / nullif(b, 0)",
            "CAST(a AS FLOAT) / NULLIF(b, 0)",
            "TO_BINARY_DOUBLE(a) / NULLIF(b, 0)",
        ),
        ("ln(x)", "LOG(x)", "LN(x)"),
        (
            "a || '-'",
            "a + '-'",
            "CASE WHEN a IS NULL THEN NULL ELSE a || '-' END",
        ),
        ("coalesce(a, '')", "COALESCE(a, '')", "COALESCE(a, ' ')"),
        ("coalesce(a, 'Süd')", "COALESCE(a, N'Süd')", "COALESCE(a, 'Süd')"),
        ("max(plan)", "MAX([plan])", "MAX(plan)"),
        ("max(level)", "MAX(level)", 'MAX("level")'),
        (
            "row_number() over (partition by a order by b, c desc)",
            "ROW_NUMBER() OVER (PARTITION BY a ORDER BY CASE WHEN b IS NULL THEN 1 ELSE 0 END, b, "
            "c DESC)",
            "ROW_NUMBER() OVER (PARTITION BY a ORDER BY b, c DESC NULLS LAST)",
        ),
    ],
)  # fmt: skip
def test_what_sqlglot_would_damage_is_rewritten(text: str, sql_server: str, oracle: str) -> None:
    assert render_expression(text, mapping("mssql")) == sql_server
    assert render_expression(text, mapping("oracle")) == (
        sql_server if oracle == "same" else oracle
    )


@pytest.mark.parametrize("name", ["customer_summary", "cx_by_segment"])
def test_superset_moves_every_cte_to_the_top_for_sql_server(name: str) -> None:
    # There a CTE may not stand in a subquery, and {{ kpi.x() }} stands in FROM.
    statement = pytest.importorskip("superset.sql.parse", reason="no Superset").SQLStatement
    first, second = (render_call(name, (), {}, world("mssql"), number) for number in (1, 2))
    for text in (
        f"select * from {first} as t",
        f"with mine as (select * from {first} as t) select * from mine",
        f"select count(*) as n from (select * from {first} as t) as virtual_table",
        f"select * from {first} as t union all select * from {second} as u",
    ):
        tree = parsed(statement(text, "mssql").format(comments=False), "mssql")
        defined = [cte.alias for cte in tree.args["with_"].expressions]
        assert [w for w in tree.find_all(exp.With) if w.parent is not tree] == []
        assert len(defined) == len(set(defined))
        for place, cte in enumerate(tree.args["with_"].expressions):
            later = {t.name for t in cte.this.find_all(exp.Table)} & set(defined[place:])
            assert later == set(), f"{cte.alias} is read before it is there"


def test_no_case_is_deeper_than_sql_server_allows() -> None:
    # It counts coalesce and nullif too, which it takes for cases.
    mapped = world("mssql")
    for name in (*LARGE, *(m.name for m in EXPRESSIONS)):
        text = rendered(library()[name], mapped)
        tree = parsed(text if name in LARGE else f"select {text} as x", "mssql")
        assert max(map(deepest_case, tree.find_all(exp.Select))) <= DEEPEST_CASE, name


def deepest_case(node: exp.Expression) -> int:
    """The nesting of cases below a node, those of another select left out."""
    inner = [
        deepest_case(child)
        for child in node.iter_expressions()
        if not isinstance(child, (exp.Query, exp.With))
    ]
    return max(inner, default=0) + isinstance(node, (exp.Case, exp.Coalesce, exp.Nullif))


# Its words of StarRocks are MariaDB's, which reserves `change`.
READ = [
    (engine, macro)
    for engine in NOT_EXECUTED
    for macro in ("customer_summary", "clv_by_segment", "nps_by_segment")
    if (engine, macro) != ("starrocks", "nps_by_segment")
]


@pytest.mark.parametrize(("engine", "macro"), READ)
def test_another_parser_takes_the_statement(
    engine: str, macro: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Shows syntax that the engine's grammar does not have, by hands other than sqlglot's."""
    text = render_query(macro, {}, world(engine))
    assert [r.message for r in caplog.records] == []  # sqlglot tells what it cannot write
    assert faults_of(text, engine) == []


@pytest.mark.parametrize("engine", NOT_EXECUTED)
def test_another_parser_takes_every_primitive(engine: str) -> None:
    names = ["moved_on", "began_on"]
    shown = [
        write_primitive(name, [exp.column(n) for n in names[:many]], dialect(engine)).as_(name)
        for name, many in PRIMITIVES.items()
    ]
    text = exp.select(*shown).from_("moves").sql(dialect=dialect(engine).sqlglot)
    assert faults_of(text, engine) == []


@pytest.mark.parametrize("engine", NOT_EXECUTED)
def test_the_other_parser_refuses_what_no_engine_takes(engine: str) -> None:
    assert faults_of("select abs(a, from t", engine) != []


def faults_of(text: str, engine: str) -> list[str]:
    """What sqlfluff's parser of the dialect does not understand; it knows no TIMESTAMPNTZ."""
    linter = pytest.importorskip("sqlfluff.core", reason="sqlfluff is not installed.").Linter
    known = text.replace("TIMESTAMPNTZ", "TIMESTAMP_NTZ")
    found = linter(dialect=dialect(engine).sqlglot).parse_string(known + ";\n").violations
    return [v.desc() for v in found]
