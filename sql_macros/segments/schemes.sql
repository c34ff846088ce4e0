/*---
summary: The segmentation schemes that are asked for, 'All customers' among them.
kind: relation
grain: one row per scheme
internal: true
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them."}
returns:
  scheme: {type: string, doc: "Segmentation scheme that has members; 'All customers' is always one."}
source: "See memberships."
---*/
select 'All customers' as scheme
where $scheme is null or $scheme = 'All customers'
union all
select distinct scheme
from memberships(scheme := $scheme)
