/*---
summary: Share of each cohort that still buys, by age.
grain: one row per cohort and age
args: [
  cohort,
  period: {doc: "Length of a period, of cohorts and of ages."},
  as_of, fiscal_shift]
returns: [
  cohort, cohort_start,
  age: {type: integer, unit: periods, range: "[0, inf)", doc: "Periods since the cohort's."},
  period: {doc: "Name of the period looked at."},
  period_age: {doc: "0: newest complete period; -1: the running one, whose retention is still rising."},
  cohort_customers: {range: "[1, inf)"},
  buyers: {type: integer, unit: customers, range: "[0, inf)", doc: "Those who bought in the period, 0 where none did."},
  retention: {unit: share, doc: "Buyers / cohort_customers; 1 at age 0 of first_purchase."},
  ci_low: {unit: share, range: "[0, 1]", doc: "Lower end of the 95 % interval, see wilson_low."},
  ci_high: {unit: share, range: "[0, 1]", doc: "Upper end of the 95 % interval, see wilson_high."}]
source: "Retention by period, not survival: who pauses for a period is back in a later one."
---*/
select
    period_label(cohort_start, period := $period, fiscal_shift := $fiscal_shift) as cohort,
    cohort_start,
    cast(
        calendar_months(cohort_start, period_start) / (case when $period = 'month' then 1e0 when $period = 'quarter' then 3e0 else 12e0 end) as int
    ) as age,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    period_age(period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    cohort_customers,
    buyers,
    buyers * 1e0 / nullif(cohort_customers, 0) as retention,
    wilson_low(buyers, cohort_customers) as ci_low,
    wilson_high(buyers, cohort_customers) as ci_high
-- Who bought does not depend on refunds, and a purchase need not be told from one then.
from cohort_activity(cohort := $cohort, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift, refunds := 'ignore')
