"""ClickHouse, where a column is never null unless its type says so.

What the rewrites mend: an outer join fills with '' and 0, `lag` before the first row and an
aggregate of no rows give 0, and an alias hides the column of the same name.
"""

from superset_kpi.dialects.rewrites import named, nullable, signed
from superset_kpi.dialects.statements import materialized, qualified
from superset_kpi.dialects.vocabulary import Dialect, Driver, Tables, Verified, table

DIALECT = Dialect(
    engine="clickhousedb",
    also=("clickhouse",),
    sqlglot="clickhouse",
    title="ClickHouse",
    verified=Verified("ClickHouse", "26.9", "2026-11-22"),
    primitives=table(
        {
            # Date ends in 2149 and begins in 1970, Date32 begins in 1900.
            "day_of": "toDate32(_1)",
            "days_between": "dateDiff('day', toDate32(_1), toDate32(_2))",
            "seconds_between": (
                "dateDiff('second', toDateTime64(_1, 0, 'UTC'), toDateTime64(_2, 0, 'UTC'))"
            ),
            "plus_days": "addDays(toDate32(_1), _2)",
            "plus_months": "addMonths(toDate32(_1), _2)",
            "month_start": "makeDate32(toYear(toDate32(_1)), toMonth(toDate32(_1)), 1)",
            "quarter_start": "makeDate32(toYear(toDate32(_1)), toQuarter(toDate32(_1)) * 3 - 2, 1)",
            "year_start": "makeDate32(toYear(toDate32(_1)), 1, 1)",
            "week_start": "addDays(toDate32(_1), 1 - toDayOfWeek(toDate32(_1)))",
            "year_of": "toYear(toDate32(_1))",
            "quarter_of": "toQuarter(toDate32(_1))",
            "month_of": "toMonth(toDate32(_1))",
            "today": "toDate32(now('UTC'))",
            # round() is half to even.
            "rounded": "trunc(_1 * exp10(_2) + if(_1 < 0, -0.5, 0.5)) / exp10(_2)",
            "text_of": "toString(_1)",
        }
    ),
    types=table({"date": "Nullable(Date32)", "timestamp": "Nullable(DateTime64(6))"}),
    rewrites=(nullable, signed, named),
    statement=(qualified, materialized),
    # All moments are points in time, which a server shows in its own zone.
    zones=table(
        {
            "moment": "toDateTime64(_1, 6, _2)",
            "zoned": "toDateTime64(_1, 6, _2)",
            "today": "toDate32(now(_1))",
        }
    ),
    reads=table({"number": "toFloat64OrNull(toString(_1))", "type": "toTypeName(_1)"}),
    mends=table(
        {
            "seconds": "toDateTime64(_1, 0, 'UTC')",
            "milliseconds": "fromUnixTimestamp64Milli(toInt64(_1), 'UTC')",
            "compact": "parseDateTimeBestEffort(toString(_1), 'UTC')",
            "iso": "parseDateTimeBestEffort(_1, 'UTC')",
            "number": "toFloat64OrNull(_1)",
            "comma": "toFloat64OrNull(replaceAll(_1, ',', '.'))",
        }
    ),
    driver=Driver(extra="clickhouse"),
    tables=Tables(swap="exchange", stored=" engine = MergeTree order by tuple()"),
)
