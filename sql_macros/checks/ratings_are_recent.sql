/*---
summary: Every metric was rated within the last quarter.
grain: one row per metric without a recent rating
args: [
  max_days: {type: integer, default: 92, min: 1, doc: "Days after which the newest rating is too old; 92 is the longest quarter."},
  as_of]
returns: [
  item: {type: string, doc: "Metric; any where there is no rating at all."},
  detail: {type: string, doc: "No rating, or Newest rating too old."},
  last_rated_on: {type: date, doc: "Day of the newest rating."}]
source: "CPV is assessed every quarter; an older rating means a survey that stopped or a load that failed."
check:
  severity: warning
  fix: "Look whether the survey still runs and its answers are still loaded; if the data ends there, set as_of in kpi.yaml."
---*/
with newest as (
    select metric, max(day_of(responded_at)) as last_rated_on
    from ratings
    where responded_at < plus_days($as_of, 1)
    group by metric
),

totals as (
    select count(*) as metrics
    from newest
)

select metric as item, 'Newest rating too old' as detail, last_rated_on
from newest
where last_rated_on <= plus_days($as_of, -($max_days))
union all
select 'any' as item, 'No rating' as detail, day_of(null) as last_rated_on
from totals
where metrics = 0
