"""Six small warehouses in shapes that are not ours: names, types and habits of other people's data.

Their rows are made up, the same in every run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import sqlalchemy

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Stranger:
    """A warehouse: the engine that it is on, its tables by name, and their schema."""

    engine: str
    tables: Callable[[np.random.Generator], Tables]
    schema: str | None = None


def load(stranger: Stranger, url: str) -> None:
    """Writes the tables into an empty database."""
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as opened:
        if stranger.schema:
            opened.exec_driver_sql(f"create schema {stranger.schema}")
        for name, rows in stranger.tables(np.random.default_rng(20)).items():
            rows.to_sql(name, opened, schema=stranger.schema, index=False, chunksize=500)
    engine.dispose()


def _days(rng: np.random.Generator, first: str, last: str, count: int) -> list[dt.datetime]:
    start = dt.datetime.fromisoformat(first)
    seconds = (dt.datetime.fromisoformat(last) - start).total_seconds()
    return [start + dt.timedelta(seconds=int(s)) for s in rng.uniform(0, seconds, count)]


def _some(rng: np.random.Generator, values: list[str | None], count: int) -> list[str | None]:
    return [values[i] for i in rng.integers(0, len(values), count)]


LURE = '<b>broken</b>, <a href="https://lure.example">look here</a>'
REMARKS: list[str | None] = ["late again", "perfect", LURE, "=2+2", "", None, None]


def harbour(rng: np.random.Generator) -> Tables:
    """A marketplace: nearly everyone buys once, one star rating an order, and it ended in 2018."""
    buyers, repeats = 900, 40
    uids = [f"{n:08x}{n * 7919 % 65536:04x}" for n in range(buyers)]
    placed = _days(rng, "2017-01-05", "2018-10-16", buyers)
    people = pd.DataFrame(
        {"buyer_uid": uids, "province": _some(rng, ["SP", "RJ", "MG", "BA"], buyers)}
    ).assign(first_seen=placed)
    owners = uids + list(rng.choice(uids, repeats))
    orders = pd.DataFrame(
        {
            "order_uid": [f"o{n:05d}" for n in range(buyers + repeats)],
            "buyer_uid": owners,
            "state": _some(rng, ["delivered"] * 19 + ["canceled"], buyers + repeats),
            "placed_at": placed + _days(rng, "2018-03-01", "2018-10-16", repeats),
        }
    )
    lines = orders[["order_uid"]].assign(
        line_no=1,
        price=np.round(rng.gamma(2, 60, len(orders)), 2),
        freight=np.round(rng.gamma(3, 7, len(orders)), 2),
    )
    reviews = pd.DataFrame(
        {
            "review_uid": [f"r{n:05d}" for n in range(len(orders))],
            "order_uid": orders["order_uid"],
            "stars": rng.choice([1, 2, 3, 4, 5], len(orders), p=[0.12, 0.03, 0.08, 0.19, 0.58]),
            "remark": _some(rng, REMARKS, len(orders)),
            "written_at": [d + dt.timedelta(hours=9) for d in orders["placed_at"]],
        }
    )
    return {"buyers": people, "orders": orders, "order_lines": lines, "reviews": reviews}


def ledgerly(rng: np.random.Generator) -> Tables:
    """Software by subscription: cents, epoch seconds, recommendation and support satisfaction."""
    count = 240
    ids = [f"0015000000a{n:04d}" for n in range(count)]
    editions = _some(rng, ["Free", "Team", "Business", "Enterprise"], count)
    started = _days(rng, "2023-02-01", "2026-05-31", count)
    monthly = [{"Free": 0, "Team": 4900, "Business": 19900}.get(str(e), 99000) for e in editions]
    accounts = pd.DataFrame(
        {
            "AccountId": ids,
            "CreatedDate": started,
            "AcquisitionCents": rng.integers(5_000, 90_000, count),
            "Industry": _some(rng, ["Retail", "Health", "Public", ""], count),
            "Edition": editions,
            "IsDeleted": [0] * count,
        }
    )
    ends = [
        s + dt.timedelta(days=int(rng.integers(40, 900))) if rng.random() < 0.4 else None
        for s in started
    ]
    ends = [e if e and e < dt.datetime(2026, 8, 31) else None for e in ends]
    contracts = pd.DataFrame(
        {
            "Id": [f"c{n}" for n in range(count)],
            "AccountId": ids,
            "StartDate": started,
            "EndDate": pd.to_datetime(pd.Series(ends)),
            "MonthlyCents": monthly,
            "Edition": editions,
        }
    )
    invoices = []
    for account, start, end, cents in zip(ids, started, ends, monthly, strict=True):
        day = start
        while cents and day < (end or dt.datetime(2026, 8, 31)):
            invoices.append((account, int(day.timestamp()), cents))
            day += dt.timedelta(days=30)
    paid = pd.DataFrame(invoices, columns=["AccountId", "Created", "AmountCents"])
    paid.insert(0, "Id", [f"in_{n}" for n in range(len(paid))])
    answers = pd.DataFrame(
        {
            "Id": range(700),
            "AccountId": rng.choice(ids, 700),
            "Score": rng.choice(11, 700, p=[0.02] * 6 + [0.05, 0.13, 0.2, 0.25, 0.25]),
            "Support": pd.array(rng.integers(1, 6, 700), dtype="Int64"),
            "AnsweredAt": _days(rng, "2025-02-01", "2026-08-30", 700),
            "Agent": _some(rng, ["Ada", "Bo", "Cy"], 700),
            "Why": _some(rng, REMARKS, 700),
        }
    )
    answers.loc[rng.random(700) < 0.5, "Support"] = pd.NA
    return {"Accounts": accounts, "Contracts": contracts, "Invoices": paid, "Nps_Answers": answers}


def klinik(rng: np.random.Generator) -> Tables:
    """A wide survey with a column a question, days as ISO text, and nothing else."""
    count = 900
    days = _days(rng, "2025-01-01", "2026-06-30", count)
    rows = pd.DataFrame(
        {
            "nr": range(1, count + 1),
            "kunde": rng.integers(1, 500, count),
            "zeitpunkt": [day.isoformat(sep=" ", timespec="seconds") for day in days],
            "station": _some(rng, ["Innere", "Chirurgie", "Geburtshilfe"], count),
            "ort": _some(rng, ["Aufnahme", "Visite", "Entlassung"], count),
            "weg": _some(rng, ["Tablet", "Brief"], count),
            "wert": pd.array(rng.integers(2, 8, count), dtype="Int64"),
            "erlebnis": pd.array(rng.integers(4, 11, count), dtype="Int64"),
            "empfehlung": pd.array(rng.integers(3, 11, count), dtype="Int64"),
            "aufwand": pd.array(rng.integers(1, 8, count), dtype="Int64"),
            "bemerkung": _some(rng, REMARKS, count),
        }
    )
    for question in ("wert", "erlebnis", "empfehlung", "aufwand"):
        rows.loc[rng.random(count) < 0.2, question] = pd.NA
    return {"antworten": rows}


# The first whole number that a browser's numbers do not hold.
LARGE = 2**53 + 1


def toasty(rng: np.random.Generator) -> Tables:
    """The shop that every tutorial of transformations starts with: orders and payments in cents.

    Its customers have keys above 2^53.
    """
    keys = LARGE + np.arange(100)
    customers = pd.DataFrame({"id": keys, "first_name": [f"N{n}" for n in range(100)]})
    days = sorted(_days(rng, "2026-01-01", "2026-04-09", 300))
    orders = pd.DataFrame(
        {
            "id": range(1, 301),
            "user_id": LARGE - 1 + rng.integers(1, 101, 300),
            "order_date": [day.date() for day in days],
            "status": _some(rng, ["completed"] * 8 + ["shipped", "returned"], 300),
        }
    )
    payments = pd.DataFrame(
        {
            "id": range(1, 301),
            "order_id": orders["id"],
            "payment_method": _some(rng, ["credit_card", "coupon", "bank_transfer"], 300),
            "amount": rng.integers(1, 31, 300) * 100,
        }
    )
    return {"customers": customers, "orders": orders, "payments": payments}


def vinyl(rng: np.random.Generator) -> Tables:
    """A record shop of 59 customers in 24 countries, so that most segments are tiny."""
    countries: list[str | None] = [f"Country {n:02d}" for n in range(24)]
    customers = pd.DataFrame(
        {
            "CustomerId": range(1, 60),
            "Country": countries + _some(rng, countries[:6], 35),
            "SupportRepId": rng.integers(3, 6, 59),
        }
    )
    days = sorted(_days(rng, "2009-01-01", "2013-12-22", 412))
    invoices = pd.DataFrame(
        {
            "InvoiceId": range(1, 413),
            "CustomerId": rng.permutation(np.arange(412) % 59 + 1),
            "InvoiceDate": [f"{day:%Y-%m-%d} 00:00:00" for day in days],
            "Total": rng.choice([0.99, 1.98, 3.96, 5.94, 8.91, 13.86], 412),
        }
    )
    return {"Customer": customers, "Invoice": invoices}


def panel(rng: np.random.Generator) -> Tables:
    """Value questions only, all asked in the running quarter, and households without a name."""
    count = 200
    people = pd.DataFrame(
        {
            "person": range(count),
            "joined": _days(rng, "2026-04-01", "2026-04-20", count),
            "household": _some(rng, ["Single", "Family", "Shared", ""], count),
        }
    )
    said = _days(rng, "2026-04-21", "2026-05-20", count)
    worth = pd.DataFrame(
        {
            "line": range(count),
            "person": people["person"],
            "points": rng.integers(3, 11, count),
            "said_at": said,
        }
    )
    items = pd.concat(
        worth[["line", "person", "said_at"]].assign(item=item, points=rng.integers(1, 6, count))
        for item in ("Quality", "Price")
    )
    return {"people": people, "worth": worth, "worth_items": items}


STRANGERS = {
    "harbour": Stranger("postgres", harbour, "market"),
    "ledgerly": Stranger("mariadb", ledgerly),
    "klinik": Stranger("sqlite", klinik),
    "toasty": Stranger("duckdb", toasty, "raw"),
    "vinyl": Stranger("sqlite", vinyl),
    "panel": Stranger("duckdb", panel),
}
