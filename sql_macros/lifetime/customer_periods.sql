/*---
summary: Who stood in a relation when a period began, and whether it had ended when the period did.
kind: relation
grain: one row per customer and period, of customers active when it began
internal: true
uses:
  transactions: []
  subscriptions: [customer_id, started_at, ended_at]
args:
  churn_method: {type: choice, choices: [contractual, non_contractual, auto], doc: "contractual: a subscription runs; non_contractual: the last purchase is at most inactive_days ago; auto: contractual where subscriptions are mapped."}
  newest: {type: integer, default: 12, min: 1, max: 100, doc: "How many periods, back from the one that as_of lies in."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last day that is looked at."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
  inactive_days: {type: integer, default: {setting: inactive_days}, min: 1, doc: "Days without a purchase after which a customer counts as lost."}
returns:
  customer_id: {type: string, doc: "Customer active on the day before the period."}
  period_start: {type: date, doc: "First day of the period."}
  day_before: {type: date, doc: "The day before it."}
  was_lost: {type: integer, range: "0 or 1", doc: "1 where not active on the period's last day."}
source: "The same rule of who is active as customer_activity, at every period's edge in one pass: days on which a customer is active as spells."
---*/
with wanted as (
    select period_start, plus_days(period_start, -1) as day_before, last_day
    from recent_periods(newest := $newest, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
),

spells as (
    select
        customer_id,
        day_of(started_at) as first_day,
        coalesce(plus_days(ended_at, -1), day_of('2199-12-31')) as last_day
    from subscriptions
    where
        ($churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')))
        and started_at < plus_days($as_of, 1)
        and customer_id is not null
    union all
    select customer_id, last_purchase_on as first_day, plus_days(last_purchase_on, $inactive_days) as last_day
    from customer_period_purchases(period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
    where
        not ($churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')))
        and last_purchase_on is not null
),

edges as (
    select
        s.customer_id,
        w.period_start,
        w.day_before,
        max(case when s.first_day <= w.day_before then 1 else 0 end) as was_active,
        max(case when s.last_day >= w.last_day then 1 else 0 end) as is_active
    from spells as s
    inner join wanted as w on s.first_day <= w.last_day and s.last_day >= w.day_before
    group by s.customer_id, w.period_start, w.day_before
)

select
    customer_id,
    period_start,
    day_before,
    1 - is_active as was_lost
from edges
where was_active = 1
