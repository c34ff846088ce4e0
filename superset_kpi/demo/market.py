"""What surrounds the surveys: goals, norms, teams, campaigns, programmes, news."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from superset_kpi.demo.arrays import DAY, day, pick, times
from superset_kpi.demo.clients import WINDOW_END, WINDOW_START, Clients
from superset_kpi.demo.contracts import Contracts
from superset_kpi.demo.story import AS_OF, QUARTERS, SCHEMES, STORY, stream
from superset_kpi.demo.surveys import TEAMS

_STEPS = (
    "awareness", "engagement", "consideration", "purchase", "onboarding", "loyalty", "advocacy",
)  # fmt: skip
# Share of those at one step who reach the next: Prepaid, Basic, Family, Premium, no plan.
_GOES_ON = np.array(
    [
        [0.52, 0.45, 0.35, 0.88, 0.55, 0.20],
        [0.60, 0.54, 0.46, 0.91, 0.64, 0.27],
        [0.66, 0.60, 0.55, 0.93, 0.71, 0.33],
        [0.71, 0.66, 0.63, 0.95, 0.77, 0.41],
        [0.50, 0.45, 0.40, 0.90, 0.60, 0.20],
    ]
)
_DAYS_BETWEEN = np.array([6, 9, 12, 10, 45, 30])
_REVIEWED = {
    "Tariff plan": dt.date(2026, 6, 16),
    "Age band": dt.date(2026, 5, 12),
    "Region": dt.date(2026, 2, 10),
}
_TEAM_MOODS = np.array([77.0, 75.5, 76.0, 81.0, 79.0, 76.5, 72.0, 80.0])


def group_catalogue() -> pd.DataFrame:
    """Returns `group_catalogue`."""
    rows = [
        (grouping, name, position, owner, _REVIEWED[grouping], 6)
        for (grouping, names), owner in zip(
            SCHEMES.items(), ("Products", "Marketing", "Sales"), strict=True
        )
        for position, name in enumerate(names, start=1)
    ]
    columns = ["grouping", "group_name", "position", "owner_name", "reviewed_on"]
    return pd.DataFrame(rows, columns=[*columns, "review_every_months"])


def industry_norms() -> pd.DataFrame:
    """Returns `industry_norms`: examples, none of them checked against its publisher."""
    rows = [
        ("experience", 78.0, "Retail", "Forrester", dt.date(2025, 6, 30), False),
        ("experience", 82.0, "Technology", "Gartner", dt.date(2025, 6, 30), False),
        ("experience", 75.0, "Healthcare", "J.D. Power", dt.date(2025, 6, 30), False),
        ("experience", 76.0, "Telecom", "Invented for the demo", dt.date(2025, 6, 30), False),
    ]
    columns = ["kpi", "norm", "sector", "published_by", "published_on", "is_confirmed"]
    return pd.DataFrame(rows, columns=columns)


def goals() -> pd.DataFrame:
    """Returns `goals`."""
    rows = [
        ("experience", 85.0, None, "Board", dt.date(2024, 1, 1), True),
        ("value", 80.0, None, "Board", dt.date(2024, 1, 1), True),
    ]
    columns = ["kpi", "goal", "group_name", "set_by", "set_on", "is_confirmed"]
    return pd.DataFrame(rows, columns=columns)


def staff_pulse() -> pd.DataFrame:
    """Returns `staff_pulse`: how engaged each team is, each quarter."""
    rng = stream("staff pulse")
    pull = np.array([(quarter.experience - 77.0) * 0.25 for quarter in QUARTERS])
    mood = _TEAM_MOODS[None, :] + pull[:, None] + rng.uniform(-1, 1, (len(QUARTERS), len(TEAMS)))
    return pd.DataFrame(
        {
            "team_name": np.tile(np.array(TEAMS, dtype=object), len(QUARTERS)),
            "quarter_begins_on": np.repeat([quarter.start for quarter in QUARTERS], len(TEAMS)),
            "engagement_index": np.round(np.maximum(mood, 70.2), 1).ravel(),
        }
    )


def programmes() -> pd.DataFrame:
    """Returns `programmes`: what the company did about its numbers."""
    rows = [
        (STORY.programme, STORY.programme_started_on, dt.date(2025, 9, 30), None),
        (STORY.release, STORY.released_on, None, STORY.young_band),
        ("Readable bill", dt.date(2026, 8, 3), None, None),
    ]
    return pd.DataFrame(rows, columns=["title", "starts_on", "ends_on", "group_name"])


def market_news() -> pd.DataFrame:
    """Returns `market_news`: what happened around the company."""
    rows = [
        ("Corvo Mobile cuts prices by a tenth", dt.date(2024, 9, 16), dt.date(2024, 12, 31), None),
        ("Nationwide network failure", dt.date(2025, 1, 20), dt.date(2025, 2, 7), None),
        ("New roaming rules", dt.date(2025, 7, 1), None, None),
        ("Estelle Telecom opens stand-alone 5G", dt.date(2026, 2, 10), None, "Premium"),
    ]
    return pd.DataFrame(rows, columns=["headline", "starts_on", "ends_on", "group_name"])


def journey_log(clients: Clients, contracts: Contracts) -> pd.DataFrame:
    """Returns `journey_log`: how far each client got with the offer of a fibre line."""
    rng = stream("journey")
    last = np.minimum(contracts.last_day(len(clients.number)), WINDOW_END)
    who = np.flatnonzero(last - np.maximum(clients.joined, WINDOW_START) > 60)
    start = np.maximum(clients.joined[who], WINDOW_START)
    begins = start + (rng.random(len(who)) * (last[who] - start - 30)).astype(np.int64)
    plan = clients.plan_on(who, begins)
    goes_on = rng.random((len(who), 6)) < _GOES_ON[np.where(plan < 0, 4, plan)]
    waits = rng.exponential(_DAYS_BETWEEN * DAY, goes_on.shape).astype(np.int64) + 600
    reached = np.concatenate([np.ones((len(who), 1), bool), goes_on.cumprod(axis=1) > 0], axis=1)
    first = begins * DAY + rng.integers(7 * 3_600, 22 * 3_600, len(who))
    seconds = np.concatenate([first[:, None], first[:, None] + waits.cumsum(axis=1)], axis=1)
    reached &= seconds < last[who][:, None] * DAY
    row, step = np.nonzero(reached)
    return pd.DataFrame(
        {
            "client_no": clients.number[who[row]],
            "step": pick(_STEPS, step),
            "happened_at": times(seconds[reached]),
        }
    )


def callbacks(answers: pd.DataFrame) -> pd.DataFrame:
    """Returns `callbacks`: every response with a low answer is followed up within three days.

    `answers` is `survey`; low is the lower half of a scale, and 0 to 6 on the NPS question.
    """
    rng = stream("callbacks")
    limits = {
        "q_experience": 5, "q_value": 5, "q_satisfaction": 3, "q_nps": 6, "q_csat": 3, "q_ces": 4,
    }  # fmt: skip
    is_low = np.zeros(len(answers), dtype=bool)
    for question, highest in limits.items():
        is_low |= answers[question].fillna(99).to_numpy(dtype=float) <= highest
    low = answers[is_low & ~answers["is_void"].to_numpy()]
    raised = low["answered_at"].to_numpy().astype("datetime64[s]").astype(np.int64) + 120
    now = (day(AS_OF) + 1) * DAY - 1
    contacted = raised + rng.integers(1_800, 3 * DAY, len(low))
    contacted = np.minimum(contacted, np.maximum(now - 3_600, raised))
    solved = contacted + rng.exponential(3 * DAY, len(low)).astype(np.int64) + 900
    is_open = (solved > now) | (rng.random(len(low)) < 0.03)
    return pd.DataFrame(
        {
            "answer_id": low["answer_id"].to_numpy(),
            "raised_at": times(raised),
            "contacted_at": times(contacted),
            "solved_at": times(np.where(is_open, -1, solved)),
        }
    )
