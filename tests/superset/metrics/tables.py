"""Random tables of a shop: weights, movers, segments of few, ratings that do not count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

AS_OF = pd.Timestamp("2026-09-30")
SPRING, SUMMER = pd.Timestamp("2026-04-01"), pd.Timestamp("2026-07-01")
OPEN = pd.Timestamp("2199-01-01")
CUSTOMERS = 500
RESPONSES = 380
SHARES = {
    "Plan": {"A": 0.4, "B": 0.3, "C": 0.24, "Small": 0.035, "Tiny": 0.025},
    "Region": {"North": 0.5, "South": 0.5},
}
SCALES = {
    "value": (1, 10), "experience": (0, 10), "satisfaction": (1, 5), "nps": (0, 10),
    "csat": (1, 5), "ces": (1, 7), "attribute": (1, 5),
}  # fmt: skip
ATTRIBUTES = {
    "Fits": ("benefit", "functional", 3.0), "Lasts": ("benefit", "functional", 1.0),
    "Feels good": ("benefit", "emotional", 2.0), "Seen": ("benefit", "social", 1.0),
    "Saves": ("benefit", "economic", 2.0), "Price": ("cost", "monetary", 4.0),
    "Queue": ("cost", "time", 2.0), "Forms": ("cost", "effort", 1.0),
    "Doubts": ("cost", "psychological", 1.0),
}  # fmt: skip
STAGES = "awareness engagement consideration purchase onboarding loyalty advocacy".split()
TEAMS = ["Desk 1", "Desk 2", "Desk 3", "Night desk"]
RIVALS = ["Rival One", "Rival Two"]
CHANNELS = ["Web", "Shop", "Partner"]

Rng = np.random.Generator


def random_tables(seed: int) -> dict[str, pd.DataFrame]:
    """Every logical table but the contracts, which seed 2 has as well."""
    rng = np.random.default_rng(seed)
    made: dict[str, Callable[[Rng], pd.DataFrame]] = {
        "customers": _customers, "segment_membership": _members, "ratings": _ratings,
        "transactions": _transactions, "journey_events": _events, "engagement": _engagement,
        "conjoint_answers": _conjoint_answers,
    }  # fmt: skip
    tables = {name: make(rng) for name, make in made.items()} | _written()
    tables["followups"] = _followups(rng, tables["ratings"])
    return tables | ({"subscriptions": _contracts(rng)} if seed == 2 else {})


def _customers(rng: Rng) -> pd.DataFrame:
    """One in ten came within the last two quarters; what some cost is not known."""
    late = SPRING + pd.to_timedelta(rng.integers(0, 183, CUSTOMERS), unit="D")
    is_late = rng.random(CUSTOMERS) < 0.1
    cost = rng.integers(5, 90, CUSTOMERS).astype(float)
    return pd.DataFrame(
        {
            "customer_id": range(1, CUSTOMERS + 1),
            "created_at": pd.Series(late).where(is_late, pd.Timestamp("2024-01-01")),
            "acquisition_channel": rng.choice(
                [*CHANNELS, None], CUSTOMERS, p=[0.5, 0.4, 0.04, 0.06]
            ),
            "acquisition_cost": np.where(rng.random(CUSTOMERS) < 0.15, np.nan, cost),
        }
    )


def _members(rng: Rng) -> pd.DataFrame:
    """A third move within the two quarters; one in thirty has no plan."""
    rows = []
    for customer in range(1, CUSTOMERS + 1):
        for scheme, shares in SHARES.items():
            if scheme == "Plan" and rng.random() < 1 / 30:
                continue
            first, then = rng.choice(list(shares), 2, p=list(shares.values()))
            moved = SPRING + pd.Timedelta(days=int(rng.integers(5, 170)))
            until = moved if rng.random() < 1 / 3 else OPEN
            rows.append((customer, scheme, first, pd.Timestamp("2024-01-01"), until))
            if until == moved:
                rows.append((customer, scheme, then, moved, OPEN))
    columns = ["customer_id", "scheme", "segment", "valid_from", "valid_to"]
    return pd.DataFrame(rows, columns=columns)


def _ratings(rng: Rng) -> pd.DataFrame:
    """Responses that rate nearly everything; ratings off their scale, of rivals, of nobody."""
    n = RESPONSES
    seconds = rng.integers(0, 183 * 86_400, n)
    mood = rng.normal(0, 1, n)
    responses = pd.DataFrame(
        {
            "response_id": range(1, n + 1),
            "customer_id": pd.array(rng.integers(1, CUSTOMERS + 1, n), dtype="Int64"),
            "responded_at": SPRING + pd.to_timedelta(seconds, unit="s"),
            "weight": rng.choice([0.2, 1, 1, 3, 9], n),
            "team": rng.choice([*TEAMS, None], n, p=[0.4, 0.3, 0.22, 0.03, 0.05]),
            "journey_stage": rng.choice(STAGES, n),
            "channel": rng.choice(CHANNELS, n),
            "comment": rng.choice(["Good", "Bad", " ", None], n),
        }
    )
    responses.loc[rng.random(n) < 0.04, "customer_id"] = pd.NA
    parts = [
        _items(rng, responses, mood, metric, attribute=attribute, brand=None)
        for metric, attribute in _asked()
    ]
    compared = responses.sample(150, random_state=int(rng.integers(1 << 30)))
    parts += [
        _items(rng, compared, mood[compared.index], "attribute", attribute=name, brand=brand)
        for brand in RIVALS
        for name in ATTRIBUTES
    ]
    parts.append(_items(rng, compared, mood[compared.index], "value", None, RIVALS[0]))
    rated = pd.concat(parts, ignore_index=True)
    rated.loc[rng.random(len(rated)) < 0.01, "rating"] = -99.0
    named = (rng.random(len(rated)) < 0.5) & rated["brand"].isna()
    rated.loc[named, "brand"] = "Own"
    return rated.assign(rating_id=lambda f: f.index + 1)


def _asked() -> Iterable[tuple[str, str | None]]:
    yield from ((metric, None) for metric in SCALES if metric != "attribute")
    yield from (("attribute", name) for name in ATTRIBUTES)


def _items(
    rng: Rng,
    responses: pd.DataFrame,
    mood: Any,
    metric: str,
    attribute: str | None,
    brand: str | None,
) -> pd.DataFrame:
    """One rating a response, nearly always; all of them share the mood of who answers."""
    lo, hi = SCALES[metric]
    place = 0.62 + 0.2 * mood * rng.uniform(0.3, 1) + rng.normal(0, 0.25, len(responses))
    rating = np.clip(np.round(lo + place * (hi - lo)), lo, hi)
    made = responses.assign(metric=metric, rating=rating, attribute=attribute, brand=brand)
    return made[rng.random(len(made)) < 0.96]


def _transactions(rng: Rng) -> pd.DataFrame:
    """Purchases of two years, a few refunds, a few of unknown margin."""
    n = 1500
    customers = rng.integers(1, CUSTOMERS + 1, n)
    days = rng.integers(0, 730, n) * (1 + customers % 3) / 3
    amount = rng.integers(5, 300, n).astype(float) * np.where(rng.random(n) < 0.03, -0.5, 1)
    margin = amount * rng.choice([0.1, 0.5], n)
    return pd.DataFrame(
        {
            "transaction_id": range(n),
            "customer_id": customers,
            "occurred_at": AS_OF - pd.to_timedelta(days.astype(int), unit="D"),
            "amount": amount,
            "margin_amount": np.where(rng.random(n) < 0.02, np.nan, margin),
        }
    )


def _contracts(rng: Rng) -> pd.DataFrame:
    """Contracts that began in three years; one in three has ended."""
    n = 560
    started = AS_OF - pd.to_timedelta(rng.integers(1, 1000, n), unit="D")
    ended = started + pd.to_timedelta(rng.integers(40, 900, n), unit="D")
    runs = (rng.random(n) < 0.6) | (ended > AS_OF)
    return pd.DataFrame(
        {
            "subscription_id": range(n),
            "customer_id": rng.integers(1, CUSTOMERS + 1, n),
            "started_at": started,
            "ended_at": pd.Series(ended).where(~runs),
        }
    )


def _events(rng: Rng) -> pd.DataFrame:
    """Most go through the stages in their order for a while; some skip one, some come twice."""
    rows = []
    for customer in range(1, CUSTOMERS + 1):
        day = pd.Timestamp("2026-01-01") + pd.Timedelta(days=int(rng.integers(0, 150)))
        for stage in STAGES[: int(rng.integers(0, 8))]:
            day += pd.Timedelta(hours=int(rng.integers(1, 400)))
            if rng.random() < 0.9:
                rows += [(customer, stage, day)] * int(rng.integers(1, 3))
    return pd.DataFrame(rows, columns=["customer_id", "stage", "occurred_at"])


def _engagement(rng: Rng) -> pd.DataFrame:
    rows = [
        (team, start + pd.Timedelta(days=30 * part), float(rng.integers(40, 95)))
        for team in TEAMS
        for start in (SPRING, SUMMER)
        for part in (0, 1)
    ]
    return pd.DataFrame(rows, columns=["team", "period", "score"])


def _followups(rng: Rng, ratings: pd.DataFrame) -> pd.DataFrame:
    """Cases of most responses: some never contacted, some twice, some not closed."""
    asked = ratings.drop_duplicates("response_id").sample(
        RESPONSES, replace=True, random_state=int(rng.integers(1 << 30))
    )
    opened = asked["responded_at"].reset_index(drop=True) + pd.Timedelta(hours=2)
    contact = opened + pd.to_timedelta(rng.integers(1, 240, RESPONSES), unit="h")
    closed = contact + pd.to_timedelta(rng.integers(1, 900, RESPONSES), unit="h")
    return pd.DataFrame(
        {
            "response_id": asked["response_id"].to_numpy(),
            "opened_at": opened,
            "first_contact_at": contact.where(rng.random(RESPONSES) < 0.7),
            "closed_at": closed.where(rng.random(RESPONSES) < 0.5),
        }
    )


def profiles() -> pd.DataFrame:
    """Nine offers of three attributes, a fraction of the full design."""
    rows = []
    for number in range(9):
        levels = {"Brand": number // 3, "Price": number % 3, "Help": (number // 3 + number % 3) % 2}
        rows += [(number + 1, name, f"{name} {level}") for name, level in levels.items()]
    return pd.DataFrame(rows, columns=["profile_id", "attribute", "level"])


def _conjoint_answers(rng: Rng) -> pd.DataFrame:
    rows = []
    for respondent in range(1, 61):
        segment = "A" if respondent <= 25 else "B" if respondent <= 52 else "Small"
        for profile in range(1, 10):
            rating = float(np.clip(np.round(5 + profile % 3 + rng.normal(0, 2)), 1, 10))
            rows.append((respondent, profile, rating, segment))
    return pd.DataFrame(rows, columns=["respondent_id", "profile_id", "rating", "segment"])


def _written() -> dict[str, pd.DataFrame]:
    """Tables in which there is nothing to draw by lot."""
    day = pd.Timestamp("2026-01-01")
    catalogue = [
        (scheme, segment, place, day)
        for scheme, shares in SHARES.items()
        for place, segment in enumerate(shares)
    ]
    return {
        "segments": pd.DataFrame(
            catalogue, columns=["scheme", "segment", "sort_order", "last_reviewed_at"]
        ),
        "attributes": pd.DataFrame(
            [(name, *about, f"Mend {name}") for name, about in ATTRIBUTES.items()],
            columns=["attribute", "side", "component", "stated_weight", "lever"],
        ),
        "brands": pd.DataFrame(
            [("Own", True, 1.1), (RIVALS[0], False, 0.9), (RIVALS[1], False, 1.25)],
            columns=["brand", "is_own", "relative_price"],
        ),
        "targets": pd.DataFrame(
            [
                ("experience", 76.0, None, day), ("experience", 90.0, "A", day),
                ("experience", 71.0, "A", day + pd.Timedelta(days=1)), ("value", 66.0, None, day),
            ],
            columns=["metric", "value", "segment", "as_of"],
        ),
        "benchmarks": pd.DataFrame(
            [("experience", 70.0, "Shops", None), ("experience", 64.0, "Shops", "B")],
            columns=["metric", "value", "industry", "segment"],
        ).assign(source="A study", as_of=day),
        "initiatives": pd.DataFrame(
            [
                ("New app", pd.Timestamp("2026-05-20"), None),
                ("Loyal calls", pd.Timestamp("2026-07-10"), "A"),
                ("Tiny gift", pd.Timestamp("2026-08-01"), "Tiny"),
            ],
            columns=["title", "started_at", "segment"],
        ),
        "conjoint_profiles": profiles(),
    }  # fmt: skip
