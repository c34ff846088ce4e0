"""What customers get for what they give: net value, its components, drivers and rivals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd

from tests.superset.metrics.money import outlook
from tests.superset.metrics.scores import CELL, newest_first, sums_of
from tests.superset.metrics.shop import WHOLE, Selection, Shop, Wanted, expects, over
from tests.superset.metrics.sums import LEAST, complementary, of_few, only, pooled
from tests.superset.metrics.tables import AS_OF, ATTRIBUTES

SIDE = {name: side for name, (side, _, _) in ATTRIBUTES.items()}
COMPONENT = {name: component for name, (_, component, _) in ATTRIBUTES.items()}
WEIGHT = {name: weight for name, (_, _, weight) in ATTRIBUTES.items()}
AXES = {
    "Functional": "functional", "Emotional": "emotional", "Social": "social",
    "Economic": "economic", "Low price": "monetary", "Little time": "time",
    "Little effort": "effort", "Little worry": "psychological",
}  # fmt: skip
COSTS = ["Low price", "Little time", "Little effort", "Little worry"]
LEAST_OF_DRIVERS = 30
TO_REACH = 80
PRICES = {"Own": 1.1, "Rival One": 0.9, "Rival Two": 1.25}


@cache
def levels(shop: Shop, scheme: str) -> pd.DataFrame:
    """How large each customer calls each benefit, how heavy each cost: one row an attribute."""
    rows = shop.answers("attribute", scheme).dropna(subset="customer_id")
    latest = rows.groupby(["customer_id", "period_start", "attribute"]).tail(1)
    side, share = latest["attribute"].map(SIDE), latest["attribute"].map(WEIGHT)
    level = latest["score"].where(side == "benefit", 100 - latest["score"])
    component = latest["attribute"].map(COMPONENT)
    return latest.assign(side=side, component=component, share=share, level=share * level)


@cache
def two_sided(shop: Shop, scheme: str, part: str) -> pd.DataFrame:
    """Customers who rated a benefit and a cost, each part's mean level, and their weight."""
    rows, keys = levels(shop, scheme), [*CELL, "customer_id"]
    sums = rows.groupby([*keys, part])[["level", "share"]].sum()
    wide = (sums["level"] / sums["share"]).unstack()
    both = rows.groupby([*keys, "side"]).size().unstack().dropna().index
    made = wide.reindex(both)
    return made.assign(weight=rows.groupby(keys)["weight"].max()).reset_index()


