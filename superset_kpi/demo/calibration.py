"""Integer ratings whose mean score is a planned number."""

from __future__ import annotations

import numpy as np

from superset_kpi.demo.arrays import Floats, Ints


def ratings_with_mean(
    latent: Floats, score: float, lo: int, hi: int, rng: np.random.Generator
) -> Ints:
    """Returns whole ratings in [lo, hi] whose mean `minmax` score is `score`, as near as can be.

    `latent` (n,) is what each person feels, in percent; the ratings keep its order but for a few
    moved by one at random. Their sum is the planned sum rounded to a whole number.
    """
    if len(latent) == 0:
        return np.zeros(0, dtype=np.int64)
    wanted = round(len(latent) * (lo + score / 100 * (hi - lo)))
    below, above = -150.0, 150.0
    for _ in range(30):
        shift = (below + above) / 2
        if rounded(latent + shift, lo, hi).sum() < wanted:
            below = shift
        else:
            above = shift
    ratings = rounded(latent + below, lo, hi)
    while (missing := wanted - int(ratings.sum())) != 0:
        step = 1 if missing > 0 else -1
        movable = np.flatnonzero((ratings + step >= lo) & (ratings + step <= hi))
        moved = rng.choice(movable, min(abs(missing), len(movable)), replace=False)
        ratings[moved] += step
    return ratings


def rounded(latent: Floats, lo: int, hi: int) -> Ints:
    """Returns whole ratings in [lo, hi] for scores in percent, without a planned mean."""
    ratings: Ints = np.clip(np.rint(lo + latent / 100 * (hi - lo)), lo, hi).astype(np.int64)
    return ratings


def cell_scores(score: float, effects: Floats, counts: Ints) -> Floats:
    """Returns the mean score planned for each cell, so that all cells together have `score`.

    `effects` (cells,) are differences in points; `counts` (cells,) the ratings in each cell.
    """
    weighted = float((effects * counts).sum()) / max(int(counts.sum()), 1)
    planned: Floats = np.clip(score + effects - weighted, 1.0, 99.0)
    return planned
