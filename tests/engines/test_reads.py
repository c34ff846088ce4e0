"""Heavy tables are read once, also by engines that work a named select out wherever it is read."""

from __future__ import annotations

from superset_kpi.demo.serve import MAPPING_FILE
from superset_kpi.macros import render_query
from superset_kpi.mapping import read_mappings
from tests.engines.reads import called_bare, reads

HEAVY = {
    "telecom.brand_study",
    "telecom.card_points",
    "telecom.payments",
    "telecom.survey",
    "telecom.survey_items",
}

MORE = {
    # Several metrics or segments, or counts beside the scores.
    "ces_by_segment": 2,
    "cpv_and_satisfaction": 4,
    "csat_by_segment": 2,
    "cx_benchmarks": 3,
    "initiative_effects": 2,
    "nps_by_segment": 2,
    "overall_scores": 3,
    "score_sensitivity": 4,
    "scores_with_initiatives": 2,
    "two_segment_test": 2,
    # Sides of a value, and its components.
    "net_customer_value": 2,
    "value_components": 2,
    # Respondents of a segment, beside the answers by profile.
    "conjoint_counts": 2,
    # The drivers are chosen before the models that they are in; a design is a product with itself.
    "action_list": 10,
    "conjoint_importances": 22,
    "conjoint_part_worths": 14,
    "driver_quadrants": 10,
    "value_drivers": 10,
    # Days are collapsed for those alone who came back; a model is evaluated for few histories.
    "alive_matrix": 3,
    "clv_backtest_by_frequency": 3,
    "clv_backtest_by_week": 10,
    "clv_by_customer": 2,
    "clv_predicted": 12,
    "clv_predicted_by_segment": 12,
    "clv_tiers": 2,
    "clv_to_acquisition_cost": 2,
    "cohort_retention": 2,
    "cohort_value": 2,
    "customer_summary": 3,
    "model_status": 3,
    "money_at_risk": 2,
    "segment_separation": 2,
    "segmentation_health": 2,
    # All kinds of ratings: the demo's mapping has six selects of the survey.
    "check_findings": 90,
    "checks_summary": 90,
    "competitor_ratings_are_recent": 6,
    "one_currency": 2,
    "overall_band_fits_segments": 8,
    "rating_has_a_customer": 6,
    "rating_has_a_day": 6,
    "rating_is_on_scale": 6,
    "ratings_are_recent": 12,
    "response_is_unique": 6,
    "scores_have_comments": 4,
}


def test_a_heavy_table_is_read_once() -> None:
    mapping = read_mappings(MAPPING_FILE)["telecom"]
    more = {}
    for macro in called_bare(mapping):
        scans = reads(render_query(macro.name, {}, mapping), mapping.dialect)
        most = max((scans[table] for table in HEAVY), default=0)
        if most > 1:
            more[macro.name] = most
    assert more == MORE
