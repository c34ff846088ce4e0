/*---
summary: What cohorts of customers bought at each age, also where it was nothing.
grain: one row per cohort and period since
internal: true
needs: [transactions]
uses: [customers]
args: [
  cohort: {type: choice, choices: [first_purchase, signup], doc: "first_purchase: the period of the first purchase; signup: that of created_at."},
  period, as_of, fiscal_shift, refunds, basis, margin_rate]
returns: [
  cohort_start,
  period_start: {doc: "First day of the period looked at: each one from the cohort's to that of as_of."},
  cohort_customers,
  buyers: {type: integer, unit: customers, doc: "Those who bought in the period."},
  period_value: {type: number, unit: currency, doc: "Value of the cohort in the period."}]
source: "A period in which nobody bought is one of 0. Rows before a customer's cohort are in none: the smallest period so far is that of the cohort, or null."
---*/
with bought as (
    select customer_id, period_start, purchases, period_value
    from customer_period_purchases(
        period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift, refunds := $refunds, basis := $basis, margin_rate := $margin_rate
    )
),

signups as (
    select customer_id, period_start(created_at, period := $period, fiscal_shift := $fiscal_shift) as cohort_start
    from customer_list()
    where $cohort = 'signup' and created_at < plus_days($as_of, 1) and customer_id is not null
),

joined as (
    select
        customer_id,
        period_start,
        purchases,
        period_value,
        min(case when $refunds = 'ignore' or purchases > 0 then period_start end) over (
            partition by customer_id
            order by period_start
            rows between unbounded preceding and current row
        ) as cohort_start
    from bought
    where $cohort = 'first_purchase'
    union all
    select b.customer_id, b.period_start, b.purchases, b.period_value, s.cohort_start
    from bought as b
    left join signups as s on b.customer_id = s.customer_id
    where $cohort = 'signup'
),

activity as (
    select
        cohort_start,
        period_start,
        sum(case when $refunds = 'ignore' or purchases > 0 then 1 else 0 end) as buyers,
        sum(period_value) as period_value
    from joined
    group by cohort_start, period_start
),

periods as (
    select period_start
    from recent_periods(newest := 1000, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
),

sizes as (
    select cohort_start, cast(buyers as bigint) as customers
    from activity
    where $cohort = 'first_purchase' and cohort_start = period_start
    union all
    select cohort_start, count(*) as customers
    from signups
    where $cohort = 'signup'
    group by cohort_start
)

select
    s.cohort_start,
    p.period_start,
    s.customers as cohort_customers,
    cast(coalesce(a.buyers, 0) as bigint) as buyers,
    coalesce(a.period_value, 0e0) as period_value
from sizes as s
inner join periods as p on s.cohort_start <= p.period_start
left join activity as a on s.cohort_start = a.cohort_start and p.period_start = a.period_start
