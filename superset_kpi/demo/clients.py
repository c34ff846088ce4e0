"""The telecom's customers, and which segments they belong to and when."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from superset_kpi.demo.arrays import NEVER, Floats, Ints, Texts, dates, day, pick
from superset_kpi.demo.story import AGE_BANDS, AS_OF, PLANS, QUARTERS, REGIONS, stream

CLIENTS_AT_START = 3_800
NEW_CLIENTS_A_QUARTER = 184
TEST_CLIENTS = 40
FIRST_CLIENT_NO = 100_001
NO_PLAN = -1

_PLAN_SHARES = (0.13, 0.36, 0.31, 0.20)
_PLAN_SHARES_AT_START = (0.15, 0.36, 0.30, 0.19)
_NEXT_PLAN = np.array([1, 2, 3, 2])
_AGE_EDGES = np.array([30, 45, 60])
_SECTORS = ("Household", "Retail", "Technology", "Healthcare", "Services")
_COUNTRIES = ("Germany", "Austria", "Luxembourg")
_SOURCES = ("Shop", "Web search", "Referral", "Partner", "Outbound call")
_SOURCE_COSTS = np.array([62.0, 84.0, 33.0, 108.0, 95.0])


WINDOW_START, WINDOW_END = day(QUARTERS[0].start), day(QUARTERS[-1].end)
QUARTER_STARTS = np.array([day(q.start) for q in QUARTERS] + [WINDOW_END])


@dataclass(frozen=True)
class Clients:
    """Arrays of one value per client (n,); days since 1970, codes into the names of a scheme.

    `liking` (standard normal) is what a client thinks of the company at heart: it moves ratings
    and loyalty. `lines` is how many phones the account pays for.
    """

    number: Ints
    joined: Ints
    born: Ints
    plan: Ints
    next_plan: Ints
    plan_changed: Ints
    region: Ints
    next_region: Ints
    region_changed: Ints
    sector: Ints
    country: Ints
    source: Ints
    source_cost: Floats
    lines: Ints
    liking: Floats

    def plan_on(self, who: Ints, when: Ints) -> Ints:
        """Returns the plan of each client on each day; -1 where there is none."""
        changed = when >= self.plan_changed[who]
        plan: Ints = np.where(changed, self.next_plan[who], self.plan[who])
        return plan

    def region_on(self, who: Ints, when: Ints) -> Ints:
        """Returns the region of each client on each day."""
        changed = when >= self.region_changed[who]
        region: Ints = np.where(changed, self.next_region[who], self.region[who])
        return region

    def band_on(self, who: Ints, when: Ints) -> Ints:
        """Returns the age band of each client on each day."""
        birthdays = birthday(self.born[who][:, None], _AGE_EDGES)
        band: Ints = (when[:, None] >= birthdays).sum(axis=1)
        return band


def birthday(born: Ints, age: Ints) -> Ints:
    """Returns the day on which somebody turns that age (to the nearest day)."""
    found: Ints = born + np.rint(age * 365.25).astype(np.int64)
    return found


def draw_clients() -> Clients:
    """Returns everybody who is or becomes a client, in the order of their sign-up."""
    rng = stream("clients")
    joined = _joining_days(rng)
    n = len(joined)
    at_start = joined < WINDOW_START
    plan = np.where(
        at_start,
        rng.choice(4, n, p=_PLAN_SHARES_AT_START),
        rng.choice(4, n, p=_PLAN_SHARES),
    )
    changes = rng.random(n) < 0.13
    earliest = np.maximum(joined + 90, WINDOW_START + 20)
    changed = earliest + rng.integers(0, np.maximum(WINDOW_END - 20 - earliest, 1))
    changed = np.where(changes & (changed < WINDOW_END), changed, NEVER)
    has_no_plan = rng.random(n) < 0.02
    region = rng.choice(4, n, p=(0.28, 0.30, 0.20, 0.22))
    moves = (rng.random(n) < 0.03) & (earliest < WINDOW_END - 60)
    moved = earliest + rng.integers(0, np.maximum(WINDOW_END - 20 - earliest, 1))
    sector = rng.choice(5, n, p=(0.80, 0.06, 0.05, 0.04, 0.05))
    source = rng.choice(5, n, p=(0.30, 0.28, 0.16, 0.14, 0.12))
    lines = np.where(sector == 0, 1, 1 + np.minimum(rng.pareto(1.5, n) * 1.3, 24).astype(np.int64))
    return Clients(
        number=FIRST_CLIENT_NO + np.arange(n),
        joined=joined,
        born=_birth_days(rng, joined),
        plan=np.where(has_no_plan, NO_PLAN, plan),
        next_plan=np.where(has_no_plan, NO_PLAN, _NEXT_PLAN[plan]),
        plan_changed=np.where(has_no_plan, NEVER, changed),
        region=region,
        next_region=(region + 1) % 4,
        region_changed=np.where(moves, moved, NEVER),
        sector=sector,
        country=rng.choice(3, n, p=(0.76, 0.17, 0.07)),
        source=source,
        source_cost=np.round(_SOURCE_COSTS[source] * rng.lognormal(-0.03, 0.25, n), 2),
        lines=lines,
        liking=rng.standard_normal(n),
    )


def _joining_days(rng: np.random.Generator) -> Ints:
    first = day("2016-01-04")
    # The further back, the fewer are left of those who joined.
    back = np.sqrt(rng.random(CLIENTS_AT_START))
    parts = [first + (back * (WINDOW_START - first - 1)).astype(np.int64)]
    for start, end in itertools.pairwise(QUARTER_STARTS):
        # Nobody joins on a quarter's first day: "active at its start" has one reading then.
        parts.append(rng.integers(start + 1, end - 3, NEW_CLIENTS_A_QUARTER))
    return np.sort(np.concatenate(parts))


def _birth_days(rng: np.random.Generator, joined: Ints) -> Ints:
    band = rng.choice(4, len(joined), p=(0.33, 0.29, 0.23, 0.15))
    lowest, highest = np.array([18, 30, 45, 60])[band], np.array([30, 45, 60, 84])[band]
    age = lowest + rng.random(len(joined)) * (highest - lowest)
    born: Ints = joined - np.ceil(age * 365.25).astype(np.int64)
    return born


def keep_changes(clients: Clients, last_day: Ints) -> Clients:
    """Returns the clients without changes of plan or region after the end of their contract."""
    return replace(
        clients,
        plan_changed=np.where(clients.plan_changed < last_day, clients.plan_changed, NEVER),
        region_changed=np.where(clients.region_changed < last_day, clients.region_changed, NEVER),
    )


def client_table(clients: Clients) -> pd.DataFrame:
    """Returns `clients`, the company's own test accounts at the end."""
    rng = stream("test clients")
    real = pd.DataFrame(
        {
            "client_no": clients.number,
            "signed_up_on": dates(clients.joined),
            "lead_source": pick(_SOURCES, clients.source),
            "lead_cost": clients.source_cost,
            "country_name": pick(_COUNTRIES, clients.country),
            "sector": pick(_SECTORS, clients.sector),
            "born_on": dates(clients.born),
            "is_test": False,
        }
    )
    test = pd.DataFrame(
        {
            "client_no": 900_001 + np.arange(TEST_CLIENTS),
            "signed_up_on": dates(rng.integers(WINDOW_START, WINDOW_END - 200, TEST_CLIENTS)),
            "lead_source": "Internal",
            "lead_cost": 0.0,
            "country_name": "Germany",
            "sector": "Services",
            "born_on": dates(np.full(TEST_CLIENTS, day("1990-01-01"))),
            "is_test": True,
        }
    )
    return pd.concat([real, test], ignore_index=True)


