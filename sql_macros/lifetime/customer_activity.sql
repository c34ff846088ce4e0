/*---
summary: What each customer did up to a day, and whether the customer is still active.
grain: one row per customer
needs_one_of: [transactions, subscriptions]
uses: [transactions, customers, subscriptions]
args: [as_of, churn_method, inactive_days, refunds, margin_rate]
returns: [
  customer_id,
  purchases: {doc: "Transactions with an amount of 0 or more; below 0 it is a refund. Where transactions are not mapped, the monthly payments of subscriptions."},
  revenue: {doc: "Sum of amounts to date, or of mrr x payments; null where neither amounts nor mrr are mapped, as all that is value."},
  margin: {doc: "Sum of margins to date."}, year_purchases, year_revenue, year_margin,
  year_filled_margins: {type: integer, unit: purchases, doc: "Transactions of the last year that state no margin, so that it is margin_rate x amount; 0 where margin_amount is not mapped."},
  customer_since: {type: date, doc: "Day of the first purchase or subscription; null without one."},
  first_purchase_on: {doc: "Day of the first purchase; null without one."},
  last_purchase_on: {doc: "Day of the last purchase; null without one."},
  is_active: {type: integer, range: "0 or 1", doc: "1 where a subscription runs on as_of, or the last purchase is at most inactive_days ago."},
  was_active: {type: integer, range: "0 or 1", doc: "The same a year earlier: the base of churn."}]
source: "Churn of a year: customers active at its start and no longer at its end / customers active at its start. One group by of all that is known of customers."
---*/
with contracts as (
    select
        customer_id,
        started_at,
        ended_at,
        case when abs(mrr) < 1e300 then mrr end as mrr,
        contract_payments(started_at, ended_at, $as_of) as payments,
        contract_payments(started_at, ended_at, year_before($as_of)) as earlier_payments
    from subscriptions
    where started_at < plus_days($as_of, 1) and customer_id is not null
),

known as (
    select
        customer_id,
        day_of(occurred_at) as day,
        case when amount >= 0 then day_of(occurred_at) end as purchase_day,
        amount,
        amount as year_amount,
        margin_amount,
        case when amount >= 0 then day_of(occurred_at) end as since,
        0 as payments,
        0 as year_payments,
        0 as is_subscribed,
        0 as was_subscribed
    from transactions
    where
        occurred_at < plus_days($as_of, 1)
        and abs(amount) < 1e300
        and customer_id is not null
        and ($refunds = 'net' or amount >= 0)
    union all
    select
        customer_id,
        cast(null as date) as day,
        cast(null as date) as purchase_day,
        cast(null as double) as amount,
        cast(null as double) as year_amount,
        cast(null as double) as margin_amount,
        cast(null as date) as since,
        0 as payments,
        0 as year_payments,
        0 as is_subscribed,
        0 as was_subscribed
    from customers
    where (created_at is null or created_at < plus_days($as_of, 1)) and customer_id is not null
    union all
    select
        customer_id,
        cast(null as date) as day,
        cast(null as date) as purchase_day,
        case when is_mapped('transactions') then cast(null as double) else mrr * payments end as amount,
        case when is_mapped('transactions') then cast(null as double) else mrr * (payments - earlier_payments) end as year_amount,
        cast(null as double) as margin_amount,
        day_of(started_at) as since,
        case when is_mapped('transactions') then 0 else payments end as payments,
        case when is_mapped('transactions') then 0 else payments - earlier_payments end as year_payments,
        case when ended_at is null or day_of(ended_at) > $as_of then 1 else 0 end as is_subscribed,
        case
            when day_of(started_at) <= year_before($as_of) and (ended_at is null or day_of(ended_at) > year_before($as_of)) then 1
            else 0
        end as was_subscribed
    from contracts
),

found as (
    select
        customer_id,
        case when is_mapped('transactions') then count(purchase_day) else sum(payments) end as purchases,
        sum(amount) as revenue,
        sum(transaction_margin(amount, margin_amount, margin_rate := $margin_rate)) as margin,
        case
            when is_mapped('transactions') then count(case when purchase_day > year_before($as_of) then purchase_day end)
            else sum(year_payments)
        end as year_purchases,
        sum(case when day <= year_before($as_of) then 0e0 else year_amount end) as year_revenue,
        sum(
            case
                when day <= year_before($as_of) then 0e0
                else transaction_margin(year_amount, margin_amount, margin_rate := $margin_rate)
            end
        ) as year_margin,
        sum(
            case
                when $margin_rate is null or not is_mapped('transactions', 'margin_amount') or abs(margin_amount) < 1e300 then 0
                when day > year_before($as_of) then 1
                else 0
            end
        ) as year_filled_margins,
        min(since) as customer_since,
        min(purchase_day) as first_purchase_on,
        max(purchase_day) as last_purchase_on,
        max(case when purchase_day <= year_before($as_of) then purchase_day end) as last_purchase_before,
        max(is_subscribed) as is_subscribed,
        max(was_subscribed) as was_subscribed
    from known
    group by customer_id
)

select
    customer_id,
    cast(purchases as bigint) as purchases,
    case when is_mapped('transactions') or is_mapped('subscriptions', 'mrr') then coalesce(revenue, 0e0) end as revenue,
    case when is_mapped('transactions') or is_mapped('subscriptions', 'mrr') then coalesce(margin, 0e0) end as margin,
    cast(year_purchases as bigint) as year_purchases,
    case when is_mapped('transactions') or is_mapped('subscriptions', 'mrr') then coalesce(year_revenue, 0e0) end as year_revenue,
    case when is_mapped('transactions') or is_mapped('subscriptions', 'mrr') then coalesce(year_margin, 0e0) end as year_margin,
    cast(year_filled_margins as bigint) as year_filled_margins,
    customer_since,
    first_purchase_on,
    last_purchase_on,
    case
        when $churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')) then is_subscribed
        when days_between(last_purchase_on, $as_of) <= $inactive_days then 1
        else 0
    end as is_active,
    case
        when $churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')) then was_subscribed
        when days_between(last_purchase_before, year_before($as_of)) <= $inactive_days then 1
        else 0
    end as was_active
from found
