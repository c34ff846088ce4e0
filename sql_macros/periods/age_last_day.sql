/*---
summary: Last day of the period that ended a number of periods ago.
kind: expression
args: [
  age: {type: integer, min: -1, max: 1000, doc: "0: the newest complete period; 1: the one before; -1: the running one, which ends on as_of."},
  period,
  as_of: {doc: "Last complete day of the data."},
  fiscal_shift]
returns: {type: date, doc: "See period_age."}
source: "Gregorian calendar."
example: {age: 0}
---*/
case
    when $age < 0 then $as_of
    else plus_days(
        plus_months(
            period_start(plus_days($as_of, 1), period := $period, fiscal_shift := $fiscal_shift),
            -(case when $period = 'month' then 1 when $period = 'quarter' then 3 else 12 end) * $age
        ),
        -1
    )
end
