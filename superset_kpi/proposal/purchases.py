"""What customers paid, and the contracts they have."""

from __future__ import annotations

from dataclasses import dataclass, replace

from superset_kpi.proposal.customers import Link, link_of
from superset_kpi.proposal.draft import LIKELY, SURE, Line, Question, Source
from superset_kpi.proposal.facts import Column
from superset_kpi.proposal.roles import (
    best_amount,
    best_moment,
    category,
    conditions,
    first,
    money,
)
from superset_kpi.proposal.tables import Table
from superset_kpi.proposal.words import is_about, likeness, sounds

# What a row is less likely to be a purchase by, if it belongs to one.
IS_LINE = 2


@dataclass(frozen=True)
class Purchases:
    """A table with a customer and a moment, whose amount is its own or that of `lines`."""

    score: float
    table: Table
    link: Link
    moment: Column
    sure: float
    amount: Column
    lines: Table | None = None


def rank_purchases(tables: list[Table], customers: Table | None) -> list[Purchases]:
    """Returns what may be the purchases, the likeliest first."""
    found = []
    for table in tables:
        link = link_of(table, customers, through=False)
        moment = best_moment(table, ("ordered", "created", "answered"))
        if link is None or moment is None or table.key is None or table is customers:
            continue
        about = is_about("transactions", table.name, ("subscriptions", "ratings"))
        score = 2 * about + likeness("ordered", moment[0].name)
        own = best_amount(table)
        if own and own[1] >= 2.4:
            found.append(Purchases(score + own[1] / 2, table, link, *moment, own[0]))
            continue
        amounts = [
            (
                best[1] + likeness("transactions", other.name) + likeness("lines", other.name),
                other,
                best[0],
            )
            for other in tables
            if any(r.fits(table) for r in other.references.values())
            and (best := best_amount(other)) is not None
        ]
        if amounts:
            value, other, amount = max(amounts, key=lambda a: a[0])
            found.append(
                Purchases(score + value / 2, table, link, moment[0], LIKELY, amount, other)
            )
        elif own:
            found.append(Purchases(score + own[1] / 2 - 1, table, link, moment[0], LIKELY, own[0]))
    heads = [f.table for f in found if f.lines is None]
    found = [
        replace(f, score=f.score - IS_LINE)
        if any(r.table in heads for r in f.table.references.values())
        else f
        for f in found
    ]
    return sorted((f for f in found if f.score >= 2), key=lambda f: (-f.score, f.table.name))


def purchases_source(
    found: Purchases, answers: dict[str, str], questions: list[Question]
) -> Source:
    """Returns the transactions."""
    table = found.table
    assert table.key is not None
    lines = [
        Line("transaction_id", table.key.mapped, "its key", SURE),
        Line("customer_id", found.link.column.mapped, _why(found.link, table), SURE),
        Line("occurred_at", found.moment.moment, "a moment by its name", found.sure),
    ]
    currency = first(table, "currency")
    if found.lines is not None:
        return _with_lines(found, lines, answers, questions)
    value, why = money(found.amount, answers, questions)
    lines.append(Line("amount", value, why, SURE))
    for column in table.measures:
        is_margin = column.is_number and sounds("margin", column.name)
        if is_margin and not sounds("not_amount", column.name.replace("margin", "")):
            value, why = money(column, answers, questions)
            lines.append(Line("margin_amount", value, why))
            break
    if currency and max(map(len, currency.distinct), default=0) == 3:
        lines.append(Line("currency", currency.mapped, "codes of three letters"))
    if channel := category(table, "channel"):
        lines.append(Line("channel", channel.mapped, "a few texts, by its name"))
    where, why = conditions(table)
    reason = "; ".join(filter(None, ["customer, moment and amount", why]))
    return Source("transactions", lines, reason, found.sure, table.written, where=where)


