/*---
summary: Activity of each customer beside the segment of today.
grain: one row per customer and scheme
internal: true
args: [scheme, as_of, churn_method, inactive_days, refunds, basis, margin_rate]
returns: [
  customer_id, scheme, segment: {doc: "Segment of today."}, purchases, revenue, margin, year_purchases, year_revenue,
  year_margin, year_value,
  year_filled_margins: {type: integer, unit: purchases, doc: "Transactions of the last year whose margin is by the rate."},
  observed_years: {type: number, unit: years, range: "(0, 1]", doc: "How much of the last year the customer has been there; null without a purchase or a subscription."},
  first_purchase_on, last_purchase_on, is_active, was_active, was_lost]
source: "See customer_activity and assigned_segments."
---*/
with active as (
    select
        customer_id,
        purchases,
        revenue,
        margin,
        year_purchases,
        year_revenue,
        year_margin,
        case when $basis = 'revenue' then year_revenue else year_margin end as year_value,
        year_filled_margins,
        case
            when customer_since <= year_before($as_of) or days_between(customer_since, $as_of) >= 364 then 1e0
            else (days_between(customer_since, $as_of) + 1) / 365e0
        end as observed_years,
        first_purchase_on,
        last_purchase_on,
        is_active,
        was_active,
        case when was_active = 1 and is_active = 0 then 1 else 0 end as was_lost
    from customer_activity(
        as_of := $as_of, churn_method := $churn_method, inactive_days := $inactive_days,
        refunds := $refunds, margin_rate := $margin_rate
    )
)

select
    a.customer_id,
    a.scheme,
    a.segment,
    a.purchases,
    a.revenue,
    a.margin,
    a.year_purchases,
    a.year_revenue,
    a.year_margin,
    a.year_value,
    a.year_filled_margins,
    a.observed_years,
    a.first_purchase_on,
    a.last_purchase_on,
    a.is_active,
    a.was_active,
    a.was_lost
from assigned_segments(members := active, scheme := $scheme, as_of := $as_of) as a
