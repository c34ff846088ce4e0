"""Customers of one preset, known to another by their e-mails."""

from __future__ import annotations

from dataclasses import replace

import sqlglot
from sqlglot import exp

from superset_kpi.mapping import LOGICAL_TABLES
from superset_kpi.proposal.draft import SURE, Line, Source
from superset_kpi.warehouse.survey import Survey

KNOWN = "known_customer_id"


def with_known_customers(
    source: Source, theirs: str, ours: str, other: str, survey: Survey
) -> Source:
    """Returns the source with the customers of another preset, who have the same e-mails.

    `theirs` and `ours` are statements that give a `person_id` and an `email`. Who has no e-mail
    there is no customer; rows that must have one are left out. A person is one customer, so that
    no row is there twice: of several with the same e-mail, the one with the smallest id.
    """
    read = survey.dialect.sqlglot
    line = next(line for line in source.lines if line.column == "customer_id")
    origin = source.select or f"select * from {source.table}"
    person = sqlglot.parse_one(str(line.value), read=read)
    for column in person.find_all(exp.Column):
        column.set("table", exp.to_identifier("answer"))
    is_needed = "customer_id" in LOGICAL_TABLES[source.logical].required
    text = (
        f"select answer.*, known.{KNOWN} from ({origin}) as answer "
        f"{'inner' if is_needed else 'left'} join ("
        f"select theirs.person_id, min(ours.person_id) as {KNOWN} from ({theirs}) as theirs "
        f"inner join ({ours}) as ours on ours.email = theirs.email group by theirs.person_id"
        f") as known on known.person_id = {person.sql(dialect=read)}"
    )
    reason = f"the customer of {other} with the same e-mail"
    known = Line("customer_id", KNOWN, reason, SURE)
    return replace(
        source,
        table=None,
        select=sqlglot.parse_one(text, read=read).sql(dialect=read),
        lines=[known if each is line else each for each in source.lines],
    )
