/*---
summary: Every purchase has a margin, its own or the mapped rate.
grain: one row, where any purchase has none
args: [margin_rate]
returns: [
  item: {type: string, doc: "margin_amount."},
  detail: {type: string, doc: "How many purchases have no margin."},
  unstated_rows: {type: integer, unit: purchases, doc: "Purchases and refunds without a margin."},
  unstated_amount: {type: number, unit: currency, doc: "Sum of their amounts."}]
source: "Without a margin_rate in kpi.yaml their margin is unknown and in no sum, so that value is too low. No row where margin_amount is not mapped."
check:
  severity: warning
  fix: "State margin_rate in kpi.yaml, which fills in, or complete margin_amount."
---*/
with counted as (
    select count(*) as unstated_rows, sum(amount) as unstated_amount
    from transactions
    where is_mapped('transactions', 'margin_amount') and $margin_rate is null and amount is not null and margin_amount is null
)

select
    'margin_amount' as item,
    text_of(unstated_rows) || ' purchases have no margin' as detail,
    unstated_rows,
    unstated_amount
from counted
where unstated_rows > 0
