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
    s.frequency,
    avg(s.recency) as recency,
    avg(s.age) as age,
    count(*) as customers
from assigned_segments(members := summary, scheme := $scheme, as_of := $observation_end) as a
inner join summary as s on a.customer_id = s.customer_id
group by
    a.segment,
    s.frequency,
    case when $is_exact then s.recency else floor(s.recency) end,
    case when $is_exact then s.age else floor(s.age) end
