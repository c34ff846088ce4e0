"""The telecom's contracts: who starts, who cancels, who comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from superset_kpi.demo.arrays import NEVER, Floats, Ints, dates, pick
from superset_kpi.demo.clients import NO_PLAN, QUARTER_STARTS, WINDOW_START, Clients
from superset_kpi.demo.story import PLANS, QUARTERS, stream

RETURNING_A_QUARTER = 6
# Monthly fee of one line by plan; the last is the old tariff of those without a plan.
FEES = np.array([12.0, 19.99, 39.99, 59.99, 24.99])

_CANCELS_MORE = np.array([0.55, 0.10, -0.10, -0.45, 0.0])
_PER_RATING_POINT = 0.24
_USUAL_RATING = 7.6


@dataclass
class Contracts:
    """Contracts as they grow quarter by quarter: owner (index into Clients), first and last day.

    Every client's first contract comes first, in the order of Clients. `ends` is the day from
    which the contract no longer runs, NEVER while it runs.
    """

    owner: Ints
    begins: Ints
    ends: Ints

    def running(self, start: int, end: int) -> Ints:
        """Returns the owners of contracts that began before `start` and run on `end`."""
        return self.owner[(self.begins < start) & (self.ends > end)]

    def last_day(self, clients: int) -> Ints:
        """Returns the day (clients,) on which each client's first contract ends."""
        return self.ends[:clients]


def first_contracts(clients: Clients) -> Contracts:
    """Returns one contract for each client, from the day of sign-up on, none ended yet."""
    n = len(clients.number)
    return Contracts(np.arange(n), clients.joined.copy(), np.full(n, NEVER))


def end_contracts(
    contracts: Contracts, clients: Clients, quarter: int, last_rating: Floats
) -> None:
    """Ends the planned share of the contracts.

    Those whose last experience was poor are the likeliest to go; `last_rating` (clients,) is NaN
    where nobody asked lately.
    """
    rng = stream(f"cancellations {quarter}")
    start, end = QUARTER_STARTS[quarter], QUARTER_STARTS[quarter + 1]
    active = np.flatnonzero((contracts.begins < start) & (contracts.ends >= start))
    owner = contracts.owner[active]
    plan = clients.plan_on(owner, np.full(len(owner), start))
    felt = _USUAL_RATING + 1.1 * clients.liking[owner]
    rating = np.where(np.isnan(last_rating[owner]), felt, last_rating[owner])
    log_odds = _CANCELS_MORE[plan] - _PER_RATING_POINT * (rating - _USUAL_RATING)
    # The k highest of log weight + Gumbel noise are a weighted sample without replacement.
    order = np.argsort(-(log_odds + rng.gumbel(size=len(active))))
    leaving = active[order[: round(QUARTERS[quarter].churn * len(active))]]
    # Nobody leaves on a quarter's first day: "active at its start" has one reading then.
    contracts.ends[leaving] = rng.integers(start + 1, end, len(leaving))


def take_back(contracts: Contracts, clients: Clients, quarter: int) -> None:
    """Gives a few of those who left at least a quarter ago a new contract."""
    if quarter < 2:
        return
    rng = stream(f"returns {quarter}")
    start, end = QUARTER_STARTS[quarter], QUARTER_STARTS[quarter + 1]
    gone = (contracts.ends < QUARTER_STARTS[quarter - 1]) & (contracts.ends > WINDOW_START)
    came_back = np.isin(contracts.owner, contracts.owner[len(clients.number) :])
    changed = clients.plan_changed[contracts.owner] != NEVER
    owners = rng.choice(
        contracts.owner[gone & ~came_back & ~changed], RETURNING_A_QUARTER, replace=False
    )
    contracts.owner = np.concatenate([contracts.owner, owners])
    begins = rng.integers(start + 1, end - 1, len(owners))
    contracts.begins = np.concatenate([contracts.begins, begins])
    contracts.ends = np.concatenate([contracts.ends, np.full(len(owners), NEVER)])


def contract_table(contracts: Contracts, clients: Clients) -> pd.DataFrame:
    """Returns `contracts`, with the latest plan and its monthly fee for all lines."""
    owner = contracts.owner
    plan = clients.plan_on(owner, np.minimum(contracts.ends, QUARTER_STARTS[-1]) - 1)
    fee = FEES[np.where(plan == NO_PLAN, 4, plan)] * clients.lines[owner]
    order = np.lexsort((owner, contracts.begins))
    found = pd.DataFrame(
        {
            "contract_no": 0,
            "client_no": clients.number[owner],
            "plan_name": pick(PLANS, plan),
            "monthly_fee": np.round(fee, 2),
            "begins_on": dates(contracts.begins),
            "ends_on": dates(contracts.ends),
        }
    ).iloc[order]
    return found.assign(contract_no=500_001 + np.arange(len(found)))
