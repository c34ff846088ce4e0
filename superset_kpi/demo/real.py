"""The two real data sets, as tables: see data/ATTRIBUTION.md for their sources and terms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parent / "data"

MARKETS = (
    "United Kingdom", "France and Benelux", "Germany, Austria, Switzerland", "Other Europe",
    "Overseas",
)  # fmt: skip
_MARKET_OF_COUNTRY = {
    "United Kingdom": MARKETS[0],
    **dict.fromkeys(("France", "Belgium", "Netherlands"), MARKETS[1]),
    **dict.fromkeys(("Germany", "Austria", "Switzerland"), MARKETS[2]),
    **dict.fromkeys(
        ("Channel Islands", "Cyprus", "Czech Republic", "Denmark", "EIRE", "European Community",
         "Finland", "Greece", "Iceland", "Italy", "Lithuania", "Malta", "Norway", "Poland",
         "Portugal", "Spain", "Sweden"),
        MARKETS[3],
    ),
}  # fmt: skip


def retail_tables() -> dict[str, pd.DataFrame]:
    """Returns the schema `retail`; an account belongs to the country of its latest invoice."""
    invoices = pd.read_csv(
        DATA / "online_retail_invoices.csv.gz", dtype={"invoice": str}, parse_dates=["invoiced_at"]
    )
    invoices = invoices.rename(
        columns={
            "invoice": "invoice_no",
            "customer_id": "account_no",
            "country": "country_name",
            "lines": "line_count",
        }
    )
    invoices = invoices.assign(is_credit_note=invoices["invoice_no"].str.startswith("C"))
    invoices = invoices.sort_values(["invoiced_at", "invoice_no"], ignore_index=True)
    accounts = invoices.groupby("account_no", as_index=False).agg(
        country_name=("country_name", "last"), first_invoiced_at=("invoiced_at", "first")
    )
    market = accounts["country_name"].map(_MARKET_OF_COUNTRY).fillna(MARKETS[4])
    return {
        "invoices": invoices,
        "accounts": accounts,
        "account_markets": accounts[["account_no"]].assign(market=market),
        "markets": pd.DataFrame({"market": MARKETS, "position": np.arange(1, len(MARKETS) + 1)}),
    }


def cdnow_tables() -> dict[str, pd.DataFrame]:
    """Returns the schema `cdnow`, purchases numbered in the order of the file."""
    purchases = pd.read_csv(DATA / "cdnow_sample_transactions.csv.gz", parse_dates=["date"])
    purchases = purchases.rename(
        columns={
            "master_id": "master_no",
            "customer_id": "buyer_no",
            "date": "bought_on",
            "cds": "discs",
        }
    )
    purchases = purchases.assign(purchase_no=1 + np.arange(len(purchases)))
    buyers = purchases.groupby("buyer_no", as_index=False).agg(
        master_no=("master_no", "first"), first_bought_on=("bought_on", "min")
    )
    return {"purchases": purchases, "buyers": buyers}
