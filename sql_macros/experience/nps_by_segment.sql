/*---
summary: Net promoter score (NPS) by segment and period.
grain: one row per scheme, segment and period
args: [
  scheme, period,
  promoter_from: {type: number, default: null, doc: "Lowest rating of a promoter, with the good end of the scale up; null: what the mapping states, else 9 on 0 or 1 to 10, 90 on 0 to 100. Ratings on a scale without limits are left out, see promoters_are_known."},
  detractor_to: {type: number, default: null, doc: "Highest rating of a detractor; null: what the mapping states, else 6, 60 on 0 to 100."},
  unit, membership, min_n,
  min_n_band: {doc: "With fewer answers a score is directional: its change is not judged."},
  as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "Segment; 'Unassigned' where a customer has none. Every segment with customers has a row in each period with an answer."},
  period, period_start, period_age, customers, rated_customers,
  answers: {doc: "Number of valid ratings, n."},
  coverage,
  promoters: {type: integer, unit: answers, doc: "Ratings from promoter_from; null where hidden, as all that follow."},
  passives: {type: integer, unit: answers, doc: "Ratings between."},
  detractors: {type: integer, unit: answers, doc: "Ratings to detractor_to."},
  promoter_share: {type: number, unit: share, range: "[0, 1]", doc: "Weighted share of promoters."},
  detractor_share: {type: number, unit: share, range: "[0, 1]", doc: "Weighted share of detractors."},
  nps: {type: number, unit: points, range: "[-100, 100]", doc: "100 x (promoter_share - detractor_share)."},
  ci_low: {unit: points}, ci_high: {unit: points}, reliability, previous: {unit: points}, change, change_z,
  change_verdict,
  nps_sum: {type: number, doc: "Sum of weight * NPS, for the NPS of several rows, see pooled; hidden segments have their part of the sum of all hidden ones."},
  answer_weight, hidden_part]
source: "Reichheld (2003), The One Number You Need to Grow, Harvard Business Review 81(12); interval as in nps_margin, the variance of a difference of two shares."
---*/
with rated as (
    select
        scheme,
        segment,
        period_start,
        customer_id,
        weight,
        1e2 * nps_balance(
            rating, lo, hi, direction, promoter_from := coalesce($promoter_from, top_from), detractor_to := coalesce($detractor_to, bottom_to)
        ) as balance
    from
        rating_scores(
            metric := 'nps', scheme := $scheme, period := $period, unit := $unit, membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

scored as (
    select scheme, segment, period_start, customer_id, weight, balance - 50e0 as centred, -1e2 as lowest, 1e2 as highest, balance as side
    from rated
    where balance is not null
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
    high as promoters,
    between_sides as passives,
    low as detractors,
    high_share as promoter_share,
    low_share as detractor_share,
    score as nps,
    ci_low,
    ci_high,
    reliability,
    previous,
    change,
    change_z,
    change_verdict,
    score_sum as nps_sum,
    score_weight as answer_weight,
    hidden_part
from
    survey_scores(
        scored := scored, scheme := $scheme, period := $period, min_n := $min_n, min_n_band := $min_n_band, as_of := $as_of,
        fiscal_shift := $fiscal_shift
    )
