"""SQLite, which keeps dates as text: `cast(x as date)` there gives the year as a number."""

from superset_kpi.dialects.vocabulary import Dialect, Driver, Tables, Verified, table

_NUMBER = (
    "case when typeof(_1) in ('integer', 'real') or cast(_1 as real) = _1 then cast(_1 as real) end"
)

DIALECT = Dialect(
    engine="sqlite",
    sqlglot="sqlite",
    title="SQLite",
    dates_come_as_text=True,
    verified=Verified("SQLite", "3.40", "2026-11-22"),
    primitives=table(
        {
            "day_of": "date(_1)",
            "days_between": "cast(julianday(date(_2)) - julianday(date(_1)) as integer)",
            "seconds_between": (
                "cast(strftime('%s', _2) as integer) - cast(strftime('%s', _1) as integer)"
            ),
            "plus_days": "date(_1, (_2) || ' days')",
            "plus_months": "date(_1, (_2) || ' months')",
            "month_start": "date(_1, 'start of month')",
            "quarter_start": (
                "date(_1, 'start of month', "
                "(-((cast(strftime('%m', _1) as integer) - 1) % 3)) || ' months')"
            ),
            "year_start": "date(_1, 'start of year')",
            "week_start": "date(_1, '-6 days', 'weekday 1')",
            "year_of": "cast(strftime('%Y', _1) as integer)",
            "quarter_of": "((cast(strftime('%m', _1) as integer) + 2) / 3)",
            "month_of": "cast(strftime('%m', _1) as integer)",
            "today": "date('now')",
            "rounded": "round(_1, _2)",
            "text_of": "cast(_1 as text)",
        }
    ),
    # A cast makes 0 of 'N/A' and 12 of '12,5'; a comparison takes a text for a number only if it is
    # one as a whole. A large integer is no text, and is not equal to its double.
    columns=table({"text_number": _NUMBER}),
    # sqlglot writes json_extract() as `->`, which puts quotes around a text.
    author=table({"json_extract": "(_1 ->> _2)"}),
    reads=table(
        {
            "number": _NUMBER,
            # 'now' and '10:30' are days to it, too.
            "date": (
                "case when typeof(_1) = 'text' and _1 glob '[0-9][0-9][0-9][0-9]-*'"
                " then date(_1) end"
            ),
            "type": "case when _1 is not null then typeof(_1) end",
        }
    ),
    mends=table(
        {
            "seconds": "datetime(_1, 'unixepoch')",
            "milliseconds": "datetime(_1 / 1000, 'unixepoch')",
            "compact": "substr(_1, 1, 4) || '-' || substr(_1, 5, 2) || '-' || substr(_1, 7, 2)",
            "comma": "(replace(_1, ',', '.'))",
        }
    ),
    driver=Driver(makes_files=True),
    tables=Tables(swap="transaction", in_schemas=False, replaces_views=False, begins=True),
)
