"""What an analyst may pass as an expression, and what nobody may, as from a link."""

from __future__ import annotations

import re

import pytest

from superset_kpi.dialects import DIALECTS, dialect
from superset_kpi.errors import ArgumentError
from superset_kpi.macros import render_call
from superset_kpi.macros.passed import passed_expression
from tests.test_engine import world

_SEPARATOR = re.compile(r"(?<!\|)\|(?!\|)")

# Of every dialect, in the words of its own manual.
USUAL = {
    "duckdb": (
        'score|t.score|shop.t.score|"Avg CX in %"|avg(score)|sum(a) / count(*)|-5 - x|a % 2|'
        "100.0 * sum(case when score >= 9 then 1 else 0 end) / nullif(count(*), 0)|"
        "coalesce(avg(score), 0)|round(avg(score), 1)|count(distinct customer_id)|a::double|"
        "cast(a as decimal(10, 2))|try_cast(a as integer)|median(x) / 2|quantile_cont(x, 0.5)|"
        "date_trunc('quarter', day)|extract(year from day)|year(day)|lower(trim(name))|"
        "concat(a, '-', b)|a || ' ' || b|substring(a, 1, 2)|date_diff('day', a, b)|current_date|"
        "day - interval 1 month|a is not null and not (b in (1, 2) or c between 1 and 2)|"
        "name like 'A%'|replace(replace(a, 'ä', 'ae'), 'ö', 'oe')|"
        "sum(a) filter (where b > 1)|greatest(a, b, 0)|if(a > 1, 1, 0)|"
        "stddev_samp(x)|corr(x, y)|date '2026-09-30'|'it''s'|null|true|1e3|.5|"
        "replace(a, 'b', 'c')|"
        "(max(paid_at) - min(paid_at))|any_value(a)|ln(a) + exp(b) * sqrt(c)|abs(a - b) <> 0"
    ),
    "postgresql": (
        "avg(score::numeric)|date_trunc('month', paid_at)|now()|"
        "age(a, b)|trunc(a)|to_char(a, 'YYYY')|"
        "percentile_cont(0.5) within group (order by score)|current_date - interval '1 day'|"
        "a at time zone 'UTC'|date_part('year', a)|string_to_be_read|avg(a) filter (where b)|"
        "to_date(a, 'YYYY-MM-DD')|a ilike 'x%'|bool_or(a)|make_date(2026, 1, 1)|least(a, 1)"
    ),
    "sqlite": (
        "avg(score)|date(day)|datetime(day)|strftime('%Y', day)|julianday(a) - julianday(b)|"
        "ifnull(a, 0)|iif(a > 1, 1, 0)|total_spend|substr(a, 1, 4)|instr(a, 'b')|cast(a as real)"
    ),
    "mysql": (
        "avg(score)|date_format(a, '%Y-%m')|now()|curdate()|datediff(a, b)|year(a)|quarter(a)|"
        "date_sub(a, interval 1 day)|timestampdiff(day, a, b)|if(a, 1, 0)|"
        "ifnull(a, 0)|truncate(a, 2)|"
        '`Avg CX`|"a text"|cast(a as signed)|cast(a as decimal(10, 2))|a <=> b|last_day(a)'
    ),
    "clickhousedb": (
        "avg(score)|countIf(a > 1)|sumIf(a, b > 1)|toDate(a)|toStartOfMonth(a)|toFloat64(a)|"
        "quantile(0.5)(a)|uniqExact(a)|dateDiff('day', a, b)|if(a > 1, 1, 0)|multiIf(a, 1, b, 2, 3)"
    ),
    "hive": (
        "avg(score)|datediff(a, b)|date_format(a, 'yyyy')|nvl(a, 0)|percentile(a, 0.5)|if(a, 1, 0)"
    ),
    "snowflake": (
        "avg(score)|datediff(day, a, b)|dateadd(day, 1, a)|iff(a, 1, 0)|zeroifnull(a)|a::float"
    ),
    "bigquery": "avg(score)|safe_divide(a, b)|date_diff(a, b, day)|`Avg CX`|countif(a > 1)",
    "mssql": (
        "avg(score)|datediff(day, a, b)|getdate()|isnull(a, 0)|[Avg CX]|len(a)|iif(a > 1, 1, 0)"
    ),
    "oracle": (
        "avg(score)|nvl(a, 0)|months_between(a, b)|to_char(a, 'Q')|trunc(a)|decode(a, 1, 2, 3)"
    ),
}

