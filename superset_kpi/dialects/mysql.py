"""MySQL and MariaDB, and what sqlglot gets wrong there: `div` and `utc_date()` do not survive."""

from superset_kpi.dialects.rewrites import from_one_row, nulls_last
from superset_kpi.dialects.statements import within_limit
from superset_kpi.dialects.vocabulary import NUMBER, Dialect, Driver, Tables, Verified, table

_NUMBER = f"case when regexp_instr(_1, '{NUMBER}') = 1 then cast(_1 as double) end"

DIALECT = Dialect(
    engine="mysql",
    also=("mariadb",),
    sqlglot="mysql",
    title="MySQL, MariaDB",
    verified=Verified("MariaDB", "10.11", "2026-11-22"),
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "datediff(cast(_2 as date), cast(_1 as date))",
            "seconds_between": "to_seconds(_2) - to_seconds(_1)",
            "plus_days": "date_add(cast(_1 as date), interval _2 day)",
            "plus_months": "date_add(cast(_1 as date), interval _2 month)",
            "month_start": "date_add(makedate(year(_1), 1), interval (month(_1) - 1) month)",
            "quarter_start": (
                "date_add(makedate(year(_1), 1), interval (quarter(_1) * 3 - 3) month)"
            ),
            "year_start": "makedate(year(_1), 1)",
            "week_start": "date_sub(cast(_1 as date), interval weekday(_1) day)",
            "year_of": "year(_1)",
            "quarter_of": "quarter(_1)",
            "month_of": "month(_1)",
            "today": "date_add(date '1970-01-01', interval floor(unix_timestamp() / 86400) day)",
            # A double is rounded half to even, a decimal half away from zero.
            "rounded": "cast(round(cast(_1 as decimal(65, 15)), _2) as double)",
            "text_of": "cast(_1 as char)",
        }
    ),
    merges_cases=True,
    # Texts compare without regard to case by default, and those of two collations not at all.
    # A cast makes 0 of 'N/A' and 12 of '12,5'.
    columns=table(
        {
            "text": "convert(_1 using utf8mb4) collate utf8mb4_bin",
            "text_number": _NUMBER,
        }
    ),
    # A TIMESTAMP is shown in the session's zone, and no expression tells it from a DATETIME. Zones
    # have names only where the server's tables of them are filled.
    zones=table(
        {
            "zoned": "convert_tz(_1, @@session.time_zone, if(_2 = 'UTC', '+00:00', _2))",
            "today": "cast(convert_tz(utc_timestamp(), '+00:00', _1) as date)",
        }
    ),
    # sqlglot's REGEXP_LIKE is unknown to MariaDB, its CAST(a / b AS SIGNED) rounds. The forms also
    # survive Superset, which writes every statement anew.
    author=table(
        {
            "regexplike": "(regexp_instr(_1, _2) > 0)",
            "intdiv": "truncate(_1 / _2, 0)",
            "utcdate": "cast(utc_timestamp() as date)",
        }
    ),
    rewrites=(from_one_row, nulls_last),
    statement=(within_limit,),
    reads=table({"number": _NUMBER, "date": "cast(_1 as date)"}),
    mends=table(
        {
            "seconds": "timestamp('1970-01-01') + interval _1 second",
            "milliseconds": "timestamp('1970-01-01') + interval (_1 / 1000) second",
            "compact": "str_to_date(_1, '%Y%m%d')",
            "iso": "cast(_1 as datetime)",
            "comma": "(replace(_1, ',', '.'))",
        }
    ),
    driver=Driver(extra="mysql"),
    tables=Tables(swap="rename"),
)
