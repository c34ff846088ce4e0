/*---
summary: What each customer bought in each period.
grain: one row per customer and period with a transaction
internal: true
args: [period, as_of, fiscal_shift, refunds, basis, margin_rate]
returns: [
  customer_id, period_start,
  purchases: {doc: "Transactions with an amount of 0 or more."},
  period_value: {type: number, unit: currency, doc: "Sum of margins or amounts."},
  last_purchase_on: {doc: "Day of the last purchase in the period; null where there are refunds only."}]
source: "One scan, one group by: see transaction_margin."
---*/
with valued as (
    select
        customer_id,
        period_start(occurred_at, period := $period, fiscal_shift := $fiscal_shift) as period_start,
        case when amount >= 0 then day_of(occurred_at) end as purchase_day,
        case when $basis = 'revenue' then amount else transaction_margin(amount, margin_amount, margin_rate := $margin_rate) end as worth
    from transactions
    where
        occurred_at < plus_days($as_of, 1)
        and abs(amount) < 1e300
        and customer_id is not null
        and ($refunds = 'net' or amount >= 0)
)

select
    customer_id,
    period_start,
    count(purchase_day) as purchases,
    sum(worth) as period_value,
    max(purchase_day) as last_purchase_on
from valued
group by customer_id, period_start