@expects("net_customer_value")
def net_value(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    people = two_sided(shop, chosen.scheme, "side")
    people["index"] = 50 + (people["benefit"] - people["cost"]) / 2
    cells = None
    for name in ("index", "benefit", "cost"):
        sums = sums_of(people.assign(score=people[name]), CELL).rename(columns={"weighted": name})
        cells = sums if cells is None else cells.assign(**{name: sums[name]})
    cells = of_few(cells, ["period_start"])

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        index, benefit, cost = (
            pooled(cells, part, name, "weight", ["period_start"])
            for name in ("index", "benefit", "cost")
        )
        return {
            "net": None if index is None else 2 * index - 100,
            "benefit_level": benefit,
            "cost_level": cost,
            "index_of_value": index,
            "respondents": part["n"].sum(),
            "newest_complete_first": newest_first(part),
        }

    yield from over(cells, chosen, [CELL], numbers)


@expects("value_components")
def components_of_value(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    people, sheets = two_sided(shop, chosen.scheme, "component"), []
    for component in AXES.values():
        rows = people.dropna(subset=component)
        sums = sums_of(rows.assign(score=rows[component]), CELL)
        sheets.append(of_few(sums, ["period_start"]).assign(component=component))
    cells = pd.concat(sheets, ignore_index=True)
    cells["added"] = cells["weighted"] * cells["component"].map(_contributions())

    def mean(part: pd.DataFrame, component: str, top: str = "weighted") -> float | None:
        part = part[part["component"] == component]
        return pooled(cells[cells["component"] == component], part, top, "weight", ["period_start"])

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        names = part["component"].unique()
        axes = {axis: mean(part, component) for axis, component in AXES.items()}
        is_cell = part["segment"].nunique() == 1 and part["period_start"].nunique() == 1
        return {
            "component_level": mean(part, names[0]) if len(names) == 1 else None,
            "adds": mean(part, names[0], "added") if len(names) == 1 else None,
            "respondents": part["n"].max() if is_cell else None,
            **{a: v if v is None or a not in COSTS else 100 - v for a, v in axes.items()},
        }

    yield from over(cells, chosen, [["segment"], ["component"], ["segment", "component"]], numbers)


def _contributions() -> dict[str, float]:
    """Weight of each component on its side, less than 0 for costs."""
    found: dict[str, float] = {}
    for side, component, weight in ATTRIBUTES.values():
        whole = sum(w for s, _, w in ATTRIBUTES.values() if s == side)
        sign = 1 if side == "benefit" else -1
        found[component] = found.get(component, 0.0) + sign * weight / whole
    return found


@cache
def drivers(shop: Shop, scheme: str, most: int, is_current: bool = False) -> pd.DataFrame:
    """Each driver's correlation with value, its share of what is explained, and its score."""
    outcome = sums_of(shop.answers("value", WHOLE), ["response_id", "period_start"])
    outcome = outcome.assign(y=outcome["weighted"] / outcome["weight"])
    weights = shop.answers("value", WHOLE).groupby("response_id")["weight"].max()
    items = shop.answers("attribute", scheme)
    if is_current:
        today = shop.segments_on(scheme, AS_OF)
        nobody = WHOLE if scheme == WHOLE else "Unassigned"
        items = items.assign(segment=items["customer_id"].map(today).fillna(nobody))
    keys = ["segment", "response_id", "period_start"]
    wide = items.pivot_table(index=keys, columns="attribute", values="score").reset_index()
    wide = wide.merge(
        outcome[["response_id", "period_start", "y"]], on=["response_id", "period_start"]
    )
    wide["w"] = wide["response_id"].map(weights)
    names = _strongest(wide, most)
    rows = []
    for segment, part in wide.dropna(subset=names).groupby("segment"):
        n, w = len(part), part["w"].to_numpy()
        x, y = part[names].to_numpy(), part["y"].to_numpy()
        shares = _lmg(x, y, w) if n >= LEAST_OF_DRIVERS else np.full(len(names), np.nan)
        for place, name in enumerate(names):
            few = n < LEAST_OF_DRIVERS
            r = np.nan if few else _weighted_r(np.column_stack([x[:, place], y]), w)[0, 1]
            score = np.nan if few else np.average(x[:, place], weights=w)
            rows.append((segment, name, n, r, score, shares[place], shares.sum()))
    columns = ["segment", "attribute", "n", "r", "score", "share", "r_squared"]
    found = pd.DataFrame(rows, columns=columns)
    return found.assign(importance=100 * found["share"] / found["r_squared"])


def _strongest(wide: pd.DataFrame, most: int) -> list[str]:
    """The drivers that go with value most, over everybody."""
    strength = {}
    for name in ATTRIBUTES:
        rated = wide.dropna(subset=name)
        pair = rated[[name, "y"]].to_numpy()
        strength[name] = abs(_weighted_r(pair, rated["w"].to_numpy())[0, 1])
    return sorted(strength, key=lambda name: (-strength[name], name))[:most]


def _weighted_r(columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
    covariance = np.cov(columns, rowvar=False, aweights=weight, ddof=0)
    deviation = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(deviation, deviation))


def _lmg(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """What each predictor adds to R2, mean over all orders (Lindeman, Merenda & Gold)."""
    r = _weighted_r(np.column_stack([x, y]), weight)
    places = range(x.shape[1])

    def explained(chosen: tuple[int, ...]) -> float:
        if not chosen:
            return 0.0
        among, with_y = r[np.ix_(chosen, chosen)], r[list(chosen), -1]
        return float(with_y @ np.linalg.solve(among, with_y))

    known = {s: explained(s) for k in range(len(places) + 1) for s in combinations(places, k)}
    shares = np.zeros(len(places))
    for subset, base in known.items():
        for each in set(places) - set(subset):
            larger = known[tuple(sorted((*subset, each)))]
            orders = factorial(len(subset)) * factorial(len(places) - len(subset) - 1)
            shares[each] += orders / factorial(len(places)) * (larger - base)
    return shares


@expects("value_drivers")
def drivers_of_value(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    cells = drivers(shop, chosen.scheme, 8)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        is_one = part["segment"].nunique() == 1
        return {
            "correlation_with_value": only(part, "r"),
            "explained_share": only(part, "importance"),
            "explained_variance": part["r_squared"].max() if is_one else None,
        }

    yield from over(cells, chosen, [["segment"], ["segment", "attribute"]], numbers)


@expects("driver_quadrants")
def importance_and_performance(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    cells = drivers(shop, chosen.scheme, 8)
    means = cells.groupby("segment")[["score", "importance"]].transform("mean")
    cells = cells.assign(ahead=cells["score"] - means["score"])
    cells["weightier"] = cells["importance"] - means["importance"]

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "explained_share": only(part, "importance"),
            "mean_performance": only(part, "score"),
            "performance_lead": only(part, "ahead"),
            "importance_lead": only(part, "weightier"),
            "respondents": part["n"].sum(),
        }

    yield from over(cells, chosen, [["attribute"], ["segment", "attribute"]], numbers)


@expects("action_list")
def what_to_do_first(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    cells = drivers(shop, chosen.scheme, 5, is_current=True)
    cells = cells.assign(gap=TO_REACH - cells["score"]).dropna(subset="importance").query("gap > 0")
    worth = outlook(shop, chosen.scheme).assign(scheme=chosen.scheme)
    few = (worth["customers"] < LEAST_OF_DRIVERS) | (worth["n"].between(1, LEAST_OF_DRIVERS - 1))
    hidden = complementary(worth.assign(hidden=few), ["scheme"], least=LEAST_OF_DRIVERS)
    equity = worth["equity"].where(~hidden).set_axis(worth["segment"])
    people = shop.segments_on(chosen.scheme, AS_OF).value_counts()
    cells["people"] = cells["segment"].map(people)
    stake = cells["importance"] * cells["gap"] / 1e4
    cells["money"] = stake * cells["segment"].map(equity)
    cells["reach"] = stake * cells["people"]
    order = cells.assign(money=cells["money"].fillna(0)).sort_values(
        ["money", "reach", "segment", "attribute"], ascending=[False, False, True, True]
    )
    cells["rank"] = pd.Series(range(1, len(order) + 1), index=order.index)

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        return {
            "priority": only(part, "rank"),
            "explained_share": only(part, "importance"),
            "score_now": only(part, "score"),
            "gap_to_close": only(part, "gap"),
            "people": only(part, "people"),
            "money_at_stake": part["money"].sum(min_count=1),
        }

    yield from over(cells, chosen, [["attribute"], ["segment", "attribute"]], numbers)


@expects("value_map")
def brands_by_quality_and_price(shop: Shop, chosen: Selection) -> Iterator[Wanted]:
    rows = shop.all_answers("attribute", chosen.scheme).dropna(subset="customer_id")
    keys = ["customer_id", "period_start", "attribute", "brand"]
    latest = rows.groupby(keys).tail(1).assign(score=lambda f: 20 * f["rating"])
    respondent = latest.groupby(["response_id", "period_start"])["brand"]
    compared = latest[respondent.transform("nunique") > 1]
    means = sums_of(compared, ["segment", "brand", "attribute"])
    means = means[(means["n"] >= LEAST) & (means["attribute"].map(COMPONENT) != "monetary")]
    means = means.assign(score=(means["weighted"] / means["weight"]).round(6))
    beside = means.groupby(["segment", "attribute"])["score"]
    others = (beside.transform("sum") - means["score"]) / (beside.transform("size") - 1)
    means = means.assign(others=others, stated=means["attribute"].map(WEIGHT))
    means = means[beside.transform("size") > 1]
    rows = []
    for (segment, brand), part in means.groupby(["segment", "brand"]):
        quality = np.average(part["score"], weights=part["stated"])
        relative = np.average(part["score"] / part["others"], weights=part["stated"])
        rivals = [price for name, price in PRICES.items() if name != brand]
        rows.append((segment, brand, quality, relative, PRICES[brand] / np.mean(rivals)))
    cells = pd.DataFrame(rows, columns=["segment", "brand", "quality", "relative", "price"])

    def numbers(part: pd.DataFrame) -> dict[str, Any]:
        is_one, own = part["segment"].nunique() == 1, part["brand"] == "Own"
        best = part.loc[~own, "quality"].max() if is_one else None
        ours = part.loc[own, "quality"].max() if is_one else None
        return {
            "price_ratio": only(part, "price"),
            "quality_ratio": only(part, "relative"),
            "own_quality": ours,
            "best_other_quality": best,
            "lead_on_best": ours - best if is_one else None,
        }

    yield from over(cells, chosen, [["segment"], ["segment", "brand"]], numbers)
