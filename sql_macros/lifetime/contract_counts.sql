/*---
summary: How many contracts were renewed how often and have ended or not, for fitting.
grain: one row per segment, renewals and state
internal: true
args: [
  scheme: {default: All customers},
  observation_end: {type: date, default: {setting: as_of}, doc: "Last day that is looked at, and day of the membership."}]
returns: [
  segment: {doc: "Segment of the customer; 'Unassigned' where there is none."},
  renewals: {type: integer, unit: months, doc: "Months completed."},
  has_left: {type: integer, range: "0 or 1", doc: "1 where the contracts have ended."},
  contracts: {type: integer, unit: contracts, doc: "How many they are."}]
source: "See contract_tenures."
---*/
with tenures as (
    select
        customer_id,
        has_left,
        renewals
    from contract_tenures(as_of := $observation_end)
)

select
    a.segment,
    a.renewals,
    a.has_left,
    count(*) as contracts
from assigned_segments(members := tenures, scheme := $scheme, as_of := $observation_end) as a
group by a.segment, a.renewals, a.has_left
