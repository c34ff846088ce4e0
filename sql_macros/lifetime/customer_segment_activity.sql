/*---
summary: Activity of each customer beside the segment of today, and the churn and lifespan of that segment.
grain: one row per customer and scheme
internal: true
args: [scheme, as_of, churn_method, inactive_days, refunds, basis, margin_rate, max_years, min_base, min_days]
returns: [
  customer_id, scheme, segment: {doc: "Segment of today."}, purchases, revenue, margin, year_purchases, year_revenue,
  year_margin, year_value, first_purchase_on, last_purchase_on, is_active, was_active, was_lost,
  year_factor: {type: number, unit: multiple, doc: "What a whole year holds / what was observed of the segment, see segment_outlook."},
  assumptions: {type: string, doc: "What is assumed of the segment, see segment_outlook; None where not active."},
  churn: {type: number, unit: share per year, doc: "Churn of the segment."},
  lifespan_years: {doc: "Lifespan of the segment."},
  clv: {type: number, unit: currency, doc: "Expected value: that of a year times the lifespan of the segment; 0 where not active, null where the segment is too young."}]
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
