"""Value macros against numbers that others have printed."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from superset_kpi.macros import render_query
from tests.cases import Case, mapping_of

# The tea study of the R package conjoint (Bak & Bartlomowicz, version 1.41): the 13 profiles of
# caEncodedDesign and the sum of the ratings that each got from the 100 respondents.
TEA_LEVELS = {
    "price": ("low", "medium", "high"),
    "variety": ("black", "green", "red"),
    "kind": ("bags", "granulated", "leafy"),
    "aroma": ("yes", "no"),
}
TEA_PROFILES = (
    "3111", "1211", "2221", "2131", "3331", "2112", "3212", "2312", "3122", "1322", "1132", "2232",
    "3232",
)  # fmt: skip
TEA_SUMS = (599, 417, 268, 473, 355, 336, 253, 240, 255, 235, 445, 501, 379)


def run(macro: str, given: dict[str, str], **arguments: object) -> pd.DataFrame:
    """Returns the rows of a relation macro over given rows."""
    mapping = mapping_of(Case(macro, "published", given=given, call=arguments), "duckdb")
    return duckdb.sql(render_query(macro, arguments, mapping)).df()


@pytest.fixture
def tea() -> dict[str, str]:
    """The study with one respondent who gives each profile its mean rating."""
    profiles = ["profile_id, attribute, level"]
    for number, codes in enumerate(TEA_PROFILES):
        for (attribute, levels), code in zip(TEA_LEVELS.items(), codes, strict=True):
            profiles.append(f"{number}, {attribute}, {levels[int(code) - 1]}")
    answers = ["respondent_id, profile_id, rating"]
    answers += [f"1, {number}, {total / 100}" for number, total in enumerate(TEA_SUMS)]
    return {"conjoint_profiles": "\n".join(profiles), "conjoint_answers": "\n".join(answers)}


def test_part_worths_of_the_tea_study(tea: dict[str, str]) -> None:
    # Least squares with all profiles rated by all depends on their means alone. Printed by
    # Conjoint(y = tpref, x = tprof, z = tlevn), as in Bak & Bartlomowicz (2012), pp. 239-248.
    found = run("conjoint_part_worths", tea, min_n=1).set_index(["attribute", "level"])[
        "part_worth"
    ]
    printed = {
        ("(Intercept)", "(Intercept)"): 3.5534,
        ("price", "low"): 0.2402,
        ("price", "medium"): -0.1431,
        ("price", "high"): -0.0971,
        ("variety", "black"): 0.6149,
        ("variety", "green"): 0.0349,
        ("variety", "red"): -0.6498,
        ("kind", "bags"): 0.1369,
        ("kind", "granulated"): -0.8898,
        ("kind", "leafy"): 0.7529,
        ("aroma", "yes"): 0.4108,
        ("aroma", "no"): -0.4108,
    }
    assert found.round(4).to_dict() == printed


def test_means_of_levels_are_not_part_worths_of_the_tea_study(tea: dict[str, str]) -> None:
    means = np.array(TEA_SUMS) / 100
    is_low = np.array([codes[0] == "1" for codes in TEA_PROFILES])
    assert round(means[is_low].mean() - means.mean(), 4) == -0.0018
    found = run("conjoint_part_worths", tea, min_n=1).set_index("level")["part_worth"]
    assert found["low"] > 0.24
