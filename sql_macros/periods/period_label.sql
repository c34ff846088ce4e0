/*---
summary: Name of a period, for example 2026-08, 2026-Q3, 2026, FY2027-Q1.
kind: expression
args: [period_start, period, fiscal_shift]
returns: {type: string, doc: "Sorts as the periods do; a fiscal year is named by the year in which it ends."}
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
