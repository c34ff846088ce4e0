"""The tariff study: cards that respondents rate, and tasks in which they pick one."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from superset_kpi.demo.arrays import Floats, Texts
from superset_kpi.demo.story import PLANS, stream

RESPONDENTS = 150

# The part-worths that the ratings are drawn from, around a mean of 5.2 on a scale of 0 to 10.
PART_WORTHS: dict[str, dict[str, float]] = {
    "Monthly fee": {"19 EUR": 1.3, "29 EUR": 0.2, "39 EUR": -1.5},
    "Data": {"10 GB": -1.2, "50 GB": 0.3, "Unlimited": 0.9},
    "Term": {"Monthly": 0.4, "24 months": -0.4},
    "Help": {"Phone": 0.3, "Chat only": -0.3},
}

# Dear cards have much data, as in real catalogues: the means of the levels mislead on purpose.
_CARDS = (
    ("19 EUR", "10 GB", "24 months", "Chat only"),
    ("19 EUR", "10 GB", "Monthly", "Chat only"),
    ("19 EUR", "50 GB", "24 months", "Phone"),
    ("29 EUR", "10 GB", "Monthly", "Phone"),
    ("29 EUR", "50 GB", "24 months", "Chat only"),
    ("29 EUR", "Unlimited", "24 months", "Phone"),
    ("39 EUR", "50 GB", "Monthly", "Phone"),
    ("39 EUR", "Unlimited", "24 months", "Chat only"),
    ("39 EUR", "Unlimited", "Monthly", "Phone"),
)
_TASKS = ((0, 4, 8), (1, 5, 6), (2, 3, 7), (0, 5, 7))
_MEAN = 5.2
_CARD_NOS = np.array([f"card {i + 1}" for i in range(len(_CARDS))], dtype=object)
_RESPONDENT_NOS = np.array([f"T{i + 1:03}" for i in range(RESPONDENTS)], dtype=object)


def study_cards() -> pd.DataFrame:
    """Returns `study_cards`: one row per card and feature."""
    rows = [
        (_CARD_NOS[number], feature, option)
        for number, card in enumerate(_CARDS)
        for feature, option in zip(PART_WORTHS, card, strict=True)
    ]
    return pd.DataFrame(rows, columns=["card_no", "feature", "option_name"])


def _utilities() -> tuple[Floats, Texts]:
    rng = stream("conjoint utilities")
    levels = [(f, option) for f, worths in PART_WORTHS.items() for option in worths]
    design = np.array(
        [[(f, o) in set(zip(PART_WORTHS, card, strict=True)) for f, o in levels] for card in _CARDS]
    )
    worths = np.array([PART_WORTHS[f][o] for f, o in levels])
    own = worths + 0.35 * rng.standard_normal((RESPONDENTS, len(levels)))
    plan = rng.choice(len(PLANS), RESPONDENTS, p=(0.2, 0.35, 0.27, 0.18))
    return own @ design.T, np.array(PLANS, dtype=object)[plan]


def card_points() -> pd.DataFrame:
    """Returns `card_points`: one row per respondent and card, rated 0 to 10."""
    rng = stream("conjoint points")
    utility, plan = _utilities()
    noise = 0.5 * rng.standard_normal(utility.shape)
    rated = np.clip(np.rint(_MEAN + utility + noise), 0, 10).astype(np.int64)
    return pd.DataFrame(
        {
            "respondent_no": np.repeat(_RESPONDENT_NOS, len(_CARDS)),
            "card_no": np.tile(_CARD_NOS, RESPONDENTS),
            "points": rated.ravel(),
            "group_name": np.repeat(plan, len(_CARDS)),
        }
    )


def card_choices() -> pd.DataFrame:
    """Returns `card_choices`: one row per respondent, task and card shown."""
    rng = stream("conjoint choices")
    utility, plan = _utilities()
    tasks = np.array(_TASKS)
    shown = utility[:, tasks] + rng.gumbel(size=(RESPONDENTS, *tasks.shape)) * 0.7
    is_picked = shown == shown.max(axis=2, keepdims=True)
    size = tasks.size
    task_nos = np.array([f"task {i + 1}" for i in range(len(tasks))], dtype=object)
    return pd.DataFrame(
        {
            "respondent_no": np.repeat(_RESPONDENT_NOS, size),
            "task_no": np.tile(np.repeat(task_nos, tasks.shape[1]), RESPONDENTS),
            "card_no": np.tile(_CARD_NOS[list(itertools.chain(*_TASKS))], RESPONDENTS),
            "is_picked": is_picked.ravel(),
            "group_name": np.repeat(plan, size),
        }
    )
