/*---
summary: First day of the period before.
kind: expression
args: [
  period_start: {doc: "First day of a period."},
  period]
returns: {type: date, doc: "Null where the day is null."}
source: "Gregorian calendar."
example: {period_start: period_start}
---*/
case
    when $period = 'month' then plus_months($period_start, -1)
    when $period = 'quarter' then plus_months($period_start, -3)
    else plus_months($period_start, -12)
end
