/*---
summary: Customer experience (CX) rating by a dimension, segment and period.
grain: one row per scheme, segment, part and period
internal: true
args: [
  dimension: {type: column, choices: [channel, journey_stage, team, touchpoint], doc: "Column whose values are scored apart."},
  scheme, period, method, membership, min_n, min_n_band, rounding, target, as_of, fiscal_shift]
returns: [
  scheme, segment,
  part: {doc: "Value of the dimension; 'Not stated' where a rating has none. Without an answer there is no row."},
  period, period_start, period_age, customers, rated_customers, answers, coverage, cx, cx_shown, ci_low, ci_high,
  band, certainty, reliability, previous, change, change_z, change_verdict, target, target_gap, cx_sum, answer_weight,
  hidden_part: {doc: "1 / hidden rows of the scheme, part and period; null where not hidden."}]
source: "Sum of experience ratings / rated experiences, in percent of the scale; see docs/decisions.md#statistics."
---*/
select
    scheme,
    segment,
    part,
    period,
    period_start,
    period_age,
    customers,
    rated_customers,
    answers,
    coverage,
    score as cx,
    score_shown as cx_shown,
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
    target_gap,
    score_sum as cx_sum,
    score_weight as answer_weight,
    hidden_part
from
    segment_scores(
        metric := 'experience', dimension := $dimension, scheme := $scheme, period := $period, method := $method,
        unit := 'rating', bands := 'cx', rounding := $rounding,
        membership := $membership, parts := 'of_total', min_n := $min_n, min_n_band := $min_n_band,
        target := $target, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
where answers > 0
