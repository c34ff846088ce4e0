/*---
summary: When each response was followed up, as known on a day.
grain: one row per response with a case
internal: true
args: [as_of]
returns: [
  response_id: {type: string, doc: "Response."},
  contacted_at: {type: timestamp, doc: "First contact of all its cases, see contact_time; null where there was none by as_of."},
  is_closed: {type: integer, doc: "1 where a case was closed by as_of, else 0."}]
source: "A response may have several cases: the first contact counts."
---*/
with cases as (
    select response_id, closed_at, contact_time(opened_at, first_contact_at, closed_at) as contacted_at
    from followups
)

select
    response_id,
    min(case when contacted_at < plus_days($as_of, 1) then contacted_at end) as contacted_at,
    max(case when closed_at < plus_days($as_of, 1) then 1 else 0 end) as is_closed
from cases
group by response_id
