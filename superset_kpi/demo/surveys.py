"""The surveys: who is asked, who answers, and what they answer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from superset_kpi.demo.arrays import DAY, Floats, Ints, day
from superset_kpi.demo.calibration import cell_scores, ratings_with_mean, rounded
from superset_kpi.demo.clients import NO_PLAN, WINDOW_END, Clients
from superset_kpi.demo.contracts import Contracts
from superset_kpi.demo.items import DRIVES_EXPERIENCE, DRIVES_VALUE
from superset_kpi.demo.story import QUARTERS, STORY, stream

TOUCHPOINTS = (
    "Network", "Call centre", "App", "Shop", "Web site", "Installation", "Billing",
    "Advertising", "Referral club",
)  # fmt: skip
STAGES = (
    "loyalty", "loyalty", "engagement", "purchase", "consideration", "onboarding", "loyalty",
    "awareness", "advocacy",
)  # fmt: skip
TEAMS = (
    "Network operations", "Service line North", "Service line South", "Digital", "Shops",
    "Field service", "Billing desk", "Marketing",
)  # fmt: skip
ASKED_BY = ("Email", "SMS", "App", "Phone")
_ASKED_BY_SHARES = (0.55, 0.20, 0.17, 0.08)

_BILLING = TOUCHPOINTS.index(STORY.weak_touchpoint)
_SERVICE_LINE = TOUCHPOINTS.index("Call centre")
_TEAM_OF_TOUCHPOINT = np.array([0, 1, 3, 4, 3, 5, 6, 7, 7])
_TOUCHPOINT_SHARES = (0.22, 0.21, 0.19, 0.14, 0.09, 0.06, 0.045, 0.025, 0.02)
_TOUCHPOINT_EFFECTS = np.array([0.0, -3.0, 3.0, 4.0, 1.0, -1.0, -22.0, -2.0, 6.0])
_REGION_EFFECTS = np.array([3.0, 1.0, -5.0, 0.0])
# Prepaid, Basic, Family, Premium and, last, no plan at all.
_PLAN_EXPERIENCE = np.array([-17.5, -1.75, 4.0, 7.5, -4.5])
_PLAN_VALUE = np.array([-16.0, -3.0, 4.0, 12.0, -6.0])
_ANSWERS_BY_BAND = np.array([0.30, 0.37, 0.42, 0.46])
# The first quarter was a pilot that few were asked in, and hardly anybody over 60 answered.
_PILOT = 0
_PILOT_ANSWERS_BY_BAND = np.array([0.38, 0.36, 0.36, 0.10])
_WAVE_SHARE, _PILOT_WAVE_SHARE = 0.46, 0.085
_PULSE_SHARE, _PILOT_PULSE_SHARE = 0.175, 0.02


def ask(clients: Clients, contracts: Contracts, quarter: int) -> pd.DataFrame:
    """Returns the invitations of the quarter's wave and of its three monthly pulses.

    `who` is the index of the client; `sent` and `answered` are seconds since 1970, -1 without an
    answer. `is_wave` marks the long quarterly questionnaire; a pulse asks about one contact only.
    """
    rng = stream(f"invitations {quarter}")
    first = np.datetime64(QUARTERS[quarter].start, "D")
    pilot = quarter == _PILOT
    share = _PILOT_WAVE_SHARE if pilot else _WAVE_SHARE
    parts = [_ask_once(clients, contracts, (day(first), share, 60), quarter, rng)]
    parts[0] = parts[0].assign(wave=f"Wave {QUARTERS[quarter].label}", is_wave=True)
    for month in first.astype("datetime64[M]") + np.arange(3):
        share = _PILOT_PULSE_SHARE if pilot else _PULSE_SHARE
        start = day(month.astype("datetime64[D]"))
        part = _ask_once(clients, contracts, (start, share, 14), quarter, rng)
        parts.append(part.assign(wave=f"Pulse {month}", is_wave=False))
    return pd.concat(parts, ignore_index=True)


def _ask_once(
    clients: Clients,
    contracts: Contracts,
    what: tuple[int, float, int],
    quarter: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    first, share, days_to_send = what
    able = np.unique(contracts.running(first, first + days_to_send))
    who = np.sort(rng.choice(able, round(share * len(able)), replace=False))
    sent = (first + rng.integers(0, days_to_send, len(who))) * DAY
    sent += rng.integers(8 * 3_600, 18 * 3_600, len(who))
    later = np.minimum(rng.exponential(2.2 * DAY, len(who)), 12.5 * DAY).astype(np.int64) + 300
    by_band = _PILOT_ANSWERS_BY_BAND if quarter == _PILOT else _ANSWERS_BY_BAND
    answers = rng.random(len(who)) < by_band[clients.band_on(who, sent // DAY)]
    until = np.zeros(len(clients.number), dtype=np.int64)
    np.maximum.at(until, contracts.owner, np.minimum(contracts.ends, WINDOW_END))
    answers &= (sent + later) < until[who] * DAY
    return pd.DataFrame({"who": who, "sent": sent, "answered": np.where(answers, sent + later, -1)})


def answer(clients: Clients, asked: pd.DataFrame, quarter: int) -> pd.DataFrame:
    """Returns the quarter's answers: codes and ratings, not yet names; null where not asked.

    `feeling_0` and so on hold what a respondent feels about each attribute (standard normal), on
    which experience and value depend.
    """
    rng = stream(f"answers {quarter}")
    found = asked[asked["answered"] >= 0].reset_index(drop=True)
    who, when = found["who"].to_numpy(), found["answered"].to_numpy() // DAY
    n = len(found)
    touchpoint = rng.choice(len(TOUCHPOINTS), n, p=_TOUCHPOINT_SHARES)
    region = clients.region_on(who, when)
    is_south = (touchpoint == _SERVICE_LINE) & np.isin(region, (1, 2))
    feelings = rng.standard_normal((n, len(DRIVES_EXPERIENCE)))
    common = 7.0 * clients.liking[who] + _REGION_EFFECTS[region]
    experience = common + 25.0 * feelings @ DRIVES_EXPERIENCE + 9.0 * rng.standard_normal(n)
    value = 0.9 * common + 24.0 * feelings @ DRIVES_VALUE + 7.0 * rng.standard_normal(n)
    found = found.assign(
        touchpoint=touchpoint,
        team=_TEAM_OF_TOUCHPOINT[touchpoint] + is_south,
        asked_by=rng.choice(len(ASKED_BY), n, p=_ASKED_BY_SHARES),
        plan=clients.plan_on(who, when),
        is_young=clients.band_on(who, when) == 0,
    )
    experience += _TOUCHPOINT_EFFECTS[touchpoint]
    found = found.assign(
        q_experience=_experience_ratings(experience, found, quarter, rng),
        q_value=_value_ratings(value, found, quarter, rng),
    )
    found = found.assign(**_other_ratings(found, rng))
    return found.assign(**{f"feeling_{i}": feelings[:, i] for i in range(feelings.shape[1])})


def _experience_ratings(
    latent: Floats, found: pd.DataFrame, quarter: int, rng: np.random.Generator
) -> Ints:
    plan, is_billing = found["plan"].to_numpy(), found["touchpoint"].to_numpy() == _BILLING
    cell = np.where(plan == NO_PLAN, 4, plan) * 2 + is_billing
    effects = np.repeat(_PLAN_EXPERIENCE, 2) + np.tile([0.0, _TOUCHPOINT_EFFECTS[_BILLING]], 5)
    return _by_cell(latent, cell, effects, QUARTERS[quarter].experience, (0, 10), rng)


def _value_ratings(
    latent: Floats, found: pd.DataFrame, quarter: int, rng: np.random.Generator
) -> Floats:
    ratings = np.full(len(latent), np.nan)
    planned = QUARTERS[quarter]
    young_factor = 1 - STORY.young_shortfall * (planned.start < STORY.released_on)
    plan, is_young = found["plan"].to_numpy(), found["is_young"].to_numpy()
    cell = np.where(plan == NO_PLAN, 4, plan)
    for group, factor in ((~is_young, 1.0), (is_young, young_factor)):
        here = group & found["is_wave"].to_numpy()
        score = planned.value * factor
        ratings[here] = _by_cell(latent[here], cell[here], _PLAN_VALUE, score, (1, 10), rng)
    return ratings


def _by_cell(
    latent: Floats,
    cell: Ints,
    effects: Floats,
    score: float,
    scale: tuple[int, int],
    rng: np.random.Generator,
) -> Ints:
    counts = np.bincount(cell, minlength=len(effects))
    ratings = np.zeros(len(latent), dtype=np.int64)
    for index, wanted in enumerate(cell_scores(score, effects, counts)):
        here = cell == index
        ratings[here] = ratings_with_mean(latent[here], wanted, *scale, rng)
    return ratings


def _other_ratings(found: pd.DataFrame, rng: np.random.Generator) -> dict[str, Floats]:
    n = len(found)
    experience = found["q_experience"].to_numpy() * 10.0
    value = np.nan_to_num((found["q_value"].to_numpy(dtype=float) - 1) / 9 * 100, nan=72.0)
    felt = 0.62 * experience + 0.25 * value + 13.5
    noise = rng.standard_normal((4, n))
    answers = {
        "q_satisfaction": rounded(felt + 9 * noise[0], 1, 5),
        "q_nps": rounded(felt - 1 + 11 * noise[1], 0, 10),
        "q_csat": rounded(0.8 * experience + 18 + 10 * noise[2], 1, 5),
        "q_ces": rounded(0.75 * experience + 17 + 12 * noise[3], 1, 7),
    }
    is_wave = found["is_wave"].to_numpy()
    is_asked = {
        "q_satisfaction": is_wave,
        "q_nps": is_wave,
        "q_csat": np.full(n, True),
        "q_ces": ~is_wave,
    }
    return {
        name: np.where(is_asked[name] & (rng.random(n) > 0.03), ratings, np.nan)
        for name, ratings in answers.items()
    }
