/*---
summary: Purchase history of each customer as predictive models read it - frequency, recency, age, monetary value.
kind: relation
grain: one row per customer with a purchase
needs:
  transactions: [customer_id, occurred_at, amount, margin_amount]
args:
  observation_end: {type: date, default: {setting: as_of}, doc: "Last day that is looked at; later purchases are left out."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "net: amounts below 0 reduce revenue, margin and the first day's or later value; ignore: they are left out."}
  days_per_unit: {type: number, default: 7, min: 0.01, doc: "Days of one unit of recency and age; 7 gives weeks."}
  margin_rate: {type: number, default: {setting: margin_rate}, min: 0, max: 1, doc: "Margin as a share of the amount, where no margin is mapped; null takes the amount itself."}
returns:
  customer_id: {type: string, doc: "Customer."}
  first_purchase_on: {type: date, doc: "Day of the first purchase."}
  last_purchase_on: {type: date, doc: "Day of the last purchase."}
  purchases: {type: integer, unit: purchases, range: "[1, inf)", doc: "Transactions with an amount of 0 or more; below 0 it is a refund."}
  purchase_days: {type: integer, unit: days, range: "[1, inf)", doc: "Days with a purchase."}
  frequency: {type: integer, unit: days, range: "[0, inf)", doc: "Repeat purchases, x: purchase days after the first."}
  recency_days: {type: integer, unit: days, doc: "Days from the first purchase to the last."}
  age_days: {type: integer, unit: days, doc: "Days from the first purchase to observation_end."}
  recency: {type: number, unit: units of days_per_unit, doc: "Age at the last purchase, t_x."}
  age: {type: number, unit: units of days_per_unit, doc: "Time observed, T."}
  monetary_value: {type: number, unit: currency, doc: "Mean value of a purchase day after the first, m; 0 where there is none."}
  revenue: {type: number, unit: currency, doc: "Sum of amounts."}
  margin: {type: number, unit: currency, doc: "Sum of margins."}
source: "Fader, Hardie & Lee (2005), Marketing Science 24(2); Fader & Hardie (2013), The Gamma-Gamma model of monetary value."
---*/
with counted as (
    select
        customer_id,
        day_of(occurred_at) as day,
        amount,
        case
            when is_mapped('transactions', 'margin_amount') then margin_amount
            when $margin_rate is null then amount
            else amount * $margin_rate
        end as margin
    from transactions
    where
        occurred_at < plus_days($observation_end, 1)
        and amount is not null
        and customer_id is not null
        and ($refunds = 'net' or amount >= 0)
),

days as (
    select
        customer_id,
        day,
        sum(amount) as amount,
        sum(margin) as margin,
        sum(case when amount >= 0 then 1 else 0 end) as purchases
    from counted
    group by customer_id, day
),

firsts as (
    select
        customer_id,
        day,
        amount,
        margin,
        purchases,
        min(case when purchases > 0 then day end) over (partition by customer_id) as first_day
    from days
),

customers_found as (
    select
        customer_id,
        first_day,
        max(case when purchases > 0 then day end) as last_day,
        sum(purchases) as purchases,
        sum(case when purchases > 0 then 1 else 0 end) as purchase_days,
        sum(case when day > first_day then amount else 0e0 end) as later_amount,
        sum(amount) as revenue,
        sum(margin) as margin
    from firsts
    where first_day is not null
    group by customer_id, first_day
)

select
    customer_id,
    first_day as first_purchase_on,
    last_day as last_purchase_on,
    cast(purchases as bigint) as purchases,
    cast(purchase_days as bigint) as purchase_days,
    cast(purchase_days as bigint) - 1 as frequency,
    days_between(first_day, last_day) as recency_days,
    days_between(first_day, $observation_end) as age_days,
    days_between(first_day, last_day) * 1e0 / nullif($days_per_unit, 0) as recency,
    days_between(first_day, $observation_end) * 1e0 / nullif($days_per_unit, 0) as age,
    case when purchase_days > 1 then later_amount / nullif(purchase_days - 1, 0) else 0e0 end as monetary_value,
    revenue,
    margin
from customers_found
