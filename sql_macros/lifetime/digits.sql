/*---
summary: The numbers 0 to 9, of which longer series are made.
grain: one row per digit
internal: true
returns: [digit: {type: integer, range: "[0, 9]", doc: "Digit."}]
source: "No engine has the same way to count."
---*/
select 0 as digit
union all
select 1 as digit
union all
select 2 as digit
union all
select 3 as digit
union all
select 4 as digit
union all
select 5 as digit
union all
select 6 as digit
union all
select 7 as digit
union all
select 8 as digit
union all
select 9 as digit
