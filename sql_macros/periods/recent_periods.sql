/*---
summary: The newest periods, without gaps whatever the data, up to the one that as_of lies in.
grain: one row per period
internal: true
args: [
  newest: {max: 1000, doc: "How many periods, of the last 90 years."},
  period, as_of, fiscal_shift]
returns: [
  period_start,
  last_day: {type: date, doc: "Its last day; as_of in the running period."}]
source: "Gregorian calendar."
---*/
with back as (
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit as periods
    from digits() as ones
    cross join digits() as tens
    cross join digits() as hundreds
),

starts as (
    select
        plus_months(
            period_start($as_of, period := $period, fiscal_shift := $fiscal_shift),
            -(case when $period = 'month' then 1 when $period = 'quarter' then 3 else 12 end) * periods
        ) as period_start
    from back
    -- Engines differ about days before 1900.
    where periods < $newest and (case when $period = 'month' then 1 when $period = 'quarter' then 3 else 12 end) * periods <= 1080
),

ends as (
    select
        period_start,
        plus_days(
            plus_months(period_start, case when $period = 'month' then 1 when $period = 'quarter' then 3 else 12 end), -1
        ) as last_day
    from starts
)

select
    period_start,
    case when last_day > $as_of then $as_of else last_day end as last_day
from ends
