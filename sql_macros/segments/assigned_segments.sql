/*---
summary: The segment of each given customer on a day, in every scheme.
grain: one row per row of members and scheme
internal: true
carries: members
args: [
  members: {type: relation, doc: "The customers: customer_id, and columns that come along."},
  scheme,
  as_of: {doc: "The day for which membership holds."}]
returns: [customer_id, scheme, segment]
source: "valid_from <= as_of < valid_to; an open end is null."
---*/
select
    c.customer_id,
    s.scheme,
    case when s.scheme = 'All customers' then 'All customers' else coalesce(m.segment, 'Unassigned') end as segment
from members as c
cross join schemes(scheme := $scheme) as s
left join memberships(scheme := $scheme) as m
    on
        c.customer_id = m.customer_id
        and ($scheme is not null or s.scheme = m.scheme)
        and m.joined_on <= $as_of
        and m.left_on > $as_of
