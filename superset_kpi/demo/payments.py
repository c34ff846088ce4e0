"""What the telecom's customers pay: monthly bills, top-ups, extras, refunds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from superset_kpi.demo.arrays import DAY, Floats, Ints, day, pick, times
from superset_kpi.demo.clients import NO_PLAN, TEST_CLIENTS, WINDOW_END, WINDOW_START, Clients
from superset_kpi.demo.contracts import FEES, Contracts
from superset_kpi.demo.story import QUARTERS, stream

_CHANNELS = ("Direct debit", "App", "Shop", "Web site")
_KINDS = ("bill", "top-up", "device", "add-on", "refund")
_BILL, _TOP_UP, _DEVICE, _ADD_ON, _REFUND = range(5)
# Share of a bill that is margin: Prepaid, Basic, Family, Premium, no plan.
_BILL_MARGINS = np.array([0.26, 0.31, 0.38, 0.46, 0.33])
_TOP_UPS = np.array([10.0, 15.0, 20.0, 30.0])
_MONTHS = 3 * len(QUARTERS)
_PREPAID = 0


def payment_table(clients: Clients, contracts: Contracts) -> pd.DataFrame:
    """Returns `payments` in order of time, with cancelled ones and those of test accounts."""
    rng = stream("payments")
    parts = [
        _bills(clients, contracts, rng),
        _top_ups(clients, contracts, rng),
        _extras(clients, contracts, rng),
    ]
    paid = pd.concat(parts, ignore_index=True)
    is_refunded = rng.random(len(paid)) < 0.012
    refunds = paid[is_refunded].copy()
    refunds["seconds"] += rng.integers(2 * DAY, 20 * DAY, len(refunds))
    refunds = refunds[refunds["seconds"] < WINDOW_END * DAY]
    share = rng.choice([1.0, 0.5, 0.25], len(refunds))
    refunds[["total", "contribution"]] *= -share[:, None]
    refunds["kind"] = _REFUND
    found = pd.concat([paid, refunds, _test_payments(rng)], ignore_index=True)
    is_cancelled = (rng.random(len(found)) < 0.006) & (found["kind"] != _REFUND).to_numpy()
    found = found.assign(
        total=found["total"].round(2),
        contribution=found["contribution"].round(2),
        status=np.where(is_cancelled, "cancelled", "settled"),
    ).sort_values(["seconds", "client_no"], ignore_index=True)
    return found.assign(
        payment_no=7_000_001 + np.arange(len(found)),
        paid_at=times(found["seconds"].to_numpy()),
        currency_code="EUR",
        kind=pick(_KINDS, found["kind"].to_numpy()),
        sales_channel=pick(_CHANNELS, found["sales_channel"].to_numpy()),
    )


def _lines(
    clients: Clients,
    who: Ints,
    seconds: Ints,
    amounts: tuple[Floats, Floats],
    how: tuple[Ints, Ints],
) -> pd.DataFrame:
    total, margin = amounts
    channel, kind = how
    return pd.DataFrame(
        {
            "client_no": clients.number[who],
            "seconds": seconds,
            "total": total,
            "contribution": total * margin,
            "sales_channel": channel,
            "kind": kind,
            "is_test": False,
        }
    )


def _bills(clients: Clients, contracts: Contracts, rng: np.random.Generator) -> pd.DataFrame:
    months = np.datetime64(QUARTERS[0].start, "M") + np.arange(_MONTHS)
    firsts = months.astype("datetime64[D]").astype(np.int64)
    owner = contracts.owner
    habit = rng.lognormal(0.0, 0.22, len(clients.number))
    pays_on = rng.integers(0, 27, len(clients.number))
    pays_by = rng.choice(4, len(clients.number), p=(0.72, 0.13, 0.05, 0.10))
    when = firsts[None, :] + pays_on[owner][:, None]
    is_due = (when > contracts.begins[:, None]) & (when < contracts.ends[:, None])
    row, _ = np.nonzero(is_due)
    who, on = owner[row], when[is_due]
    plan = clients.plan_on(who, on)
    is_billed = plan != _PREPAID
    who, on, plan = who[is_billed], on[is_billed], plan[is_billed]
    code = np.where(plan == NO_PLAN, 4, plan)
    use = 1 + 0.18 * habit[who] * rng.gamma(1.2, 1.0, len(who))
    total = np.round(FEES[code] * clients.lines[who] * use, 2)
    margin = np.clip(_BILL_MARGINS[code] + 0.03 * rng.standard_normal(len(who)), 0.08, 0.7)
    seconds = on * DAY + rng.integers(6 * 3_600, 20 * 3_600, len(who))
    kind = np.full(len(who), _BILL)
    return _lines(clients, who, seconds, (total, margin), (pays_by[who], kind))


def _top_ups(clients: Clients, contracts: Contracts, rng: np.random.Generator) -> pd.DataFrame:
    days = _observed_days(contracts)
    a_month = rng.gamma(1.6, 0.6, len(clients.number))
    who, on = _poisson(contracts, a_month[contracts.owner] * days / 30.4, rng)
    is_prepaid = clients.plan_on(who, on) == _PREPAID
    who, on = who[is_prepaid], on[is_prepaid]
    total = rng.choice(_TOP_UPS, len(who), p=(0.35, 0.35, 0.2, 0.1)) * clients.lines[who]
    margin = np.clip(_BILL_MARGINS[_PREPAID] + 0.04 * rng.standard_normal(len(who)), 0.08, 0.5)
    channel = rng.choice((1, 2, 3), len(who), p=(0.5, 0.3, 0.2))
    seconds = on * DAY + rng.integers(6 * 3_600, 23 * 3_600, len(who))
    return _lines(clients, who, seconds, (total, margin), (channel, np.full(len(who), _TOP_UP)))


def _extras(clients: Clients, contracts: Contracts, rng: np.random.Generator) -> pd.DataFrame:
    days = _observed_days(contracts)
    parts = []
    for kind, a_year in ((_DEVICE, 0.16), (_ADD_ON, 1.3)):
        keen = rng.gamma(1.0, 1.0, len(clients.number))
        who, on = _poisson(contracts, a_year * keen[contracts.owner] * days / 365.25, rng)
        if kind == _DEVICE:
            total = np.round(rng.lognormal(5.55, 0.6, len(who)), 2)
            margin = rng.uniform(0.05, 0.14, len(who))
        else:
            total = np.round(rng.lognormal(2.2, 0.5, len(who)), 2)
            margin = rng.uniform(0.5, 0.75, len(who))
        channel = rng.choice((1, 2, 3), len(who), p=(0.35, 0.4, 0.25))
        seconds = on * DAY + rng.integers(8 * 3_600, 21 * 3_600, len(who))
        how = (channel, np.full(len(who), kind))
        parts.append(_lines(clients, who, seconds, (total, margin), how))
    return pd.concat(parts, ignore_index=True)


def _observed_days(contracts: Contracts) -> Ints:
    begins = np.maximum(contracts.begins, WINDOW_START)
    days: Ints = np.maximum(np.minimum(contracts.ends, WINDOW_END) - begins, 0)
    return days


def _poisson(contracts: Contracts, expected: Floats, rng: np.random.Generator) -> tuple[Ints, Ints]:
    row = np.repeat(np.arange(len(expected)), rng.poisson(expected))
    begins = np.maximum(contracts.begins, WINDOW_START)[row]
    on = begins + rng.integers(0, np.maximum(_observed_days(contracts)[row], 1))
    return contracts.owner[row], on


def _test_payments(rng: np.random.Generator) -> pd.DataFrame:
    n = 5 * TEST_CLIENTS
    return pd.DataFrame(
        {
            "client_no": 900_001 + np.repeat(np.arange(TEST_CLIENTS), 5),
            "seconds": rng.integers(day("2026-03-01") * DAY, WINDOW_END * DAY, n),
            "total": 1.0,
            "contribution": 0.0,
            "sales_channel": 3,
            "kind": _BILL,
            "is_test": True,
        }
    )
