/*---
summary: How many periods ago a period ended.
kind: expression
args: [
  period_start, period,
  as_of: {doc: "Last complete day of the data."},
  fiscal_shift]
returns: {type: integer, range: "[-1, inf)", doc: "0: the newest complete period; 1: the one before; -1: the running one."}
source: "Calendar months between the first days."
example: {period_start: period_start}
---*/
cast(
    floor(
        (
            12e0 * (year_of(period_start(plus_days($as_of, 1), period := $period, fiscal_shift := $fiscal_shift)) - year_of($period_start))
            + month_of(period_start(plus_days($as_of, 1), period := $period, fiscal_shift := $fiscal_shift)) - month_of($period_start)
        ) / (case when $period = 'month' then 1e0 when $period = 'quarter' then 3e0 else 12e0 end)
    ) as integer
) - 1
