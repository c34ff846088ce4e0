"""Purchases of simulated customers, in a DuckDB file and as the arrays that lifetimes reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

START = dt.date(2024, 1, 1)
END = dt.date(2025, 12, 30)
DAYS = (END - START).days
# CDNOW's parameters, so that the mix of customers is a real one; times are weeks.
R, ALPHA, A, B = 0.243, 4.414, 0.793, 2.426
P, Q, GAMMA = 6.25, 3.74, 15.44
CHUNK = 250_000


def build(path: Path, customers: int) -> None:
    """Writes the table `purchases` (customer_id, bought_at, amount) in no order of customers."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as opened:
        opened.execute(
            "create table purchases (customer_id integer, bought_at timestamp, amount double)"
        )
        for chunk in _chunks(customers):
            opened.register("chunk", chunk)
            opened.execute("insert into purchases select * from chunk")
            opened.unregister("chunk")


def _chunks(customers: int) -> Iterator[pd.DataFrame]:
    rng = np.random.default_rng(2005)
    for first in range(0, customers, CHUNK):
        yield _simulated(rng, first, min(CHUNK, customers - first))


def _simulated(rng: np.random.Generator, first: int, n: int) -> pd.DataFrame:
    """Buys at a gamma rate and leaves with a beta chance, from a random first day on."""
    rate = rng.gamma(R, 1 / ALPHA, n) / 7
    leaves = rng.beta(A, B, n)
    nu = rng.gamma(Q, 1 / GAMMA, n)
    now = rng.uniform(0, DAYS * 0.9, n)
    who = np.arange(n)
    parts = []
    while who.size:
        amount = rng.gamma(P, 1 / nu[who])
        parts.append(pd.DataFrame({"customer_id": first + who, "at": now[who], "amount": amount}))
        is_repeat = len(parts) > 1
        stays = rng.random(who.size) > (leaves[who] if is_repeat else 0)
        who = who[stays]
        now[who] += rng.exponential(1 / np.maximum(rate[who], 1e-12))
        who = who[now[who] < DAYS + 1]
    rows = pd.concat(parts).sample(frac=1, random_state=7, ignore_index=True)
    seconds = (rows["at"] * 86400).astype("int64")
    bought_at = pd.Timestamp(START) + pd.to_timedelta(seconds, unit="s")
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"].astype("int32"),
            "bought_at": bought_at,
            "amount": rows["amount"].round(2),
        }
    )
