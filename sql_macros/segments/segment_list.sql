/*---
summary: The segments of every scheme, in the order of the catalogue - what filters offer.
kind: relation
grain: one row per scheme and segment
uses:
  segments: [scheme, segment, sort_order]
  segment_membership: [scheme, segment]
returns:
  scheme: {type: string, doc: "Segmentation scheme; 'All customers' is always there."}
  segment: {type: string, doc: "Segment; each mapped scheme also has 'Unassigned'."}
  sort_order: {type: number, doc: "Place in the catalogue; null where the catalogue does not say."}
source: "The catalogue of segments and, where one is missing there, the memberships."
---*/
with named as (
    select scheme, segment, sort_order
    from segments
    union all
    select distinct scheme, segment, cast(null as double) as sort_order
    from segment_membership
    union all
    select 'All customers' as scheme, 'All customers' as segment, 1e0 as sort_order
),

schemes as (
    select scheme
    from named
    where scheme <> 'All customers'
    group by scheme
)

select scheme, segment, min(sort_order) as sort_order
from named
where scheme is not null and segment is not null
group by scheme, segment
union all
select scheme, 'Unassigned' as segment, 1e6 as sort_order
from schemes
