/*---
summary: Every rating has a day.
grain: one row per metric with ratings that have none
returns: [
  item: {type: string, doc: "Metric."},
  detail: {type: string, doc: "How many ratings have no day."},
  undated_ratings: {type: integer, unit: ratings, doc: "Ratings without a day."},
  all_ratings: {type: integer, unit: ratings, doc: "All ratings of the metric."}]
source: "A rating without a day is in no period, and so in no score."
check:
  severity: error
  fix: "Map responded_at to a column that is always filled, or with coalesce to the day of the invitation."
---*/
with counted as (
    select
        metric,
        count(rating) as all_ratings,
        cast(sum(case when rating is not null and responded_at is null then 1 else 0 end) as bigint) as undated_ratings
    from ratings
    group by metric
)

select
    metric as item,
    text_of(undated_ratings) || ' of ' || text_of(all_ratings) || ' ratings have no day' as detail,
    undated_ratings,
    all_ratings
from counted
where undated_ratings > 0
