/*---
summary: Every purchase earns a margin.
grain: one row per purchase with a margin of zero or less
returns: [
  item: {type: string, doc: "Transaction."},
  detail: {type: string, doc: "Zero margin, or Negative margin."},
  customer, amount,
  margin_amount: {type: number, unit: currency, doc: "Margin."},
  occurred_at]
source: "Purchases have an amount above 0; refunds may well have negative margins. No row where margin_amount is not mapped."
check:
  severity: warning
  fix: "Look whether costs are booked twice or in another unit; genuine losses lower the CLV rightly."
---*/
select
    cast(transaction_id as text) as item,
    case when margin_amount < 0 then 'Negative margin' else 'Zero margin' end as detail,
    cast(customer_id as text) as customer,
    amount,
    margin_amount,
    occurred_at
from transactions
where amount > 0 and margin_amount <= 0
