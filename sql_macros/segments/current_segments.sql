/*---
summary: The segment of each customer today, in every scheme.
grain: one row per customer and scheme
needs: [customers]
args: [
  scheme,
  as_of: {doc: "The day for which membership holds."}]
returns: [customer_id, scheme, segment]
source: "valid_from <= as_of < valid_to; an open end is null."
---*/
with members as (
    select customer_id
    from customer_list()
    where created_at is null or created_at < plus_days($as_of, 1)
)

select customer_id, scheme, segment
from assigned_segments(members := members, scheme := $scheme, as_of := $as_of)
