/*---
summary: Every valid rating, and once more for each initiative that began in its period, to mark initiatives on a trend.
kind: relation
grain: one row per rating (or per customer, period and cycle), scheme and initiative; the initiative is null once
single_answers: true
uses: [initiatives]
args:
  metric: {type: choice, choices: [experience, value, satisfaction, ces], default: experience, doc: "Which ratings."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score, see score."}
  unit: {type: choice, choices: [rating, latest, mean], default: rating, doc: "rating: every rating counts; latest, mean: one score per customer, period and cycle."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  initiative: {type: string, doc: "Initiative that began in the period, for all customers or for this segment; null in the row that stands for the rating itself. Its mean score is the height of its mark."}
  started_on: {type: date, doc: "Day on which the initiative began."}
  rating_id: {type: string, doc: "Rating."}
  customer_id: {type: string, doc: "Customer; null where the rating names none."}
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment; 'Unassigned' where the customer has none."}
  period: {type: string, doc: "Name of the period."}
  period_start: {type: date, doc: "First day of the period."}
  period_age: {type: integer, range: "[-1, inf)", doc: "0: newest complete period; 1: the one before; -1: the running one."}
  responded_at: {type: timestamp, doc: "Time of the answer."}
  channel: {type: string, doc: "Channel of the answer."}
  score: {type: number, unit: percent, range: "[0, 100]", doc: "Score of the rating."}
  weight: {type: number, doc: "Weight of the rating; 1 where none is mapped."}
source: "Scores as in rating_scores. Without ratings in its period an initiative has no mark; for effects see initiative_effects."
---*/
with rated as (
    select rating_id, customer_id, scheme, segment, period, period_start, period_age, responded_at, channel, score, weight
    from
        rating_scores(
            metric := $metric, scheme := $scheme, period := $period, method := $method, unit := $unit,
            membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

begun as (
    select
        title as initiative,
        day_of(started_at) as started_on,
        period_start(started_at, period := $period, fiscal_shift := $fiscal_shift) as began,
        coalesce(segment, 'All customers') as whom
    from initiatives
    where started_at < plus_days($as_of, 1) and title is not null
)

select
    cast(null as text) as initiative,
    cast(null as date) as started_on,
    rating_id,
    customer_id,
    scheme,
    segment,
    period,
    period_start,
    period_age,
    responded_at,
    channel,
    score,
    weight
from rated
union all
select
    b.initiative,
    b.started_on,
    r.rating_id,
    r.customer_id,
    r.scheme,
    r.segment,
    r.period,
    r.period_start,
    r.period_age,
    r.responded_at,
    r.channel,
    r.score,
    r.weight
from rated as r
inner join begun as b on r.period_start = b.began
where b.whom = 'All customers' or b.whom = r.segment
