/*---
summary: The history that purchase models are fitted to.
grain: one row
internal: true
args: [
  observation_end: {type: date, default: {setting: as_of}, doc: "Last day that is looked at."},
  refunds]
returns: [
  customers: {doc: "Customers with a purchase."},
  repeaters: {type: integer, unit: customers, doc: "Those with purchases on two days or more."},
  regulars: {type: integer, unit: customers, doc: "Those with purchases on three days or more."},
  purchase_days: {type: integer, unit: days, doc: "Purchase days of all."},
  revenue: {doc: "Sum of amounts."},
  first_purchase_on: {doc: "First purchase of all."},
  last_purchase_on: {doc: "Last purchase of all."}]
source: "Sums of customer_summary."
---*/
select
    count(*) as customers,
    cast(coalesce(sum(case when frequency > 0 then 1 else 0 end), 0) as bigint) as repeaters,
    cast(coalesce(sum(case when frequency > 1 then 1 else 0 end), 0) as bigint) as regulars,
    cast(coalesce(sum(purchase_days), 0) as bigint) as purchase_days,
    sum(revenue) as revenue,
    min(first_purchase_on) as first_purchase_on,
    max(last_purchase_on) as last_purchase_on
from customer_summary(observation_end := $observation_end, refunds := $refunds)
