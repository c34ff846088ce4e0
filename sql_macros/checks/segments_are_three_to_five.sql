/*---
summary: Every scheme has three to five segments.
grain: one row per scheme with fewer or more segments
needs: [segment_membership]
args: [
  min_segments, max_segments,
  as_of: {doc: "The day for which membership holds."}]
returns: [
  item: {type: string, doc: "Segmentation scheme."},
  detail: {type: string, doc: "How many segments have customers."},
  segments: {type: integer, unit: segments, doc: "Segments with at least one customer, without Unassigned."}]
source: "Three to five segments: fewer hide differences, more add work without adding choices."
check:
  severity: info
  fix: "Merge segments that are treated alike, or split one that is not."
---*/
with counted as (
    select scheme, count(distinct segment) as segments
    from current_segments(as_of := $as_of)
    where segment <> 'Unassigned' and scheme <> 'All customers'
    group by scheme
)

select scheme as item, text_of(segments) || ' segments' as detail, cast(segments as bigint) as segments
from counted
where segments < $min_segments or segments > $max_segments
