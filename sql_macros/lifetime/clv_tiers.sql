/*---
summary: Customers and equity of each value tier, by segment.
grain: one row per scheme, segment and tier
args: [
  scheme, tiers, as_of, basis, churn_method, inactive_days, refunds, margin_rate, max_years, min_base, min_days,
  min_n: {doc: "With fewer customers no value is shown."}]
returns: [
  scheme: {doc: "Segmentation scheme. Without customers there are no rows."},
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  clv_tier: {type: string, doc: "Name of the tier, see clv_tier_name; None for customers who are not active or worth 0, Negative for those who cost more than they bring, Not valued for those of a segment that is too young."},
  tier: {type: integer, range: "[1, tiers]", doc: "1: the active customers of the scheme with the highest clv; null for None, Negative and Not valued."},
  customers: {range: "[1, inf)", doc: "Customers of the segment in the tier; a tier without any has no row."},
  customer_share: {type: number, unit: share, range: "(0, 1]", doc: "Their share of the segment's customers."},
  lowest_clv: {type: number, unit: currency, doc: "Lowest clv among them; this and all that follows null below min_n customers, and where it protects the one other tier of the segment that is hidden."},
  mean_clv: {type: number, unit: currency, doc: "Mean clv."},
  highest_clv: {type: number, unit: currency, doc: "Highest clv."},
  equity: {type: number, unit: currency, doc: "Sum of clv."},
  equity_share: {range: null, doc: "Their share of the segment's equity; null where that is 0."}]
source: "N-tiles by rank, equal in size to one customer but for ties, which are in the lowest tier that they reach. See clv_by_customer."
---*/
with valued as (
    select scheme, segment, clv_tier, tier, clv
    from clv_by_customer(
        tiers := $tiers,
        scheme := $scheme, as_of := $as_of, basis := $basis, churn_method := $churn_method, inactive_days := $inactive_days,
        refunds := $refunds, margin_rate := $margin_rate, max_years := $max_years, min_base := $min_base, min_days := $min_days
    )
),

sums as (
    select
        scheme,
        segment,
        clv_tier,
        max(tier) as tier,
        count(*) as customers,
        min(clv) as lowest_clv,
        avg(clv) as mean_clv,
        max(clv) as highest_clv,
        sum(clv) as equity
    from valued
    group by scheme, segment, clv_tier
),

hidden as (
    select
        scheme,
        segment,
        clv_tier,
        tier,
        customers,
        lowest_clv,
        mean_clv,
        highest_clv,
        equity,
        equity / nullif(sum(equity) over (partition by scheme, segment), 0) as equity_share,
        complementary(case when customers < $min_n then 1 else 0 end, customers, $min_n, clv_tier, scheme, segment, segment) as is_hidden
    from sums
)

select
    scheme,
    segment,
    clv_tier,
    tier,
    customers,
    customers * 1e0 / nullif(sum(customers) over (partition by scheme, segment), 0) as customer_share,
    case when is_hidden = 0 then lowest_clv end as lowest_clv,
    case when is_hidden = 0 then mean_clv end as mean_clv,
    case when is_hidden = 0 then highest_clv end as highest_clv,
    case when is_hidden = 0 then equity end as equity,
    case when is_hidden = 0 then equity_share end as equity_share
from hidden