# Each with the part that the message names.
REFUSED = {
    "postgresql": """
        query_to_xml('select version()', true, true, '') -> query_to_xml()
        pg_read_file('/etc/passwd') -> pg_read_file()
        coalesce(pg_sleep(10)::text, '') -> pg_sleep()
        lower(dblink('x', 'select 1')) -> dblink()
        current_setting('data_directory') -> current_setting()
        version() -> version()
        set_config('row_security', 'off', false) -> set_config()
        lo_import('/etc/passwd') -> lo_import()
        generate_series(1, 1000000000) -> generate_series()
        (select max(score) from ratings) -> a subquery
        exists (select 1) -> a subquery
        a in (select 1) -> a subquery
        score > any (select 1) -> a subquery
        array(select 1) -> a subquery
        current_user -> current_user()
        session_user -> session_user()
        user -> user
        current_catalog -> current_catalog
        'pg_authid'::regclass -> regclass
        '1'::xml -> xml
        'x'::mine.kind -> the type
        length(concat(cast(a as char(10000000)), 'b')) -> the type char(10000000)
        row_number() over (order by a) -> a window
        sum(a) over () -> a window
        $1 -> @1
        :a -> :a
        a.* -> *
        * -> *
        E'a' -> contains a.
        $$a$$ -> contains 'a'.
        U&'\\0061' -> u
        a operator(pg_catalog.+) b -> operator
        (a).b -> (a).b
        a[1] -> a[0]
        a #> 'x' -> jsonb_extract()
        5 -- 1 -> a comment
        5 /* 1 */ -> a comment
        5 /*+ x */ -> a comment
        'a\\' -> backslash
        a collate "C" -> collate
        repeat('a', 1000000000) -> repeat()
        replace(replace(replace(a, 'b', 'cccccccc'), 'c', 'dddddddd'), 'd', 'eeeeeeee') -> replace()
        replace(replace(a, 'b', c), 'd', e) -> replace()
        "AGE"(a, b) -> age()
        e'' -> bytestring
    """,
    "mysql": """
        load_file('/etc/passwd') -> load_file()
        sleep(10) -> sleep()
        benchmark(1000000000, 1) -> benchmark()
        @@datadir -> @@datadir
        @a -> @a
        @a := 1 -> @a
        5--1 -> a comment
        5 # 1 -> a comment
        /*!50000 sleep(9) */ 1 -> a comment
        version() -> version()
        database() -> schema()
        user() -> user()
        'a\\\\b' -> backslash
        _utf8'abc' -> _utf8
        x'41' -> 65
        a div b -> cast(a / b as int)
        match(a) against ('x') -> against
        updatexml(1, 'x', 1) -> updatexml()
        ? -> ?
    """,
    "duckdb": """
        read_csv('/etc/passwd') -> read_csv()
        read_text('/etc/passwd') -> read_text()
        getenv('HOME') -> getenv()
        columns('a') -> columns()
        list_transform(a, x -> x + 1) -> transform()
        #1 -> #1
        {'a': 1} -> a brace
        current_setting('access_mode') -> current_setting()
        [1, 2] -> array()
        a in b -> a subquery
        (select\u200ba\u200bfrom\u200bb) -> an invisible character
        (from\u2060b) -> an invisible character
        current_user\ufeff -> an invisible character
    """,
    "clickhousedb": """
        url('http://example.com') -> url()
        file('/etc/passwd') -> file()
        {a: String} -> a brace
        arrayMap(x -> x, a) -> arraymap
        sleepEachRow(3) -> sleepeachrow()
        dictGet('a', 'b', 1) -> dictget()
        hostName() -> hostname()
    """,
    "hive": """
        reflect('java.lang.System', 'getenv') -> reflect()
        java_method('java.lang.System', 'exit', 0) -> java_method()
        `a`.`b`[0] -> [0]
    """,
    "sqlite": """
        load_extension('x') -> load_extension()
        readfile('/etc/passwd') -> readfile()
        randomblob(1000000000) -> randomblob()
        sqlite_version() -> sqlite_version()
        zeroblob(1000000000) -> zeroblob()
        1 in answers -> a subquery
        1 not in main.answers -> a subquery
        $a -> $a
    """,
    "mssql": """
        @@version -> @@version
        top 5 x -> not one expression
        openrowset('a', 'b', 'c') -> openrowset
        db_name() -> db_name()
    """,
    "oracle": """
        utl_http.request('http://example.com') -> utl_http
        numbers.nextval -> nextval
    """,
}


def usual() -> list[tuple[str, str]]:
    return [(name, text) for name, texts in USUAL.items() for text in _SEPARATOR.split(texts)]


def refused() -> list[tuple[str, str, str]]:
    lines = [(n, line) for n, texts in REFUSED.items() for line in texts.splitlines()]
    pairs = [(n, line.strip().rsplit(" -> ", 1)) for n, line in lines if line.strip()]
    return [(name, pair[0], pair[1] if len(pair) > 1 else "") for name, pair in pairs]


@pytest.mark.parametrize(("name", "text"), usual())
def test_what_analysts_write_passes(name: str, text: str) -> None:
    read = dialect(name).sqlglot
    tree = passed_expression(text, read)
    again = passed_expression(tree.sql(dialect=read), read).sql(dialect=read)
    assert again.lower() == tree.sql(dialect=read).lower()


@pytest.mark.parametrize(("name", "text", "named"), refused())
def test_what_reads_or_does_more_than_the_row_is_refused_by_name(
    name: str, text: str, named: str
) -> None:
    with pytest.raises(ArgumentError) as raised:
        render_call("cx_band", (text,), {}, world(name))
    message = str(raised.value).lower()
    assert message.startswith("cx_band: score is ")
    assert named in message.removeprefix(f"cx_band: score is {text!r}".lower())
    assert message.endswith("texts and dates, without comments.")


@pytest.mark.parametrize("name", sorted({d.engine for d in DIALECTS.values()}))
@pytest.mark.parametrize(
    "text",
    ["(" * 500 + "1" + ")" * 500, "+".join(["a"] * 400), "a" * 5000, "-" * 300 + "a", "not " * 99],
    ids=["parentheses", "sum", "name", "minus", "not"],
)
def test_what_is_too_long_or_too_deep_is_refused_in_a_sentence(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|contains) "):
        passed_expression(text, dialect(name).sqlglot)


@pytest.mark.parametrize("value", [10**5000, -(10**5000)], ids=["above", "below"])
@pytest.mark.parametrize("argument", ["scheme", "target", "min_n", "as_of", "period"])
def test_a_number_of_thousands_of_digits_is_refused_in_a_sentence(
    argument: str, value: int
) -> None:
    with pytest.raises(ArgumentError, match=f"^cx_by_segment: {argument} is "):
        render_call("cx_by_segment", (), {argument: value}, world("duckdb"))
