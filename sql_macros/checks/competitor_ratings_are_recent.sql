/*---
summary: Every competitor was rated within the last year.
grain: one row per competitor without a recent rating
args: [
  max_days: {type: integer, default: 365, min: 1, doc: "Days after which a rating is no longer recent."},
  as_of]
returns: [
  item: {type: string, doc: "Competitor."},
  detail: {type: string, doc: "Never rated, or Last rated too long ago."},
  last_rated_on: {type: date, doc: "Day of the newest rating; null where there is none."}]
source: "Value is judged against alternatives; without recent ratings of them a competitive comparison compares with the past. No row without a competitor in brands."
check:
  severity: warning
  fix: "Ask non-customers or a panel about the competitors at least once a year."
---*/
with rated as (
    select brand, max(day_of(responded_at)) as last_rated_on
    from ratings
    where responded_at < plus_days($as_of, 1) and brand is not null
    group by brand
)

select
    b.brand as item,
    case when r.last_rated_on is null then 'Never rated' else 'Last rated too long ago' end as detail,
    r.last_rated_on
from brands as b
left join rated as r on b.brand = r.brand
where not b.is_own and (r.last_rated_on is null or r.last_rated_on <= plus_days($as_of, -($max_days)))
