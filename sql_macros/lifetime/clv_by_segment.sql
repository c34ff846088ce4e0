/*---
summary: Customer lifetime value by segment, from its components, and customer equity.
kind: relation
grain: one row per scheme and segment
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day; later rows are left out."}
  basis: {type: choice, choices: [margin, revenue], default: margin, doc: "Value in margin, or in revenue. Without mapped margin and margin_rate both are revenue."}
  churn_method: {type: choice, choices: [auto, contractual, non_contractual], default: auto, doc: "contractual: subscriptions ended in the year / running at its start; non_contractual: no purchase for inactive_days; auto: contractual where subscriptions are mapped."}
  inactive_days: {type: integer, default: {setting: inactive_days}, min: 1, doc: "Days without a purchase after which a customer counts as lost."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "net: amounts below 0 count; ignore: they are left out."}
  margin_rate: {type: number, default: {setting: margin_rate}, min: 0, max: 1, doc: "Margin as a share of the amount, where no margin is mapped."}
  max_years: {type: number, default: 5, min: 0.1, max: 100, doc: "Cap of the lifespan, and the lifespan where churn is 0 or unknown."}
  min_base: {type: integer, default: 30, min: 1, doc: "Segments with fewer active customers a year ago take the churn of all customers."}
  discount_rate: {type: number, default: 0.1, min: 0, max: 1, doc: "Yearly discount rate of clv_discounted."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment of today; 'Unassigned' where a customer has none."}
  customers: {type: integer, unit: customers, doc: "Customers in the segment."}
  active_customers: {type: integer, unit: customers, doc: "Customers whose relation stands on as_of."}
  purchases: {type: integer, unit: purchases, doc: "Purchases of the active customers in the last year."}
  revenue: {type: number, unit: currency, doc: "Their amounts."}
  apv: {type: number, unit: currency, doc: "Average purchase value: revenue / purchases."}
  purchase_frequency: {type: number, unit: purchases per customer and year, doc: "Purchases / active customers."}
  margin_rate: {type: number, unit: share, doc: "Value / revenue; 1 where the basis is revenue."}
  churn: {type: number, unit: share per year, range: "[0, 1]", doc: "Active a year ago and no longer / active a year ago."}
  retention: {type: number, unit: share per year, range: "[0, 1]", doc: "1 - churn."}
  lifespan_years: {type: number, unit: years, doc: "1 / churn, at most max_years."}
  clv_simple: {type: number, unit: currency, doc: "APV x PF x margin x lifespan, per active customer."}
  clv_discounted: {type: number, unit: currency, doc: "The same over the same lifespan, discounted, see clv_over_lifespan; at a discount_rate of 0 it is clv_simple, else at most that."}
  clv_historical: {type: number, unit: currency, doc: "Value to date per customer."}
  equity: {type: number, unit: currency, doc: "Customer equity: the sum of clv over the active customers."}
  equity_share: {type: number, unit: share, range: "[0, 1]", doc: "Share of the equity of the scheme."}
  base_customers: {type: integer, unit: customers, doc: "Customers active a year ago, for the churn of several rows."}
  lost_customers: {type: integer, unit: customers, doc: "Those of them who no longer are."}
  year_value: {type: number, unit: currency, doc: "Value of the active customers in the last 365 days, in the chosen basis: revenue * margin_rate."}
  discounted_equity: {type: number, unit: currency, doc: "Sum of clv_discounted over the active customers."}
  churn_method: {type: string, doc: "contractual or non_contractual."}
  basis: {type: string, doc: "margin or revenue."}
source: "clv_simple = APV x PF x margin / churn, capped; clv_discounted: m (1 + d) / (1 + d - r), r = 1 - 1 / lifespan_years, with the first margin now."
---*/
with sums as (
    select
        scheme,
        segment,
        count(*) as customers,
        sum(is_active) as active_customers,
        sum(case when is_active = 1 then year_purchases else 0 end) as purchases,
        sum(case when is_active = 1 then year_revenue else 0e0 end) as revenue,
        sum(case when is_active = 1 then year_value else 0e0 end) as year_value,
        sum(case when $basis = 'revenue' then revenue else margin end) as value_to_date,
        sum(was_active) as base,
        sum(was_lost) as lost
    from
        placed_activity(
            scheme := $scheme, as_of := $as_of, churn_method := $churn_method, inactive_days := $inactive_days,
            refunds := $refunds, basis := $basis, margin_rate := $margin_rate
        )
    group by scheme, segment
),

lasting as (
    select
        c.scheme,
        c.segment,
        c.customers,
        c.active_customers,
        c.purchases,
        c.revenue,
        c.year_value,
        c.value_to_date,
        c.base,
        c.lost,
        c.churn,
        lifespan_years(c.churn, max_years := $max_years) as lifespan_years,
        c.year_value * lifespan_years(c.churn, max_years := $max_years) as equity
    from segment_churn(segment_sums := sums, min_base := $min_base) as c
),

shares as (
    select
        scheme,
        segment,
        customers,
        active_customers,
        purchases,
        revenue,
        year_value,
        value_to_date,
        base,
        lost,
        equity,
        sum(equity) over (partition by scheme) as scheme_equity,
        churn,
        lifespan_years
    from lasting
)

select
    scheme,
    segment,
    customers,
    cast(active_customers as bigint) as active_customers,
    cast(purchases as bigint) as purchases,
    revenue,
    revenue / nullif(purchases, 0) as apv,
    purchases * 1e0 / nullif(active_customers, 0) as purchase_frequency,
    year_value / nullif(revenue, 0) as margin_rate,
    churn,
    1e0 - churn as retention,
    lifespan_years,
    year_value / nullif(active_customers, 0) * lifespan_years as clv_simple,
    clv_over_lifespan(year_value / nullif(active_customers, 0), lifespan_years, $discount_rate) as clv_discounted,
    value_to_date / nullif(customers, 0) as clv_historical,
    equity,
    equity / nullif(scheme_equity, 0) as equity_share,
    cast(base as bigint) as base_customers,
    cast(lost as bigint) as lost_customers,
    year_value,
    clv_over_lifespan(year_value, lifespan_years, $discount_rate) as discounted_equity,
    case
        when $churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')) then 'contractual'
        else 'non_contractual'
    end as churn_method,
    case
        when $basis = 'revenue' or ($margin_rate is null and not is_mapped('transactions', 'margin_amount')) then 'revenue'
        else 'margin'
    end as basis
from shares
