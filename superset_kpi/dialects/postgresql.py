"""PostgreSQL."""

from superset_kpi.dialects.statements import estimated, fenced, inlined
from superset_kpi.dialects.vocabulary import NUMBER, Dialect, Driver, Tables, Verified, table

DIALECT = Dialect(
    engine="postgresql",
    sqlglot="postgres",
    title="PostgreSQL",
    verified=Verified("PostgreSQL", "15", "2026-11-22"),
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "(cast(_2 as date) - cast(_1 as date))",
            "seconds_between": (
                "cast(floor(extract(epoch from cast(_2 as timestamp)))"
                " - floor(extract(epoch from cast(_1 as timestamp))) as bigint)"
            ),
            "plus_days": "(cast(_1 as date) + cast(_2 as integer))",
            "plus_months": "cast(cast(_1 as date) + _2 * interval '1 month' as date)",
            "month_start": "cast(date_trunc('month', cast(_1 as timestamp)) as date)",
            "quarter_start": "cast(date_trunc('quarter', cast(_1 as timestamp)) as date)",
            "year_start": "cast(date_trunc('year', cast(_1 as timestamp)) as date)",
            "week_start": "cast(date_trunc('week', cast(_1 as timestamp)) as date)",
            "year_of": "cast(extract(year from cast(_1 as date)) as integer)",
            "quarter_of": "cast(extract(quarter from cast(_1 as date)) as integer)",
            "month_of": "cast(extract(month from cast(_1 as date)) as integer)",
            "today": "cast(current_timestamp at time zone 'UTC' as date)",
            "rounded": "cast(round(cast(_1 as numeric), _2) as double precision)",
            "text_of": "cast(_1 as text)",
        }
    ),
    # Ties are broken by code points, whatever the locale of the database.
    columns=table({"text": 'cast(_1 as text) collate "C"'}),
    zones=table(
        {
            # 1184 is timestamptz; what is read by a date and a time alone is in no zone.
            "moment": (
                "case when cast(pg_typeof(_1) as oid) = 1184"
                " then cast(_1 as timestamptz) at time zone _2 else cast(_1 as timestamp) end"
            ),
            "zoned": "cast(_1 as timestamptz) at time zone _2",
            "today": "cast(current_timestamp at time zone _1 as date)",
        }
    ),
    statement=(inlined, estimated),
    fence=(fenced,),
    reads=table(
        {
            "number": f"case when cast(_1 as text) ~ '{NUMBER}' then 1 end",
            "type": "cast(pg_typeof(_1) as text)",
        }
    ),
    mends=table(
        {
            "seconds": "to_timestamp(_1) at time zone 'UTC'",
            "milliseconds": "to_timestamp(_1 / 1000.0) at time zone 'UTC'",
            "compact": "to_date(cast(_1 as text), 'YYYYMMDD')",
            "iso": "cast(_1 as timestamp)",
            "number": f"case when _1 ~ '{NUMBER}' then cast(_1 as double precision) end",
            "comma": "cast(replace(_1, ',', '.') as double precision)",
        }
    ),
    longest_name=63,
    driver=Driver(extra="postgres"),
    tables=Tables(swap="transaction"),
)
