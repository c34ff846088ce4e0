/*---
summary: Hours from one time to another.
kind: expression
args: [
  from_time: {type: expression, doc: "The earlier timestamp."},
  to_time: {type: expression, doc: "The later timestamp."}]
returns: {type: number, unit: hours, doc: "To the second; negative where the second is the earlier one, null where one is null."}
source: "86,400 seconds a day: naive timestamps are UTC."
example: {from_time: opened_at, to_time: first_contact_at}
---*/
seconds_between($from_time, $to_time) / 3600e0
