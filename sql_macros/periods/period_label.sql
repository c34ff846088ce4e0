/*---
summary: Name of a period, for example 2026-08, 2026-Q3, 2026, FY2027-Q1.
kind: expression
args:
  period_start: {type: expression, doc: "First day of the period."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns: {type: string, doc: "Sorts as the periods do; a fiscal year bears the year in which it ends."}
source: "ISO 8601 year and month; fiscal years named by their last day."
example: {period_start: period_start}
---*/
case
    when $period = 'month' then
        text_of(year_of($period_start))
        || case when month_of($period_start) < 10 then '-0' else '-' end
        || text_of(month_of($period_start))
    when $period = 'quarter' and $fiscal_shift = 0 then
        text_of(year_of($period_start)) || '-Q' || text_of(quarter_of($period_start))
    when $period = 'quarter' then
        'FY' || text_of(year_of(plus_months($period_start, -($fiscal_shift))) + 1)
        || '-Q' || text_of(quarter_of(plus_months($period_start, -($fiscal_shift))))
    when $fiscal_shift = 0 then text_of(year_of($period_start))
    else 'FY' || text_of(year_of($period_start) + 1)
end
