"""SQL Server, which has no value that is true or false: a bit is compared with 1."""

from sqlglot import exp

from superset_kpi.dialects.rewrites import bits, in_doubles, national, nulls_last, quoted
from superset_kpi.dialects.vocabulary import Dialect, table

DIALECT = Dialect(
    engine="mssql",
    sqlglot="tsql",
    title="SQL Server",
    primitives=table(
        {
            "day_of": "cast(_1 as date)",
            "days_between": "datediff(day, cast(_1 as date), cast(_2 as date))",
            "seconds_between": (
                "datediff_big(second, cast(_1 as datetime2), cast(_2 as datetime2))"
            ),
            "plus_days": "dateadd(day, _2, cast(_1 as date))",
            "plus_months": "dateadd(month, _2, cast(_1 as date))",
            "month_start": (
                "datefromparts(datepart(year, cast(_1 as date)),"
                " datepart(month, cast(_1 as date)), 1)"
            ),
            "quarter_start": (
                "datefromparts(datepart(year, cast(_1 as date)),"
                " datepart(quarter, cast(_1 as date)) * 3 - 2, 1)"
            ),
            "year_start": "datefromparts(datepart(year, cast(_1 as date)), 1, 1)",
            # The first day of 1900 was a Monday, whatever @@datefirst says.
            "week_start": (
                "dateadd(day, -(datediff(day, cast('1900-01-01' as date), cast(_1 as date)) % 7),"
                " cast(_1 as date))"
            ),
            "year_of": "datepart(year, cast(_1 as date))",
            "quarter_of": "datepart(quarter, cast(_1 as date))",
            "month_of": "datepart(month, cast(_1 as date))",
            "today": "cast(getutcdate() as date)",
            "rounded": "round(_1, _2)",
            "text_of": "cast(_1 as nvarchar(40))",
        }
    ),
    types=table({"text": "nvarchar(4000)"}),
    merges_cases=True,
    # Texts of two collations cannot be compared; a literal has that of the database.
    columns=table({"text": "cast(_1 as nvarchar(4000)) collate database_default"}),
    rewrites=(nulls_last, in_doubles, bits, national, quoted("plan")),
    statement=(bits, national, quoted("plan", only=(exp.Alias,))),
)
