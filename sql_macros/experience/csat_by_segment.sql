/*---
summary: Customer satisfaction (CSAT), the share of ratings in the top boxes, by segment and period.
grain: one row per scheme, segment and period
args: [
  scheme, period,
  metric: {choices: [csat, satisfaction], default: csat},
  boxes, unit, membership, min_n,
  min_n_band: {doc: "With fewer answers a score is directional: its change is not judged."},
  as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "Segment; 'Unassigned' where a customer has none. Every segment with customers has a row in each period with an answer."},
  period, period_start, period_age, customers, rated_customers,
  answers: {doc: "Number of valid ratings, n."},
  coverage,
  satisfied: {type: integer, unit: answers, doc: "Ratings in the top boxes; null where hidden, as all that follow."},
  csat: {type: number, unit: percent, range: "[0, 100]", doc: "Weighted share of ratings in the top boxes."},
  ci_low: {range: "[0, 100]", doc: "Lower end of the 95 % interval, see wilson_low."},
  ci_high: {range: "[0, 100]", doc: "Upper end of the 95 % interval, see wilson_high."},
  reliability, previous, change, change_z, change_verdict,
  csat_sum: {type: number, doc: "Sum of weight * CSAT, for the CSAT of several rows, see pooled; hidden segments have their part of the sum of all hidden ones."},
  answer_weight, hidden_part]
source: "The top two of five boxes, as usual for CSAT; others by the scale, see docs/decisions.md#boxes; Wilson's interval, with Kish's effective n where weights differ; z of a change from the variances p (1 - p) / n."
---*/
with rated as (
    select
        scheme,
        segment,
        period_start,
        customer_id,
        weight,
        scaled_rating(rating, lo, hi, direction, method := 'top_box', boxes := $boxes, top_from := top_from) as box
    from
        rating_scores(
            metric := $metric, scheme := $scheme, period := $period, unit := $unit, membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

scored as (
    select scheme, segment, period_start, customer_id, weight, box - 50e0 as centred, 0e0 as lowest, 1e2 as highest, box as side
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
    high as satisfied,
    score as csat,
    1e2 * share_low as ci_low,
    1e2 * share_high as ci_high,
    reliability,
    previous,
    change,
    change_z,
    change_verdict,
    score_sum as csat_sum,
    score_weight as answer_weight,
    hidden_part
from
    survey_scores(
        scored := scored, scheme := $scheme, period := $period, min_n := $min_n, min_n_band := $min_n_band, as_of := $as_of,
        fiscal_shift := $fiscal_shift
    )
