"""What respondents write: short sentences that fit the rating and the contact rated."""

from __future__ import annotations

import numpy as np

from superset_kpi.demo.arrays import Ints, Texts
from superset_kpi.demo.story import stream
from superset_kpi.demo.surveys import TOUCHPOINTS

_SHARE_WITH_REMARK = 0.45

# For each touchpoint: poor (0-4), middling (5-7), good (8-10).
_SENTENCES: dict[str, tuple[tuple[str, ...], ...]] = {
    "Network": (
        ("Calls drop every evening at home.", "No signal on my way to work for weeks.",
         "Data is so slow that maps do not load."),
        ("Good in town, weak in the countryside.", "Mostly fine, slow at weekends.",
         "Coverage is all right, indoors it could be better."),
        ("Full signal wherever I go.", "Fast and stable, even on the train.",
         "Not one dropped call this quarter."),
    ),
    "Call centre": (
        ("Waited forty minutes and was cut off.", "I explained my problem to four people.",
         "Nobody called back as promised."),
        ("Friendly, but it took two calls.", "The answer was right, the wait was long.",
         "Helpful once I got through."),
        ("Solved in the first call.", "The agent knew my case and fixed it at once.",
         "Short wait and a clear answer."),
    ),
    "App": (
        ("The app logs me out every day.", "I cannot find my contract in the app.",
         "Top-up failed twice in the app."),
        ("The app works, some pages are slow.", "Handy for my usage, not for much else.",
         "Does what it should, looks dated."),
        ("I do everything in the app now.", "Changing my tariff took one minute.",
         "Clear overview of data and costs."),
    ),
    "Shop": (
        ("The shop sent me back to the hotline.", "Long queue and no phone in stock.",
         "They sold me an extra that I did not want."),
        ("Good advice, long queue.", "Friendly staff, little choice.",
         "It took longer than it should."),
        ("The shop moved all my data for me.", "Honest advice, no pressure to buy.",
         "In and out in ten minutes."),
    ),
    "Web site": (
        ("The price in the basket was another one.", "The site crashed when I wanted to pay.",
         "Impossible to compare the tariffs."),
        ("Found it in the end.", "Too many banners, but it works.",
         "The comparison could be simpler."),
        ("Easy to compare and to order.", "Clear prices, quick order.",
         "Chat on the site answered at once."),
    ),
    "Installation": (
        ("The technician did not come, twice.", "Three weeks without a line.",
         "The router arrived broken."),
        ("It works, a day later than agreed.", "Technician fine, paperwork heavy.",
         "Set-up was all right, the guide was not."),
        ("On time and tidy.", "Plugged in and online in minutes.",
         "The technician explained everything."),
    ),
    "Billing": (
        ("I was charged twice and had to fight for it.", "I do not understand my bill.",
         "A fee that nobody could explain."),
        ("The bill is correct, but hard to read.", "Refund came after a month.",
         "Why is the bill in two letters?"),
        ("A wrong amount was put right the same day.", "The new bill is easy to read.",
         "No surprises on the bill."),
    ),
    "Advertising": (
        ("The offer in the advert is not for existing customers.", "Misleading advert.",
         "Too many text messages with offers."),
        ("The advert was fine, the small print less so.", "Nothing that concerns me.",
         "A bit loud."),
        ("The offer was exactly as advertised.", "I heard of it from the advert and switched.",
         "A likeable campaign."),
    ),
    "Referral club": (
        ("My friend joined and I never got the bonus.", "The club rules keep changing.",
         "The bonus expired without a word."),
        ("Nice idea, the bonus takes long.", "The form could be shorter.",
         "The bonus is small."),
        ("I recommend them to everybody.", "Bonus arrived the next day.",
         "Three friends joined, all happy."),
    ),
}  # fmt: skip


def remarks(touchpoint: Ints, experience: Ints) -> Texts:
    """Returns a remark, or None, for each answer (n,): touchpoint codes and ratings of 0 to 10."""
    rng = stream("remarks")
    table = np.array([_SENTENCES[name] for name in TOUCHPOINTS], dtype=object)
    mood = np.digitize(experience, [5, 8])
    which = rng.integers(0, table.shape[2], len(touchpoint))
    found: Texts = table[touchpoint, mood, which]
    found[rng.random(len(touchpoint)) >= _SHARE_WITH_REMARK] = None
    return found
