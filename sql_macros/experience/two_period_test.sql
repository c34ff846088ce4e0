/*---
summary: Whether a segment scores differently in two periods - by default against the same season a year before.
grain: one row per scheme and segment
args: [
  metric: {choices: [value, experience, satisfaction, ces], doc: "Which ratings; of value one per customer, as in cpv_by_segment."},
  scheme, period,
  age: {doc: "The later period: 0 is the newest complete one, 1 the one before, -1 the running one."},
  periods_back: {type: integer, default: null, min: 1, max: 1000, doc: "How many periods the earlier one lies back from it; null for one year."},
  method, membership, min_n,
  min_n_band: {min: 2, doc: "Segments with fewer answers, or customers, are not judged."},
  as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "Segment; 'Unassigned' where a customer has none. Without answers in the scheme in both periods there are no rows."},
  period: {doc: "Name of the later period."},
  other_period: {type: string, doc: "Name of the earlier period."},
  answers: {doc: "Number of scores in the later period."},
  other_answers: {type: integer, unit: answers, doc: "Number of scores in the earlier period."},
  score: {range: null, doc: "Mean score in the later period; null where hidden."},
  other_score: {type: number, unit: percent, doc: "Mean score in the earlier period; null where hidden."},
  difference: {type: number, unit: points, doc: "The later less the earlier."},
  difference_percent: {type: number, unit: percent, doc: "Difference in percent of the earlier score; null where that is 0."},
  ci_low: {unit: points, doc: "Lower end of the 95 % interval of the difference, which is within the range of scores."},
  ci_high: {unit: points, doc: "Upper end of the 95 % interval of the difference."},
  z,
  verdict: {type: string, doc: "Higher, Lower, No significant difference, Too few answers: the later against the earlier, see significance."}]
source: "Welch's z: (m1 - m2) / sqrt(s1^2 / n1 + s2^2 / n2). Customers who answered in both periods make it a cautious test."
---*/
with scored as (
    select scheme, segment, period_start, period_age, answers, customer_n, score, squared_error, score_range
    from
        tested_scores(
            metric := $metric, scheme := $scheme, period := $period, method := $method, membership := $membership, age := $age,
            other_age := $age + coalesce($periods_back, case when $period = 'month' then 12 when $period = 'quarter' then 4 else 1 end),
            min_n := $min_n, min_n_band := $min_n_band, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

pivoted as (
    select
        scheme,
        segment,
        max(period_start) as period_start,
        min(period_start) as other_start,
        max(case when period_age = $age then answers end) as answers,
        max(case when period_age > $age then answers end) as other_answers,
        min(customer_n) as fewest_customers,
        max(score_range) as score_range,
        max(case when period_age = $age then score end) as score,
        max(case when period_age > $age then score end) as other_score,
        max(case when period_age = $age then squared_error end) as later_error,
        max(case when period_age > $age then squared_error end) as other_error
    from scored
    group by scheme, segment
),

compared as (
    select
        scheme,
        segment,
        period_start,
        other_start,
        answers,
        other_answers,
        fewest_customers,
        score_range,
        score,
        other_score,
        score - other_score as difference,
        later_error + other_error as squared_error
    from pivoted
    where other_start < period_start
)

select
    scheme,
    segment,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    period_label(other_start, period := $period, fiscal_shift := $fiscal_shift) as other_period,
    answers,
    other_answers,
    score,
    other_score,
    difference,
    1e2 * difference / nullif(other_score, 0) as difference_percent,
    within_range(difference - 1.96e0 * sqrt(squared_error), score_range) as ci_low,
    within_range(difference + 1.96e0 * sqrt(squared_error), score_range) as ci_high,
    difference / nullif(sqrt(squared_error), 0) as z,
    significance(difference, squared_error, fewest_customers, fewest_customers, min_n := $min_n_band) as verdict
from compared
