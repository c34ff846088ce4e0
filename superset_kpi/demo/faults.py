"""Spoils copies of the telecom: every fault that a check should find, planted on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from superset_kpi.demo.tables import TELECOM


@dataclass(frozen=True)
class Planted:
    """One kind of fault: the schema it is in, the keys of the spoilt rows, and what was done.

    `keys` are numbers or names of the rows that a check should return (client, answer, payment,
    team, scheme), empty where the fault is one of the whole table.
    """

    schema: str
    keys: tuple[int | str, ...]
    note: str


# Fault: a statement that spoils rows and returns their keys, and a note. Run in this order.
_FAULTS: dict[str, tuple[str, str]] = {
    "ratings outside their scale": (
        "insert into faulty.survey by name select * replace (answer_id + 5000000 as answer_id, "
        "'Wave spoilt' as wave, case answer_id % 3 when 0 then -99 else 11 end as q_experience, "
        "case answer_id % 3 when 2 then 0 else q_value end as q_value) "
        "from (from telecom.survey where q_value is not null and q_nps = 10 and not is_void "
        "order by answer_id desc limit 4) returning answer_id",
        "Four answers with an experience of -99 or 11; some also with a value of 0 on 1 to 10.",
    ),
    "duplicate responses": (
        "insert into faulty.survey by name select * replace (answer_id + 6000000 as answer_id, "
        "answered_at + interval 3 minute as answered_at) "
        "from (from telecom.survey where not is_void and wave = 'Wave 2026-Q3' and q_nps = 10 "
        "order by answer_id limit 5) returning answer_id",
        "Five answers sent a second time three minutes later, by the same client in the same wave.",
    ),
    "ratings without customer": (
        "update faulty.survey set client_no = case answer_id % 2 when 0 then null else 777777 end "
        "where answer_id in (select answer_id from telecom.survey where not is_void "
        "and wave = 'Pulse 2026-08' order by answer_id limit 6) returning answer_id",
        "Six answers without a client, or with the number 777777 that nobody has.",
    ),
    "customers in two segments of a scheme": (
        "insert into faulty.client_groups select client_no, grouping, "
        "case group_name when 'North' then 'South' else 'North' end, date '2025-01-01', null "
        "from telecom.client_groups where grouping = 'Region' and until_date is null "
        "and from_date < date '2024-01-01' order by client_no limit 7 returning client_no",
        "Seven clients in a second region since 2025-01-01.",
    ),
    "segments outside 3-5": (
        "insert into faulty.client_groups select client_no, grouping, group_name, signed_up_on, "
        "null from telecom.clients, (values ('Loyalty club', 2), ('Handset', 6)) t(grouping, n), "
        "lateral (select grouping || ' ' || (client_no % n + 1) as group_name) "
        "where not is_test and (grouping = 'Handset' or client_no % 5 < 2) returning grouping",
        "Scheme 'Loyalty club' with two segments, scheme 'Handset' with six.",
    ),
    "review overdue": (
        "insert into faulty.group_catalogue select distinct grouping, group_name, 1, 'Marketing', "
        "date '2024-11-04', 6 from faulty.client_groups where grouping in ('Loyalty club', "
        "'Handset') returning grouping",
        "Both new schemes were last reviewed on 2024-11-04, due every six months.",
    ),
    "Unassigned share": (
        "select distinct grouping from faulty.client_groups where grouping = 'Loyalty club'",
        "Three clients in five are in no segment of 'Loyalty club'.",
    ),
    "scores without comments": (
        "update faulty.survey set remark = null where answered_at >= timestamp '2026-07-01' "
        "and answer_id % 12 <> 0 returning strftime(date_trunc('quarter', answered_at), '%Y-%m')",
        "Eleven of twelve remarks of the newest quarter are gone.",
    ),
    "overall band differs from a segment with at least 10 % of customers": (
        "select 'Premium'",
        "Nothing is spoilt: Premium is Excellent and the whole Good already in the clean schema.",
    ),
    "no competitor rating in 12 months": (
        "delete from faulty.brand_study where asked_at >= timestamp '2025-09-01' "
        "and brand_name <> 'Aurelia Mobile' returning brand_name",
        "No competitor was rated since May 2025.",
    ),
    "low ratings never followed up": (
        "delete from faulty.callbacks where answer_id in (select answer_id from telecom.survey "
        "where not is_void and q_experience <= 4 and answered_at >= timestamp '2026-04-01' "
        "and answered_at < timestamp '2026-07-01' order by answer_id limit 8) returning answer_id",
        "Eight answers with an experience of at most 4 have no callback.",
    ),
    "employee engagement missing": (
        "delete from faulty.staff_pulse where team_name = 'Shops' "
        "and quarter_begins_on >= date '2026-07-01' returning team_name",
        "The shops have no engagement score in the newest quarter.",
    ),
    "employee engagement below its floor": (
        "update faulty.staff_pulse set engagement_index = 41 where team_name = 'Billing desk' "
        "and quarter_begins_on >= date '2026-07-01' returning team_name",
        "The billing desk has 41 in the newest quarter.",
    ),
    "mixed currencies": (
        "update faulty.payments set currency_code = 'USD' where payment_no in (select payment_no "
        "from telecom.payments where status = 'settled' and kind = 'device' "
        "order by payment_no desc limit 9) returning payment_no",
        "Nine payments in US dollars.",
    ),
    "purchases in the future": (
        "update faulty.payments set paid_at = paid_at + interval 1 year where payment_no in "
        "(select payment_no from telecom.payments where status = 'settled' and not is_test "
        "and kind = 'bill' order by payment_no desc limit 3) returning payment_no",
        "Three payments a year after the last day of the data.",
    ),
    "negative or zero margins": (
        "update faulty.payments set contribution = case payment_no % 2 when 0 then 0 else -4.5 end "
        "where payment_no in (select payment_no from telecom.payments where status = 'settled' "
        "and kind = 'top-up' order by payment_no limit 6) returning payment_no",
        "Six top-ups that earn nothing or cost money.",
    ),
    "purchases loaded twice": (
        "insert into faulty.payments from (from telecom.payments where status = 'settled' "
        "and not is_test and kind = 'bill' order by payment_no limit 4) returning '4'",
        "Four bills stand in the table twice.",
    ),
    "purchases without customer, day or amount": (
        "insert into faulty.payments by name select * replace (payment_no + 9000000 as payment_no, "
        "case payment_no % 3 when 0 then null else client_no end as client_no, "
        "case payment_no % 3 when 1 then null else paid_at end as paid_at, "
        "case payment_no % 3 when 2 then null else total end as total) "
        "from (from telecom.payments where status = 'settled' and not is_test and kind = 'bill' "
        "order by payment_no limit 30) returning case when client_no is null then 'customer_id' "
        "when paid_at is null then 'occurred_at' else 'amount' end",
        "Thirty bills that lack the client, the day or the amount.",
    ),
    "purchases without a margin": (
        "update faulty.payments set contribution = null where payment_no in (select payment_no "
        "from telecom.payments where status = 'settled' and not is_test and kind = 'device' "
        "order by payment_no limit 5) returning '5'",
        "Five devices without a margin.",
    ),
    "buyers whom the customers lack": (
        "insert into faulty.payments by name select * replace (payment_no + 8000000 as payment_no, "
        "888888 as client_no) from (from telecom.payments where status = 'settled' "
        "and not is_test and kind = 'bill' order by payment_no limit 2) returning '2'",
        "Two bills of a client 888888 whom nobody knows.",
    ),
    "customers with two rows": (
        "insert into faulty.clients from (from telecom.clients where not is_test "
        "order by client_no limit 3) returning '3'",
        "Three clients stand in the table twice.",
    ),
    "ratings without a day": (
        "insert into faulty.survey by name select * replace (answer_id + 7000000 as answer_id, "
        "cast(null as timestamp) as answered_at, cast(null as smallint) as q_experience, "
        "cast(null as smallint) as q_satisfaction, cast(null as smallint) as q_nps, "
        "cast(null as smallint) as q_csat, cast(null as smallint) as q_ces) "
        "from (from telecom.survey where q_value is not null and not is_void "
        "order by answer_id limit 3) returning 'value'",
        "Three values without the day on which they were given.",
    ),
    "mapping column missing": (
        "alter table faulty.programmes rename column starts_on to began_on",
        "programmes.starts_on is now called began_on.",
    ),
    "mapping column of the wrong type": (
        "alter table faulty.market_news alter column starts_on type varchar",
        "market_news.starts_on is text.",
    ),
    "newest rating older than a quarter": (
        "select distinct wave from telecom.survey where wave = 'Wave 2026-Q3'",
        "The schema `silent` is the telecom without any rating since 2026-06-20.",
    ),
}


def plant_faults(path: Path) -> dict[str, Planted]:
    """Returns what was planted in the schemas `faulty` and `silent` of the warehouse at `path`.

    Both have the tables of `telecom`, so its mapping with the schema's name replaced fits them.
    A model older than its data is none of the faults: models are no tables.
    """
    with duckdb.connect(str(path)) as connection:
        _copy(connection)
        planted = {}
        for fault, (statement, note) in _FAULTS.items():
            schema = "silent" if fault == "newest rating older than a quarter" else "faulty"
            cursor = connection.execute(statement)
            rows = [] if statement.startswith("alter") else cursor.fetchall()
            planted[fault] = Planted(schema, tuple(sorted({row[0] for row in rows})), note)
    return planted


def _copy(connection: Any) -> None:
    for schema in ("faulty", "silent"):
        connection.execute(f"drop schema if exists {schema} cascade")
        connection.execute(f"create schema {schema}")
    silent_since = {
        "survey": "answered_at",
        "survey_items": "answered_at",
        "brand_study": "asked_at",
    }
    for table in TELECOM:
        connection.execute(f"create table faulty.{table} as from telecom.{table}")
        when = silent_since.get(table)
        where = f"where {when} < timestamp '2026-06-20'" if when else ""
        connection.execute(f"create view silent.{table} as from telecom.{table} {where}")
