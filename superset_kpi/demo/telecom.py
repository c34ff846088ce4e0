"""The invented telecom as a whole: its quarters one after the other, then its tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from superset_kpi.demo import conjoint, items, market
from superset_kpi.demo.arrays import pick, times
from superset_kpi.demo.clients import (
    Clients,
    client_table,
    draw_clients,
    keep_changes,
    membership_table,
)
from superset_kpi.demo.contracts import (
    Contracts,
    contract_table,
    end_contracts,
    first_contracts,
    take_back,
)
from superset_kpi.demo.payments import payment_table
from superset_kpi.demo.remarks import remarks
from superset_kpi.demo.story import QUARTERS, stream
from superset_kpi.demo.surveys import ASKED_BY, STAGES, TEAMS, TOUCHPOINTS, answer, ask
from superset_kpi.demo.tables import TELECOM, columns_of

_VOID_ANSWERS = 24
_QUESTIONS = ("q_value", "q_experience", "q_satisfaction", "q_nps", "q_csat", "q_ces")


@dataclass(frozen=True)
class History:
    """What happened over all quarters, before it is given names and numbers."""

    clients: Clients
    contracts: Contracts
    asked: tuple[pd.DataFrame, ...]
    answers: tuple[pd.DataFrame, ...]
    items: tuple[pd.DataFrame, ...]


def tables() -> dict[str, pd.DataFrame]:
    """Returns every table of the schema `telecom`; the same on every call."""
    history = _live()
    clients, contracts = history.clients, history.contracts
    survey, survey_items = _survey(history)
    found = {
        "clients": client_table(clients),
        "group_catalogue": market.group_catalogue(),
        "client_groups": membership_table(clients),
        "survey": survey,
        "survey_items": survey_items,
        "item_catalogue": items.item_catalogue(),
        "brand_study": items.brand_study(clients),
        "brand_list": items.brand_list(),
        "survey_invites": _invites(history),
        "payments": payment_table(clients, contracts),
        "contracts": contract_table(contracts, clients),
        "callbacks": market.callbacks(survey),
        "industry_norms": market.industry_norms(),
        "goals": market.goals(),
        "staff_pulse": market.staff_pulse(),
        "journey_log": market.journey_log(clients, contracts),
        "programmes": market.programmes(),
        "market_news": market.market_news(),
        "study_cards": conjoint.study_cards(),
        "card_points": conjoint.card_points(),
        "card_choices": conjoint.card_choices(),
    }
    return {name: found[name][columns_of("telecom", name)] for name in TELECOM}


def _live() -> History:
    clients = draw_clients()
    contracts = first_contracts(clients)
    n = len(clients.number)
    last_rating, rated_in = np.full(n, np.nan), np.full(n, -9)
    asked, answers, answered_items = [], [], []
    for quarter in range(len(QUARTERS)):
        # Only what was felt in the last two quarters makes somebody leave.
        recent = np.where(rated_in >= quarter - 2, last_rating, np.nan)
        end_contracts(contracts, clients, quarter, recent)
        take_back(contracts, clients, quarter)
        asked.append(ask(clients, contracts, quarter))
        answers.append(answer(clients, asked[-1], quarter))
        answered_items.append(items.item_answers(answers[-1], clients, quarter))
        who = answers[-1]["who"].to_numpy()
        last_rating[who] = answers[-1]["q_experience"].to_numpy()
        rated_in[who] = quarter
    clients = keep_changes(clients, contracts.last_day(n))
    return History(clients, contracts, tuple(asked), tuple(answers), tuple(answered_items))


def _survey(history: History) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns `survey` and `survey_items`, answers numbered in order of time."""
    offsets = np.cumsum([0] + [len(answers) for answers in history.answers])
    answers = pd.concat(history.answers, ignore_index=True)
    given = pd.concat(
        [part.assign(row=part["row"] + o) for part, o in zip(history.items, offsets, strict=False)],
        ignore_index=True,
    )
    order = np.lexsort((answers["who"].to_numpy(), answers["answered"].to_numpy()))
    answer_id = np.empty(len(answers), dtype=np.int64)
    answer_id[order] = 300_001 + np.arange(len(answers))
    touchpoint = answers["touchpoint"].to_numpy()
    survey = pd.DataFrame(
        {
            "answer_id": answer_id,
            "wave": answers["wave"],
            "client_no": history.clients.number[answers["who"].to_numpy()],
            "answered_at": times(answers["answered"].to_numpy()),
            "contact_point": pick(TOUCHPOINTS, touchpoint),
            "stage": pick(STAGES, touchpoint),
            "asked_by": pick(ASKED_BY, answers["asked_by"].to_numpy()),
            "handled_by": pick(TEAMS, answers["team"].to_numpy()),
            **{question: answers[question].astype("Int64") for question in _QUESTIONS},
            "remark": remarks(touchpoint, answers["q_experience"].to_numpy()),
            "is_void": False,
        }
    )
    survey_items = survey.iloc[given["row"].to_numpy()].reset_index(drop=True)
    survey_items = survey_items.assign(item_code=given["item_code"], points=given["points"])
    survey_items = survey_items.sort_values(["answer_id", "item_code"], ignore_index=True)
    survey_items = survey_items.assign(item_id=1 + np.arange(len(survey_items)))
    survey = pd.concat([survey, _void_answers(survey)], ignore_index=True)
    return survey.sort_values("answer_id", ignore_index=True), survey_items


def _void_answers(survey: pd.DataFrame) -> pd.DataFrame:
    """Returns answers that a faulty form sent in: off their scale, and marked void since."""
    rng = stream("void answers")
    row = np.sort(rng.choice(len(survey), _VOID_ANSWERS, replace=False))
    void = survey.iloc[row].reset_index(drop=True)
    wrong = rng.choice((-99, 11), _VOID_ANSWERS)
    is_value = void["q_value"].notna() & (rng.random(_VOID_ANSWERS) < 0.5)
    return void.assign(
        answer_id=990_001 + np.arange(_VOID_ANSWERS),
        q_value=void["q_value"].mask(is_value, wrong),
        q_experience=void["q_experience"].mask(~is_value, wrong),
        remark=None,
        is_void=True,
    )


def _invites(history: History) -> pd.DataFrame:
    asked = pd.concat(history.asked, ignore_index=True)
    found = pd.DataFrame(
        {
            "client_no": history.clients.number[asked["who"].to_numpy()],
            "wave": asked["wave"],
            "sent_at": times(asked["sent"].to_numpy()),
            "answered_at": times(asked["answered"].to_numpy()),
        }
    ).sort_values(["sent_at", "client_no"], ignore_index=True)
    return found.assign(invite_no=800_001 + np.arange(len(found)))
