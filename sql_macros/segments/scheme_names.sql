/*---
summary: The segmentation schemes that customers are members of.
kind: relation
grain: one row per scheme
internal: true
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
source: "See schemes; 'All customers' is always there and not listed."
---*/
select scheme
from schemes(scheme := null)
where scheme <> 'All customers'
