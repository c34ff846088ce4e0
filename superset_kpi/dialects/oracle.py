"""Oracle, where a date has a time, '' is null, and a condition is no value."""

from sqlglot import exp

from superset_kpi.dialects.rewrites import (
    binary,
    bits,
    blanks,
    dated,
    from_dual,
    null_if_any_is,
    quoted,
)
from superset_kpi.dialects.vocabulary import Dialect, Driver, table

_RESERVED = ("comment", "level", "parameters", "share", "size")

DIALECT = Dialect(
    engine="oracle",
    sqlglot="oracle",
    title="Oracle",
    primitives=table(
        {
            "day_of": "trunc(cast(_1 as date), 'DD')",
            "days_between": "(trunc(cast(_2 as date), 'DD') - trunc(cast(_1 as date), 'DD'))",
            "seconds_between": "round((cast(_2 as date) - cast(_1 as date)) * 86400)",
            "plus_days": "(trunc(cast(_1 as date), 'DD') + _2)",
            "plus_months": "add_months(trunc(cast(_1 as date), 'DD'), _2)",
            "month_start": "trunc(cast(_1 as date), 'MM')",
            "quarter_start": "trunc(cast(_1 as date), 'Q')",
            "year_start": "trunc(cast(_1 as date), 'YYYY')",
            "week_start": "trunc(cast(_1 as date), 'IW')",
            "year_of": "extract(year from cast(_1 as date))",
            "quarter_of": "cast(floor((extract(month from cast(_1 as date)) + 2) / 3) as int)",
            "month_of": "extract(month from cast(_1 as date))",
            "today": "trunc(cast(sys_extract_utc(systimestamp) as date), 'DD')",
            "rounded": "to_binary_double(round(_1, _2))",
            "text_of": "to_char(_1)",
        }
    ),
    types=table({"boolean": "number(1)", "text": "varchar2(4000)"}),
    columns=table({"number": "to_binary_double(_1)", "text": "to_char(_1)"}),
    rewrites=(binary, bits, dated, blanks, null_if_any_is, from_dual, quoted(*_RESERVED)),
    statement=(bits, dated, quoted(*_RESERVED, only=(exp.Alias,))),
    driver=Driver(question="select 1 as one from dual"),
)
