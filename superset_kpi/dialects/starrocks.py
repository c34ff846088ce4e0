"""StarRocks, which speaks MySQL's protocol and has functions of its own."""

from superset_kpi.dialects.rewrites import from_one_row, nulls_last
from superset_kpi.dialects.vocabulary import Dialect, table

DIALECT = Dialect(
    engine="starrocks",
    sqlglot="starrocks",
    title="StarRocks",
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "datediff(cast(_2 as date), cast(_1 as date))",
            "seconds_between": (
                "timestampdiff(second, cast(_1 as datetime), cast(_2 as datetime))"
            ),
            "plus_days": "date_add(cast(_1 as date), interval _2 day)",
            "plus_months": "date_add(cast(_1 as date), interval _2 month)",
            # The arguments of date_trunc have one order here and another in Doris.
            "month_start": "date_sub(cast(_1 as date), interval (dayofmonth(_1) - 1) day)",
            "quarter_start": (
                "date_sub(date_sub(cast(_1 as date), interval (dayofmonth(_1) - 1) day),"
                " interval (month(_1) + 2 - 3 * quarter(cast(_1 as date))) month)"
            ),
            "year_start": "date_sub(cast(_1 as date), interval (dayofyear(_1) - 1) day)",
            "week_start": ("date_sub(cast(_1 as date), interval ((dayofweek(_1) + 5) % 7) day)"),
            "year_of": "year(_1)",
            "quarter_of": "quarter(cast(_1 as date))",
            "month_of": "month(_1)",
            "today": "cast(utc_timestamp() as date)",
            "rounded": "round(_1, _2)",
            "text_of": "cast(_1 as varchar(40))",
        }
    ),
    rewrites=(from_one_row, nulls_last),
)
