/*---
summary: Every valid rating of a metric with its score, its period and the segment of who gave it.
grain: one row per rating (or per customer, period and cycle) and scheme
filtered_last: true
single_answers: true
uses: [brands]
args: [
  metric: {choices: [value, experience, satisfaction, nps, csat, ces, attribute]},
  scheme, period, method,
  unit: {choices: [rating, latest, mean], doc: "rating: every rating counts; latest, mean: one score per customer, period and cycle."},
  membership,
  per: {type: column, choices: [metric, attribute, brand, touchpoint, journey_stage, team, channel], default: metric, doc: "Where unit is latest or mean: one score for each of these, too."},
  competitors, as_of, fiscal_shift]
returns: [
  rating_id: {type: string, doc: "Rating; the latest of the customer where unit is latest or mean."},
  customer_id: {doc: "Customer; null where the rating names none."},
  response_id: {type: string, doc: "Response that the rating belongs to."},
  metric, scheme, segment, period, period_start, period_age, responded_at,
  cycle: {type: string, doc: "Survey cycle."},
  rating, lo: {doc: "Lowest rating of its scale."}, hi: {doc: "Highest rating of its scale."},
  direction: {type: number, doc: "1 where a high rating is good, -1 where it is bad."},
  top_from: {type: number, doc: "Lowest rating of the top boxes, of a promoter or of low effort as the mapping states it, with the good end up; null for the usual one."},
  bottom_to: {type: number, doc: "Highest rating of a detractor, in the same way."},
  score,
  band: {doc: "Band of the score: cpv_band for value, cx_band for experience, else null."},
  weight,
  brand: {type: string, doc: "Brand that was rated; the own one where the rating names none, null where that is not mapped."},
  attribute: {doc: "Attribute that was rated."},
  touchpoint, journey_stage, team, channel,
  comment: {type: string, doc: "What the customer wrote."}]
source: "A rating is valid where lo <= rating <= hi and its weight is above 0; see docs/decisions.md#validity."
---*/
with valid as (
    select
        rating_id,
        metric,
        customer_id,
        response_id,
        responded_at,
        cycle,
        rating,
        lo,
        hi,
        direction,
        top_from,
        bottom_to,
        brand,
        attribute,
        touchpoint,
        journey_stage,
        team,
        channel,
        comment,
        scaled_rating(rating, lo, hi, direction, method := $method, top_from := top_from) as score,
        coalesce(weight, 1e0) as weight,
        period_start(responded_at, period := $period, fiscal_shift := $fiscal_shift) as period_start
    from ratings
    where
        metric = $metric
        and is_valid_rating(rating, lo, hi, weight)
        and responded_at < plus_days($as_of, 1)
        and ($unit = 'rating' or customer_id is not null)
),

named_brands as (
    select distinct brand as named, brand, is_own
    from brands
    union all
    select '' as named, case when count(distinct brand) = 1 then max(brand) end as brand, true as is_own
    from brands
    where is_own
),

own as (
    select
        v.rating_id,
        v.metric,
        v.customer_id,
        v.response_id,
        v.responded_at,
        v.cycle,
        v.rating,
        v.lo,
        v.hi,
        v.direction,
        v.top_from,
        v.bottom_to,
        coalesce(b.brand, v.brand) as brand,
        v.attribute,
        v.touchpoint,
        v.journey_stage,
        v.team,
        v.channel,
        v.comment,
        v.score,
        v.weight,
        v.period_start
    from valid as v
    left join named_brands as b on coalesce(v.brand, '') = b.named
    where $competitors or b.is_own
),

ranked as (
    select
        rating_id,
        metric,
        customer_id,
        response_id,
        responded_at,
        cycle,
        rating,
        lo,
        hi,
        direction,
        top_from,
        bottom_to,
        brand,
        attribute,
        touchpoint,
        journey_stage,
        team,
        channel,
        comment,
        weight,
        period_start,
        case
            when $unit = 'mean' then
                sum(score * weight)
                    over (
                        partition by customer_id, period_start, cycle, attribute, case when $competitors then brand else metric end, $per
                    )
                / nullif(
                    sum(weight) over (
                        partition by customer_id, period_start, cycle, attribute, case when $competitors then brand else metric end, $per
                    ),
                    0
                )
            else score
        end as score,
        case
            when $unit = 'rating' then 1
            else row_number() over (
                partition by customer_id, period_start, cycle, attribute, case when $competitors then brand else metric end, $per
                order by responded_at desc, rating_id desc
            )
        end as newest_first
    from own
)

select
    r.rating_id,
    r.customer_id,
    r.response_id,
    r.metric,
    s.scheme,
    case when s.scheme = 'All customers' then 'All customers' else coalesce(m.segment, 'Unassigned') end as segment,
    period_label(r.period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    r.period_start,
    period_age(r.period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    r.responded_at,
    r.cycle,
    r.rating,
    r.lo,
    r.hi,
    r.direction,
    r.top_from,
    r.bottom_to,
    r.score,
    case
        when $metric = 'value' then cpv_band(r.score)
        when $metric = 'experience' then cx_band(r.score)
        else cast(null as text)
    end as band,
    r.weight,
    r.brand,
    r.attribute,
    r.touchpoint,
    r.journey_stage,
    r.team,
    r.channel,
    r.comment
from ranked as r
cross join schemes(scheme := $scheme) as s
left join memberships(scheme := $scheme) as m
    on
        r.customer_id = m.customer_id
        and ($scheme is not null or s.scheme = m.scheme)
        and (
            not is_mapped('segment_membership', 'valid_from')
            or m.joined_on <= (case when $membership = 'current' then $as_of else day_of(r.responded_at) end)
        )
        and (
            not (is_mapped('segment_membership', 'valid_from') or is_mapped('segment_membership', 'valid_to'))
            or m.left_on > (case when $membership = 'current' then $as_of else day_of(r.responded_at) end)
        )
where r.newest_first = 1
