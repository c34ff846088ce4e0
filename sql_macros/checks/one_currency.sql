/*---
summary: All amounts are in one currency.
grain: one row per transaction in another currency
args: [
  currency: {type: text, default: {setting: currency}, doc: "The currency of the mapping; null takes the most frequent one."}]
returns: [
  item: {type: string, doc: "Transaction."},
  detail: {type: string, doc: "Its currency, and the one expected."},
  amount: {doc: "Amount, in its own currency."},
  occurred_at]
source: "Amounts are added as they are: nothing converts them. No row where currency is not mapped."
check:
  severity: error
  fix: "Convert in the mapping's expression of amount, or keep one currency with `where`."
---*/
with counted as (
    select currency, count(*) as transactions
    from transactions
    where currency is not null
    group by currency
),

ranked as (
    select currency, row_number() over (order by transactions desc, currency asc) as most_frequent_first
    from counted
),

expected as (
    select coalesce($currency, currency) as currency
    from ranked
    where most_frequent_first = 1
)

select
    cast(t.transaction_id as text) as item,
    t.currency || ' instead of ' || e.currency as detail,
    t.amount,
    t.occurred_at
from transactions as t
cross join expected as e
where t.currency <> e.currency
