/*---
summary: The same day of the calendar a year earlier, 28 February for a 29th.
kind: expression
args: [day: {type: date, default: {setting: as_of}, doc: "The day."}]
returns: {type: date, doc: "What comes after it, up to the day, is a year: each day of the calendar is in it once, also where a leap day is."}
source: "Gregorian calendar."
example: {}
---*/
case
    when month_of($day) = 2 and days_between(month_start($day), $day) = 28 then plus_days(plus_months(month_start($day), -12), 27)
    else plus_days(plus_months(month_start($day), -12), days_between(month_start($day), $day))
end
