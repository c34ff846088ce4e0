/*---
summary: Customer lifetime value by segment, from its components, and customer equity.
grain: one row per scheme and segment
args: [
  scheme, as_of, basis, churn_method, inactive_days, refunds, margin_rate, max_years, min_base,
  min_days: {doc: "Those of them whose active customers have been observed for fewer days on average are too young to value: what is expected of them is null."},
  discount_rate,
  min_n: {doc: "Of fewer active customers no money and no share of it is given."}]
returns: [
  scheme,
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  customers: {doc: "Customers in the segment."},
  active_customers: {type: integer, unit: customers, doc: "Customers active on as_of."},
  purchases: {doc: "Purchases of the active customers in the last year."},
  revenue: {doc: "Their amounts; this and all money and shares of it null where they are fewer than min_n, and where it protects the one other segment that is hidden."},
  apv: {type: number, unit: currency, doc: "Average purchase value: revenue / purchases."},
  purchase_frequency: {type: number, unit: purchases per customer and year, doc: "Purchases of a year / active customers; null where too young, as all that is expected."},
  margin_rate: {type: number, unit: share, doc: "Value / revenue; 1 where the basis is revenue."},
  churn: {type: number, unit: share per year, range: "[0, 1]", doc: "Active a year ago and no longer / active a year ago."},
  retention: {unit: share per year}, lifespan_years,
  clv_simple: {type: number, unit: currency, doc: "APV x PF x margin x lifespan, per active customer."},
  clv_discounted: {type: number, unit: currency, doc: "The same over the same lifespan, discounted, see clv_over_lifespan; at a discount_rate of 0 it is clv_simple, else at most that."},
  clv_historical: {type: number, unit: currency, doc: "Value to date per customer; null where there are fewer than min_n."},
  equity: {type: number, unit: currency, doc: "Customer equity: the sum of clv over the active customers. Of a scheme it is the sum of its segments, each with a churn of its own, and so not quite that of All customers with one churn."},
  equity_share,
  base_customers: {type: integer, unit: customers, doc: "Customers active a year ago, for the churn of several rows."},
  lost_customers: {type: integer, unit: customers, doc: "Those of them who no longer are."},
  valued_customers: {type: integer, unit: customers, doc: "Active customers, 0 where too young: whom equity is about."},
  year_purchases: {type: number, unit: purchases, doc: "Purchases of a whole year: those of the last one, unless is_annualised."},
  observed_value: {type: number, unit: currency, doc: "Value of the purchases of the last year in the chosen basis: revenue * margin_rate."},
  year_value: {doc: "The same of a whole year; null where too young."},
  discounted_equity: {type: number, unit: currency, doc: "Sum of clv_discounted over the active customers."},
  revenue_sum: {type: number, unit: currency, doc: "revenue for totals, see protected_total; this and the four that follow share the sum of all hidden segments of the scheme equally among them."},
  observed_sum: {type: number, unit: currency, doc: "observed_value for totals."},
  value_sum: {type: number, unit: currency, doc: "year_value for totals."},
  equity_sum,
  discounted_sum: {type: number, unit: currency, doc: "discounted_equity for totals."},
  hidden_part: {doc: "1 / hidden segments of the scheme; null where not hidden."},
  churn_method: {type: string, doc: "contractual or non_contractual."},
  basis: {type: string, doc: "margin or revenue."},
  assumptions: {type: string, doc: "What is assumed where the data does not say: Too young, A year from so many days, Churn unknown, Lifespan capped, Churn of all customers, Value is revenue, Margin by rate; None without any."},
  observed_years: {type: number, unit: years, range: "(0, 1]", doc: "How much of the last year the active customers have been there, on average; who came during the year counts with what was bought since."},
  is_too_young: {type: integer, range: "0 or 1", doc: "1 where fewer than min_base customers were active a year ago, and today's have been there for less than min_days on average."},
  is_annualised: {type: integer, range: "0 or 1", doc: "1 where nobody was active a year ago: first purchases count once, later ones by the time observed."},
  is_lifespan_capped: {type: integer, range: "0 or 1", doc: "1 where the lifespan is max_years because churn is low, 0 or unknown."},
  takes_churn_of_all: {type: integer, range: "0 or 1", doc: "1 where fewer than min_base customers were active a year ago."}]
source: "clv_simple = APV x PF x margin / churn, capped; clv_discounted: m (1 + d) / (1 + d - r), r = 1 - 1 / lifespan_years, with the first margin now."
---*/
with activity as (
    select
        customer_id,
        scheme,
        segment,
        revenue,
        margin,
        year_purchases,
        year_revenue,
        year_value,
        year_filled_margins,
        observed_years,
        is_active,
        was_active,
        was_lost
    from placed_activity(
        scheme := $scheme, as_of := $as_of, churn_method := $churn_method, inactive_days := $inactive_days,
        refunds := $refunds, basis := $basis, margin_rate := $margin_rate
    )
),

