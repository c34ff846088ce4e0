/*---
summary: What each customer bought in each period.
kind: relation
grain: one row per customer and period with a transaction
internal: true
args:
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last day that is looked at."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "net: amounts below 0 count; ignore: they are left out."}
  basis: {type: choice, choices: [margin, revenue], default: margin, doc: "Value in margin, or in revenue."}
  margin_rate: {type: number, default: {setting: margin_rate}, min: 0, max: 1, doc: "Margin as a share of the amount, where no margin is mapped."}
returns:
  customer_id: {type: string, doc: "Customer."}
  period_start: {type: date, doc: "First day of the period."}
  purchases: {type: integer, unit: purchases, doc: "Transactions with an amount of 0 or more."}
  period_value: {type: number, unit: currency, doc: "Sum of margins or amounts."}
  last_purchase_on: {type: date, doc: "Day of the last purchase in the period; null where there are refunds only."}
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
