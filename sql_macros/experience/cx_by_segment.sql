/*---
summary: Customer experience (CX) rating by segment and period.
grain: one row per scheme, segment and period
args: [scheme, period, method, membership, min_n, min_n_band, rounding, target, as_of, fiscal_shift]
returns: [
  scheme, segment, period, period_start, period_age, customers, rated_customers, answers, coverage, cx, cx_shown,
  ci_low, ci_high, band, certainty, reliability, previous, change, change_z, change_verdict, target, target_gap]
source: "Sum of experience ratings / rated experiences, in percent of the scale; see docs/decisions.md#statistics."
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
    target_gap
from segment_scores(
    metric := 'experience', scheme := $scheme, period := $period, method := $method,
    unit := 'rating', bands := 'cx', rounding := $rounding,
    membership := $membership, min_n := $min_n, min_n_band := $min_n_band,
    target := $target, as_of := $as_of, fiscal_shift := $fiscal_shift
)
