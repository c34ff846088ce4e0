/*---
summary: Customer perceived value (CPV) by segment and period.
grain: one row per scheme, segment and period
args: [
  scheme, period, method,
  unit: {type: choice, choices: [latest, mean], default: latest, doc: "One value per rated customer: the latest valid rating of the period and cycle, or their mean."},
  denominator, membership, min_n, min_n_band, target: {default: 80}, as_of, fiscal_shift]
returns: [
  scheme, segment, period, period_start, period_age, customers, rated_customers, answers, coverage, cpv, cpv_shown,
  ci_low, ci_high,
  band: {doc: "Band, see cpv_band; null below min_n_band answers."},
  certainty, reliability, previous, change, change_z, change_verdict, target, target_gap]
source: "Sum of value ratings / rated customers, in percent of the scale; see docs/decisions.md#statistics."
---*/
select
    scheme,
    segment,
    period,
    period_start,
    period_age,
    customers,
    rated_customers,
    answers,
    coverage,
    score as cpv,
    score_shown as cpv_shown,
    ci_low,
    ci_high,
    band,
    certainty,
    reliability,
    previous,
    change,
    change_z,
    change_verdict,
    target,
    target_gap
from segment_scores(
    metric := 'value', scheme := $scheme, period := $period, method := $method,
    unit := case when $denominator = 'ratings' then 'rating' else $unit end,
    denominator := case when $denominator = 'all_customers' then 'all_customers' else 'answers' end,
    bands := 'cpv',
    membership := $membership, min_n := $min_n, min_n_band := $min_n_band,
    target := $target, as_of := $as_of, fiscal_shift := $fiscal_shift
)
