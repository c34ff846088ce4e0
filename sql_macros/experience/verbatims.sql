/*---
summary: What customers wrote, beside their score, its band and their segment.
grain: one row per commented rating and scheme
single_answers: true
args: [
  metric: {choices: [experience, value, satisfaction, nps, csat, ces], doc: "Whose comments."},
  scheme,
  newest: {default: 8, max: 1000, doc: "How many complete periods are looked at, besides the running one."},
  period, membership, as_of, fiscal_shift]
returns: [
  rating_id: {type: string, doc: "Rating. Without comments there are no rows."},
  customer_id: {doc: "Customer; null where the rating names none."},
  metric, scheme, segment, period, period_age, responded_at, rating, score,
  band: {doc: "Band of the score: cpv_band for value, cx_band for experience; Promoter, Passive, Detractor for nps; else null."},
  touchpoint, journey_stage, team, channel,
  comment: {type: string, doc: "What the customer wrote; blank ones are left out."}]
source: "Only valid ratings: a comment beside a score that does not count would be read as if it did."
---*/
select
    rating_id,
    customer_id,
    metric,
    scheme,
    segment,
    period,
    period_age,
    responded_at,
    rating,
    score,
    case
        when $metric <> 'nps' then band
        when nps_balance(rating, lo, hi, direction, promoter_from := top_from, detractor_to := bottom_to) > 0 then 'Promoter'
        when nps_balance(rating, lo, hi, direction, promoter_from := top_from, detractor_to := bottom_to) < 0 then 'Detractor'
        when nps_balance(rating, lo, hi, direction, promoter_from := top_from, detractor_to := bottom_to) = 0 then 'Passive'
    end as band,
    touchpoint,
    journey_stage,
    team,
    channel,
    comment
from
    rating_scores(
        metric := $metric, scheme := $scheme, period := $period, membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
where comment <> '' and comment <> ' ' and period_age < $newest
