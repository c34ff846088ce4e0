/*---
summary: How many customers have which frequency and mean value of a repeat purchase day, for fitting.
kind: relation
grain: one row per frequency and hundredth of ln(monetary_value)
internal: true
args:
  observation_end: {type: date, default: {setting: as_of}, doc: "Last day that is looked at."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "See customer_summary."}
  is_exact: {type: boolean, default: false, doc: "true: by value instead of by hundredth of its logarithm."}
returns:
  frequency: {type: integer, doc: "Repeat purchase days, at least 1."}
  monetary_value: {type: number, unit: currency, doc: "Their mean, above 0."}
  customers: {type: integer, unit: customers, doc: "How many they are."}
source: "Fader & Hardie (2013): only customers with a repeat purchase and spend above 0 are fitted."
---*/
select
    frequency,
    avg(monetary_value) as monetary_value,
    count(*) as customers
from customer_summary(observation_end := $observation_end, refunds := $refunds)
where frequency > 0 and monetary_value > 0
group by
    frequency,
    case when $is_exact then monetary_value else floor(100 * ln(case when monetary_value > 0 then monetary_value else 1e0 end)) end
