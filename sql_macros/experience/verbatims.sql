/*---
summary: What customers wrote, beside their score, its band and their segment.
kind: relation
grain: one row per commented rating and scheme
single_answers: true
args:
  metric: {type: choice, choices: [experience, value, satisfaction, nps, csat, ces], default: experience, doc: "Whose comments."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  newest: {type: integer, default: 8, min: 1, max: 1000, doc: "How many complete periods are looked at, besides the running one."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day; later comments are left out."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  rating_id: {type: string, doc: "Rating. Without comments there are no rows."}
  customer_id: {type: string, doc: "Customer; null where the rating names none."}
  metric: {type: string, doc: "Metric asked for."}
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment; 'Unassigned' where the customer has none."}
  period: {type: string, doc: "Name of the period."}
  period_age: {type: integer, range: "[-1, inf)", doc: "0: newest complete period; 1: the one before; -1: the running one."}
  responded_at: {type: timestamp, doc: "Time of the answer."}
  rating: {type: number, doc: "Rating as given."}
  score: {type: number, unit: percent, range: "[0, 100]", doc: "Score of the rating."}
  band: {type: string, doc: "Band of the score: cpv_band for value, cx_band for experience; Promoter, Passive, Detractor for nps; else null."}
  touchpoint: {type: string, doc: "Touchpoint of the experience."}
  journey_stage: {type: string, doc: "Stage of the customer journey."}
  team: {type: string, doc: "Team that served the customer."}
  channel: {type: string, doc: "Channel of the experience."}
  comment: {type: string, doc: "What the customer wrote; blank ones are left out."}
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
