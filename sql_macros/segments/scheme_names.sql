/*---
summary: The segmentation schemes that customers are members of.
kind: relation
grain: one row per scheme
internal: true
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
source: "memberships; 'All customers' is always there and not listed."
---*/
select distinct scheme
from memberships(scheme := null)
