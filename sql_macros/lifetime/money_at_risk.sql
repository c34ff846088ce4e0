/*---
summary: Lifetime value by the experience that its customers last had - what a critical experience puts at stake.
grain: one row per scheme, segment, experience band and value tier
needs: [ratings]
args: [
  scheme, tiers,
  min_n: {doc: "With fewer customers no value is shown."},
  as_of, basis, churn_method, inactive_days, refunds, margin_rate, max_years, min_base, min_days]
returns: [
  scheme: {doc: "Segmentation scheme. Without active customers there are no rows."},
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  band: {doc: "Band of the customer's newest experience score of the last year, see cx_band; Not rated without one."},
  band_order: {type: integer, range: "1 to 4", doc: "1 Critical, 2 Good, 3 Excellent, 4 Not rated."},
  clv_tier: {type: string, doc: "Value tier, see clv_tier_name. Only active customers: the others have nothing left to lose."},
  tier: {type: integer, range: "[1, tiers]", doc: "1 is the most valuable tier."},
  customers: {range: "[1, inf)", doc: "Customers; a field without any has no row."},
  clv: {type: number, unit: currency, doc: "Sum of their clv; this and what is made of it null below min_n customers, and where it protects another field."},
  clv_share: {type: number, unit: share, doc: "Share of the segment's equity; null where that is 0."},
  at_risk: {type: number, unit: currency, doc: "clv where the band is Critical, else 0."},
  clv_sum: {type: number, unit: currency, doc: "Sum of clv for totals of segments, see protected_total; hidden rows share that of the hidden segments of their field."},
  hidden_part: {doc: "1 / rows of the hidden_group; null where not hidden."},
  hidden_group: {type: string, doc: "Which hidden rows share a clv_sum: those of a field, and of the scheme those that are alone in theirs."},
  at_risk_sum: {type: number, unit: currency, doc: "at_risk for totals: the sum over a segment is its money at risk; hidden rows share that of the hidden tiers of the segment."},
  at_risk_part: {type: number, unit: share, doc: "1 / rows of the at_risk_group; null where nothing is hidden."},
  at_risk_group: {type: string, doc: "Which hidden rows share an at_risk_sum: those of a segment, and of the scheme those that are alone in theirs."}]
source: "See clv_by_customer and cx_band. One rating per customer: a band of single answers, not of a mean."
---*/
with valued as (
    select scheme, segment, cx, clv_tier, tier, clv, is_active
    from clv_by_customer(
        tiers := $tiers,
        scheme := $scheme, as_of := $as_of, basis := $basis, churn_method := $churn_method, inactive_days := $inactive_days,
        refunds := $refunds, margin_rate := $margin_rate, max_years := $max_years, min_base := $min_base, min_days := $min_days
    )
),

placed as (
    select
        scheme,
        segment,
        coalesce(cx_band(cx), 'Not rated') as band,
        clv_tier,
        tier,
        clv
    from valued
    where is_active = 1
),

sums as (
    select scheme, segment, band, clv_tier, tier, count(*) as customers, sum(clv) as clv
    from placed
    group by scheme, segment, band, clv_tier, tier
),

cells as (
    select
        scheme,
        segment,
        case when band = 'Critical' then 1 when band = 'Good' then 2 when band = 'Excellent' then 3 else 4 end as place_1,
        case when clv_tier = 'None' then 101 when clv_tier = 'Negative' then 102 when clv_tier = 'Not valued' then 103 else tier end as place_2,
        customers,
        clv as amount
    from sums
),

marked as (
    select
        scheme,
        segment,
        place_1 as band_order,
        case place_1 when 1 then 'Critical' when 2 then 'Good' when 3 then 'Excellent' else 'Not rated' end as band,
        case when place_2 <= 100 then place_2 end as tier,
        case place_2
            when 101 then 'None' when 102 then 'Negative' when 103 then 'Not valued' else clv_tier_name(place_2, tiers := $tiers)
        end as clv_tier,
        customers,
        amount as clv,
        is_hidden,
        sum(is_hidden) over (partition by scheme, place_1, place_2) as hidden_segments,
        sum(is_hidden) over (partition by scheme, segment, place_1) as hidden_tiers
    from hidden_cells(cells := cells, min_n := $min_n)
),

grouped as (
    select
        scheme,
        segment,
        band,
        band_order,
        clv_tier,
        tier,
        customers,
        clv,
        is_hidden,
        hidden_group(is_hidden, hidden_segments, band || ', ' || clv_tier, scheme) as hidden_group,
        hidden_group(case when band = 'Critical' then is_hidden else 0 end, hidden_tiers, 'in ' || segment, scheme) as at_risk_group
    from marked
)

select
    scheme,
    segment,
    band,
    band_order,
    clv_tier,
    tier,
    customers,
    case when is_hidden = 0 then clv end as clv,
    case when is_hidden = 0 then clv / nullif(sum(clv) over (partition by scheme, segment), 0) end as clv_share,
    case when is_hidden = 1 then null when band = 'Critical' then clv else 0e0 end as at_risk,
    shared_sum(clv, scheme, hidden_group) as clv_sum,
    hidden_part(scheme, hidden_group) as hidden_part,
    hidden_group,
    case when band = 'Critical' then shared_sum(clv, scheme, at_risk_group) else 0e0 end as at_risk_sum,
    hidden_part(scheme, at_risk_group) as at_risk_part,
    at_risk_group
from grouped
