/*---
summary: The segment of each given customer on a given day, in every scheme.
grain: one row per row of dated_members and scheme
internal: true
carries: dated_members
args: [
  dated_members: {type: relation, doc: "The customers and days: customer_id, day, and columns that come along."},
  scheme]
returns: [
  customer_id, day: {type: date, doc: "Day."}, scheme,
  segment: {doc: "Segment; 'Unassigned' where the customer has none on the day."}]
source: "See memberships."
---*/
select
    c.customer_id,
    c.day,
    s.scheme,
    case when s.scheme = 'All customers' then 'All customers' else coalesce(m.segment, 'Unassigned') end as segment
from dated_members as c
cross join schemes(scheme := $scheme) as s
left join memberships(scheme := $scheme) as m
    on
        c.customer_id = m.customer_id
        and ($scheme is not null or s.scheme = m.scheme)
        and (not is_mapped('segment_membership', 'valid_from') or c.day >= m.joined_on)
        and (
            not (is_mapped('segment_membership', 'valid_from') or is_mapped('segment_membership', 'valid_to'))
            or c.day < m.left_on
        )
