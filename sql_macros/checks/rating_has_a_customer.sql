/*---
summary: Every rating of the own brand names a customer who exists.
grain: one row per response without a customer
uses: [customers, brands]
returns: [
  item: {type: string, doc: "Response, or rating where responses are not mapped."},
  detail: {type: string, doc: "No customer, or Not among the customers."},
  customer: {doc: "Customer as the rating names it."},
  ratings, responded_at]
source: "Such a rating counts for all customers and for no segment. Where customers are not mapped, any customer will do."
check:
  severity: warning
  fix: "Map customer_id, or complete the customers; leave test customers out of ratings too."
---*/
with own as (
    select
        coalesce(cast(r.response_id as text), cast(r.rating_id as text)) as response,
        r.customer_id,
        r.responded_at
    from ratings as r
    left join brands as b on r.brand = b.brand
    where coalesce(r.brand, '') = '' or b.is_own
),

known as (
    select distinct customer_id
    from customers
)

select
    o.response as item,
    case when max(o.customer_id) is null then 'No customer' else 'Not among the customers' end as detail,
    cast(max(o.customer_id) as text) as customer,
    count(*) as ratings,
    max(o.responded_at) as responded_at
from own as o
left join known as k on o.customer_id = k.customer_id
where o.customer_id is null or (is_mapped('customers') and k.customer_id is null)
group by o.response
