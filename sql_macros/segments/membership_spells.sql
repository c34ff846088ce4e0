/*---
summary: The segment memberships that can hold - who was in which segment, from which day to which.
grain: one row per row of segment_membership
internal: true
uses: [segment_membership]
args: [scheme: {doc: "One segmentation scheme; null for all of them."}]
returns: [
  customer_id, scheme, segment: {doc: "Segment."}, joined_on,
  left_on: {type: date, doc: "First day after; 2199-12-31 where it is open."}]
source: "A row without customer or segment (a blank name is none), or that ends before it starts, is none."
---*/
select
    customer_id,
    scheme,
    segment,
    coalesce(day_of(valid_from), day_of('1900-01-01')) as joined_on,
    coalesce(day_of(valid_to), day_of('2199-12-31')) as left_on
from segment_membership
where
    ($scheme is null or scheme = $scheme)
    and scheme <> 'All customers'
    and trim(segment) <> ''
    and customer_id is not null
    and coalesce(day_of(valid_from), day_of('1900-01-01')) < coalesce(day_of(valid_to), day_of('2199-12-31'))
