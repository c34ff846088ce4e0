/*---
summary: No purchase is later than the data can be.
grain: one row per transaction in the future
args: [
  grace_days: {type: integer, default: 2, min: 0, doc: "Days after as_of that are no fault: today, and tomorrow where it has begun elsewhere."},
  as_of: {doc: "Last complete day of the data."}]
returns: [
  item: {type: string, doc: "Transaction."},
  detail: {type: string, doc: "How many days after as_of."},
  customer, amount, occurred_at]
source: "Values to date leave later rows out: a wrong year loses a purchase without a trace, and so does an as_of that was forgotten."
check:
  severity: error
  fix: "Correct the date where it is written, or move as_of in kpi.yaml."
---*/
select
    cast(transaction_id as text) as item,
    text_of(days_between($as_of, occurred_at)) || ' days after the last day of the data' as detail,
    cast(customer_id as text) as customer,
    amount,
    occurred_at
from transactions
where occurred_at >= plus_days($as_of, $grace_days + 1)
