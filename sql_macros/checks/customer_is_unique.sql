/*---
summary: Every customer has one row.
grain: one row, where any customer has more
returns: [
  item: {type: string, doc: "customers."},
  detail: {type: string, doc: "How many customers have more than one row, and one of them."},
  repeated_customers: {type: integer, unit: customers, doc: "Customers with more than one row."},
  further_rows: {type: integer, unit: rows, doc: "Rows beyond the first of each."}]
source: "Such a customer is counted once everywhere, with the earliest created_at and the highest acquisition_cost, see customer_list."
check:
  severity: error
  fix: "Map a select that keeps one row for each customer, or the column that tells them apart."
---*/
with counted as (
    select customer_id, count(*) as own_rows
    from customers
    where customer_id is not null
    group by customer_id
),

repeated as (
    select
        count(*) as repeated_customers,
        cast(sum(own_rows - 1) as bigint) as further_rows,
        max(cast(customer_id as text)) as example
    from counted
    where own_rows > 1
)

select
    'customers' as item,
    text_of(repeated_customers) || ' customers have more than one row, for example ' || example as detail,
    repeated_customers,
    further_rows
from repeated
where repeated_customers > 0
