/*---
summary: Each customer once.
grain: one row per customer
internal: true
returns: [
  customer_id,
  created_at: {type: timestamp, doc: "Earliest time of the customer's rows; null where none has one."},
  acquisition_channel: {type: string, doc: "Last channel by name."},
  acquisition_cost: {type: number, unit: currency, doc: "Highest cost."}]
source: "A customer who is in the table twice is one customer in every count; the check customer_is_unique names them."
---*/
select
    customer_id,
    min(created_at) as created_at,
    max(acquisition_channel) as acquisition_channel,
    max(acquisition_cost) as acquisition_cost
from customers
where customer_id is not null
group by customer_id
