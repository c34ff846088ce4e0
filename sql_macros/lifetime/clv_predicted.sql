/*---
summary: What each customer is expected to buy and to be worth, by the fitted models.
grain: one row per customer with a purchase and scheme
filtered_last: true
args: [
  scheme,
  as_of: {doc: "Last day that is looked at; the forecast starts on the next."},
  months,
  discount_rate: {doc: "Yearly discount rate; months count at their end."},
  basis,
  refunds: {doc: "net: amounts below 0 count; ignore: they are left out. As when the models were fitted."},
  margin_rate, tolerance]
returns: [
  scheme,
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  customer_id, model,
  frequency: {type: integer, unit: days, doc: "Repeat purchase days."},
  recency_days,
  age_days: {type: integer, unit: days, doc: "Days from the first purchase to as_of."},
  monetary_value: {type: number, unit: currency, doc: "Mean value of a repeat purchase day."},
  last_purchase_on,
  p_alive: {type: number, unit: share, range: "[0, 1]", doc: "Probability of still being a customer."},
  churn_probability: {type: number, unit: share, range: "[0, 1]", doc: "1 - p_alive."},
  expected_purchases: {type: number, unit: purchase days, doc: "Expected purchase days within the months."},
  expected_spend: {type: number, unit: currency, doc: "Expected value of a purchase day."},
  clv: {type: number, unit: currency, doc: "Discounted value of the expected purchases, in the chosen basis."},
  clv_at_stake: {type: number, unit: currency, doc: "What would be added to clv if the customer surely stood by us: clv * churn_probability / p_alive."},
  next_purchase_on: {type: date, doc: "Day by which the next purchase comes with probability one half, if still a customer; null beyond ten years."},
  days_since_fit,
  reason: {type: string, doc: "Why there is no clv; null where there is one."}]
source: "Fader, Hardie & Lee (2005), Marketing Science 24(2); Fader & Hardie (2013); Batislam, Denizel & Filiztekin (2007)."
---*/
with summary as (
    select
        customer_id,
        last_purchase_on,
        frequency,
        recency_days,
        age_days,
        recency,
        age,
        monetary_value,
        revenue,
        margin
    from customer_summary(observation_end := $as_of, refunds := $refunds, margin_rate := $margin_rate)
),

assigned as (
    select
        a.scheme,
        a.segment,
        a.customer_id,
        a.last_purchase_on,
        a.frequency,
        a.recency_days,
        a.age_days,
        a.recency,
        a.age,
        a.monetary_value,
        a.revenue,
        a.margin
    from assigned_segments(members := summary, scheme := $scheme, as_of := $as_of) as a
),

-- Customers are many, their frequencies and ages few.
histories as (
    select
        scheme,
        segment,
        frequency,
        age_days,
        sum(margin) as margin,
        sum(revenue) as revenue
    from assigned
    group by scheme, segment, frequency, age_days
),

margins as (
    select
        scheme,
        segment,
        case when $basis = 'margin' then sum(margin) / nullif(sum(revenue), 0) else 1e0 end as margin_share
    from histories
    group by scheme, segment
),

modelled as (
    select
        m.scheme,
        m.segment,
        m.margin_share,
        coalesce(f.model_no, 1) as model_no
    from margins as m
    left join customer_models as f on m.scheme = f.scheme and m.segment = f.segment
),

pairs as (
    select distinct
        m.model_no,
        h.frequency,
        h.age_days
    from histories as h
    inner join modelled as m on h.scheme = m.scheme and h.segment = m.segment
),

axes as (
    select
        p.model_no,
        p.frequency,
        p.age_days,
        p.age_days / 7e0 as age,
        frequency_axis(p.model_no, p.frequency, 4.345e0 * $months, $scheme) as u,
        age_axis(p.model_no, p.age_days / 7e0, 4.345e0 * $months, $scheme) as v,
        case
            when f.r + p.frequency > 0.2e0
            then (7e0 * f.alpha + p.age_days) * (exp(0.6931471805599453e0 / nullif(f.r + p.frequency, 0)) - 1e0)
        end as median_days
    from pairs as p
    inner join customer_models as f on p.model_no = f.model_no
),

expected as (
    select
        model_no,
        frequency,
        age_days,
        purchases_ahead(model_no, frequency, age, u, v, 4.345e0 * $months, $tolerance, $scheme) as purchases,
        discounted_ahead(model_no, frequency, age, u, v, $months, $discount_rate, $tolerance, $scheme) as discounted,
        case when median_days <= 3650 then plus_days($as_of, cast(floor(median_days) as bigint) + 1) end as next_purchase_on
    from axes
),

scored as (
    select
        a.scheme,
        a.segment,
        a.customer_id,
        f.segment as model,
        a.frequency,
        a.recency_days,
        a.age_days,
        a.monetary_value,
        a.last_purchase_on,
        p_alive(a.frequency, a.recency, a.age, model := f.model, r := f.r, alpha := f.alpha, a := f.a, b := f.b) as p_alive,
        e.purchases,
        e.discounted,
        expected_spend(a.frequency, a.monetary_value, p := f.p, q := f.q, gamma := f.gamma) as expected_spend,
        e.next_purchase_on,
        m.margin_share,
        f.fitted_to,
        f.p
    from assigned as a
    inner join modelled as m on a.scheme = m.scheme and a.segment = m.segment
    inner join customer_models as f on m.model_no = f.model_no
    inner join expected as e on m.model_no = e.model_no and a.frequency = e.frequency and a.age_days = e.age_days
)

select
    s.scheme,
    s.segment,
    s.customer_id,
    s.model,
    s.frequency,
    s.recency_days,
    s.age_days,
    s.monetary_value,
    s.last_purchase_on,
    s.p_alive,
    1e0 - s.p_alive as churn_probability,
    s.p_alive * s.purchases as expected_purchases,
    s.expected_spend,
    s.p_alive * s.discounted * s.expected_spend * s.margin_share as clv,
    (1e0 - s.p_alive) * s.discounted * s.expected_spend * s.margin_share as clv_at_stake,
    s.next_purchase_on,
    days_between(s.fitted_to, $as_of) as days_since_fit,
    case
        when s.p is null then 'No model of spend is fitted'
        when s.expected_spend is null then 'Refunds exceed the repeat purchases'
        when s.margin_share is null then 'The segment has no revenue'
    end as reason
from scored as s
