/*---
summary: When a response was followed up.
kind: expression
args: [
  opened_at: {type: expression, doc: "When the case was opened."},
  first_contact_at: {type: expression, doc: "When the customer was first contacted, read where the mapping has it."},
  closed_at: {type: expression, doc: "When the case was closed, read where first_contact_at is not mapped."}]
returns: {type: timestamp, doc: "The first contact; where it is not mapped, closing, or else opening the case. Null where it has not happened."}
source: "A case that is only opened has not reached the customer, but where nothing else is recorded it is all there is."
example: {opened_at: opened_at, first_contact_at: first_contact_at, closed_at: closed_at}
---*/
case
    when is_mapped('followups', 'first_contact_at') then $first_contact_at
    when is_mapped('followups', 'closed_at') then $closed_at
    else $opened_at
end
