/*---
summary: In each scheme few customers are in no segment.
grain: one row per scheme with too many customers in no segment
needs: [segment_membership]
args: [
  max_share: {type: number, default: 0.1, min: 0, max: 1, doc: "Share of customers that may be in no segment."},
  as_of: {doc: "The day for which membership holds."}]
returns: [
  item: {type: string, doc: "Segmentation scheme."},
  detail: {type: string, doc: "How many customers are in no segment."},
  customers: {doc: "All customers."},
  unassigned: {type: integer, unit: customers, doc: "Customers in no segment."},
  unassigned_share]
source: "Customers without a segment stay visible as Unassigned; many of them make segments a poor picture of the whole."
check:
  severity: warning
  fix: "Assign the customers, or leave out of customers those who belong to no segment by intent."
---*/
with counted as (
    select
        scheme,
        count(*) as customers,
        sum(case when segment = 'Unassigned' then 1 else 0 end) as unassigned
    from current_segments(as_of := $as_of)
    group by scheme
)

select
    scheme as item,
    text_of(unassigned) || ' of ' || text_of(customers) || ' customers' as detail,
    cast(customers as bigint) as customers,
    cast(unassigned as bigint) as unassigned,
    unassigned * 1e0 / nullif(customers, 0) as unassigned_share
from counted
where unassigned > $max_share * customers
