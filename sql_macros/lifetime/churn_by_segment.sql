/*---
summary: Share of customers lost in each period, by segment and by method of counting.
grain: one row per churn method, scheme, segment and period
needs_one_of: [transactions, subscriptions]
uses: [transactions, subscriptions]
args: [
  scheme, period,
  churn_method: {type: choice, choices: [both, auto, contractual, non_contractual], default: both, doc: "Which rows; auto: contractual where subscriptions are mapped, else non_contractual."},
  newest, inactive_days,
  as_of: {doc: "Last complete day of the data; the running period ends there."},
  fiscal_shift]
returns: [
  churn_method: {type: string, doc: "contractual: no subscription runs any more; non_contractual: no purchase for inactive_days. Rows of both; contractual ones where subscriptions are mapped, and non-contractual ones are too low until the data is inactive_days old."},
  scheme,
  segment: {doc: "Segment on the day before the period; 'Unassigned' where a customer had none."},
  period, period_start, period_age,
  customers: {range: "[1, inf)", doc: "Customers active on the day before the period. Without any there is no row."},
  lost_customers: {type: integer, unit: customers, range: "[0, inf)", doc: "Those of them not active on its last day."},
  churn: {type: number, unit: share per period, range: "[0, 1]", doc: "Lost customers / customers."},
  retention,
  ci_low: {unit: share per period, range: "[0, 1]", doc: "Lower end of the 95 % interval of churn, see wilson_low."},
  ci_high: {unit: share per period, range: "[0, 1]", doc: "Upper end of the 95 % interval of churn, see wilson_high."},
  change: {type: number, unit: share per period, range: "[-1, 1]", doc: "Churn less that of the period before; null without one."}]
source: "Lost in the period / active when it began. Over a year that ends on as_of it is the churn of clv_by_segment."
---*/
with subscribers as (
    select customer_id, period_start, day_before, was_lost
    from customer_periods(
        churn_method := 'contractual', newest := $newest, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift, inactive_days := $inactive_days
    )
),

buyers as (
    select customer_id, period_start, day_before, was_lost
    from customer_periods(
        churn_method := 'non_contractual', newest := $newest, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift, inactive_days := $inactive_days
    )
),

counted as (
    select 'contractual' as churn_method, customer_id, period_start, day_before as day, was_lost
    from subscribers
    where is_mapped('subscriptions') and $churn_method <> 'non_contractual'
    union all
    select 'non_contractual' as churn_method, customer_id, period_start, day_before as day, was_lost
    from buyers
    where $churn_method in ('both', 'non_contractual') or ($churn_method = 'auto' and not is_mapped('subscriptions'))
),

sums as (
    select
        c.churn_method,
        c.scheme,
        c.segment,
        c.period_start,
        count(*) as customers,
        sum(c.was_lost) as lost_customers
    from dated_segments(dated_members := counted, scheme := $scheme) as c
    group by c.churn_method, c.scheme, c.segment, c.period_start
),

rates as (
    select
        churn_method,
        scheme,
        segment,
        period_start,
        customers,
        cast(lost_customers as bigint) as lost_customers,
        lost_customers * 1e0 / nullif(customers, 0) as churn
    from sums
),

lagged as (
    select
        churn_method,
        scheme,
        segment,
        period_start,
        customers,
        lost_customers,
        churn,
        lag(period_start) over (partition by churn_method, scheme, segment order by period_start) as lagged_start,
        lag(churn) over (partition by churn_method, scheme, segment order by period_start) as lagged_churn
    from rates
)

select
    churn_method,
    scheme,
    segment,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    period_start,
    period_age(period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    customers,
    lost_customers,
    churn,
    1e0 - churn as retention,
    wilson_low(lost_customers, customers) as ci_low,
    wilson_high(lost_customers, customers) as ci_high,
    case when lagged_start = previous_period(period_start, period := $period) then churn - lagged_churn end as change
from lagged
