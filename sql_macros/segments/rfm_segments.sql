/*---
summary: Recency, frequency and monetary quintiles of each customer, and a named segment.
grain: one row per customer with a purchase
args: [
  second_axis: {type: choice, choices: [frequency, monetary, mean], default: frequency, doc: "What names the segment beside recency: the frequency score, the monetary one, or their mean rounded up."},
  monetary: {type: choice, choices: [revenue, margin], default: revenue, doc: "What the monetary score ranks."},
  as_of,
  refunds: {doc: "net: amounts below 0 reduce what was spent; ignore: they are left out."},
  margin_rate]
returns: [
  customer_id: {doc: "Customer. Who never bought has no row."},
  last_purchase_on,
  days_since_purchase: {type: integer, unit: days, range: "[0, inf)", doc: "Days from it to as_of."},
  purchases: {range: "[1, inf)"},
  spent: {type: number, unit: currency, doc: "Revenue or margin to date, refunds negative."},
  recency_score: {type: integer, range: "1 to 5", doc: "5: the fifth of customers who bought last. Fifths are equal to one customer; customers who are equal have one score, the lowest that their fifths reach. Null where every customer is equal."},
  frequency_score: {type: integer, range: "1 to 5", doc: "5: the fifth with most purchases."},
  monetary_score: {type: integer, range: "1 to 5", doc: "5: the fifth who spent most."},
  rfm: {type: string, doc: "The three scores, for example 5-4-5; a measure that ranks nobody has an x, as in 5-x-4."},
  segment: {doc: "Named segment, see rfm_segment; 'Not ranked' where a score that it needs is null."},
  scores_given: {type: string, doc: "How many of the five scores recency, frequency and money give, for example 5-2-5: fewer than five where few values differ."}]
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
        6 - ntile(5) over (order by days_since_purchase, customer_id) as recency_fifth,
        6 - ntile(5) over (order by purchases desc, customer_id asc) as frequency_fifth,
        6 - ntile(5) over (order by rounded(spent, 6) desc, customer_id asc) as monetary_fifth
    from summaries
),

-- Customers who are equal stand in one fifth: who is a champion is not for the id to decide.
scored as (
    select
        customer_id,
        last_purchase_on,
        days_since_purchase,
        purchases,
        spent,
        case
            when min(days_since_purchase) over () < max(days_since_purchase) over ()
            then min(recency_fifth) over (partition by days_since_purchase)
        end as recency_score,
        case
            when min(purchases) over () < max(purchases) over ()
            then min(frequency_fifth) over (partition by purchases)
        end as frequency_score,
        case
            when min(rounded(spent, 6)) over () < max(rounded(spent, 6)) over ()
            then min(monetary_fifth) over (partition by rounded(spent, 6))
        end as monetary_score
    from ranked
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
        end as second_score,
        max(case when recency_score = 1 then 1 else 0 end) over ()
        + max(case when recency_score = 2 then 1 else 0 end) over ()
        + max(case when recency_score = 3 then 1 else 0 end) over ()
        + max(case when recency_score = 4 then 1 else 0 end) over ()
        + max(case when recency_score = 5 then 1 else 0 end) over () as recency_scores,
        max(case when frequency_score = 1 then 1 else 0 end) over ()
        + max(case when frequency_score = 2 then 1 else 0 end) over ()
        + max(case when frequency_score = 3 then 1 else 0 end) over ()
        + max(case when frequency_score = 4 then 1 else 0 end) over ()
        + max(case when frequency_score = 5 then 1 else 0 end) over () as frequency_scores,
        max(case when monetary_score = 1 then 1 else 0 end) over ()
        + max(case when monetary_score = 2 then 1 else 0 end) over ()
        + max(case when monetary_score = 3 then 1 else 0 end) over ()
        + max(case when monetary_score = 4 then 1 else 0 end) over ()
        + max(case when monetary_score = 5 then 1 else 0 end) over () as monetary_scores
    from scored
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
    coalesce(text_of(recency_score), 'x') || '-' || coalesce(text_of(frequency_score), 'x') || '-' || coalesce(text_of(monetary_score), 'x') as rfm,
    coalesce(rfm_segment(recency_score, second_score), 'Not ranked') as segment,
    text_of(recency_scores) || '-' || text_of(frequency_scores) || '-' || text_of(monetary_scores) as scores_given
from placed
