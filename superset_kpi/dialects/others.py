"""Engines of Superset that nobody has run a macro on and that no file of this folder describes.

Some document that they take another engine's SQL. The rest get what standard SQL has; a primitive
without a form there is refused.
"""

from __future__ import annotations

from itertools import chain

from superset_kpi.dialects import duckdb, mysql, postgresql, sqlite, trino
from superset_kpi.dialects.rewrites import grouped
from superset_kpi.dialects.vocabulary import Dialect, by_name, table

# The name that Superset has for an engine: whose SQL it takes, and how sqlglot calls its own.
_LIKE = {
    "awsathena": (trino.DIALECT, "athena"),
    "cockroachdb": (postgresql.DIALECT, "postgres"),
    "gsheets": (sqlite.DIALECT, "sqlite"),
    "motherduck": (duckdb.DIALECT, "duckdb"),
    "oceanbase": (mysql.DIALECT, "mysql"),
    "presto": (trino.DIALECT, "presto"),
    "shillelagh": (sqlite.DIALECT, "sqlite"),
    "superset": (sqlite.DIALECT, "sqlite"),
}

# The same, by sqlglot's name of the dialect in which Superset reads the statement.
_STANDARD = {
    "": "arc base crate d1 databend db2 denodo dynamodb elasticsearch exa firebird firebolt "
    "greenplum hologres ibmi iotdb kustokql kustosql kylin mongodb monetdb ocient odelasticsearch "
    "phoenix pinot solr sybase taosws timescaledb yugabytedb",
    "bigquery": "datastore",
    "clickhouse": "yql",
    "dremio": "dremio",
    "drill": "drill",
    "druid": "druid",
    "hive": "ascend impala",
    "mysql": "couchbase",
    "postgres": "hana netezza parseable vertica",
    "risingwave": "risingwave",
    "singlestore": "singlestoredb",
    "teradata": "teradatasql",
}

_DAY = "cast(_1 as date)"
_MONTH = f"(extract(month from {_DAY}) - 1)"
_MONTH_START = f"{_DAY} - (extract(day from {_DAY}) - 1) * interval '1' day"

STANDARD = Dialect(
    engine="",
    sqlglot="",
    title="Standard SQL",
    primitives=table(
        {
            "day_of": _DAY,
            "plus_days": f"cast({_DAY} + (_2) * interval '1' day as date)",
            "plus_months": f"cast({_DAY} + (_2) * interval '1' month as date)",
            "month_start": f"cast({_MONTH_START} as date)",
            "quarter_start": (
                f"cast({_MONTH_START}"
                f" - ({_MONTH} - 3 * floor({_MONTH} / 3e0)) * interval '1' month as date)"
            ),
            "year_start": f"cast({_MONTH_START} - {_MONTH} * interval '1' month as date)",
            "year_of": f"extract(year from {_DAY})",
            "quarter_of": f"cast(floor({_MONTH} / 3e0) + 1 as integer)",
            "month_of": f"extract(month from {_DAY})",
            # Half away from zero, which rounding is on the other engines.
            "rounded": (
                "case when _1 < 0 then -floor(0.5e0 - _1 * power(1e1, _2))"
                " else floor(_1 * power(1e1, _2) + 0.5e0) end / power(1e1, _2)"
            ),
            "text_of": "cast(_1 as varchar(40))",
        }
    ),
    types=table({"text": "varchar(4000)"}),
    rewrites=(grouped,),
)

OTHERS = by_name(
    chain(
        (dialect.like(name, read, name) for name, (dialect, read) in _LIKE.items()),
        (
            STANDARD.like(name, read, name)
            for read, names in _STANDARD.items()
            for name in names.split()
        ),
    )
)
