/*---
summary: Value of each cohort by age, in the period and to date.
grain: one row per cohort and age
args: [
  cohort,
  period: {doc: "Length of a period, of cohorts and of ages."},
  basis, as_of, fiscal_shift, refunds, margin_rate,
  min_n: {doc: "With fewer customers no value is shown."}]
returns: [
  cohort, cohort_start,
  age: {type: integer, unit: periods, range: "[0, inf)", doc: "Periods since the cohort's. What was bought before the cohort's period is left out."},
  period: {doc: "Name of the period looked at."},
  period_age: {doc: "0: newest complete period; -1: the running one, whose value is still rising."},
  cohort_customers: {range: "[1, inf)", doc: "Customers in the cohort, also those who no longer buy."},
  period_value: {type: number, unit: currency, doc: "Value of the cohort in the period; this and all that follows null below min_n cohort_customers."},
  value_per_customer: {type: number, unit: currency, doc: "The same per customer of the cohort."},
  value_to_date: {type: number, unit: currency, doc: "Value of the cohort from age 0 to this one."},
  value_to_date_per_customer: {type: number, unit: currency, doc: "The same per customer of the cohort: historical CLV by age."},
  value_sum: {type: number, unit: currency, doc: "period_value for totals, see protected_total; hidden cohorts share their sum of the period equally."},
  hidden_part: {doc: "1 / hidden cohorts of the period; null where not hidden."}]
source: "Historical CLV as a curve: cumulated value of a cohort / all who began in it."
---*/
with activity as (
    select
        cohort_start,
        period_start,
        cohort_customers,
        period_value,
        sum(period_value) over (partition by cohort_start order by period_start rows between unbounded preceding and current row) as value_to_date,
        case when cohort_customers < $min_n then 1 end as hidden
    from cohort_activity(
        cohort := $cohort, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift, refunds := $refunds, basis := $basis, margin_rate := $margin_rate
    )
)

select
    period_label(cohort_start, period := $period, fiscal_shift := $fiscal_shift) as cohort,
    cohort_start,
    cast(
        calendar_months(cohort_start, period_start) / (case when $period = 'month' then 1e0 when $period = 'quarter' then 3e0 else 12e0 end) as int
    ) as age,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    period_age(period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    cohort_customers,
    case when hidden is null then period_value end as period_value,
    case when hidden is null then period_value / nullif(cohort_customers, 0) end as value_per_customer,
    case when hidden is null then value_to_date end as value_to_date,
    case when hidden is null then value_to_date / nullif(cohort_customers, 0) end as value_to_date_per_customer,
    shared_sum(period_value, period_start, hidden) as value_sum,
    hidden_part(period_start, hidden) as hidden_part
from activity
