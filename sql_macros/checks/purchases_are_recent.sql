/*---
summary: The newest purchase lies within the last quarter.
grain: one row where it lies earlier
args: [
  max_days: {type: integer, default: 92, min: 1, doc: "Days after which the newest purchase is too old; 92 is the longest quarter."},
  as_of]
returns: [
  item: {type: string, doc: "Always: transactions."},
  detail: {type: string, doc: "How many days before as_of, or No purchase."},
  last_purchase_on: {doc: "Day of the newest purchase."}]
source: "Values count from as_of: on data that ended long before, every customer has churned and every period is empty, though nothing is wrong."
check:
  severity: warning
  fix: "Set as_of in kpi.yaml to the day on which the data ends, or look whether purchases are still loaded."
---*/
with newest as (
    select max(day_of(occurred_at)) as last_purchase_on
    from transactions
    where occurred_at < plus_days($as_of, 1)
)

select
    'transactions' as item,
    coalesce(
        text_of(days_between(last_purchase_on, $as_of)) || ' days before the last day of the data',
        'No purchase'
    ) as detail,
    last_purchase_on
from newest
where last_purchase_on is null or last_purchase_on <= plus_days($as_of, -($max_days))
