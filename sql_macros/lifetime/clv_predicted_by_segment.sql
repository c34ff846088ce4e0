/*---
summary: What the customers of each segment are expected to buy and to be worth, by the fitted models.
grain: one row per scheme and segment
filtered_last: true
args: [
  scheme,
  as_of: {doc: "Last day that is looked at; the forecast starts on the next."},
  months,
  discount_rate: {doc: "Yearly discount rate; months count at their end."},
  basis,
  refunds: {doc: "net: amounts below 0 count; ignore: they are left out. As when the models were fitted."},
  margin_rate, tolerance,
  min_n: {doc: "Of fewer customers nothing that is expected is given."}]
returns: [
  scheme,
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  model,
  customers: {doc: "Customers with a purchase."},
  customers_with_clv: {type: integer, unit: customers, doc: "Those for whom there is a clv; see the reasons of clv_predicted."},
  alive_customers: {type: number, unit: customers, doc: "How many of them are expected to be customers still: the sum of P(alive); this and all that follows null below min_n customers, and where it protects the one other segment that is hidden."},
  churn_probability: {type: number, unit: share, range: "[0, 1]", doc: "Mean of 1 - P(alive)."},
  expected_purchases: {type: number, unit: purchase days, doc: "Expected purchase days of all within the months."},
  expected_spend: {type: number, unit: currency, doc: "Expected value of a purchase day, weighted by the purchases."},
  clv: {type: number, unit: currency, doc: "Mean discounted value of the expected purchases; null without one."},
  equity: {type: number, unit: currency, doc: "Their sum: what the customers of today are expected to bring within the months."},
  equity_share: {range: null},
  alive_sum: {type: number, unit: customers, doc: "alive_customers for totals, see protected_total; this and the two that follow share the sum of all hidden segments of the scheme equally among them."},
  purchases_sum: {type: number, unit: purchase days, doc: "expected_purchases for totals."},
  equity_sum,
  hidden_part: {doc: "1 / hidden segments of the scheme; null where not hidden."},
  days_since_fit]
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
