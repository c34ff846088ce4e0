/*---
summary: Calendar months from one day to another.
kind: expression
args: [
  from_day: {type: expression, doc: "The earlier day."},
  to_day: {type: expression, doc: "The later day."}]
returns: {type: integer, unit: months, doc: "Whatever the day of the month: 31 March to 1 April is 1. Null where a day is null."}
source: "Gregorian calendar."
example: {from_day: created_at, to_day: occurred_at}
---*/
12 * (year_of($to_day) - year_of($from_day)) + month_of($to_day) - month_of($from_day)
