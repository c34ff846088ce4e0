/*---
summary: Customer perceived value (CPV) by a dimension, segment and period.
grain: one row per scheme, segment, part and period
internal: true
args: [
  dimension: {type: column, choices: [brand, touchpoint], doc: "Column whose values are scored apart."},
  competitors: {doc: "Also ratings of other brands than the own one; those that name none are then of the 'Own brand'."},
  parts, scheme, period, method,
  unit: {choices: [latest, mean], default: latest, doc: "One value per rated customer and part: the latest valid rating of the period and cycle, or their mean."},
  denominator, membership, min_n, min_n_band, target: {default: 80}, as_of, fiscal_shift]
returns: [
  scheme, segment,
  part: {doc: "Value of the dimension; 'Not stated' where a rating has none. Without an answer there is no row."},
  period, period_start, period_age, customers, rated_customers, answers, coverage, cpv, cpv_shown, ci_low, ci_high,
  band: {doc: "Band, see cpv_band; null below min_n_band answers."},
  certainty, reliability, previous, change, change_z, change_verdict, target, target_gap]
source: "Sum of value ratings / rated customers, in percent of the scale; see docs/decisions.md#statistics."
---*/
select
    scheme,
    segment,
    case when $competitors and part = 'Not stated' then 'Own brand' else part end as part,
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
from
    segment_scores(
        metric := 'value', scheme := $scheme, period := $period, method := $method,
        unit := case when $denominator = 'ratings' then 'rating' else $unit end,
        denominator := case when $denominator = 'all_customers' then 'all_customers' else 'answers' end,
        bands := 'cpv', dimension := $dimension, competitors := $competitors,
        membership := $membership, parts := $parts, min_n := $min_n, min_n_band := $min_n_band,
        target := $target, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
where answers > 0