valued as (
    select
        scheme,
        segment,
        customers,
        active_customers,
        purchases,
        revenue,
        observed_value,
        value_to_date,
        base,
        lost,
        churn,
        lifespan_years,
        case when is_too_young = 1 then 0 else active_customers end as valued_customers,
        purchases * year_factor as year_purchases,
        observed_value * year_factor as year_value,
        observed_value * year_factor * lifespan_years as equity,
        assumptions,
        observed_years,
        is_too_young,
        is_annualised,
        is_lifespan_capped,
        takes_churn_of_all
    from segment_outlook(
        members := activity, max_years := $max_years, min_base := $min_base, min_days := $min_days, basis := $basis, margin_rate := $margin_rate
    )
),

hidden as (
    select
        scheme,
        segment,
        customers,
        active_customers,
        purchases,
        revenue,
        observed_value,
        value_to_date,
        base,
        lost,
        churn,
        lifespan_years,
        valued_customers,
        year_purchases,
        year_value,
        equity,
        equity / nullif(sum(equity) over (partition by scheme), 0) as equity_share,
        clv_over_lifespan(year_value, lifespan_years, $discount_rate) as discounted_equity,
        complementary(
            case when customers < $min_n or (active_customers > 0 and active_customers < $min_n) then 1 else 0 end,
            active_customers, $min_n, segment, scheme, scheme, scheme
        ) as is_hidden,
        assumptions,
        observed_years,
        is_too_young,
        is_annualised,
        is_lifespan_capped,
        takes_churn_of_all
    from valued
)

select
    scheme,
    segment,
    customers,
    active_customers,
    purchases,
    case when is_hidden = 0 then revenue end as revenue,
    case when is_hidden = 0 then revenue / nullif(purchases, 0) end as apv,
    year_purchases / nullif(active_customers, 0) as purchase_frequency,
    case when is_hidden = 0 then observed_value / nullif(revenue, 0) end as margin_rate,
    churn,
    1e0 - churn as retention,
    lifespan_years,
    case when is_hidden = 0 then year_value / nullif(active_customers, 0) * lifespan_years end as clv_simple,
    case when is_hidden = 0 then discounted_equity / nullif(active_customers, 0) end as clv_discounted,
    case when is_hidden = 0 then value_to_date / nullif(customers, 0) end as clv_historical,
    case when is_hidden = 0 then equity end as equity,
    case when is_hidden = 0 then equity_share end as equity_share,
    base as base_customers,
    lost as lost_customers,
    valued_customers,
    year_purchases,
    case when is_hidden = 0 then observed_value end as observed_value,
    case when is_hidden = 0 then year_value end as year_value,
    case when is_hidden = 0 then discounted_equity end as discounted_equity,
    shared_sum(revenue, scheme, nullif(is_hidden, 0)) as revenue_sum,
    shared_sum(observed_value, scheme, nullif(is_hidden, 0)) as observed_sum,
    shared_sum(year_value, scheme, nullif(is_hidden, 0)) as value_sum,
    shared_sum(equity, scheme, nullif(is_hidden, 0)) as equity_sum,
    shared_sum(discounted_equity, scheme, nullif(is_hidden, 0)) as discounted_sum,
    hidden_part(scheme, nullif(is_hidden, 0)) as hidden_part,
    case
        when $churn_method = 'contractual' or ($churn_method = 'auto' and is_mapped('subscriptions')) then 'contractual'
        else 'non_contractual'
    end as churn_method,
    case
        when $basis = 'revenue' or ($margin_rate is null and not is_mapped('transactions', 'margin_amount')) then 'revenue'
        else 'margin'
    end as basis,
    assumptions,
    observed_years,
    is_too_young,
    is_annualised,
    is_lifespan_capped,
    takes_churn_of_all
from hidden
