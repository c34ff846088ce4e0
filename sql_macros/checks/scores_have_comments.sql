/*---
summary: Enough ratings of value and experience come with a comment.
grain: one row per metric with too few comments in the newest complete period
needs: [ratings]
args: [
  min_share: {type: number, default: 0.2, min: 0, max: 1, doc: "Share of ratings that should have a comment."},
  period, as_of]
returns: [
  item: {type: string, doc: "Metric."},
  detail: {type: string, doc: "How many ratings have a comment, in which period."},
  period: {doc: "The newest complete period."},
  ratings: {doc: "Valid ratings of the period."},
  commented: {type: integer, unit: ratings, doc: "Those with a comment."},
  commented_share: {type: number, unit: share, range: "[0, 1]", doc: "Commented / ratings."}]
source: "A score says how much, a comment why: below a fifth the reasons are a matter of chance. No row without ratings in the period."
check:
  severity: warning
  fix: "Ask for a reason after the rating, and map comment."
---*/
with rated as (
    select metric, period, comment
    from rating_scores(metric := 'value', scheme := 'All customers', period := $period, as_of := $as_of)
    where period_age = 0
    union all
    select metric, period, comment
    from rating_scores(metric := 'experience', scheme := 'All customers', period := $period, as_of := $as_of)
    where period_age = 0
),

counted as (
    select
        metric,
        max(period) as period,
        count(*) as ratings,
        sum(case when comment is null or comment = '' then 0 else 1 end) as commented
    from rated
    group by metric
)

select
    metric as item,
    text_of(commented) || ' of ' || text_of(ratings) || ' in ' || period as detail,
    period,
    cast(ratings as bigint) as ratings,
    cast(commented as bigint) as commented,
    commented * 1e0 / nullif(ratings, 0) as commented_share
from counted
where commented < $min_share * ratings
