"""The logical tables that macros are written against, and the type of each column."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ColumnType = Literal["key", "text", "number", "date", "timestamp", "boolean"]

METRICS = ("value", "experience", "satisfaction", "nps", "csat", "ces", "attribute")


@dataclass(frozen=True)
class Column:
    """A logical column. `key` columns keep the warehouse's own type: they are only compared."""

    name: str
    type: ColumnType
    is_required: bool


@dataclass(frozen=True)
class LogicalTable:
    """A table that macros read, whatever the warehouse calls it."""

    name: str
    summary: str
    columns: MappingProxyType[str, Column]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which the table cannot be mapped."""
        return tuple(c.name for c in self.columns.values() if c.is_required)


_TABLES = {
    "customers": (
        "One row per customer.",
        "customer_id! key, created_at timestamp, acquisition_channel text, "
        "acquisition_cost number, country text, industry text",
    ),
    "segments": (
        "The catalogue of segments: one row per scheme and segment.",
        "scheme! text, segment! text, sort_order number, owner text, last_reviewed_at date, "
        "review_interval_months number",
    ),
    "segment_membership": (
        "Who belongs to which segment, from valid_from until before valid_to.",
        "customer_id! key, scheme! text, segment! text, valid_from timestamp, valid_to timestamp",
    ),
    "ratings": (
        "One row per answered survey item.",
        "rating_id! key, metric! text, rating! number, responded_at! timestamp, customer_id key, "
        "response_id key, cycle text, attribute text, brand text, lo number, hi number, "
        "direction number, top_from number, bottom_to number, touchpoint text, "
        "journey_stage text, team text, channel text, comment text, weight number",
    ),
    "attributes": (
        "What the attribute ratings are about: side is benefit or cost.",
        "attribute! text, side! text, component! text, stated_weight number, lever text",
    ),
    "transactions": (
        "One row per purchase or refund (negative amount).",
        "transaction_id! key, customer_id! key, occurred_at! timestamp, amount! number, "
        "margin_amount number, currency text, channel text",
    ),
    "subscriptions": (
        "One row per contract; ended_at is null while it runs.",
        "subscription_id! key, customer_id! key, started_at! timestamp, ended_at timestamp, "
        "mrr number, plan text",
    ),
    "invitations": (
        "One row per invitation to a survey.",
        "invitation_id! key, customer_id! key, sent_at! timestamp, responded_at timestamp, "
        "cycle text",
    ),
    "brands": (
        "Own brand and competitors.",
        "brand! text, is_own! boolean, relative_price number",
    ),
    "benchmarks": (
        "Published or bought benchmarks.",
        "metric! text, value! number, industry text, segment text, source text, as_of date, "
        "verified boolean",
    ),
    "targets": (
        "Scores to reach.",
        "metric! text, value! number, industry text, segment text, source text, as_of date, "
        "verified boolean",
    ),
    "engagement": (
        "Employee engagement by team and period.",
        "team! text, period! date, score! number",
    ),
    "journey_events": (
        "One row per customer who reaches a journey stage.",
        "customer_id! key, stage! text, occurred_at! timestamp",
    ),
    "followups": (
        "What was done about a response.",
        "response_id! key, opened_at! timestamp, first_contact_at timestamp, closed_at timestamp",
    ),
    "initiatives": (
        "What the organisation changed.",
        "title! text, started_at! timestamp, ended_at timestamp, segment text",
    ),
    "market_events": (
        "What happened in the market.",
        "title! text, started_at! timestamp, ended_at timestamp, segment text",
    ),
    "conjoint_profiles": (
        "The design of a conjoint study: one row per profile and attribute.",
        "profile_id! key, attribute! text, level! text",
    ),
    "conjoint_answers": (
        "One row per respondent and profile: a rating, or chosen (1 or 0) out of a task.",
        "respondent_id! key, profile_id! key, rating number, chosen number, task_id key, "
        "segment text",
    ),
}


def _table(name: str, summary: str, columns: str) -> LogicalTable:
    parsed = {}
    for text in columns.split(", "):
        column, kind = text.split()
        plain = column.rstrip("!")
        parsed[plain] = Column(plain, kind, column.endswith("!"))  # type: ignore[arg-type]
    return LogicalTable(name, summary, MappingProxyType(parsed))


LOGICAL_TABLES: MappingProxyType[str, LogicalTable] = MappingProxyType(
    {name: _table(name, summary, columns) for name, (summary, columns) in _TABLES.items()}
)
