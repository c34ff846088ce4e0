/*---
summary: The band of all customers is the band of every larger segment.
grain: one row per metric, scheme and larger segment in another band
needs: [ratings, segment_membership]
args: [
  min_share: {type: number, default: 0.1, min: 0, max: 1, doc: "Share of customers from which a segment is a larger one."},
  min_n_band, period, as_of]
returns: [
  item: {type: string, doc: "Segment."},
  detail: {type: string, doc: "Its band, and the band of all customers."},
  metric: {doc: "CPV or CX."}, scheme,
  period: {doc: "The newest complete period."},
  customers: {doc: "Customers in the segment today."}]
source: "The bands of cpv_by_segment and cx_by_segment. A mean hides what differs: where a larger segment is in another band, the overall band calls for no action or for the wrong one."
check:
  severity: info
  fix: "Report and act by segment; show the overall score only beside its segments."
---*/
with rated as (
    select 'CPV' as metric, scheme, segment, period, score, weight
    from rating_scores(metric := 'value', unit := 'latest', period := $period, as_of := $as_of)
    where period_age = 0
    union all
    select 'CX' as metric, scheme, segment, period, score, weight
    from rating_scores(metric := 'experience', period := $period, as_of := $as_of)
    where period_age = 0
),

means as (
    select metric, scheme, segment, max(period) as period, mean_score(score, weight) as score
    from rated
    group by metric, scheme, segment
    having count(*) >= $min_n_band
),

banded as (
    select
        metric,
        scheme,
        segment,
        period,
        case when metric = 'CPV' then cpv_band(score) else cx_band(score) end as band
    from means
),

overall as (
    select metric, band
    from banded
    where scheme = 'All customers'
),

sizes as (
    select scheme, segment, count(*) as customers
    from current_segments(as_of := $as_of)
    group by scheme, segment
),

everybody as (
    select customers
    from sizes
    where scheme = 'All customers'
)

select
    b.segment as item,
    b.band || ', all customers ' || o.band as detail,
    b.metric,
    b.scheme,
    b.period,
    cast(s.customers as bigint) as customers
from banded as b
inner join overall as o on b.metric = o.metric
inner join sizes as s on b.scheme = s.scheme and b.segment = s.segment
cross join everybody as e
where b.band <> o.band and s.customers >= $min_share * e.customers
