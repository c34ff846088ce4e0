"""DuckDB: the dialect in which the macros are written."""

from superset_kpi.dialects.vocabulary import Dialect, Driver, Tables, Verified, table

DIALECT = Dialect(
    engine="duckdb",
    sqlglot="duckdb",
    title="DuckDB",
    verified=Verified("DuckDB", "1.5", "2026-11-22", next_version="2.0"),
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "date_diff('day', cast(_1 as date), cast(_2 as date))",
            "seconds_between": "date_diff('second', cast(_1 as timestamp), cast(_2 as timestamp))",
            "plus_days": "cast(cast(_1 as date) + cast(_2 as integer) as date)",
            "plus_months": "cast(cast(_1 as date) + to_months(cast(_2 as integer)) as date)",
            "month_start": "cast(date_trunc('month', cast(_1 as date)) as date)",
            "quarter_start": "cast(date_trunc('quarter', cast(_1 as date)) as date)",
            "year_start": "cast(date_trunc('year', cast(_1 as date)) as date)",
            "week_start": "cast(date_trunc('week', cast(_1 as date)) as date)",
            "year_of": "cast(year(cast(_1 as date)) as integer)",
            "quarter_of": "cast(quarter(cast(_1 as date)) as integer)",
            "month_of": "cast(month(cast(_1 as date)) as integer)",
            "today": "cast(now() at time zone 'UTC' as date)",
            "rounded": "round(_1, _2)",
            "text_of": "cast(_1 as text)",
        }
    ),
    # The type is known when a statement is planned, so that nothing is left of the case.
    zones=table(
        {
            "moment": (
                "case when typeof(_1) = 'TIMESTAMP WITH TIME ZONE'"
                " then cast(_1 as timestamptz) at time zone _2 else cast(_1 as timestamp) end"
            ),
            "zoned": "cast(_1 as timestamptz) at time zone _2",
            "today": "cast(now() at time zone _1 as date)",
        }
    ),
    reads=table(
        {
            "number": "try_cast(_1 as double)",
            "date": "try_cast(_1 as timestamp)",
            "type": "typeof(_1)",
        }
    ),
    mends=table(
        {
            "seconds": "epoch_ms(cast(_1 as bigint) * 1000)",
            "milliseconds": "epoch_ms(cast(_1 as bigint))",
            "compact": "strptime(cast(_1 as varchar), '%Y%m%d')",
            "iso": "cast(_1 as timestamp)",
            "number": "try_cast(_1 as double)",
            "comma": "try_cast(replace(_1, ',', '.') as double)",
        }
    ),
    # EXPLAIN of conjoint_part_worths, 16 windows on each other, took 2.4 s, and takes .03 s.
    most_windows=6,
    driver=Driver(extra="duckdb", makes_files=True, locks_files=True, reading={"read_only": True}),
    tables=Tables(swap="transaction"),
)
