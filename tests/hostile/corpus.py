"""More than 500 hostile strings, made by a few rules; the same at every run."""

from __future__ import annotations

import random

QUOTES = (
    "'",
    '"',
    "`",
    "''",
    '""',
    "``",
    "'''",
    "’",
    "‘",
    "‛",
    "ʼ",
    "＇",
    "＂",
    "“",
    "„",
    "´",
    "«",
)
BRACKETS = ("[", "]", "]]", "(", ")", "((", "))", "<", ">", "{", "}", "$$", "$a$", "q'[", "]'")
BACKSLASHES = ("\\", "\\\\", "\\'", "\\\\'", '\\"', "\\0", "\\x27", "\\u0027", "\\n", "\\N", "＼")
COMMENTS = (
    "--",
    "-- ",
    "--\n",
    "#",
    "/*",
    "*/",
    "/**/",
    "/*!",
    "/*+ x */",
    "//",
    "/*!50000",
    "<!--",
)
TEMPLATES = (
    *("{{", "}}", "{%", "%}", "{#", "#}", "{{{", "{{{{", "{{{%", "{{ 7*7 }}", "{{ 1/0 }}"),
    *("{% raw %}", "{% endraw %}", "{%- if 1 -%}", "{# x #}", "{{ ''.__class__ }}", "{{ kpi }}"),
    *("{{ kpi.cx_by_segment() }}", "{{ url_param('a') }}", "${A}", "$scheme", "#{a}", "<%= a %>"),
)
PLACEHOLDERS = (
    *(":a", "::", "::text", "?", "??", "%s", "%(a)s", "%", "%%", "@a", "@@datadir", "$1", "{0}"),
    *("{a:String}", "&a", "~a", "!a", "\x7f", "%c", "%n%n", ":1", "\\:a"),
)
CONTROLS = tuple(
    chr(code) for code in (0, 1, 7, 8, 9, 10, 11, 12, 13, 26, 27, 31, 127, 128, 133, 155)
)
UNICODE = (
    *("ﬁ", "ß", "İ", "ı", "é", "e\u0301", "Å", "Å", "漢字", "🙂", "👩‍👩‍👧", "𝔘", "\U0010ffff"),
    *("\u00a0", "\u200b", "\u200e", "\u200f", "\u202e", "\u2028", "\u2029", "\u2066", "\ufeff"),
    *(
        "\ufffd",
        "\ufffe",
        "\u00ad",
        "\ud800",
        "\udfff",
        "شركة",
        "עברית",
        "‮txet‬",
        "ａｂｃ",
        "Ⅷ",
        "\u0345",
    ),
)
NUMBERS = (
    *("0", "-0", "1", "-1", "01", "+1", "1.", ".5", "1e0", "1e308", "1e309", "-1e309", "1e-400"),
    *("0x1F", "0b1", "0o7", "1_000", "1,000", "1 000", "٣", "１", "1/2", "nan", "NaN", "inf"),
    *("-inf", "Infinity", "2147483647", "2147483648", "-2147483648", "-2147483649", "1e1000"),
    *("9007199254740993", "9223372036854775807", "9223372036854775808", "1.7976931348623157e308"),
    *("4.9e-324", "0.1", "1e5", "9" * 100, "9" * 5000, "1" + "0" * 400, "1e", "--1", "- 1", "1-1"),
)
DATES = (
    *("0000-00-00", "0001-01-01", "1000-01-01", "1899-12-31", "1900-01-01", "1969-12-31"),
    *("1970-01-01", "2026-02-29", "2024-02-29", "2026-13-01", "2026-09-31", "2038-01-19"),
    *("9000-12-31", "9001-01-01", "9999-12-31", "10000-01-01", "-0044-03-15", "2026-W40"),
    *("20260930", "2026-09-30T10:00:00", "2026-09-30 24:00", "30.09.2026", "today", "yesterday"),
    *(
        "tomorrow",
        "now",
        "infinity",
        "epoch",
        "2026-09-30' or '1'='1",
        "２０２６-09-30",
        " 2026-09-30",
    ),
)
SQL = (
    *("' or '1'='1", "' or 1=1 --", "'; drop table customers; --", "') or ('1'='1", "x' union all"),
    *("1; select 1", "1) union select 1 --", "x) from y --", "a, b", "x as y", "*", "x.*", "(1)"),
    *("(select 1)", "exists (select 1)", "a in (select 1)", "with a as (select 1) select 1"),
    *("case when 1=1 then 2 end", "sum(x) over ()", "row_number() over ()", "x -> x", "array[1]"),
    *(
        "pg_sleep(9)",
        "sleep(9)",
        "pg_read_file('a')",
        "load_file('a')",
        "read_csv('a')",
        "url('a')",
    ),
    *("query_to_xml('select 1', true, true, '')", "current_setting('a')", "version()", "user"),
    *("database()", "current_user", "load_extension('a')", "reflect('a', 'b')", "dblink('a', 'b')"),
    *("E'\\''", "U&'\\0027'", "N'x'", "_utf8'x'", "x'27'", "b'1'", "0x27", "'a' 'b'", "'a'\n'b'"),
    *(
        "cast(x as regclass)",
        "x::xml",
        "x collate nocase",
        "a between 1 and 2",
        "a like 'b' escape",
    ),
    *("kpi__ratings", "kpi__foreign_0", "kpi__foreign_99", "kpi__source", "kpi__customers.segment"),
    *("select", "from", "where", "null", "true", "default", "distinct x", "top 5 x", "all x"),
    *("ratings", "customers", "information_schema.tables", "sqlite_master", "pg_catalog.pg_class"),
    *(
        "interval '1 day'",
        "date '2026-01-01'",
        "a = b",
        "a; b",
        ";",
        ",",
        ".",
        "..",
        "a.b.c.d",
        "=x",
    ),
    *("=1+1", "+1+1", "@sum(1)", "=cmd|'/c calc'!a1", "<script>alert(1)</script>", "&lt;", "&#39;"),
    *(
        "http://example.com",
        "javascript:alert(1)",
        "../../etc/passwd",
        "C:\\x",
        "file:///etc/passwd",
    ),
)
LONG = (
    *("a" * n for n in (63, 64, 65, 128, 255, 256, 499, 500, 501, 2000, 2001, 70_000)),
    *("'" * n for n in (2, 100, 250, 251, 500)),
    *("🙂" * 250, "é" * 500, "(" * 400 + ")" * 400, "(" * 60 + "1" + ")" * 60, "-" * 300 + "1"),
    *(
        "a+" * 300 + "a",
        "case when a then " * 50 + "1" + " end" * 50,
        "{{" * 100,
        "%" * 100,
        " " * 50,
    ),
)
EDGES = (
    "",
    " ",
    "  ",
    "a",
    "A",
    "plain",
    "Plain ",
    " plain",
    "None",
    "none",
    "False",
    "0.0",
    "undefined",
)

_PARTS = (QUOTES, BRACKETS, BACKSLASHES, COMMENTS, TEMPLATES, PLACEHOLDERS, UNICODE, SQL, EDGES)
_SMALL = tuple(part for part in (*QUOTES, *BRACKETS, *COMMENTS, *TEMPLATES, *PLACEHOLDERS))


def hostile_strings() -> list[str]:
    """Returns each string once: the parts, each of them inside a word, and random runs."""
    chosen = random.Random(20260930)
    parts = [text for part in _PARTS for text in part]
    inside = [f"Nord {text} Süd" for text in (*_SMALL, *CONTROLS, *UNICODE)]
    runs = ["".join(chosen.choices(parts, k=chosen.randint(2, 5))) for _ in range(150)]
    return list(dict.fromkeys([*parts, *CONTROLS, *NUMBERS, *DATES, *LONG, *inside, *runs]))
