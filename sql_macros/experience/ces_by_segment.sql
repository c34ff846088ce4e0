/*---
summary: Customer effort score (CES), its mean and the share of low effort, by segment and period.
grain: one row per scheme, segment and period
args: [
  scheme, period,
  low_effort_above: {type: number, default: null, min: 0, max: 99, doc: "Ratings above this percent of their scale are low effort; null: from low_effort_from of the mapping, else above 50, which are 5 to 7 of a scale from 1 to 7."},
  unit, membership, min_n,
  min_n_band: {doc: "With fewer answers a score is directional: its change is not judged."},
  as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "Segment; 'Unassigned' where a customer has none. Every segment with customers has a row in each period with an answer."},
  period, period_start, period_age, customers, rated_customers,
  answers: {doc: "Number of valid ratings, n."},
  coverage,
  ces: {type: number, unit: points of the scale, doc: "Mean rating, turned over where a high rating is bad, so that more is always less effort; null where hidden, as all that follow."},
  ci_low: {unit: points of the scale, doc: "Lower end of the 95 % interval of the mean; null below two answers."},
  ci_high: {unit: points of the scale, doc: "Upper end of the 95 % interval of the mean."},
  low_effort: {type: integer, unit: answers, doc: "Ratings of low effort."},
  low_effort_share: {type: number, unit: share, range: "[0, 1]", doc: "Weighted share of them."},
  share_low: {type: number, unit: share, range: "[0, 1]", doc: "Lower end of its 95 % interval, see wilson_low."},
  share_high: {type: number, unit: share, range: "[0, 1]", doc: "Upper end of its 95 % interval, see wilson_high."},
  reliability, previous: {unit: points of the scale}, change: {unit: points of the scale}, change_z, change_verdict,
  ces_sum: {type: number, doc: "Sum of weight * CES, for the CES of several rows, see pooled; hidden segments have their part of the sum of all hidden ones."},
  low_effort_sum: {type: number, doc: "Sum of the weights of low effort, in the same way."},
  answer_weight, hidden_part]
source: "Dixon, Freeman & Toman (2010), Stop Trying to Delight Your Customers, Harvard Business Review 88(7); as agreement that it was easy, on 1 to 7."
---*/
with rated as (
    select
        scheme,
        segment,
        period_start,
        customer_id,
        weight,
        lo,
        hi,
        scaled_rating(rating, lo, hi, direction, method := 'as_is') as ease,
        case
            when $low_effort_above is not null and score > $low_effort_above then 1
            when $low_effort_above is null and top_from is null and score > 50 then 1
            when $low_effort_above is null and scaled_rating(rating, lo, hi, direction, method := 'as_is') >= top_from then 1
            else 0
        end as is_easy
    from
        rating_scores(
            metric := 'ces', scheme := $scheme, period := $period, unit := $unit, membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

scored as (
    select scheme, segment, period_start, customer_id, weight, ease - 50e0 as centred, lo as lowest, hi as highest, is_easy as side
    from rated
)

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
    score as ces,
    ci_low,
    ci_high,
    high as low_effort,
    high_share as low_effort_share,
    share_low,
    share_high,
    reliability,
    previous,
    change,
    change_z,
    change_verdict,
    score_sum as ces_sum,
    high_sum as low_effort_sum,
    score_weight as answer_weight,
    hidden_part
from
    survey_scores(
        scored := scored, spread := 'sample', scheme := $scheme, period := $period, min_n := $min_n, min_n_band := $min_n_band, as_of := $as_of,
        fiscal_shift := $fiscal_shift
    )
