/*---
summary: Customers and equity of each value tier, by segment.
kind: relation
grain: one row per scheme, segment and tier
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  tiers: {type: integer, default: 4, min: 2, max: 20, doc: "How many tiers of equal size the active customers of a scheme are cut into."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day; later rows are left out."}
  basis: {type: choice, choices: [margin, revenue], default: margin, doc: "Value in margin, or in revenue. Without mapped margin and margin_rate both are revenue."}
  churn_method: {type: choice, choices: [auto, contractual, non_contractual], default: auto, doc: "contractual: subscriptions ended in the year / running at its start; non_contractual: no purchase for inactive_days; auto: contractual where subscriptions are mapped."}
  inactive_days: {type: integer, default: {setting: inactive_days}, min: 1, doc: "Days without a purchase after which a customer counts as lost."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "net: amounts below 0 count; ignore: they are left out."}
  margin_rate: {type: number, default: {setting: margin_rate}, min: 0, max: 1, doc: "Margin as a share of the amount, where no margin is mapped."}
  max_years: {type: number, default: 5, min: 0.1, max: 100, doc: "Cap of the lifespan, and the lifespan where churn is 0 or unknown."}
  min_base: {type: integer, default: 30, min: 1, doc: "Segments with fewer active customers a year ago take the churn of all customers."}
  min_days: {type: integer, default: 90, min: 0, max: 365, doc: "Those of them whose active customers have been observed for fewer days on average are too young to value."}
  min_n: {type: integer, default: 10, min: 1, doc: "Of fewer customers no value is given."}
returns:
  scheme: {type: string, doc: "Segmentation scheme. Without customers there are no rows."}
  segment: {type: string, doc: "Segment of today; 'Unassigned' where a customer has none."}
  clv_tier: {type: string, doc: "Name of the tier, see clv_tier_name; None for customers who are not active or worth 0, Negative for those who cost more than they bring, Not valued for those of a segment that is too young."}
  tier: {type: integer, range: "[1, tiers]", doc: "1: the active customers of the scheme with the highest clv; null for None, Negative and Not valued."}
  customers: {type: integer, unit: customers, range: "[1, inf)", doc: "Customers of the segment in the tier; a tier without any has no row."}
  customer_share: {type: number, unit: share, range: "(0, 1]", doc: "Their share of the segment's customers."}
  lowest_clv: {type: number, unit: currency, doc: "Lowest clv among them; this and all that follows null below min_n customers, and where it protects the one other tier of the segment that is hidden."}
  mean_clv: {type: number, unit: currency, doc: "Mean clv."}
  highest_clv: {type: number, unit: currency, doc: "Highest clv."}
  equity: {type: number, unit: currency, doc: "Sum of clv."}
  equity_share: {type: number, unit: share, doc: "Their share of the segment's equity; null where that is 0."}
source: "N-tiles by rank, equal in size to one customer but for ties, which stand in the lowest tier that they reach. See clv_by_customer."
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
