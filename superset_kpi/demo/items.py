"""What customers are asked about in detail: attributes of the offer, own brand and competitors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from superset_kpi.demo.arrays import DAY, Floats, day, times
from superset_kpi.demo.calibration import rounded
from superset_kpi.demo.clients import Clients
from superset_kpi.demo.story import QUARTERS, STORY, stream

# code, name, side, component, stated weight (1 in all on each side), what can be done about it
ITEMS = (
    ("NET", "Network reliability", "benefit", "functional", 0.35,
     "Reinforce the cells with the most dropped calls."),
    ("SPD", "Data speed", "benefit", "functional", 0.20,
     "Move busy cells to the wider frequency band."),
    ("PCE", "Peace of mind", "benefit", "emotional", 0.15,
     "Warn of faults before customers notice them."),
    ("FAM", "Family perks", "benefit", "social", 0.10,
     "Let families share data without a request."),
    ("BND", "Bundle savings", "benefit", "economic", 0.20,
     "Offer the bundle that fits last year's use."),
    ("PRC", "Monthly price", "cost", "monetary", 0.40,
     "Move customers to the cheapest tariff for their use."),
    ("WAI", "Waiting time", "cost", "time", 0.20,
     "Call back instead of holding the line."),
    ("EFF", "Effort to get help", "cost", "effort", 0.25,
     "Solve the matter in the first contact."),
    ("BIL", "Surprise bills", "cost", "psychological", 0.15,
     "Announce every unusual amount before the bill."),
)  # fmt: skip
CODES = tuple(item[0] for item in ITEMS)
IS_COST = np.array([item[2] == "cost" for item in ITEMS])

# How much each attribute moves a rating, in the order of ITEMS.
DRIVES_EXPERIENCE = np.array([0.42, 0.13, 0.10, 0.04, 0.06, 0.08, 0.16, 0.28, 0.26])
DRIVES_VALUE = np.array([0.24, 0.10, 0.08, 0.06, 0.26, 0.44, 0.06, 0.10, 0.14])

# Scores in percent, high is good also for costs; then what changed them.
_BASE = np.array([78.0, 73.0, 66.0, 56.0, 62.0, 50.0, 58.0, 56.0, 47.0])
_IN_WORST_QUARTER = np.array([-14.0, -6.0, -9.0, 0.0, 0.0, -2.0, -12.0, -12.0, -4.0])
_AFTER_PROGRAMME = np.array([4.0, 2.0, 4.0, 0.0, 0.0, 0.0, 10.0, 14.0, 2.0])
_YOUNG_BEFORE_RELEASE = np.array([0.0, -4.0, 0.0, -6.0, -22.0, -16.0, 0.0, 0.0, -3.0])
_SPREAD = 17.0

_BRANDS = (
    # name, is ours, price index, mean points (high is good) on the studied items
    (STORY.own_brand, True, 1.00, (77.0, 73.0, 67.0, 62.0, 62.0, 52.0)),
    ("Corvo Mobile", False, 0.88, (66.0, 67.0, 58.0, 66.0, 52.0, 63.0)),
    ("Dunefon", False, 0.97, (71.0, 69.0, 63.0, 58.0, 56.0, 54.0)),
    (STORY.better_brand, False, 1.12, (86.0, 82.0, 76.0, 66.0, 72.0, 41.0)),
)
_STUDIED = ("NET", "SPD", "PCE", "BND", "EFF", "PRC")
_STUDIES = ("2023-11-06", "2024-05-06", "2024-11-04", "2025-05-05", "2025-11-03", "2026-05-04")
_PANEL = 150


def _levels(quarter: int) -> Floats:
    label = QUARTERS[quarter].label
    levels: Floats = _BASE.copy()
    if label == STORY.worst_quarter:
        levels += _IN_WORST_QUARTER
    elif label >= STORY.recovered_quarter:
        levels += _AFTER_PROGRAMME
    return levels


def item_answers(answers: pd.DataFrame, clients: Clients, quarter: int) -> pd.DataFrame:
    """Returns one row per answered item of the wave: `row` (of answers), `item_code`, `points`.

    Costs are asked as costs: many points mean a heavy burden.
    """
    rng = stream(f"items {quarter}")
    row = np.flatnonzero(answers["is_wave"].to_numpy())
    wave = answers.iloc[row]
    feelings = wave[[f"feeling_{i}" for i in range(len(ITEMS))]].to_numpy()
    scores = _levels(quarter) + 4.0 * clients.liking[wave["who"].to_numpy()][:, None]
    scores = scores + _SPREAD * feelings + 6.0 * rng.standard_normal(feelings.shape)
    if QUARTERS[quarter].start < STORY.released_on:
        scores = scores + wave["is_young"].to_numpy()[:, None] * _YOUNG_BEFORE_RELEASE
    given = rounded(np.where(IS_COST, 100 - scores, scores), 1, 5)
    is_answered = rng.random(scores.shape) > 0.04
    return pd.DataFrame(
        {
            "row": np.repeat(row, len(ITEMS))[is_answered.ravel()],
            "item_code": np.tile(np.array(CODES, dtype=object), len(row))[is_answered.ravel()],
            "points": given.ravel()[is_answered.ravel()],
        }
    )


def item_catalogue() -> pd.DataFrame:
    """Returns `item_catalogue`."""
    found = pd.DataFrame(
        ITEMS, columns=["item_code", "item_name", "side", "component", "importance", "remedy"]
    )
    return found.assign(points_direction=np.where(IS_COST, -1, 1))


def brand_list() -> pd.DataFrame:
    """Returns `brand_list`."""
    rows = [brand[:3] for brand in _BRANDS]
    return pd.DataFrame(rows, columns=["brand_name", "is_ours", "price_index"])


def brand_study(clients: Clients) -> pd.DataFrame:
    """Returns `brand_study`: twice a year some clients rate all four brands on six items."""
    parts = []
    for number, start in enumerate(_STUDIES):
        rng = stream(f"brand study {number}")
        able = np.flatnonzero(clients.joined < day(start))
        who = np.sort(rng.choice(able, _PANEL, replace=False))
        shape = (_PANEL, len(_BRANDS), len(_STUDIED))
        means = np.array([brand[3] for brand in _BRANDS])
        taste = 8.0 * rng.standard_normal((_PANEL, 1, 1))
        scores = means + taste + 16.0 * rng.standard_normal(shape)
        is_cost = np.isin(_STUDIED, np.array(CODES)[IS_COST])
        when = day(start) * DAY + rng.integers(0, 14 * DAY, _PANEL)
        size = len(_BRANDS) * len(_STUDIED)
        panel_no = [f"{start[:7]}/{i + 1:03}" for i in range(_PANEL)]
        names = np.array([brand[0] for brand in _BRANDS], dtype=object)
        parts.append(
            pd.DataFrame(
                {
                    "study": f"Brands {start[:7]}",
                    "panel_no": np.repeat(np.array(panel_no, dtype=object), size),
                    "client_no": np.repeat(clients.number[who], size),
                    "asked_at": times(np.repeat(when, size)),
                    "brand_name": np.tile(np.repeat(names, len(_STUDIED)), _PANEL),
                    "item_code": np.tile(np.array(_STUDIED, dtype=object), _PANEL * len(_BRANDS)),
                    "points": rounded(np.where(is_cost, 100 - scores, scores), 1, 5).ravel(),
                }
            )
        )
    found = pd.concat(parts, ignore_index=True)
    return found.assign(line_id=1 + np.arange(len(found)))
