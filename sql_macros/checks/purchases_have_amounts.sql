/*---
summary: Purchases are worth something.
grain: one row, where every amount is 0
returns: [
  item: {type: string, doc: "amount."},
  detail: {type: string, doc: "How many purchases there are."},
  purchases: {doc: "Purchases, all of 0."}]
source: "Single purchases of 0 are usual; that all are is a column that is not filled yet, or divided once too often."
check:
  severity: error
  fix: "Map the column that holds what was paid."
---*/
with counted as (
    select count(amount) as purchases, max(abs(amount)) as largest
    from transactions
)

select
    'amount' as item,
    'All ' || text_of(purchases) || ' purchases have an amount of 0' as detail,
    purchases
from counted
where purchases > 0 and largest = 0
