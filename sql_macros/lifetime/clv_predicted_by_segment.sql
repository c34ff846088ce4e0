/*---
summary: What the customers of each segment are expected to buy and to be worth, by the fitted models.
kind: relation
grain: one row per scheme and segment
filtered_last: true
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last day that is looked at; the forecast starts on the next."}
  months: {type: integer, default: 12, min: 1, max: 120, doc: "How far to look ahead, in months of 4.345 weeks."}
  discount_rate: {type: number, default: 0.1, min: 0, max: 1, doc: "Yearly discount rate; months count at their end."}
  basis: {type: choice, choices: [margin, revenue], default: margin, doc: "Value in margin, or in revenue. Without mapped margin and margin_rate both are revenue."}
  refunds: {type: choice, choices: [net, ignore], default: net, doc: "net: amounts below 0 count; ignore: they are left out. As when the models were fitted."}
  margin_rate: {type: number, default: {setting: margin_rate}, min: 0, max: 1, doc: "Margin as a share of the amount, where no margin is mapped."}
  tolerance: {type: number, default: 1.0e-9, min: 1.0e-11, max: 0.01, doc: "See clv_predicted."}
  min_n: {type: integer, default: 10, min: 1, doc: "Of fewer customers nothing that is expected is given."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment of today; 'Unassigned' where customers have none."}
  model: {type: string, doc: "Whose model is used: the segment's own, or All customers."}
  customers: {type: integer, unit: customers, doc: "Customers with a purchase."}
  customers_with_clv: {type: integer, unit: customers, doc: "Those for whom there is a clv; see the reasons of clv_predicted."}
  alive_customers: {type: number, unit: customers, doc: "How many of them still are customers, to be expected: the sum of P(alive); this and all that follows null below min_n customers, and where it protects the one other segment that is hidden."}
  churn_probability: {type: number, unit: share, range: "[0, 1]", doc: "Mean of 1 - P(alive)."}
  expected_purchases: {type: number, unit: purchase days, doc: "Purchase days to expect of all within the months."}
  expected_spend: {type: number, unit: currency, doc: "Value of a purchase day to expect, weighted by the purchases."}
  clv: {type: number, unit: currency, doc: "Mean discounted value of the purchases to expect; null without one."}
  equity: {type: number, unit: currency, doc: "Their sum: what the customers of today are expected to bring within the months."}
  equity_share: {type: number, unit: share, doc: "Share of the equity of the scheme."}
  alive_sum: {type: number, unit: customers, doc: "alive_customers for totals, see protected_total; this and the two that follow share the sum of all hidden segments of the scheme equally among them."}
  purchases_sum: {type: number, unit: purchase days, doc: "expected_purchases for totals."}
  equity_sum: {type: number, unit: currency, doc: "equity for totals."}
  hidden_part: {type: number, unit: share, doc: "1 / hidden segments of the scheme; null where not hidden."}
  days_since_fit: {type: integer, unit: days, doc: "Days from the end of the data that the model was fitted to until as_of."}
source: "Sums and means of clv_predicted."
---*/
with sums as (
    select
        scheme,
        segment,
        model,
        count(*) as customers,
        count(clv) as customers_with_clv,
        sum(p_alive) as alive_customers,
        avg(churn_probability) as churn_probability,
        sum(expected_purchases) as expected_purchases,
        sum(expected_purchases * expected_spend) as expected_value,
        sum(case when expected_spend is not null then expected_purchases end) as valued_purchases,
        sum(clv) as equity,
        max(days_since_fit) as days_since_fit
    from
        clv_predicted(
            scheme := $scheme, as_of := $as_of, months := $months, discount_rate := $discount_rate, basis := $basis,
            refunds := $refunds, margin_rate := $margin_rate, tolerance := $tolerance
        )
    group by scheme, segment, model
),

hidden as (
    select
        scheme,
        segment,
        model,
        customers,
        customers_with_clv,
        alive_customers,
        churn_probability,
        expected_purchases,
        expected_value / nullif(valued_purchases, 0) as expected_spend,
        equity,
        equity / nullif(sum(equity) over (partition by scheme), 0) as equity_share,
        days_since_fit,
        complementary(
            case when customers < $min_n or (customers_with_clv > 0 and customers_with_clv < $min_n) then 1 else 0 end,
            customers, $min_n, segment, scheme, scheme, scheme
        ) as is_hidden
    from sums
)

select
    scheme,
    segment,
    model,
    customers,
    customers_with_clv,
    case when is_hidden = 0 then alive_customers end as alive_customers,
    case when is_hidden = 0 then churn_probability end as churn_probability,
    case when is_hidden = 0 then expected_purchases end as expected_purchases,
    case when is_hidden = 0 then expected_spend end as expected_spend,
    case when is_hidden = 0 then equity / nullif(customers_with_clv, 0) end as clv,
    case when is_hidden = 0 then equity end as equity,
    case when is_hidden = 0 then equity_share end as equity_share,
    shared_sum(alive_customers, scheme, nullif(is_hidden, 0)) as alive_sum,
    shared_sum(expected_purchases, scheme, nullif(is_hidden, 0)) as purchases_sum,
    shared_sum(equity, scheme, nullif(is_hidden, 0)) as equity_sum,
    hidden_part(scheme, nullif(is_hidden, 0)) as hidden_part,
    days_since_fit
from hidden
