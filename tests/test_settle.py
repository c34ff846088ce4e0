"""What the mapping says is settled before a statement is written, and no row changes by it."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from superset_kpi.macros.settle import Facts, settle

# Two relations of rows, one without, one of a single row; what is known of each is true of it.
TABLES = """
with member as (
    select id, segment, 'Plan' as scheme
    from (values (1, 'a'), (2, 'b'), (3, null)) as t (id, segment)
), rated as (
    select id, score, cast(null as double) as weight, cast(null as text) as brand
    from (values (1, 1e1), (1, 2e1), (2, 3e1), (4, null)) as t (id, score)
), goal as (
    select cast(null as text) as segment, cast(null as double) as target, 0 as id where 1 = 0
), brands as (
    select '' as named, true as is_own
)
"""
NULL, NO_TEXT = exp.cast(exp.null(), "double"), exp.cast(exp.null(), "text")
KNOWN = {
    "member": Facts({"scheme": exp.Literal.string("Plan")}),
    "rated": Facts({"weight": NULL, "brand": NO_TEXT}),
    "goal": Facts({"segment": NO_TEXT, "target": NULL}, "none"),
    "brands": Facts({"named": exp.Literal.string(""), "is_own": exp.true()}, "one"),
}
# Name, query, what is gone, what stays.
CASES = {
    "a constant decides a condition": (
        "select id from member where scheme = 'Plan' and id > 1",
        ["scheme"],
        ["id > 1"],
    ),
    "a condition that never holds is false": (
        "select id from member where scheme = 'Region' or scheme is null",
        ["scheme"],
        ["FALSE"],
    ),
    "null is neither equal nor unequal": (
        "select id from rated where not brand = 'ours'",
        ["brand"],
        ["FALSE"],
    ),
    "what is coalesced keeps its type": (
        "select coalesce(weight, 1) as w, coalesce(brand, 'none') as b from rated",
        ["weight", "brand"],
        ["CAST(1 AS DOUBLE)", "'none'"],
    ),
    "constant keys group nothing": (
        "select scheme, segment, count(*) as n from member group by scheme, segment",
        ["GROUP BY scheme"],
        ["'Plan' AS scheme", "GROUP BY segment"],
    ),
    "the last key stays": (
        "select scheme, count(*) as n from member group by scheme",
        [],
        ["GROUP BY scheme"],
    ),
    "a window has no keys of one value": (
        "select scheme, segment, row_number() over (partition by scheme order by scheme, segment) "
        "as n from member where segment > '' group by scheme, segment",
        ["PARTITION", "ORDER BY scheme"],
        ["GROUP BY segment", "OVER (ORDER BY segment"],
    ),
    "what a window orders by alone stays": (
        "select scheme, segment, count(*) over (order by scheme) as n "
        "from member where segment > '' group by scheme, segment",
        [],
        ["GROUP BY scheme, segment", "OVER (ORDER BY scheme"],
    ),
    "a join on constants alone has no condition": (
        "select m.id, b.named from member as m "
        "inner join brands as b on m.scheme = 'Plan' and b.is_own",
        ["is_own", "ON"],
        ["m.id"],
    ),
    "what has no rows is not joined": (
        "select m.id, g.target from member as m left join goal as g on m.segment = g.segment",
        ["goal"],
        ["CAST(NULL AS DOUBLE) AS target"],
    ),
    "what has one row of constants is not joined": (
        "select r.id from rated as r "
        "left join brands as b on coalesce(r.brand, '') = b.named where b.is_own",
        ["brands", "brand"],
        ["rated"],
    ),
    "a row that a left join may miss is not known": (
        "select m.id, m.scheme, b.is_own from member as m "
        "left join brands as b on m.segment = b.named",
        [],
        ["b.is_own", "LEFT JOIN"],
    ),
    "a constant beside a left join may be missing": (
        "select r.id, m.scheme from rated as r left join member as m on r.id = m.id",
        [],
        ["m.scheme", "LEFT JOIN"],
    ),
    "one row at most is joined for nothing": (
        "select m.id from member as m left join brands as b on m.segment = b.named",
        ["brands"],
        ["member"],
    ),
    "the same value with and without the joined row": (
        "select m.id, coalesce(b.named, '') as named, coalesce(b.named, 'x') as other "
        "from member as m left join brands as b on m.segment = b.named",
        ["COALESCE(b.named, '')"],
        ["'' AS named", "COALESCE(b.named, 'x')"],
    ),
    "nothing is added to what has rows": (
        "select segment, id from member union all select segment, id from goal",
        ["goal"],
        ["member"],
    ),
    "the first of a union names its columns": (
        "select segment, target from goal union all select brand as b, score as s from rated",
        ["goal"],
        ["AS segment", "AS target"],
    ),
    "weights of one are a count": (
        "select id, sum(coalesce(weight, 1e0)) as w, sum(weight) as s, count(weight) as n "
        "from rated group by id",
        ["weight"],
        ["COUNT(*)", "CAST(0 AS BIGINT)"],
    ),
    "an aggregate without groups gives its row": (
        "select max(target) as target, count(*) as n from goal",
        [],
        ["MAX", "COUNT"],
    ),
}


def written(query: str, more: str = "") -> tuple[str, str]:
    """The statement before and after, over the tables."""
    ctes = {"inner_one": sqlglot.parse_one(more)} if more else {}
    before = "".join(f", {name} as ({tree.sql('duckdb')})" for name, tree in ctes.items())
    tree, settled, _ = settle(sqlglot.parse_one(query), ctes, KNOWN)
    after = "".join(f", {name} as ({each.sql('duckdb')})" for name, each in settled.items())
    return f"{before} {query}", f"{after} {tree.sql('duckdb')}"


def rows(text: str) -> tuple[list[tuple[Any, ...]], list[str]]:
    with duckdb.connect() as opened:
        found = opened.execute(TABLES + text)
        types = [f"{name} {kind}" for name, kind, *_ in found.description or []]
        return sorted(found.fetchall(), key=repr), types


@pytest.mark.parametrize(("query", "gone", "kept"), CASES.values(), ids=CASES)
def test_what_is_known_is_settled(query: str, gone: list[str], kept: list[str]) -> None:
    before, after = written(query)
    assert rows(before) == rows(after), after
    assert [part for part in gone if part in after] == [], after
    assert [part for part in kept if part not in after] == [], after


def test_what_is_known_of_a_cte_settles_who_reads_it() -> None:
    before, after = written(
        "select m.id, i.goal, i.n from member as m cross join inner_one as i",
        "select max(target) as goal, count(*) as n from goal",
    )
    assert rows(before) == rows(after)
    assert after.endswith(
        "SELECT m.id, CAST(NULL AS DOUBLE) AS goal, CAST(0 AS BIGINT) AS n FROM member AS m"
    )


def test_a_set_of_distinct_rows_stays() -> None:
    before, after = written("select segment from member union select segment from goal")
    assert rows(before) == rows(after)
    assert "goal" in after
