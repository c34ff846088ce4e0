/*---
summary: spend_counts of each segment of a scheme.
kind: relation
grain: one row per segment, frequency and hundredth of ln(monetary_value)
internal: true
args:
  scheme: {type: text, doc: "The segmentation scheme."}
  observation_end: {type: date, default: {setting: as_of}, doc: "Last day that is looked at, and day of the membership."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "See customer_summary."}
  is_exact: {type: boolean, default: false, doc: "true: by value instead of by hundredth of its logarithm."}
returns:
  segment: {type: string, doc: "Segment; 'Unassigned' where customers have none."}
  frequency: {type: integer, doc: "Repeat purchase days, at least 1."}
  monetary_value: {type: number, unit: currency, doc: "Their mean, above 0."}
  customers: {type: integer, unit: customers, doc: "How many they are."}
source: "See spend_counts."
---*/
with summary as (
    select
        customer_id,
        frequency,
        monetary_value
    from customer_summary(observation_end := $observation_end, refunds := $refunds)
    where frequency > 0 and monetary_value > 0
)

select
    a.segment,
    a.frequency,
    avg(a.monetary_value) as monetary_value,
    count(*) as customers
from assigned_segments(members := summary, scheme := $scheme, as_of := $observation_end) as a
group by
    a.segment,
    a.frequency,
    case when $is_exact then a.monetary_value else floor(100 * ln(case when a.monetary_value > 0 then a.monetary_value else 1e0 end)) end
