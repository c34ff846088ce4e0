"""Who the customers are, how other tables reach them, and the groups they are in."""

from __future__ import annotations

from dataclasses import dataclass

from superset_kpi.proposal.draft import LIKELY, SURE, UNSURE, Line, Question, Source
from superset_kpi.proposal.facts import Column, Value
from superset_kpi.proposal.roles import best_amount, best_moment, category, conditions, first, money
from superset_kpi.proposal.tables import Table
from superset_kpi.proposal.words import is_about, likeness, parts, sounds

MOST_SCHEMES = 8
# So many groups are some whatever their name.
FEW = 12


@dataclass(frozen=True)
class Link:
    """How a table reaches its customers: by a column of its own, or of the table `via`."""

    own: Column
    via: Table | None = None
    customer: Column | None = None

    @property
    def column(self) -> Column:
        """Returns the column that holds the customer's key."""
        return self.customer or self.own


def rank_customers(tables: list[Table]) -> list[tuple[float, Table]]:
    """Returns the tables that may be the customers, the likeliest first."""
    found = []
    for table in tables:
        if table.key is None:
            continue
        named = likeness("customers", table.name)
        others = ("staff", "transactions", "lines", "ratings", "subscriptions")
        about = is_about("customers", table.name, others)
        referring = [
            t for t in tables for r in t.references.values() if r.fits(table) and t is not table
        ]
        dated = [t for t in referring if any(c.is_moment for c in t.measures)]
        score = 3 * about + min(len(dated), 3) + 0.5 * bool(referring)
        score += 0.5 * any(sounds("personal", c.name) for c in table.measures)
        is_fact = best_amount(table) is not None and bool(table.references)
        if score > 1.5 and (named or (dated and not is_fact and about == 0)):
            found.append((score - is_fact, table))
    return sorted(found, key=lambda f: (-f[0], f[1].name))


def link_of(table: Table, customers: Table | None, through: bool = True) -> Link | None:
    """Returns how a table reaches the customers, by one other table at most."""
    if table is customers:
        return None
    direct = _direct(table, customers)
    if direct or not through:
        return Link(direct) if direct else None
    for reference in table.references.values():
        other = _direct(reference.table, customers)
        if other and reference.table is not customers and not sounds("staff", reference.table.name):
            return Link(reference.column, reference.table, other)
    return None


def _direct(table: Table, customers: Table | None) -> Column | None:
    if customers is not None:
        found = [r for r in table.references.values() if r.fits(customers)]
        best = max(found, key=lambda r: likeness("customers", r.column.name), default=None)
        return best.column if best else None
    fitting = [
        c
        for c in table.columns.values()
        if c.kind in ("integer", "text") and sounds("customers", c.name) and c is not table.key
    ]
    named = [c for c in fitting if any(likeness("id", p) == 1 for p in parts(c.name))]
    plain = [c for c in fitting if len(parts(c.name)) == 1]
    return next(iter(named or plain), None)


def customers_source(
    table: Table, answers: dict[str, str], questions: list[Question], sure: float
) -> Source:
    """Returns the customers as a table has them."""
    assert table.key is not None
    lines = [Line("customer_id", table.key.mapped, "the key that others refer to", sure)]
    moment = best_moment(table, ("created",))
    if moment and sounds("created", moment[0].name):
        lines.append(Line("created_at", moment[0].moment, "a moment by its name", moment[1]))
    for logical in ("acquisition_channel", "country", "industry"):
        column = category(table, logical) or (
            first(table, logical) if logical == "country" else None
        )
        if column:
            lines.append(Line(logical, column.mapped, "a text by its name", LIKELY))
    for column in table.measures:
        if column.is_number and sounds("acquisition", column.name):
            is_cost = sounds("cost", column.name) or any(
                sounds("minor", p) for p in parts(column.name)
            )
            if is_cost:
                value, why = money(column, answers, questions)
                lines.append(Line("acquisition_cost", value, why, LIKELY))
                break
    where, why = conditions(table, by_status=False)
    reason = "; ".join(filter(None, ["others refer to its key", why]))
    return Source("customers", lines, reason, sure, table.written, where=where)


def derived_customers(table: Table, link: Column, moment: Column) -> Source:
    """Returns the customers as those who appear in another table, where no table is theirs."""
    when = moment.moment
    time = when if isinstance(when, str) else moment.sql
    select = (
        f"select {link.sql}, min({time}) as first_seen from {table.written} "
        f"where {link.sql} is not null group by {link.sql}"
    )
    lines = [
        Line("customer_id", link.mapped, "the customer's key", LIKELY),
        Line("created_at", "first_seen", "when the customer first appears", LIKELY),
    ]
    return Source(
        "customers", lines, f"no table of customers; those of {table.name}", LIKELY, select=select
    )


def membership_sources(customers: Table, where: str | None) -> list[Source]:
    """Returns a segmentation scheme for each column of the customers with few texts."""
    assert customers.key is not None
    found = []
    for column in customers.measures:
        is_named, is_few = sounds("category", column.name), len(column.distinct) <= FEW
        is_open = is_named and not sounds("city", column.name)
        is_about_one = sounds("personal", column.name) or any(
            likeness("id", part) == 1 for part in parts(column.name)
        )
        is_group = is_named and is_few if is_about_one else is_open or is_few
        if not column.is_category or not is_group:
            continue
        sure = SURE if is_named else LIKELY
        lines = [
            Line("customer_id", customers.key.mapped, "the customers' key", SURE),
            Line("scheme", scheme_name(column), "named after the column", sure),
            Line("segment", column.mapped, f"{len(column.distinct)} texts that repeat", sure),
        ]
        reason = "a column of the customers with few texts"
        found.append(
            Source("segment_membership", lines, reason, sure, customers.written, where=where)
        )
    return sorted(found, key=lambda s: -s.confidence)[:MOST_SCHEMES]


def derived_membership(table: Table, link: Column, column: Column) -> Source:
    """Returns a scheme of a column that stands in each row of another table."""
    select = (
        f"select {link.sql}, max({column.sql}) as segment_name from {table.written} "
        f"where {link.sql} is not null group by {link.sql}"
    )
    lines = [
        Line("customer_id", link.mapped, "the customer's key", LIKELY),
        Line("scheme", scheme_name(column), "named after the column", UNSURE),
        Line("segment", "segment_name", "one of the customer's texts", UNSURE),
    ]
    reason = f"{table.name} says a group in each row, and no table of customers does"
    return Source("segment_membership", lines, reason, UNSURE, select=select)


def scheme_name(column: Column) -> Value:
    """Returns the name of a scheme: `customer_group` is Customer group."""
    return {"constant": " ".join(parts(column.name)).capitalize() or column.name}
