"""Lifetime value as kpi-spec's words put it, in plain Python over pandas rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

YEAR = pd.Timedelta(days=365)
TIERS = ("Platinum", "Gold", "Silver", "Bronze")

Paid: TypeAlias = pd.DataFrame  # customer_id, at, amount, margin


def summary(paid: Paid, end: pd.Timestamp, refunds: str = "net", unit: float = 7) -> pd.DataFrame:
    """Returns x, t_x, T and m of each customer, a purchase being an amount of 0 or more."""
    kept = paid[paid["at"] < end + pd.Timedelta(days=1)]
    kept = kept[kept["amount"] >= 0] if refunds == "ignore" else kept
    kept = kept.assign(day=kept["at"].dt.normalize())
    bought = kept[kept["amount"] >= 0].groupby("customer_id")["day"]
    first, last, days = bought.min(), bought.max(), bought.nunique()
    kept = kept[kept["customer_id"].isin(first.index)]
    later = kept[kept["day"] > kept["customer_id"].map(first)].groupby("customer_id")["amount"]
    found = pd.DataFrame(
        {
            "first_purchase_on": first,
            "last_purchase_on": last,
            "purchases": bought.size(),
            "purchase_days": days,
            "frequency": days - 1,
            "recency_days": (last - first).dt.days,
            "age_days": (end - first).dt.days,
            "recency": (last - first).dt.days / unit,
            "age": (end - first).dt.days / unit,
            "monetary_value": (later.sum() / (days - 1)).where(days > 1, 0.0),
            "revenue": kept.groupby("customer_id")["amount"].sum(),
            "margin": kept.groupby("customer_id")["margin"].sum(),
        }
    )
    return found.rename_axis("customer_id").reset_index()


def activity(
    paid: Paid,
    everybody: Iterable[Any],
    as_of: pd.Timestamp,
    inactive_days: int = 180,
    runs: Callable[[pd.Timestamp], set[Any]] | None = None,
) -> pd.DataFrame:
    """Returns what each customer did, and whether the relation stood on as_of and a year before.

    `runs` gives the customers with a running contract on a day; without it purchases decide.
    """
    kept = paid[paid["at"] < as_of + pd.Timedelta(days=1)]
    kept = kept.assign(day=kept["at"].dt.normalize())
    year = kept[kept["day"] > as_of - YEAR]
    table = pd.DataFrame(index=pd.Index(sorted({*everybody, *kept["customer_id"]})))
    for prefix, rows in (("", kept), ("year_", year)):
        bought = rows[rows["amount"] >= 0].groupby("customer_id")
        table[f"{prefix}purchases"] = bought.size()
        table[f"{prefix}revenue"] = rows.groupby("customer_id")["amount"].sum()
        table[f"{prefix}margin"] = rows.groupby("customer_id")["margin"].sum()
    table = table.fillna(0.0)
    bought = kept[kept["amount"] >= 0]
    table["first_purchase_on"] = bought.groupby("customer_id")["day"].min()
    table["last_purchase_on"] = bought.groupby("customer_id")["day"].max()

    def stands(day: pd.Timestamp) -> np.ndarray[Any, Any]:
        if runs is not None:
            who = runs(day)
        else:
            silent_since = day - pd.Timedelta(days=inactive_days)
            recent = bought[(bought["day"] <= day) & (bought["day"] >= silent_since)]
            who = set(recent["customer_id"])
        return np.array([int(c in who) for c in table.index])

    table["is_active"] = stands(as_of)
    table["was_active"] = stands(as_of - YEAR)
    return table.rename_axis("customer_id").reset_index()


def values(
    table: pd.DataFrame, segment: Iterable[str], basis: str = "margin", min_base: int = 30
) -> pd.DataFrame:
    """Returns the activity with segment, churn, lifespan and value of each customer."""
    table = table.assign(segment=list(segment))
    table["value"] = table["revenue" if basis == "revenue" else "margin"]
    table["year_value"] = table["year_revenue" if basis == "revenue" else "year_margin"]
    left = (table["was_active"] == 1) & (table["is_active"] == 0)
    overall = left.sum() / table["was_active"].sum()
    for _, rows in table.groupby("segment"):
        base = rows["was_active"].sum()
        churn = overall if base < min_base else left[rows.index].sum() / base
        table.loc[rows.index, "churn"] = churn
        table.loc[rows.index, "lifespan"] = min(1 / churn, 5) if churn else 5
    table["clv"] = table["year_value"] * table["lifespan"] * table["is_active"]
    return table


def by_segment(table: pd.DataFrame, discount: float = 0.1) -> pd.DataFrame:
    """Returns the components of value and equity of each segment."""
    rows = []
    for segment, here in table.groupby("segment"):
        active = here[here["is_active"] == 1]
        purchases, revenue = active["year_purchases"].sum(), active["year_revenue"].sum()
        per_head = active["year_value"].sum() / len(active) if len(active) else np.nan
        churn, lifespan = here["churn"].iloc[0], here["lifespan"].iloc[0]
        rows.append(
            {
                "segment": segment,
                "customers": len(here),
                "active_customers": len(active),
                "purchases": purchases,
                "revenue": revenue,
                "apv": revenue / purchases,
                "purchase_frequency": purchases / len(active),
                "margin_rate": active["year_value"].sum() / revenue,
                "churn": churn,
                "retention": 1 - churn,
                "lifespan_years": lifespan,
                "clv_simple": per_head * lifespan,
                "clv_discounted": per_head * (1 + discount) / (discount + 1 / lifespan),
                "clv_historical": here["value"].sum() / len(here),
                "equity": here["clv"].sum(),
                "equity_share": here["clv"].sum() / table["clv"].sum(),
            }
        )
    return pd.DataFrame(rows)


def by_customer(
    table: pd.DataFrame, as_of: pd.Timestamp, newest_cx: pd.Series, discount: float = 0.1
) -> pd.DataFrame:
    """Returns the value of each customer, the tier by value, and what puts it at risk."""
    active = table["is_active"] == 1
    silence = (as_of - table["last_purchase_on"]).dt.days
    lived = (table["last_purchase_on"] - table["first_purchase_on"]).dt.days
    gap = lived / (table["purchases"] - 1).where(table["purchases"] > 1)
    cx = table["customer_id"].map(newest_cx)
    found = pd.DataFrame(
        {
            "segment": table["segment"],
            "customer_id": table["customer_id"],
            "purchases": table["purchases"],
            "revenue": table["revenue"],
            "margin": table["margin"],
            "apv": table["year_revenue"]
            / table["year_purchases"].where(table["year_purchases"] > 0),
            "purchase_frequency": table["year_purchases"],
            "first_purchase_on": table["first_purchase_on"],
            "last_purchase_on": table["last_purchase_on"],
            "days_since_purchase": silence,
            "is_active": table["is_active"],
            "clv_historical": table["value"],
            "clv": table["clv"],
            "clv_relative": table["clv"] / table.loc[active, "clv"].mean(),
            "clv_discounted": (
                table["year_value"] * (1 + discount) / (discount + 1 / table["lifespan"])
            ).where(active, 0.0),
            "cx": cx.astype(float),
        }
    )
    found["clv_tier"] = "None"
    worth = found["clv"].round(6)
    found.loc[worth < 0, "clv_tier"] = "Negative"
    ordered = found[active & (worth > 0)].sort_values(
        ["clv", "customer_id"], ascending=[False, True]
    )
    sizes = [len(ordered) // 4 + (i < len(ordered) % 4) for i in range(4)]
    place = pd.Series(np.repeat(np.arange(4), sizes), index=ordered.index)
    lowest = place.groupby(worth[ordered.index]).transform("max")
    found.loc[ordered.index, "clv_tier"] = np.array(TIERS)[lowest]
    found["risk"] = "None"
    found.loc[(silence > 2 * gap) & (silence > 30), "risk"] = "Overdue purchase"
    found.loc[cx < 70, "risk"] = "Critical experience"
    found.loc[~active, "risk"] = "Lost"
    return found
