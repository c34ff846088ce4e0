/*---
summary: Purchase history of each customer as predictive models read it - frequency, recency, age, monetary value.
grain: one row per customer with a purchase up to the end of observation, or of calibration
args: [
  observation_end: {type: date, default: {setting: as_of}, doc: "Last day that is looked at; later purchases are left out."},
  calibration_end: {type: date, default: null, doc: "Last day of the history, for judging a forecast: what follows up to observation_end is counted as holdout. Null: there is no holdout."},
  refunds: {doc: "net: amounts below 0 reduce revenue, margin and the first day's or later value; ignore: they are left out."},
  days_per_unit: {type: number, default: 7, min: 0.01, doc: "Days of one unit of recency and age; 7 gives weeks."},
  margin_rate: {doc: "Margin as a share of the amount, where no margin is mapped; null takes the amount itself."}]
returns: [
  customer_id, first_purchase_on, last_purchase_on,
  purchases: {range: "[1, inf)", doc: "Transactions with an amount of 0 or more; below 0 it is a refund."},
  purchase_days: {type: integer, unit: days, range: "[1, inf)", doc: "Days with a purchase: several purchases on a day are one."},
  frequency: {type: integer, unit: days, range: "[0, inf)", doc: "Repeat purchases, x: purchase days after the first."},
  recency_days: {range: "[0, inf)"},
  age_days: {type: integer, unit: days, range: "[0, inf)", doc: "Days from the first purchase to the end of the history."},
  recency: {type: number, unit: units of days_per_unit, doc: "Age at the last purchase, t_x."},
  age: {type: number, unit: units of days_per_unit, doc: "Time observed, T."},
  monetary_value: {type: number, unit: currency, doc: "Mean value of a purchase day after the first, m; 0 where there is none, below 0 where refunds exceed it."},
  revenue: {doc: "Sum of amounts."}, margin: {doc: "Sum of margins."},
  holdout_frequency: {type: integer, unit: days, range: "[0, inf)", doc: "Purchase days after calibration_end; 0 without one."}]
source: "Fader, Hardie & Lee (2005), Marketing Science 24(2); Fader & Hardie (2013), The Gamma-Gamma model of monetary value."
---*/
-- Only those who came back are read twice: days are collapsed for their later purchases alone.
with counted as (
    select
        customer_id,
        day_of(occurred_at) as day,
        amount,
        margin_amount
    from transactions
    where
        occurred_at < plus_days($observation_end, 1)
        and abs(amount) < 1e300
        and customer_id is not null
        and ($refunds = 'net' or amount >= 0)
),

found as (
    select
        customer_id,
        min(case when amount >= 0 then day end) as first_day,
        max(case when amount >= 0 and ($calibration_end is null or day <= $calibration_end) then day end) as last_day,
        max(day) as last_seen,
        count(case when amount >= 0 and ($calibration_end is null or day <= $calibration_end) then 1 end) as purchases,
        sum(case when $calibration_end is null or day <= $calibration_end then amount else 0e0 end) as revenue,
        sum(
            case
                when $calibration_end is null or day <= $calibration_end
                then transaction_margin(amount, margin_amount, margin_rate := $margin_rate)
                else 0e0
            end
        ) as margin
    from counted
    group by customer_id
),

returned as (
    select customer_id, first_day
    from found
    where last_seen > first_day
),

later as (
    select
        c.customer_id,
        count(distinct case when c.amount >= 0 and ($calibration_end is null or c.day <= $calibration_end) then c.day end) as frequency,
        count(distinct case when c.amount >= 0 and c.day > $calibration_end then c.day end) as holdout_frequency,
        sum(case when $calibration_end is null or c.day <= $calibration_end then c.amount else 0e0 end) as amount
    from counted as c
    inner join returned as r on c.customer_id = r.customer_id
    where c.day > r.first_day
    group by c.customer_id
)

select
    f.customer_id,
    f.first_day as first_purchase_on,
    f.last_day as last_purchase_on,
    f.purchases,
    coalesce(r.frequency, 0) + 1 as purchase_days,
    coalesce(r.frequency, 0) as frequency,
    days_between(f.first_day, f.last_day) as recency_days,
    days_between(f.first_day, coalesce($calibration_end, $observation_end)) as age_days,
    days_between(f.first_day, f.last_day) * 1e0 / nullif($days_per_unit, 0) as recency,
    days_between(f.first_day, coalesce($calibration_end, $observation_end)) * 1e0 / nullif($days_per_unit, 0) as age,
    case when r.frequency > 0 then r.amount / nullif(r.frequency, 0) else 0e0 end as monetary_value,
    f.revenue,
    f.margin,
    case when $calibration_end is null then cast(0 as bigint) else coalesce(r.holdout_frequency, 0) end as holdout_frequency
from found as f
left join later as r on f.customer_id = r.customer_id
where f.last_day is not null
