"""ClickHouse, where a column is never null unless its type says so.

What the rewrites mend: an outer join fills with '' and 0, `lag` before the first row and an
aggregate of no rows give 0, and an alias hides the column of the same name.
"""

from superset_kpi.dialects.rewrites import nullable, qualified
from superset_kpi.dialects.vocabulary import Dialect, table

DIALECT = Dialect(
    engine="clickhousedb",
    also=("clickhouse",),
    sqlglot="clickhouse",
    title="ClickHouse",
    verified=True,
    primitives=table(
        {
            # Date ends in 2149 and begins in 1970, Date32 begins in 1900.
            "day_of": "toDate32(_1)",
            "days_between": "dateDiff('day', toDate32(_1), toDate32(_2))",
            "plus_days": "addDays(toDate32(_1), _2)",
            "plus_months": "addMonths(toDate32(_1), _2)",
            "month_start": "makeDate32(toYear(_1), toMonth(_1), 1)",
            "quarter_start": "makeDate32(toYear(_1), toQuarter(_1) * 3 - 2, 1)",
            "year_start": "makeDate32(toYear(_1), 1, 1)",
            "week_start": "addDays(toDate32(_1), 1 - toDayOfWeek(_1))",
            "year_of": "toYear(_1)",
            "quarter_of": "toQuarter(_1)",
            "month_of": "toMonth(_1)",
            "today": "toDate32(now('UTC'))",
            # round() is half to even.
            "rounded": "trunc(_1 * exp10(_2) + if(_1 < 0, -0.5, 0.5)) / exp10(_2)",
            "text_of": "toString(_1)",
        }
    ),
    types=table({"date": "Nullable(Date32)", "timestamp": "Nullable(DateTime64(6))"}),
    rewrites=(nullable, qualified),
    aliases_hide_columns=True,
)
