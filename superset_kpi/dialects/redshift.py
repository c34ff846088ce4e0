"""Redshift: `dateadd` gives a timestamp, and a double is rounded as a decimal."""

from superset_kpi.dialects.vocabulary import Dialect, Tables, table

DIALECT = Dialect(
    engine="redshift",
    sqlglot="redshift",
    title="Redshift",
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "datediff(day, cast(_1 as date), cast(_2 as date))",
            "seconds_between": "datediff(second, cast(_1 as timestamp), cast(_2 as timestamp))",
            "plus_days": "cast(dateadd(day, _2, cast(_1 as date)) as date)",
            "plus_months": "cast(dateadd(month, _2, cast(_1 as date)) as date)",
            "month_start": "cast(date_trunc('month', cast(_1 as timestamp)) as date)",
            "quarter_start": "cast(date_trunc('quarter', cast(_1 as timestamp)) as date)",
            "year_start": "cast(date_trunc('year', cast(_1 as timestamp)) as date)",
            "week_start": "cast(date_trunc('week', cast(_1 as timestamp)) as date)",
            "year_of": "cast(extract(year from cast(_1 as date)) as integer)",
            "quarter_of": "cast(extract(quarter from cast(_1 as date)) as integer)",
            "month_of": "cast(extract(month from cast(_1 as date)) as integer)",
            "today": "cast(getdate() as date)",
            "rounded": "cast(round(cast(_1 as decimal(38, 9)), _2) as double precision)",
            "text_of": "cast(_1 as varchar)",
        }
    ),
    longest_name=127,
    tables=Tables(swap="transaction"),
)
