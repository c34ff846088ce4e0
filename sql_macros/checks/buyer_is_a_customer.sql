/*---
summary: Everyone who buys is among the customers.
grain: one row, where any buyer is not
returns: [
  item: {type: string, doc: "transactions."},
  detail: {type: string, doc: "How many buyers are not among the customers, and one of them."},
  unknown_buyers: {type: integer, unit: customers, doc: "Buyers who are not among the customers."},
  purchases: {doc: "Their purchases and refunds."},
  amount: {doc: "Sum of their amounts."}]
source: "They count in lifetime value, as Unassigned, and in no coverage. A `where` on customers leaves out people, not what they bought."
check:
  severity: warning
  fix: "Complete the customers; leave out of transactions who is left out of customers, such as test accounts."
---*/
with buyers as (
    select customer_id, count(*) as purchases, sum(amount) as amount
    from transactions
    where customer_id is not null
    group by customer_id
),

known as (
    select distinct customer_id
    from customers
),

strangers as (
    select
        count(*) as unknown_buyers,
        sum(b.purchases) as purchases,
        sum(b.amount) as amount,
        max(cast(b.customer_id as text)) as example
    from buyers as b
    left join known as k on b.customer_id = k.customer_id
    where k.customer_id is null
)

select
    'transactions' as item,
    text_of(unknown_buyers) || ' buyers are not among the customers, for example ' || example as detail,
    unknown_buyers,
    cast(purchases as bigint) as purchases,
    amount
from strangers
where unknown_buyers > 0
