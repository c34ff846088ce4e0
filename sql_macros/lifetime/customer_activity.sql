/*---
summary: What each customer did up to a day, and whether the relation still stands.
kind: relation
grain: one row per customer
needs:
  transactions: [customer_id, occurred_at, amount, margin_amount]
uses:
  customers: [customer_id, created_at]
  subscriptions: [customer_id, started_at, ended_at]
args:
  as_of: {type: date, default: {setting: as_of}, doc: "Last day that is looked at."}
  churn_method: {type: choice, choices: [auto, contractual, non_contractual], default: auto, doc: "auto: contractual where subscriptions are mapped."}
  inactive_days: {type: integer, default: {setting: inactive_days}, min: 1, doc: "Days without a purchase after which a customer counts as lost (non-contractual)."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "See customer_summary."}
  margin_rate: {type: number, default: {setting: margin_rate}, min: 0, max: 1, doc: "Margin as a share of the amount, where no margin is mapped."}
returns:
  customer_id: {type: string, doc: "Customer."}
  purchases: {type: integer, unit: purchases, doc: "Transactions with an amount of 0 or more; below 0 it is a refund."}
  revenue: {type: number, unit: currency, doc: "Sum of amounts to date."}
  margin: {type: number, unit: currency, doc: "Sum of margins to date."}
  year_purchases: {type: integer, unit: purchases, doc: "Purchases of the last 365 days."}
  year_revenue: {type: number, unit: currency, doc: "Amounts of the last 365 days."}
  year_margin: {type: number, unit: currency, doc: "Margins of the last 365 days."}
  first_purchase_on: {type: date, doc: "Day of the first purchase; null without one."}
  last_purchase_on: {type: date, doc: "Day of the last purchase; null without one."}
  is_active: {type: integer, range: "0 or 1", doc: "1 where a subscription runs on as_of, or the last purchase is at most inactive_days ago."}
  was_active: {type: integer, range: "0 or 1", doc: "The same 365 days earlier: the base of churn."}
source: "Churn of a year: customers active at its start and no longer at its end / customers active at its start."
---*/
with bought as (
    select
        customer_id,
        sum(case when amount >= 0 then 1 else 0 end) as purchases,
        sum(amount) as revenue,
        sum(transaction_margin(amount, margin_amount, margin_rate := $margin_rate)) as margin,
        sum(case when amount >= 0 and day_of(occurred_at) > plus_days($as_of, -365) then 1 else 0 end) as year_purchases,
        sum(case when day_of(occurred_at) > plus_days($as_of, -365) then amount else 0e0 end) as year_revenue,
        sum(
            case
                when day_of(occurred_at) <= plus_days($as_of, -365) then 0e0
                else transaction_margin(amount, margin_amount, margin_rate := $margin_rate)
            end
        ) as year_margin,
        min(case when amount >= 0 then day_of(occurred_at) end) as first_purchase_on,
        max(case when amount >= 0 then day_of(occurred_at) end) as last_purchase_on,
        max(case when amount >= 0 and day_of(occurred_at) <= plus_days($as_of, -365) then day_of(occurred_at) end) as last_purchase_before
    from transactions
    where
        occurred_at < plus_days($as_of, 1)
        and amount is not null
        and customer_id is not null
        and ($refunds = 'net' or amount >= 0)
    group by customer_id
),

subscribed as (
    select
        customer_id,
        max(case when ended_at is null or day_of(ended_at) > $as_of then 1 else 0 end) as is_subscribed,
        max(
            case
                when day_of(started_at) <= plus_days($as_of, -365) and (ended_at is null or day_of(ended_at) > plus_days($as_of, -365)) then 1
                else 0
            end
        ) as was_subscribed
    from subscriptions
    where started_at < plus_days($as_of, 1) and customer_id is not null
    group by customer_id
),

known as (
    select customer_id
    from customers
    where (created_at is null or created_at < plus_days($as_of, 1)) and customer_id is not null
    union
    select customer_id from bought
    union
    select customer_id from subscribed
)

select
    k.customer_id,
    cast(coalesce(b.purchases, 0) as bigint) as purchases,
    coalesce(b.revenue, 0e0) as revenue,
    coalesce(b.margin, 0e0) as margin,
    cast(coalesce(b.year_purchases, 0) as bigint) as year_purchases,
    coalesce(b.year_revenue, 0e0) as year_revenue,
    coalesce(b.year_margin, 0e0) as year_margin,
    b.first_purchase_on,
    b.last_purchase_on,
    case
        when $churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')) then coalesce(s.is_subscribed, 0)
        when days_between(b.last_purchase_on, $as_of) <= $inactive_days then 1
        else 0
    end as is_active,
    case
        when $churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')) then coalesce(s.was_subscribed, 0)
        when days_between(b.last_purchase_before, plus_days($as_of, -365)) <= $inactive_days then 1
        else 0
    end as was_active
from known as k
left join bought as b on k.customer_id = b.customer_id
left join subscribed as s on k.customer_id = s.customer_id
