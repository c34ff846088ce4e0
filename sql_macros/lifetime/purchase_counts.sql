/*---
summary: How many customers have which frequency, recency and age, for fitting - no customer is named.
kind: relation
grain: one row per frequency, week of the last purchase and week of age
internal: true
args:
  observation_end: {type: date, default: {setting: as_of}, doc: "Last day that is looked at."}
  calibration_end: {type: date, default: null, doc: "Last day of the history; what follows is holdout."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "See customer_summary."}
  is_exact: {type: boolean, default: false, doc: "true: by day instead of by week; more rows, and the last digits of the fit."}
returns:
  frequency: {type: integer, doc: "Repeat purchase days."}
  holdout_frequency: {type: integer, doc: "Purchase days after calibration_end."}
  recency: {type: number, unit: weeks, doc: "Their mean age at the last purchase."}
  age: {type: number, unit: weeks, doc: "Their mean age."}
  customers: {type: integer, unit: customers, doc: "How many they are."}
source: "Means within a week leave the likelihood where it is to second order; plain rounding does not."
---*/
select
    frequency,
    holdout_frequency,
    avg(recency) as recency,
    avg(age) as age,
    count(*) as customers
from customer_summary(observation_end := $observation_end, calibration_end := $calibration_end, refunds := $refunds)
group by
    frequency,
    holdout_frequency,
    case when $is_exact then recency else floor(recency) end,
    case when $is_exact then age else floor(age) end
