"""Hive's dialect as Spark speaks it: what Superset reaches through a Spark Thrift Server."""

from superset_kpi.dialects.vocabulary import NUMBER, Dialect, Driver, Tables, Verified, table

DIALECT = Dialect(
    engine="hive",
    also=("spark",),
    sqlglot="hive",
    title="Spark SQL, through its Thrift Server",
    dates_come_as_text=True,
    verified=Verified("Spark", "4.0", "2026-11-22"),
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "datediff(cast(_2 as date), cast(_1 as date))",
            "seconds_between": (
                "unix_timestamp(cast(_2 as timestamp)) - unix_timestamp(cast(_1 as timestamp))"
            ),
            "plus_days": "date_add(cast(_1 as date), cast(_2 as int))",
            "plus_months": "add_months(cast(_1 as date), cast(_2 as int))",
            "month_start": "trunc(cast(_1 as date), 'MM')",
            "quarter_start": "trunc(cast(_1 as date), 'QUARTER')",
            "year_start": "trunc(cast(_1 as date), 'YYYY')",
            "week_start": "date_add(next_day(cast(_1 as date), 'MO'), -7)",
            "year_of": "year(_1)",
            "quarter_of": "quarter(cast(_1 as date))",
            "month_of": "month(_1)",
            "today": "cast(to_utc_timestamp(current_timestamp(), current_timezone()) as date)",
            "rounded": "round(_1, _2)",
            "text_of": "cast(_1 as string)",
        }
    ),
    # A moment is shown in the session's zone; its type is known when a statement is planned.
    zones=table(
        {
            "moment": (
                "case when typeof(_1) = 'timestamp'"
                " then from_utc_timestamp(to_utc_timestamp(_1, current_timezone()), _2)"
                " else cast(_1 as timestamp) end"
            ),
            "zoned": "from_utc_timestamp(to_utc_timestamp(_1, current_timezone()), _2)",
            "today": (
                "cast(from_utc_timestamp(to_utc_timestamp(current_timestamp(),"
                " current_timezone()), _1) as date)"
            ),
        }
    ),
    reads=table(
        {
            "number": f"case when cast(_1 as string) rlike '{NUMBER}' then 1 end",
            "date": "case when cast(_1 as string) rlike '^ *[0-9]{4}-[0-9]+-[0-9]+' then 1 end",
            "type": "typeof(_1)",
        }
    ),
    mends=table(
        {
            "seconds": "timestamp_seconds(_1)",
            "milliseconds": "timestamp_millis(_1)",
            "compact": "to_date(cast(_1 as string), 'yyyyMMdd')",
            "iso": "cast(_1 as timestamp)",
            "number": f"case when _1 rlike '{NUMBER}' then cast(_1 as double) end",
            "comma": "cast(replace(_1, ',', '.') as double)",
        }
    ),
    driver=Driver(extra="hive"),
    tables=Tables(swap="pointer"),
)
