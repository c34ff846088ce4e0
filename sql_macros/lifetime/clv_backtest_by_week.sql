/*---
summary: Repeat purchases of each week beside what the model of the calibration period expected, before and after its end.
grain: one row per week since the first purchase of all
args: [
  calibration_end: {type: date, default: {setting: models.calibration_end}, doc: "Last day that the judged model was fitted to; customers who came later are left out."},
  observation_start: {type: date, default: {setting: models.observation_start}, doc: "First day of the first week."},
  observation_end]
returns: [
  week: {type: integer, range: "[1, inf)", doc: "Number of the week; the last one may be short."},
  week_start: {type: date, doc: "Its first day."},
  is_holdout: {type: integer, range: "0 or 1", doc: "1 where the week lies after calibration_end."},
  actual: {type: integer, unit: purchase days, doc: "Repeat purchase days."},
  model: {type: number, unit: purchase days, doc: "Expected ones of customers of whom nothing but the first purchase is known."},
  naive: {type: number, unit: purchase days, doc: "At everybody's rate of the calibration; null in the calibration."},
  actual_cumulative: {type: integer, unit: purchase days, doc: "Sum of actual up to the week."},
  model_cumulative: {type: number, unit: purchase days, doc: "Sum of model up to the week."}]
source: "Fader, Hardie & Lee (2005), Marketing Science 24(2), figures 1 and 2, equation 9."
---*/
with summary as (
    select
        customer_id,
        first_purchase_on,
        frequency,
        age_days
    from customer_summary(observation_end := $calibration_end)
),

starters as (
    select
        days_between($observation_start, first_purchase_on) as start_day,
        count(*) as customers
    from summary
    group by days_between($observation_start, first_purchase_on)
),

pace as (
    select sum(case when age_days > 0 then frequency * 7e0 / nullif(age_days, 0) else 0e0 end) as naive
    from summary
),

weeks as (
    select
        t.digit * 1000 + h.digit * 100 + z.digit * 10 + u.digit as week_no
    from digits() as t
    cross join digits() as h
    cross join digits() as z
    cross join digits() as u
),

spans as (
    select
        week_no,
        case
            when week_no * 7 + 6 < days_between($observation_start, $observation_end) then week_no * 7 + 6
            else days_between($observation_start, $observation_end)
        end as last_day
    from weeks
    where week_no * 7 <= days_between($observation_start, $observation_end)
),

ages as (
    select
        p.week_no,
        s.customers,
        (p.last_day - s.start_day) / 7e0 as weeks,
        2e0 * ln(1e0 + (p.last_day - s.start_day) / nullif(7e0 * f.alpha, 0))
        / nullif(ln(1e0 + (days_between($observation_start, $observation_end) / 7e0 + 1e0) / nullif(f.alpha, 0)), 0) - 1e0 as w
    from spans as p
    inner join starters as s on p.last_day > s.start_day
    cross join holdout_models as f
),

expected as (
    select
        week_no,
        sum(customers * weeks * new_customer_share(w, days_between($observation_start, $observation_end) / 7e0 + 1e0, 1e-8)) as model
    from ages
    group by week_no
),

purchase_days as (
    select distinct
        t.customer_id,
        day_of(t.occurred_at) as day
    from transactions as t
    inner join summary as s on t.customer_id = s.customer_id
    where t.occurred_at < plus_days($observation_end, 1) and t.amount >= 0 and day_of(t.occurred_at) > s.first_purchase_on
),

bought as (
    select
        cast(floor(days_between($observation_start, day) / 7e0) as bigint) as week_no,
        count(*) as actual
    from purchase_days
    group by cast(floor(days_between($observation_start, day) / 7e0) as bigint)
),

joined as (
    select
        p.week_no,
        p.last_day,
        coalesce(b.actual, 0) as actual,
        coalesce(e.model, 0e0) as model_cumulative
    from spans as p
    left join expected as e on p.week_no = e.week_no
    left join bought as b on p.week_no = b.week_no
)

select
    j.week_no + 1 as week,
    plus_days($observation_start, j.week_no * 7) as week_start,
    case when j.week_no * 7 > days_between($observation_start, $calibration_end) then 1 else 0 end as is_holdout,
    j.actual,
    j.model_cumulative - coalesce(lag(j.model_cumulative) over (order by j.week_no), 0e0) as model,
    case
        when j.week_no * 7 > days_between($observation_start, $calibration_end) then p.naive * (j.last_day - j.week_no * 7 + 1) / 7e0
    end as naive,
    cast(sum(j.actual) over (order by j.week_no rows between unbounded preceding and current row) as bigint) as actual_cumulative,
    j.model_cumulative
from joined as j
cross join pace as p
