/*---
summary: Every amount is a number, neither NaN nor infinite.
grain: one row per column with others
returns: [
  item: {type: string, doc: "Column: amount or margin_amount."},
  detail: {type: string, doc: "How many rows hold NaN or infinity."},
  odd_rows: {type: integer, unit: rows, doc: "Rows with NaN or infinity."}]
source: "One such amount makes every sum that it is in one; such rows are left out. Ratings and weights like that are not valid, see rating_is_on_scale."
check:
  severity: error
  fix: "Correct the rows, or map nullif(the column, 'NaN')."
---*/
with counted as (
    select
        cast(sum(case when amount is not null and not abs(amount) < 1e300 then 1 else 0 end) as bigint) as odd_amounts,
        cast(sum(case when margin_amount is not null and not abs(margin_amount) < 1e300 then 1 else 0 end) as bigint) as odd_margins
    from transactions
),

columns as (
    select 'amount' as item
    union all
    select 'margin_amount' as item
),

listed as (
    select c.item, case when c.item = 'amount' then t.odd_amounts else t.odd_margins end as odd_rows
    from counted as t
    cross join columns as c
)

select item, text_of(odd_rows) || ' rows hold NaN or infinity' as detail, odd_rows
from listed
where odd_rows > 0
