"""BigQuery, where a timestamp without a time zone is a DATETIME."""

from superset_kpi.dialects.rewrites import from_one_row, nulls_last
from superset_kpi.dialects.vocabulary import Dialect, Tables, table

DIALECT = Dialect(
    engine="bigquery",
    sqlglot="bigquery",
    title="BigQuery",
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "date_diff(cast(_2 as date), cast(_1 as date), day)",
            "seconds_between": "datetime_diff(cast(_2 as datetime), cast(_1 as datetime), second)",
            "plus_days": "date_add(cast(_1 as date), interval (_2) day)",
            "plus_months": "date_add(cast(_1 as date), interval (_2) month)",
            "month_start": "date_trunc(cast(_1 as date), month)",
            "quarter_start": "date_trunc(cast(_1 as date), quarter)",
            "year_start": "date_trunc(cast(_1 as date), year)",
            "week_start": "date_trunc(cast(_1 as date), week(monday))",
            "year_of": "extract(year from cast(_1 as date))",
            "quarter_of": "extract(quarter from cast(_1 as date))",
            "month_of": "extract(month from cast(_1 as date))",
            "today": "current_date('UTC')",
            "rounded": "round(_1, _2)",
            "text_of": "cast(_1 as string)",
        }
    ),
    rewrites=(from_one_row, nulls_last),
    tables=Tables(swap="replace"),
)
