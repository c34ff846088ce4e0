/*---
summary: Churn of segments over the last year, of counted customers.
kind: relation
grain: one row per row of segment_sums
internal: true
carries: segment_sums
args:
  segment_sums: {type: relation, doc: "Rows with scheme, segment, base (customers active a year ago) and lost (those of them who no longer are), one for each segment. Its other columns come along."}
  min_base: {type: integer, default: 30, min: 1, doc: "Segments with a smaller base take the churn of all customers."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment."}
  churn: {type: number, unit: share per year, doc: "Lost / base; null where nobody was active a year ago."}
source: "A scheme has every customer in one segment, so that its segments add up to all customers."
---*/
select
    s.scheme,
    s.segment,
    case
        when s.base < $min_base
        then sum(s.lost) over (partition by s.scheme) * 1e0 / nullif(sum(s.base) over (partition by s.scheme), 0)
        else s.lost * 1e0 / nullif(s.base, 0)
    end as churn
from segment_sums as s
