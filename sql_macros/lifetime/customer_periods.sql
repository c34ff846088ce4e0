/*---
summary: Who was active when a period began, and whether they still were when it ended.
grain: one row per customer and period, of customers active when it began
internal: true
uses: [transactions, subscriptions]
args: [
  churn_method: {type: choice, choices: [contractual, non_contractual, auto], doc: "contractual: a subscription runs; non_contractual: the last purchase is at most inactive_days ago; auto: contractual where subscriptions are mapped."},
  newest, period, as_of, fiscal_shift, inactive_days]
returns: [
  customer_id: {doc: "Customer active on the day before the period."},
  period_start,
  day_before: {type: date, doc: "The day before it."},
  was_lost: {type: integer, range: "0 or 1", doc: "1 where not active on the period's last day."}]
source: "The same rule of who is active as customer_activity, at every period's edge in one pass."
---*/
-- They are distinct anyway; said so, PostgreSQL works them out once and not for every pair.
with wanted as (
    select distinct period_start, plus_days(period_start, -1) as day_before, last_day
    from recent_periods(newest := $newest, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
),

contracts as (
    select
        customer_id,
        day_of(started_at) as first_day,
        coalesce(plus_days(ended_at, -1), day_of('2199-12-31')) as last_day
    from subscriptions
    where started_at < plus_days($as_of, 1) and customer_id is not null
),

edges as (
    select
        c.customer_id,
        w.period_start,
        w.day_before,
        max(case when c.first_day <= w.day_before then 1 else 0 end) as was_active,
        max(case when c.last_day >= w.last_day then 1 else 0 end) as is_active
    from contracts as c
    inner join wanted as w on c.first_day <= w.last_day and c.last_day >= w.day_before
    group by c.customer_id, w.period_start, w.day_before
),

-- The last purchase before a period decides, and the last one in it: no customer has two such rows.
followed as (
    select
        customer_id,
        period_start as bought_in,
        plus_days(last_purchase_on, $inactive_days) as active_until,
        lag(period_start) over (partition by customer_id order by period_start desc) as next_bought_in,
        lag(plus_days(last_purchase_on, $inactive_days)) over (partition by customer_id order by period_start desc) as next_active_until
    from customer_period_purchases(period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
    where last_purchase_on is not null
)

select
    customer_id,
    period_start,
    day_before,
    1 - is_active as was_lost
from edges
where
    was_active = 1
    and ($churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')))
union all
select
    f.customer_id,
    w.period_start,
    w.day_before,
    case
        when f.active_until >= w.last_day then 0
        when f.next_bought_in = w.period_start and f.next_active_until >= w.last_day then 0
        else 1
    end as was_lost
from followed as f
inner join wanted as w
    on
        f.bought_in < w.period_start
        and f.active_until >= w.day_before
        and coalesce(f.next_bought_in, day_of('2199-12-31')) >= w.period_start
where not ($churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')))