def membership_table(clients: Clients) -> pd.DataFrame:
    """Returns `client_groups`: who belonged to what, from a day until before another day."""
    everybody = np.arange(len(clients.number))
    has_plan = everybody[clients.plan != NO_PLAN]
    parts = [
        _histories(clients, "Tariff plan", has_plan, clients.plan_changed,
                   pick(PLANS, clients.plan), pick(PLANS, clients.next_plan)),
        _histories(clients, "Region", everybody, clients.region_changed,
                   pick(REGIONS, clients.region), pick(REGIONS, clients.next_region)),
        _age_bands(clients),
    ]  # fmt: skip
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values(["client_no", "grouping", "from_date"], ignore_index=True)


def _histories(
    clients: Clients,
    grouping: str,
    who: Ints,
    changed: Ints,
    first: Texts,
    second: Texts,
) -> pd.DataFrame:
    changers = who[changed[who] != NEVER]
    return pd.DataFrame(
        {
            "client_no": clients.number[np.concatenate([who, changers])],
            "grouping": grouping,
            "group_name": np.concatenate([first[who], second[changers]]),
            "from_date": dates(np.concatenate([clients.joined[who], changed[changers]])),
            "until_date": dates(
                np.concatenate([changed[who], np.full(len(changers), NEVER, dtype=np.int64)])
            ),
        }
    )


def _age_bands(clients: Clients) -> pd.DataFrame:
    turns = birthday(clients.born[:, None], _AGE_EDGES)
    n = len(turns)
    after = np.concatenate([clients.joined[:, None], turns], axis=1)
    before = np.concatenate([turns, np.full((n, 1), NEVER)], axis=1)
    start = np.maximum(after, clients.joined[:, None])
    is_real = (before > start) & (start <= day(AS_OF))
    row, band = np.nonzero(is_real)
    until = before[is_real]
    return pd.DataFrame(
        {
            "client_no": clients.number[row],
            "grouping": "Age band",
            "group_name": pick(AGE_BANDS, band),
            "from_date": dates(start[is_real]),
            "until_date": dates(np.where(until <= day(AS_OF), until, NEVER)),
        }
    )
