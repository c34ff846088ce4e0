/*---
summary: Activity of each customer beside the segment of today.
kind: relation
grain: one row per customer and scheme
internal: true
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last day that is looked at."}
  churn_method: {type: choice, choices: [auto, contractual, non_contractual], default: auto, doc: "auto: contractual where subscriptions are mapped."}
  inactive_days: {type: integer, default: {setting: inactive_days}, min: 1, doc: "Days without a purchase after which a customer counts as lost."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "See customer_summary."}
  basis: {type: choice, choices: [margin, revenue], default: margin, doc: "What value is counted in."}
  margin_rate: {type: number, default: {setting: margin_rate}, min: 0, max: 1, doc: "Margin as a share of the amount, where no margin is mapped."}
returns:
  customer_id: {type: string, doc: "Customer."}
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment of today."}
  purchases: {type: integer, unit: purchases, doc: "Purchases to date."}
  revenue: {type: number, unit: currency, doc: "Amounts to date."}
  margin: {type: number, unit: currency, doc: "Margins to date."}
  year_purchases: {type: integer, unit: purchases, doc: "Purchases of the last year."}
  year_revenue: {type: number, unit: currency, doc: "Amounts of the last year."}
  year_margin: {type: number, unit: currency, doc: "Margins of the last year."}
  year_value: {type: number, unit: currency, doc: "Value of the last year in the chosen basis."}
  year_filled_margins: {type: integer, unit: purchases, doc: "Transactions of the last year whose margin is by the rate."}
  observed_years: {type: number, unit: years, range: "(0, 1]", doc: "How much of the last year the customer has been there; null without a purchase or a subscription."}
  first_purchase_on: {type: date, doc: "Day of the first purchase."}
  last_purchase_on: {type: date, doc: "Day of the last purchase."}
  is_active: {type: integer, doc: "1 where the relation stands."}
  was_active: {type: integer, doc: "1 where it stood a year earlier."}
  was_lost: {type: integer, doc: "1 where it stood then and no longer does."}
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
