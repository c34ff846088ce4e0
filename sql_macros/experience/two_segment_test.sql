/*---
summary: Whether two segments of a scheme score differently - every pair of them, or the ones asked for.
grain: one row per pair of segments of a scheme
args: [
  metric: {choices: [value, experience, satisfaction, ces], doc: "Which ratings; of value one per customer, as in cpv_by_segment."},
  scheme: {doc: "One segmentation scheme; null for all of them."},
  segment: {type: text, default: null, doc: "Only pairs whose one side is this segment; it is the first of them."},
  other_segment: {type: text, default: null, doc: "Only pairs whose other side is this segment."},
  period, age, method, membership, min_n,
  min_n_band: {min: 2, doc: "Segments with fewer answers, or customers, are not judged."},
  as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "One segment. With fewer than two segments in the scheme there are no rows."},
  other_segment: {type: string, doc: "The other one."},
  period,
  answers: {doc: "Number of scores of the one."},
  other_answers: {type: integer, unit: answers, doc: "Number of scores of the other."},
  score: {range: null, doc: "Mean score of the one; null where hidden."},
  other_score: {type: number, unit: percent, doc: "Mean score of the other; null where hidden."},
  difference: {type: number, unit: points, doc: "The one less the other."},
  ci_low: {unit: points, doc: "Lower end of the 95 % interval of the difference, which is within the range of scores."},
  ci_high: {unit: points, doc: "Upper end of the 95 % interval of the difference."},
  z,
  verdict: {type: string, doc: "Higher, Lower, No significant difference, Too few answers: the one against the other, see significance. Of twenty pairs that do not differ one is expected to look as if it did."}]
source: "Welch's z: (m1 - m2) / sqrt(s1^2 / n1 + s2^2 / n2)."
---*/
with scored as (
    select scheme, segment, period_start, answers, customer_n, score, squared_error, score_range
    from
        tested_scores(
            metric := $metric, scheme := $scheme, period := $period, method := $method, membership := $membership,
            age := $age, other_age := $age, min_n := $min_n, min_n_band := $min_n_band, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

compared as (
    select
        a.scheme,
        a.segment,
        b.segment as other_segment,
        a.period_start,
        a.answers,
        b.answers as other_answers,
        a.customer_n,
        a.score_range,
        b.customer_n as other_customer_n,
        a.score,
        b.score as other_score,
        a.score - b.score as difference,
        a.squared_error + b.squared_error as squared_error
    from scored as a
    inner join scored as b on a.scheme = b.scheme and a.period_start = b.period_start and a.segment <> b.segment
    where
        ($segment is null or a.segment = $segment)
        and ($other_segment is null or b.segment = $other_segment)
        and ($segment is not null or $other_segment is not null or a.segment < b.segment)
)

select
    scheme,
    segment,
    other_segment,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    answers,
    other_answers,
    score,
    other_score,
    difference,
    within_range(difference - 1.96e0 * sqrt(squared_error), score_range) as ci_low,
    within_range(difference + 1.96e0 * sqrt(squared_error), score_range) as ci_high,
    difference / nullif(sqrt(squared_error), 0) as z,
    significance(difference, squared_error, customer_n, other_customer_n, min_n := $min_n_band) as verdict
from compared
