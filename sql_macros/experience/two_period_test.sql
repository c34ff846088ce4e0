/*---
summary: Whether a segment scores differently in two periods - by default against the same season a year before.
kind: relation
grain: one row per scheme and segment
args:
  metric: {type: choice, choices: [value, experience, satisfaction, ces], default: experience, doc: "Which ratings; of value one per customer, as in cpv_by_segment."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  age: {type: integer, default: 0, min: -1, max: 1000, doc: "The later period: 0 is the newest complete one, 1 the one before, -1 the running one."}
  periods_back: {type: integer, default: null, min: 1, max: 1000, doc: "How many periods the earlier one lies back from it; null for one year."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score, see score."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  min_n: {type: integer, default: 10, min: 1, doc: "Segments with fewer answers show no score."}
  min_n_band: {type: integer, default: 30, min: 2, doc: "Segments with fewer answers, or customers, are not judged."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment; 'Unassigned' where a customer has none. Without answers in the scheme in both periods there are no rows."}
  period: {type: string, doc: "Name of the later period."}
  other_period: {type: string, doc: "Name of the earlier period."}
  answers: {type: integer, label: "Answers", unit: answers, doc: "Number of scores in the later period."}
  other_answers: {type: integer, unit: answers, doc: "Number of scores in the earlier period."}
  score: {type: number, unit: percent, doc: "Mean score in the later period; null where hidden."}
  other_score: {type: number, unit: percent, doc: "Mean score in the earlier period; null where hidden."}
  difference: {type: number, unit: points, doc: "The later less the earlier."}
  difference_percent: {type: number, unit: percent, doc: "Difference in percent of the earlier score; null where that is 0."}
  ci_low: {type: number, label: "95 % from", unit: points, doc: "Lower end of the 95 % interval of the difference."}
  ci_high: {type: number, label: "95 % to", unit: points, doc: "Upper end of the 95 % interval of the difference."}
  z: {type: number, doc: "Difference over its standard error; null where that is 0."}
  verdict: {type: string, doc: "Higher, Lower, No significant difference, Too few answers: the later against the earlier, see significance."}
source: "Welch's z: (m1 - m2) / sqrt(s1^2 / n1 + s2^2 / n2). Customers who answered in both periods make it a cautious test."
---*/
with scored as (
    select scheme, segment, period_start, period_age, answers, customer_n, score, squared_error
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
    difference - 1.96e0 * sqrt(squared_error) as ci_low,
    difference + 1.96e0 * sqrt(squared_error) as ci_high,
    difference / nullif(sqrt(squared_error), 0) as z,
    significance(difference, squared_error, fewest_customers, fewest_customers, min_n := $min_n_band) as verdict
from compared
