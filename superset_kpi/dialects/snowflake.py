"""Snowflake: weeks begin where a session says, so Monday is worked out."""

from superset_kpi.dialects.vocabulary import Dialect, Tables, table

DIALECT = Dialect(
    engine="snowflake",
    sqlglot="snowflake",
    title="Snowflake",
    stand_in="one case of each macro on the emulator fakesnow 0.12",
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "datediff(day, cast(_1 as date), cast(_2 as date))",
            "seconds_between": (
                "datediff(second, cast(_1 as timestamp_ntz), cast(_2 as timestamp_ntz))"
            ),
            "plus_days": "dateadd(day, _2, cast(_1 as date))",
            "plus_months": "dateadd(month, _2, cast(_1 as date))",
            "month_start": "date_trunc('month', cast(_1 as date))",
            "quarter_start": "date_trunc('quarter', cast(_1 as date))",
            "year_start": "date_trunc('year', cast(_1 as date))",
            "week_start": "dateadd(day, 1 - dayofweekiso(cast(_1 as date)), cast(_1 as date))",
            "year_of": "year(cast(_1 as date))",
            "quarter_of": "quarter(cast(_1 as date))",
            "month_of": "month(cast(_1 as date))",
            "today": "cast(convert_timezone('UTC', current_timestamp()) as date)",
            "rounded": "round(_1, _2)",
            "text_of": "cast(cast(_1 as bigint) as varchar)",
        }
    ),
    tables=Tables(swap="replace"),
)
