/*---
summary: Share of customers lost in each period, by segment and by method of counting.
kind: relation
grain: one row per churn method, scheme, segment and period
needs_one_of: [transactions, subscriptions]
uses: [transactions, subscriptions]
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  churn_method: {type: choice, choices: [both, auto, contractual, non_contractual], default: both, doc: "Which rows; auto: contractual where subscriptions are mapped, else non_contractual."}
  newest: {type: integer, default: 12, min: 1, max: 100, doc: "How many periods, back from the one that as_of lies in."}
  inactive_days: {type: integer, default: {setting: inactive_days}, min: 1, doc: "Days without a purchase after which a customer counts as lost (non_contractual)."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data; the running period ends there."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  churn_method: {type: string, doc: "contractual: no subscription runs any more; non_contractual: no purchase for inactive_days. Rows of both; contractual ones where subscriptions are mapped, and non-contractual ones are too low until the data is inactive_days old."}
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment on the day before the period; 'Unassigned' where a customer had none."}
  period: {type: string, doc: "Name of the period."}
  period_start: {type: date, doc: "First day of the period."}
  period_age: {type: integer, range: "[-1, inf)", doc: "0: newest complete period; 1: the one before; -1: the running one."}
  customers: {type: integer, unit: customers, range: "[1, inf)", doc: "Customers active on the day before the period. Without any there is no row."}
  lost_customers: {type: integer, unit: customers, range: "[0, inf)", doc: "Those of them not active on its last day."}
  churn: {type: number, unit: share per period, range: "[0, 1]", doc: "Lost customers / customers."}
  retention: {type: number, unit: share per period, range: "[0, 1]", doc: "1 - churn."}
  ci_low: {type: number, label: "95 % from", unit: share per period, range: "[0, 1]", doc: "Lower end of the 95 % interval of churn, see wilson_low."}
  ci_high: {type: number, label: "95 % to", unit: share per period, range: "[0, 1]", doc: "Upper end of the 95 % interval of churn, see wilson_high."}
  change: {type: number, unit: share per period, range: "[-1, 1]", doc: "Churn less that of the period before; null without one."}
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
