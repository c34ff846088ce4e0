/*---
summary: Monthly payments that a contract has made up to a day.
kind: expression
internal: true
args: [
  started_at: {type: expression, doc: "First day of the contract."},
  ended_at: {type: expression, doc: "Day on which it ended; null while it runs."},
  day: {type: expression, doc: "Last day that is looked at."}]
returns: {type: integer, unit: payments, range: "[0, inf)", doc: "One on the first day and one at each completed month; 0 before it starts, and where it ended on the day it started or earlier."}
source: "See completed_months: the day on which a contract ends is not paid for."
example: {started_at: started_at, ended_at: ended_at, day: "day_of('2026-09-30')"}
---*/
case
    when day_of($started_at) > $day or day_of($ended_at) <= day_of($started_at) then 0
    when day_of($ended_at) <= $day then completed_months($started_at, day_of($ended_at)) + 1
    else completed_months($started_at, plus_days($day, 1)) + 1
end
