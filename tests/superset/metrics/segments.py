"""How large segments are, who moved, what is in the catalogue, and the study of offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from tests.superset.metrics.scores import CELL
from tests.superset.metrics.shop import (
    LAST_DAYS,
    Q2,
    Q3,
    WHOLE,
    Selection,
    Shop,
    Wanted,
    expects,
    over,
)
from tests.superset.metrics.sums import LEAST, complementary, only
from tests.superset.metrics.tables import SHARES

EVERYBODY = "All respondents"


@expects("segment_shares")
def sizes_of_segments(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    rows = []
    for start, day in LAST_DAYS.items():
        sizes = shop.sizes(chosen.scheme, day)
        rows += [(segment, start, n, n / sizes.sum()) for segment, n in sizes.items()]
    cells = pd.DataFrame(rows, columns=[*CELL, "n", "share"])

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        is_one = part["period_start"].nunique() == 1
        return {"size": part["n"].sum(), "share_of_scheme": part["share"].sum() if is_one else None}

    yield from over(cells, chosen, [CELL], numbers)


@expects("segment_migration")
def moves_between_segments(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    created = shop.tables["customers"].set_index("customer_id")["created_at"]
    before, after = (shop.segments_on(chosen.scheme, LAST_DAYS[start]) for start in (Q2, Q3))
    origin = before.where(created <= LAST_DAYS[Q2], "New customers")
    rows = pd.DataFrame({"from_segment": origin, "to_segment": after})
    rows = rows[[chosen.scheme != WHOLE] * len(rows)]
    sizes = rows["from_segment"].value_counts()

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        origins = part["from_segment"].unique()
        share = len(part) / sizes[origins[0]] if len(origins) == 1 else None
        return {"moved": len(part) or None, "share_of_origin": share}

    yield from over(rows, chosen, [["from_segment"], ["from_segment", "to_segment"]], numbers)


@expects("segmentation_health")
def schemes_looked_at(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    yield Wanted((), {(): {"schemes": int(chosen.scheme in SHARES)}})


@expects("segments")
def catalogue(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    names = {WHOLE: [WHOLE], **{scheme: [*shares] for scheme, shares in SHARES.items()}}
    first = {"Plan": 1, "Region": 2, WHOLE: 3}[chosen.scheme]
    cells = pd.DataFrame({"segment": names[chosen.scheme]})
    cells["place"] = [1.0] if chosen.scheme == WHOLE else range(len(cells))
    if chosen.scheme != WHOLE:
        cells.loc[len(cells)] = ["Unassigned", 1e6]

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        place = only(part, "place")
        return {"default_first": first, "catalogue_order": place, "segments": len(part)}

    yield from over(cells, chosen, [["segment"]], numbers)


@expects("conjoint_part_worths")
def worth_of_levels(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    # DuckDB plans the elimination of 16 columns for seconds; one shop has the study.
    if shop.is_contractual:
        return
    answers = shop.tables["conjoint_answers"]
    units = [(EVERYBODY, answers), *answers.groupby("segment")]
    sizes = [(segment, part["respondent_id"].nunique()) for segment, part in units]
    shown = _shown(pd.DataFrame(sizes, columns=["segment", "n"]))
    rows = []
    for segment, part in units:
        for (attribute, level), worth in _worths(shop, part).items():
            rows.append((segment, attribute, level, worth if shown[segment] else None))
    cells = pd.DataFrame(rows, columns=["segment", "attribute", "level", "worth"])

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {"level_worth": only(part, "worth")}

    yield from over(cells, chosen, [["segment", "attribute", "level"]], numbers)


@expects("conjoint_importances")
def weight_of_attributes(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    if shop.is_contractual:
        return
    rows = []
    for (segment, _), part in shop.tables["conjoint_answers"].groupby(["segment", "respondent_id"]):
        worths = pd.Series(_worths(shop, part)).drop(("(Intercept)", "(Intercept)"))
        ranges = worths.groupby(level=0).agg(np.ptp)
        rows += [
            (s, *each)
            for s in (segment, EVERYBODY)
            for each in (100 * ranges / ranges.sum()).items()
        ]
    groups = pd.DataFrame(rows, columns=["segment", "attribute", "weight"]).groupby(
        ["segment", "attribute"]
    )
    cells = groups["weight"].agg(n="size", weight="mean").reset_index()
    shown = cells["segment"].map(_shown(cells.drop_duplicates("segment")))
    cells["weight"] = cells["weight"].where(shown)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {"weight_in_choice": only(part, "weight")}

    yield from over(cells, chosen, [["segment", "attribute"]], numbers)


def _shown(units: pd.DataFrame) -> pd.Series:
    """Whether each segment has enough respondents, and tells nothing of one that has not."""
    units = units.assign(hidden=units["n"] < LEAST, whole=units["segment"] == EVERYBODY)
    return (~complementary(units, ["whole"])).set_axis(units["segment"])


def _worths(shop: Shop, answers: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Effects-coded least squares: levels of an attribute add up to 0."""
    design = shop.tables["conjoint_profiles"].pivot(
        index="profile_id", columns="attribute", values="level"
    )
    names: list[tuple[str, str]] = [("(Intercept)", "(Intercept)")]
    columns = [pd.Series(1.0, index=design.index)]
    for attribute in design.columns:
        *free, last = sorted(design[attribute].unique())
        for level in free:
            names.append((attribute, level))
            given = design[attribute]
            columns.append((given == level) * 1.0 - (given == last) * 1.0)
    coded = pd.concat(columns, axis=1).loc[answers["profile_id"]].to_numpy()
    found, *_ = np.linalg.lstsq(coded, answers["rating"].to_numpy(), rcond=None)
    worths = dict(zip(names, map(float, found), strict=True))
    for attribute in design.columns:
        last = max(design[attribute])
        worths[attribute, last] = -sum(v for (a, _), v in worths.items() if a == attribute)
    return worths
