/*---
summary: Every purchase names its customer, day and amount.
grain: one row per column that is not always there
returns: [
  item: {type: string, doc: "Column: customer_id, occurred_at or amount."},
  detail: {type: string, doc: "How many rows lack it."},
  incomplete_rows: {type: integer, unit: rows, doc: "Rows without it."},
  all_rows: {type: integer, unit: rows, doc: "All rows."}]
source: "Such a row is in no value of a customer: nobody knows whose it is, of which period, or how much."
check:
  severity: error
  fix: "Correct the column in kpi.yaml; leave rows that are no purchases out with `where`."
---*/
with counted as (
    select
        count(*) as all_rows,
        cast(sum(case when customer_id is null then 1 else 0 end) as bigint) as without_customer,
        cast(sum(case when occurred_at is null then 1 else 0 end) as bigint) as without_day,
        cast(sum(case when amount is null then 1 else 0 end) as bigint) as without_amount
    from transactions
),

columns as (
    select 'customer_id' as item
    union all
    select 'occurred_at' as item
    union all
    select 'amount' as item
),

listed as (
    select
        c.item,
        case when c.item = 'customer_id' then t.without_customer when c.item = 'occurred_at' then t.without_day else t.without_amount end as incomplete_rows,
        t.all_rows
    from counted as t
    cross join columns as c
)

select
    item,
    text_of(incomplete_rows) || ' of ' || text_of(all_rows) || ' purchases have none' as detail,
    incomplete_rows,
    all_rows
from listed
where incomplete_rows > 0
