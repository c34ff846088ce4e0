/*---
summary: Recency, frequency and monetary quintiles of each customer, and a named segment.
kind: relation
grain: one row per customer with a purchase
args:
  second_axis: {type: choice, choices: [frequency, monetary, mean], default: frequency, doc: "What names the segment beside recency: the frequency score, the monetary one, or their mean rounded up."}
  monetary: {type: choice, choices: [revenue, margin], default: revenue, doc: "What the monetary score ranks."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last day that is looked at; later purchases are left out."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "net: amounts below 0 reduce what was spent; ignore: they are left out."}
  margin_rate: {type: number, default: {setting: margin_rate}, min: 0, max: 1, doc: "Margin as a share of the amount, where no margin is mapped."}
returns:
  customer_id: {type: string, doc: "Customer. Who never bought has no row."}
  last_purchase_on: {type: date, doc: "Day of the last purchase."}
  days_since_purchase: {type: integer, unit: days, range: "[0, inf)", doc: "Days from it to as_of."}
  purchases: {type: integer, unit: purchases, range: "[1, inf)", doc: "Purchases to date."}
  spent: {type: number, unit: currency, doc: "Revenue or margin to date, refunds negative."}
  recency_score: {type: integer, range: "1 to 5", doc: "5: the fifth of customers who bought last. Fifths are equal to one customer; equal customers go by customer_id, the lower one first."}
  frequency_score: {type: integer, range: "1 to 5", doc: "5: the fifth with most purchases."}
  monetary_score: {type: integer, range: "1 to 5", doc: "5: the fifth who spent most."}
  rfm: {type: string, doc: "The three scores, for example 5-4-5."}
  segment: {type: string, doc: "Named segment, see rfm_segment."}
source: "Hughes (1994), Strategic Database Marketing: quintiles by rank. With fewer than five customers the lower scores stay empty."
---*/
with summaries as (
    select
        customer_id,
        last_purchase_on,
        days_between(last_purchase_on, $as_of) as days_since_purchase,
        purchases,
        case when $monetary = 'revenue' then revenue else margin end as spent
    from customer_summary(observation_end := $as_of, refunds := $refunds, margin_rate := $margin_rate)
),

ranked as (
    select
        customer_id,
        last_purchase_on,
        days_since_purchase,
        purchases,
        spent,
        6 - ntile(5) over (order by days_since_purchase, customer_id) as recency_score,
        6 - ntile(5) over (order by purchases desc, customer_id asc) as frequency_score,
        6 - ntile(5) over (order by rounded(spent, 6) desc, customer_id asc) as monetary_score
    from summaries
),

placed as (
    select
        customer_id,
        last_purchase_on,
        days_since_purchase,
        purchases,
        spent,
        recency_score,
        frequency_score,
        monetary_score,
        case
            when $second_axis = 'frequency' then frequency_score
            when $second_axis = 'monetary' then monetary_score
            else floor((frequency_score + monetary_score + 1) / 2e0)
        end as second_score
    from ranked
)

select
    customer_id,
    last_purchase_on,
    days_since_purchase,
    purchases,
    spent,
    recency_score,
    frequency_score,
    monetary_score,
    text_of(recency_score) || '-' || text_of(frequency_score) || '-' || text_of(monetary_score) as rfm,
    rfm_segment(recency_score, second_score) as segment
from placed
