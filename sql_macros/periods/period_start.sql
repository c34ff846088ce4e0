/*---
summary: First day of the period that a day lies in.
kind: expression
args: [
  day: {type: expression, doc: "A date or timestamp."},
  period, fiscal_shift]
returns: {type: date, doc: "Null where the day is null."}
source: "Gregorian calendar; quarters and years start with the fiscal year."
example: {day: responded_at}
---*/
case
    when $period = 'month' then month_start($day)
    when $period = 'quarter' and $fiscal_shift in (0, 3, 6, 9) then quarter_start($day)
    when $period = 'quarter' then plus_months(quarter_start(plus_months(month_start($day), -($fiscal_shift))), $fiscal_shift)
    when $fiscal_shift = 0 then year_start($day)
    else plus_months(year_start(plus_months(month_start($day), -($fiscal_shift))), $fiscal_shift)
end
