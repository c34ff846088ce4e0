/*---
summary: Activity of each customer beside the segment of today, and the churn and lifespan of that segment.
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
  max_years: {type: number, default: 5, min: 0.1, max: 100, doc: "Cap of the lifespan."}
  min_base: {type: integer, default: 30, min: 1, doc: "Segments with fewer customers a year ago take the churn of all customers."}
  min_days: {type: integer, default: 90, min: 0, max: 365, doc: "Those of them whose active customers have been observed for fewer days on average have no expected value."}
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
  first_purchase_on: {type: date, doc: "Day of the first purchase."}
  last_purchase_on: {type: date, doc: "Day of the last purchase."}
  is_active: {type: integer, doc: "1 where the relation stands."}
  was_active: {type: integer, doc: "1 where it stood a year earlier."}
  was_lost: {type: integer, doc: "1 where it stood then and no longer does."}
  year_factor: {type: number, unit: multiple, doc: "What a whole year holds / what was observed of the segment, see segment_outlook."}
  assumptions: {type: string, doc: "What is assumed of the segment, see segment_outlook; None where not active."}
  churn: {type: number, unit: share per year, doc: "Churn of the segment."}
  lifespan_years: {type: number, unit: years, doc: "Lifespan of the segment."}
  clv: {type: number, unit: currency, doc: "Expected value: that of a year times the lifespan of the segment; 0 where not active, null where the segment is too young."}
source: "See customer_activity, segment_outlook and lifespan_years."
---*/
with placed as (
    select
        customer_id,
        scheme,
        segment,
        purchases,
        revenue,
        margin,
        year_purchases,
        year_revenue,
        year_margin,
        year_value,
        year_filled_margins,
        observed_years,
        first_purchase_on,
        last_purchase_on,
        is_active,
        was_active,
        was_lost
    from placed_activity(
        scheme := $scheme, as_of := $as_of, churn_method := $churn_method, inactive_days := $inactive_days,
        refunds := $refunds, basis := $basis, margin_rate := $margin_rate
    )
),

outlooks as (
    select scheme, segment, churn, lifespan_years, year_factor, assumptions
    from segment_outlook(
        members := placed, max_years := $max_years, min_base := $min_base, min_days := $min_days, basis := $basis, margin_rate := $margin_rate
    )
)

select
    p.customer_id,
    p.scheme,
    p.segment,
    p.purchases,
    p.revenue,
    p.margin,
    p.year_purchases,
    p.year_revenue,
    p.year_margin,
    p.year_value,
    p.first_purchase_on,
    p.last_purchase_on,
    p.is_active,
    p.was_active,
    p.was_lost,
    o.year_factor,
    case when p.is_active = 1 then o.assumptions else 'None' end as assumptions,
    o.churn,
    o.lifespan_years,
    case when p.is_active = 1 then p.year_value * o.year_factor * o.lifespan_years else 0e0 end as clv
from placed as p
inner join outlooks as o on p.scheme = o.scheme and p.segment = o.segment
