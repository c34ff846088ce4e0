/*---
summary: No purchase is counted twice.
grain: one row, where any purchase is repeated
returns: [
  item: {type: string, doc: "transactions."},
  detail: {type: string, doc: "How many rows repeat another, and the transaction of one of them."},
  repeated_rows: {type: integer, unit: rows, doc: "Rows that repeat another in transaction, customer, time and amount."},
  repeated_amount: {type: number, unit: currency, doc: "Sum of their amounts, which counts too much."}]
source: "Tables that are loaded twice, or joined to several rows, count each purchase as often."
check:
  severity: error
  fix: "Load the rows once, or map a select with one row for each purchase."
---*/
with counted as (
    select transaction_id, customer_id, occurred_at, amount, count(*) as own_rows
    from transactions
    where transaction_id is not null
    group by transaction_id, customer_id, occurred_at, amount
),

repeated as (
    select
        cast(sum(own_rows - 1) as bigint) as repeated_rows,
        sum((own_rows - 1) * amount) as repeated_amount,
        max(cast(transaction_id as text)) as example
    from counted
    where own_rows > 1
)

select
    'transactions' as item,
    text_of(repeated_rows) || ' rows repeat another, for example ' || example as detail,
    repeated_rows,
    repeated_amount
from repeated
where repeated_rows > 0
