/*---
summary: purchase_counts of each segment of a scheme.
kind: relation
grain: one row per segment, frequency, week of the last purchase and week of age
internal: true
args:
  scheme: {type: text, doc: "The segmentation scheme."}
  observation_end: {type: date, default: {setting: as_of}, doc: "Last day that is looked at, and day of the membership."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "See customer_summary."}
  is_exact: {type: boolean, default: false, doc: "true: by day instead of by week."}
returns:
  segment: {type: string, doc: "Segment; 'Unassigned' where customers have none."}
  frequency: {type: integer, doc: "Repeat purchase days."}
  recency: {type: number, unit: weeks, doc: "Their mean age at the last purchase."}
  age: {type: number, unit: weeks, doc: "Their mean age."}
  customers: {type: integer, unit: customers, doc: "How many they are."}
source: "See purchase_counts."
---*/
with summary as (
    select
        customer_id,
        frequency,
        recency,
        age
    from customer_summary(observation_end := $observation_end, refunds := $refunds)
)

select
    a.segment,
    a.frequency,
    avg(a.recency) as recency,
    avg(a.age) as age,
    count(*) as customers
from assigned_segments(members := summary, scheme := $scheme, as_of := $observation_end) as a
group by
    a.segment,
    a.frequency,
    case when $is_exact then a.recency else floor(a.recency) end,
    case when $is_exact then a.age else floor(a.age) end
