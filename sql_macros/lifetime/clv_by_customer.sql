/*---
summary: Value of each customer to date and expected, with what puts it at risk.
grain: one row per customer and scheme
single_answers: true
uses: [ratings]
args: [
  scheme, as_of, basis, churn_method, inactive_days, refunds, margin_rate, max_years, min_base, min_days,
  discount_rate, tiers,
  overdue_days: {type: integer, default: 30, min: 0, doc: "A silence of at most so many days is never overdue."}]
returns: [
  scheme,
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  customer_id, purchases: {range: "[0, inf)"},
  revenue: {doc: "Amounts to date, refunds negative."},
  margin,
  apv: {type: number, unit: currency, doc: "Average purchase value of the last year; null without a purchase."},
  purchase_frequency: {type: integer, unit: purchases per year, doc: "Purchases of the last year."},
  first_purchase_on: {doc: "Day of the first purchase; null without one."},
  last_purchase_on: {doc: "Day of the last purchase; null without one."},
  days_since_purchase: {type: integer, unit: days, doc: "Days from the last purchase to as_of."},
  is_active: {type: integer, range: "0 or 1", doc: "1 where a subscription runs, or the last purchase is at most inactive_days ago."},
  clv_historical: {type: number, unit: currency, doc: "Value to date in the chosen basis."},
  clv: {type: number, unit: currency, doc: "Expected value: that of a year times the lifespan of the segment; 0 where not active, null where the segment is too young, see assumptions."},
  clv_relative: {type: number, unit: multiple, doc: "clv / mean clv of the active customers of the scheme; null without one."},
  clv_class: {type: number, unit: multiple, doc: "Lower end of the class, a quarter wide, that clv_relative lies in."},
  clv_discounted: {type: number, unit: currency, doc: "The same value over the same lifespan, discounted, see clv_over_lifespan; 0 where not active, null where the segment is too young."},
  tier: {type: integer, range: "[1, tiers]", doc: "1: the active customers of the scheme with the highest clv; equal ones are in one tier, the lowest that they reach. Null where not active, and where clv is not above 0."},
  clv_tier: {type: string, doc: "Its name, see clv_tier_name: Platinum, Gold, Silver, Bronze; None where not active or clv is 0, Negative where it is below, Not valued where it is null."},
  assumptions: {type: string, doc: "What is assumed of the segment, see clv_by_segment; None without any, and where not active."},
  cx: {range: null, doc: "Newest experience score of the last year; null without one."},
  risk: {type: string, doc: "Critical experience (newest CX score below 70), Overdue purchase (silent for more than twice the own mean gap, and for more than overdue_days), None, Lost."}]
source: "clv = APV x PF x margin x lifespan at the level of a customer; it adds up to the equity of clv_by_segment."
---*/
with activity as (
    select
        scheme,
        segment,
        customer_id,
        purchases,
        revenue,
        margin,
        year_revenue,
        year_purchases,
        year_value,
        first_purchase_on,
        last_purchase_on,
        days_between(first_purchase_on, last_purchase_on) * 1e0 / nullif(purchases - 1, 0) as mean_gap_days,
        is_active,
        clv,
        case when is_active = 1 then clv_over_lifespan(year_value * year_factor, lifespan_years, $discount_rate) else 0e0 end as clv_discounted,
        assumptions
    from customer_segment_activity(
        scheme := $scheme, as_of := $as_of, churn_method := $churn_method, inactive_days := $inactive_days,
        refunds := $refunds, basis := $basis, margin_rate := $margin_rate, max_years := $max_years, min_base := $min_base, min_days := $min_days
    )
),

experiences as (
    select
        customer_id,
        score as cx,
        row_number() over (partition by customer_id order by responded_at desc, rating_id desc) as newest_first
    from rating_scores(metric := 'experience', scheme := 'All customers', as_of := $as_of)
    where customer_id is not null and day_of(responded_at) > year_before($as_of)
),

newest as (
    select customer_id, cx
    from experiences
    where newest_first = 1
),

ranked as (
    select
        a.scheme,
        a.segment,
        a.customer_id,
        a.purchases,
        a.revenue,
        a.margin,
        a.year_revenue,
        a.year_purchases,
        a.first_purchase_on,
        a.last_purchase_on,
        a.mean_gap_days,
        a.is_active,
        a.clv,
        a.clv_discounted,
        a.assumptions,
        n.cx,
        avg(case when a.is_active = 1 then a.clv end) over (partition by a.scheme) as mean_clv,
        case when a.is_active = 1 and rounded(a.clv, 6) > 0 then 1 else 0 end as is_tiered,
        ntile($tiers) over (
            partition by a.scheme, case when a.is_active = 1 and rounded(a.clv, 6) > 0 then 1 else 0 end
            order by rounded(a.clv, 6) desc, a.customer_id asc
        ) as tier
    from activity as a
    left join newest as n on a.customer_id = n.customer_id
),

tiered as (
    select
        scheme,
        segment,
        customer_id,
        purchases,
        revenue,
        margin,
        year_revenue,
        year_purchases,
        first_purchase_on,
        last_purchase_on,
        mean_gap_days,
        is_active,
        clv,
        clv_discounted,
        assumptions,
        cx,
        mean_clv,
        case when is_tiered = 1 then max(tier) over (partition by scheme, is_tiered, rounded(clv, 6)) end as tier
    from ranked
)

select
    scheme,
    segment,
    customer_id,
    purchases,
    revenue,
    margin,
    year_revenue / nullif(year_purchases, 0) as apv,
    year_purchases as purchase_frequency,
    first_purchase_on,
    last_purchase_on,
    days_between(last_purchase_on, $as_of) as days_since_purchase,
    is_active,
    case when $basis = 'revenue' then revenue else margin end as clv_historical,
    clv,
    clv / nullif(mean_clv, 0) as clv_relative,
    floor(rounded(clv / nullif(mean_clv, 0) * 4e0, 6)) / 4e0 as clv_class,
    clv_discounted,
    tier,
    case
        when tier is not null then clv_tier_name(tier, tiers := $tiers)
        when rounded(clv, 6) < 0 then 'Negative'
        when clv is null then 'Not valued'
        else 'None'
    end as clv_tier,
    assumptions,
    cx,
    case
        when is_active = 0 then 'Lost'
        when cx_band(cx) = 'Critical' then 'Critical experience'
        when days_between(last_purchase_on, $as_of) > 2 * mean_gap_days and days_between(last_purchase_on, $as_of) > $overdue_days then 'Overdue purchase'
        else 'None'
    end as risk
from tiered
