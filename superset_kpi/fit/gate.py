"""What the data must have before a model is fitted to it; what it lacks is said in full."""

from __future__ import annotations

import datetime as dt

from superset_kpi.fit.counts import MOST_GROUP_DAYS, History, Purchases, Renewals

# As Klaviyo asks for before it shows a prediction.
LEAST_CUSTOMERS = 500
LEAST_DAYS = 180
MOST_SILENT_DAYS = 30
LEAST_CONTRACTS = 500
LEAST_ENDED = 30
MOST_GROUPS = 500_000


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


def group_days(alpha: float) -> int:
    """Returns within how many days histories may be taken for alike, by alpha in weeks.

    The likelihood bends over alpha: groups of a quarter of it move the parameters by 1e-3 at most,
    groups of three times alpha by a tenth.
    """
    return max(1, min(MOST_GROUP_DAYS, int(alpha * 7 / 4)))


def least_group_days(customers: int, days: int) -> int:
    """Returns the fewest days that keep the groups within bounds, for a history of so many days.

    Groups are at most as many as customers, and as pairs of recency and age, ten frequencies each.
    """
    width = 1
    while width < MOST_GROUP_DAYS and min(customers, 5 * (days / width) ** 2) > MOST_GROUPS:
        width += 1
    return width
