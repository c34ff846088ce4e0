"""What the data must have before a model is fitted to it; what it lacks is said in full."""

from __future__ import annotations

import datetime as dt

from superset_kpi.fit.counts import History, Purchases, Renewals

# As Klaviyo asks for before it shows a prediction.
LEAST_CUSTOMERS = 500
LEAST_DAYS = 180
MOST_SILENT_DAYS = 30
LEAST_CONTRACTS = 500
LEAST_ENDED = 30


def lacking(history: History, end: dt.date) -> list[str]:
    """Returns a sentence for everything that speaks against fitting purchases."""
    if history.first_purchase_on is None or history.last_purchase_on is None:
        return [f"There is no purchase up to {end}."]
    reasons = []
    if history.customers < LEAST_CUSTOMERS:
        reasons.append(
            f"{history.customers} customers with a purchase are too few: {LEAST_CUSTOMERS} are "
            "needed."
        )
    days = (end - history.first_purchase_on).days
    if days < LEAST_DAYS:
        reasons.append(f"{days} days of history are too few: {LEAST_DAYS} are needed.")
    silent = (end - history.last_purchase_on).days
    if silent > MOST_SILENT_DAYS:
        reasons.append(
            f"The last purchase was on {history.last_purchase_on}, {silent} days before {end}: at "
            f"most {MOST_SILENT_DAYS} are allowed."
        )
    if not history.regulars:
        reasons.append("No customer has purchases on three days.")
    return reasons


def lacking_in_segment(purchases: Purchases) -> str | None:
    """Returns what speaks against a model of a segment's own, or None."""
    if purchases.customers < LEAST_CUSTOMERS:
        return (
            f"{purchases.customers:.0f} customers are too few for a model of their own: "
            f"{LEAST_CUSTOMERS} are needed"
        )
    if not (purchases.x >= 2).any():
        return "no customer has purchases on three days"
    return None


def lacking_in_contracts(renewals: Renewals) -> str | None:
    """Returns what speaks against a model of renewals, or None."""
    contracts = float(renewals.weight.sum())
    ended = float(renewals.weight @ renewals.has_left)
    if contracts < LEAST_CONTRACTS:
        return f"{contracts:.0f} contracts are too few: {LEAST_CONTRACTS} are needed"
    if ended < LEAST_ENDED:
        return f"{ended:.0f} contracts have ended: at least {LEAST_ENDED} are needed"
    return None
