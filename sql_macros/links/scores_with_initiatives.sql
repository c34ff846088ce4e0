/*---
summary: Every valid rating, and once more for each initiative that began in its period, to mark initiatives on a trend.
grain: one row per rating (or per customer, period and cycle), scheme and initiative; the initiative is null once
single_answers: true
uses: [initiatives]
args: [
  metric: {choices: [experience, value, satisfaction, ces]},
  scheme, period, method,
  unit: {choices: [rating, latest, mean], doc: "rating: every rating counts; latest, mean: one score per customer, period and cycle."},
  membership, as_of, fiscal_shift]
returns: [
  initiative: {type: string, doc: "Initiative that began in the period, for all customers or for this segment; null in the row of the rating itself. Its mean score is the height of its mark."},
  started_on: {type: date, doc: "Day on which the initiative began."},
  rating_id: {type: string, doc: "Rating."},
  customer_id: {doc: "Customer; null where the rating names none."},
  scheme, segment, period, period_start, period_age, responded_at, channel: {doc: "Channel of the answer."}, score,
  weight]
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
