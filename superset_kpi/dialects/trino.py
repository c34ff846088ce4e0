"""Trino, whose `date_diff` counts whole units only."""

from superset_kpi.dialects.vocabulary import Dialect, Tables, table

DIALECT = Dialect(
    engine="trino",
    sqlglot="trino",
    title="Trino",
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "date_diff('day', cast(_1 as date), cast(_2 as date))",
            "seconds_between": (
                "date_diff('second', date_trunc('second', cast(_1 as timestamp)),"
                " date_trunc('second', cast(_2 as timestamp)))"
            ),
            "plus_days": "date_add('day', _2, cast(_1 as date))",
            "plus_months": "date_add('month', _2, cast(_1 as date))",
            "month_start": "date_trunc('month', cast(_1 as date))",
            "quarter_start": "date_trunc('quarter', cast(_1 as date))",
            "year_start": "date_trunc('year', cast(_1 as date))",
            "week_start": "date_trunc('week', cast(_1 as date))",
            "year_of": "year(cast(_1 as date))",
            "quarter_of": "quarter(cast(_1 as date))",
            "month_of": "month(cast(_1 as date))",
            "today": "cast(current_timestamp at time zone 'UTC' as date)",
            "rounded": "round(_1, _2)",
            "text_of": "cast(_1 as varchar)",
        }
    ),
    tables=Tables(swap="pointer"),
)