def _with_lines(
    found: Purchases, lines: list[Line], answers: dict[str, str], questions: list[Question]
) -> Source:
    """Returns purchases whose amounts are summed over the rows of another table."""
    table, other = found.table, found.lines
    assert other is not None
    assert table.key is not None
    reference = next(r for r in other.references.values() if r.fits(table))
    value, why = money(found.amount, answers, questions, _line_value(found.amount, other))
    expression = value if isinstance(value, str) else found.amount.sql
    divided = expression.endswith(" / 100.0")
    inner = expression.removesuffix(" / 100.0")
    total = f"sum({_prefixed(inner, found.amount, other)}){' / 100.0' if divided else ''}"
    names = list(dict.fromkeys(c.sql for c in (table.key, found.link.column, found.moment)))
    own = ", ".join(f"o.{name}" for name in names)
    where, about = conditions(table, "o.")
    channel = category(other, "channel") or category(table, "channel")
    more = ""
    if channel:
        prefix = "l" if channel.name in other.columns and category(other, "channel") else "o"
        more = f", min({prefix}.{channel.sql}) as channel_name"
        lines.append(Line("channel", "channel_name", "a few texts, by its name"))
    select = (
        f"select {own}, {total} as amount_sum{more} from {table.written} as o "
        f"inner join {other.written} as l on l.{reference.column.sql} = o.{table.key.sql}"
        f"{f' where {where}' if where else ''} group by {own}"
    )
    lines.append(Line("amount", "amount_sum", f"sum over {other.name}: {why}", LIKELY))
    reason = "; ".join(filter(None, [f"customer and moment; amounts are in {other.name}", about]))
    return Source("transactions", lines, reason, LIKELY, select=select)


def _line_value(amount: Column, lines: Table) -> str | None:
    """Returns price times quantity less discount, where the amount is a price; else null."""
    quantity = next((c for c in lines.measures if c.is_number and sounds("quantity", c.name)), None)
    if likeness("amount", amount.name) == 1 or quantity is None:
        return None
    factors = [f"l.{amount.sql}", f"l.{quantity.sql}"]
    for column in lines.measures:
        is_share = column.is_number and column.numbers and 0 < max(column.numbers) <= 1
        if is_share and sounds("discount", column.name):
            factors.append(f"(1 - l.{column.sql})")
    return " * ".join(factors)


def _prefixed(expression: str, amount: Column, lines: Table) -> str:
    """Returns an expression of one column with the alias of the lines before it."""
    return expression if expression != amount.sql else f"l.{amount.sql}"


def _why(link: Link, table: Table) -> str:
    reference = table.references.get(link.own.name)
    return reference.why if reference else "a customer by its name"


def contracts_source(
    table: Table, customers: Table | None, answers: dict[str, str], questions: list[Question]
) -> Source | None:
    """Returns the subscriptions, if the table has a customer, a start and an end."""
    link = link_of(table, customers, through=False)
    if link is None or table.key is None or table is customers:
        return None
    named = sounds("subscriptions", table.name)
    moments = [c for c in table.measures if c.is_moment]
    starts = [c for c in moments if sounds("started", c.name)]
    ends = [c for c in moments if sounds("ended", c.name)]
    if not starts and named:
        starts = [c for c in moments if sounds("created", c.name)]
    if not starts or not (named or (ends and best_amount(table))):
        return None
    start = max(starts, key=lambda c: likeness("started", c.name))
    lines = [
        Line("subscription_id", table.key.mapped, "its key", SURE),
        Line("customer_id", link.column.mapped, _why(link, table), SURE),
        Line("started_at", start.moment, "a start by its name", SURE),
    ]
    if ends:
        end = max(ends, key=lambda c: likeness("ended", c.name))
        lines.append(Line("ended_at", end.moment, "an end by its name", SURE))
    monthly = [
        c for c in table.measures if c.is_number and sounds("monthly", c.name) and not c.is_moment
    ]
    if monthly:
        value, why = money(monthly[0], answers, questions)
        lines.append(Line("mrr", value, f"an amount of each month: {why}"))
    if plan := category(table, "plan"):
        lines.append(Line("plan", plan.mapped, "a few texts, by its name"))
    where, why = conditions(table, by_status=False)
    sure = SURE if named and ends else LIKELY
    reason = "; ".join(filter(None, ["customer, start and end", why]))
    return Source("subscriptions", lines, reason, sure, table.written, where=where)
