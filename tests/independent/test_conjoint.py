"""Conjoint macros against numpy on the demo warehouse."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tests.independent.demo import Demo, assert_same


def design(demo: Demo) -> tuple[pd.DataFrame, list[tuple[str, str]], list[tuple[str, int]]]:
    """Effects-coded cards by card_no; the coded levels; each feature's number of parameters."""
    cards = demo.table("telecom.study_cards").pivot(
        index="card_no", columns="feature", values="option_name"
    )
    coded, levels, sizes = {}, [], []
    for feature in cards:
        options = sorted(cards[feature].unique())
        for option in options[:-1]:
            is_last = (cards[feature] == options[-1]).astype(float)
            coded[feature, option] = (cards[feature] == option).astype(float) - is_last
            levels.append((str(feature), option))
        sizes.append((str(feature), len(options) - 1))
    return pd.DataFrame(coded).assign(one=1.0), levels, sizes


def test_part_worths_are_least_squares(demo: Demo) -> None:
    coded, levels, sizes = design(demo)
    points = demo.table("telecom.card_points")
    found = demo.run("conjoint_part_worths")
    segments = {"All respondents": points, **dict(list(points.groupby("group_name")))}
    for segment, given in segments.items():
        x, y = coded.loc[given["card_no"]].to_numpy(float), given["points"].to_numpy(float)
        solution, rest = np.linalg.lstsq(x, y, rcond=None)[:2]
        variance = rest[0] / (len(y) - x.shape[1]) * np.linalg.inv(x.T @ x)
        own = found[found["segment"] == segment].set_index(["attribute", "level"])
        assert own.loc[("(Intercept)", "(Intercept)"), "part_worth"] == pytest.approx(
            solution[-1], abs=1e-9
        )
        fit = 1 - rest[0] / ((y - y.mean()) ** 2).sum()
        np.testing.assert_allclose(own["r_squared"], fit, rtol=1e-9)
        for place, level in enumerate(levels):
            row = own.loc[level]
            half = 1.96 * math.sqrt(variance[place, place])
            assert (row["part_worth"], row["ci_high"]) == pytest.approx(
                (solution[place], solution[place] + half), abs=1e-9
            )
        last = 0
        for feature, size in sizes:
            block = slice(last, last + size)
            last += size
            rows = own.loc[feature].sort_index()
            half = 1.96 * math.sqrt(variance[block, block].sum())
            assert rows["part_worth"].sum() == pytest.approx(0, abs=1e-9)
            assert (rows["ci_high"] - rows["part_worth"]).iloc[-1] == pytest.approx(half, abs=1e-9)


def test_importances_are_means_of_individual_models(demo: Demo) -> None:
    coded, _, sizes = design(demo)
    points = demo.table("telecom.card_points")
    own, worths = [], []
    for _, given in points.groupby("respondent_no"):
        solution = np.linalg.lstsq(
            coded.loc[given["card_no"]].to_numpy(float), given["points"].to_numpy(float), rcond=None
        )[0]
        ranges, parts, last = [], [], 0
        for _, size in sizes:
            block = solution[last : last + size]
            last += size
            utilities = np.append(block, -block.sum())
            ranges.append(np.ptp(utilities))
            parts.append(utilities)
        worths.append(np.concatenate(parts))
        if sum(ranges) > 1e-9:
            own.append(100 * np.array(ranges) / sum(ranges))
    averaged, place, ranges = np.mean(worths, axis=0), 0, []
    for _, size in sizes:
        ranges.append(np.ptp(averaged[place : place + size + 1]))
        place += size + 1
    found = demo.run("conjoint_importances")
    found = found[found["segment"] == "All respondents"].set_index("attribute")
    found = found.loc[[feature for feature, _ in sizes]]
    error = np.std(own, axis=0, ddof=1) / math.sqrt(len(own))
    np.testing.assert_allclose(found["importance"], np.mean(own, axis=0), rtol=1e-9)
    np.testing.assert_allclose(found["ci_low"], np.mean(own, axis=0) - 1.96 * error, rtol=1e-9)
    np.testing.assert_allclose(
        found["importance_of_averages"], 100 * np.array(ranges) / sum(ranges), rtol=1e-9
    )


def test_counts_of_choices(demo: Demo) -> None:
    shown = demo.table("telecom.card_choices").merge(
        demo.table("telecom.study_cards"), on="card_no"
    )
    counted = shown.groupby(["feature", "option_name"])["is_picked"].agg(["size", "sum", "mean"])
    wanted = counted.reset_index()
    wanted.columns = pd.Index(["attribute", "level", "shown", "chosen", "chosen_share"])
    wanted["chosen_share"] *= 100
    found = demo.run("conjoint_counts")
    found = found[found["segment"] == "All respondents"]
    assert_same(found, wanted, ["attribute", "level"])
