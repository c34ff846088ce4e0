"""A survey of a warehouse -> a draft of its mapping."""

from __future__ import annotations

from collections.abc import Sequence

from superset_kpi.errors import KpiError, nearest
from superset_kpi.proposal.customers import (
    customers_source,
    derived_customers,
    derived_membership,
    link_of,
    membership_sources,
    rank_customers,
)
from superset_kpi.proposal.draft import LIKELY, SURE, Draft, Question, Source
from superset_kpi.proposal.preset_files import table_names
from superset_kpi.proposal.purchases import contracts_source, purchases_source, rank_purchases
from superset_kpi.proposal.ratings import questions_of, ratings_sources, without_clashes
from superset_kpi.proposal.roles import best_moment
from superset_kpi.proposal.tables import Table, tables_of
from superset_kpi.proposal.words import likeness, sounds
from superset_kpi.warehouse.survey import Survey

# Of two candidates so close to each other nobody can tell.
CLOSE = 0.5
NONE = "none"


def promise(name: str) -> float:
    """Returns where a table stands in the order of looking, by its name: first is least.

    Tables of presets come first: without one of them a product is not recognised.
    """
    roles = ("customers", "transactions", "ratings", "subscriptions", "lines")
    is_known = any(name.lower().endswith(known) for known in table_names())
    return -max(likeness(role, name) for role in roles) - 2 * is_known


def propose(survey: Survey, answers: dict[str, str], fed: Sequence[Source] = ()) -> Draft:
    """Returns the draft; `fed` are sources that a preset knows, `answers` those to questions."""
    draft = Draft({}, list(fed))
    if fed:  # keys of a preset's customers are no columns that could be guessed
        return draft
    tables = tables_of(survey)
    ranked = rank_customers(tables)
    customers, sure = _pick("customers", "customers", ranked, answers, draft.questions)
    if customers:
        draft.sources.append(customers_source(customers, answers, draft.questions, sure))
    contracts = _contracts(tables, customers, answers, draft)
    if answers.get("transactions") != NONE:
        left = [t for t in tables if t not in contracts]
        found = rank_purchases(left, customers)
        by_table = {p.table.name: p for p in found}
        table, sure = _pick(
            "transactions",
            "purchases",
            [(p.score, p.table) for p in found],
            answers,
            draft.questions,
        )
        if table:
            draft.sources.append(purchases_source(by_table[table.name], answers, draft.questions))
    if answers.get("ratings") != NONE:
        asked = [a for t in tables if t is not customers for a in questions_of(t)]
        sources, scales = ratings_sources(
            without_clashes(asked), customers, answers, draft.questions
        )
        draft.sources += sources
        if scales:
            draft.settings["scales"] = scales
    _add_memberships(draft, tables, customers)
    _add_currency(draft, tables, answers)
    return draft


def _contracts(
    tables: list[Table], customers: Table | None, answers: dict[str, str], draft: Draft
) -> list[Table]:
    """Adds the subscriptions; returns the tables that hold them."""
    found = []
    for table in tables:
        source = contracts_source(table, customers, answers, draft.questions)
        if source and answers.get("subscriptions") != NONE:
            found.append((likeness("subscriptions", table.name), table, source))
    if not found:
        return []
    best = max(found, key=lambda f: f[0])
    draft.sources.append(best[2])
    return [table for _, table, _ in found]


def _pick(
    key: str,
    word: str,
    ranked: list[tuple[float, Table]],
    answers: dict[str, str],
    questions: list[Question],
) -> tuple[Table | None, float]:
    """Returns the likeliest table, or the one that was answered; asks where two are close."""
    names = {t.name: t for _, t in ranked} | {t.written: t for _, t in ranked}
    answer = answers.get(key)
    if answer == NONE:
        return None, SURE
    if answer is not None:
        if answer not in names:
            raise KpiError(
                f"init: {answer!r} cannot hold the {word}. {nearest(answer, [*names, NONE])}"
            )
        return names[answer], SURE
    if not ranked:
        return None, LIKELY
    close = [table for score, table in ranked if score >= ranked[0][0] - CLOSE]
    if len(close) > 1:
        choices = (*(t.written for t in close), NONE)
        text = f"Several tables may hold the {word}. Which one?"
        questions.append(Question(key, text, close[0].written, choices))
        return close[0], LIKELY
    return ranked[0][1], SURE


def _add_memberships(draft: Draft, tables: list[Table], customers: Table | None) -> None:
    """Adds segmentation schemes; without a table of customers it adds the customers too."""
    if customers is not None:
        own = draft.of("customers")
        draft.sources += membership_sources(customers, own[0].where if own else None)
        return
    if draft.of("customers"):
        return
    for table in tables:
        link = link_of(table, None, through=False)
        moment = best_moment(table, ("created", "ordered", "answered"))
        used = {
            line.value for s in draft.sources for line in s.lines if isinstance(line.value, str)
        }
        is_read = any(s.table == table.written for s in draft.sources)
        if link is None or moment is None or not is_read:
            continue
        draft.sources.append(derived_customers(table, link.column, moment[0]))
        for column in table.measures:
            is_free = column.is_category and column.name not in used and not column.scale_labels
            if (
                is_free
                and not sounds("personal", column.name)
                and not sounds("status", column.name)
            ):
                draft.sources.append(derived_membership(table, link.column, column))
        return


def _add_currency(draft: Draft, tables: list[Table], answers: dict[str, str]) -> None:
    """States the currency, if amounts have one and the same; else it asks."""
    if not draft.of("transactions") and not draft.of("subscriptions"):
        return
    codes = {
        str(v).upper()
        for t in tables
        for c in t.measures
        if c.kind == "text" and sounds("currency", c.name)
        for v in c.distinct
        if len(str(v)) == 3 and str(v).isalpha()
    }
    if len(codes) == 1:
        draft.settings["currency"] = codes.pop()
        return
    answer = answers.get("currency", "").upper()
    if answer:
        draft.settings["currency"] = answer
    text = "ISO code of the currency of the amounts, for example EUR (empty: not stated)"
    draft.questions.append(Question("currency", text, ""))
