/*---
summary: The score that a customer gave in a period beside what became of that customer in the same and the next three.
grain: one row per scheme, segment, customer, period of the score and period after
internal: true
needs: [ratings]
needs_one_of: [transactions, subscriptions]
uses: [transactions, subscriptions]
args: [
  metric: {type: choice, choices: [experience, value], doc: "Which ratings."},
  scheme, period,
  newest: {doc: "How many periods of outcomes are looked at, back from the one that as_of lies in."},
  method, churn_method, inactive_days, basis, margin_rate, as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "Segment on the day of the response; who changed it within the period is in both."},
  customer_id: {doc: "Customer, active when the outcome's period began."},
  periods_later: {unit: null},
  score: {range: null, doc: "Mean score of the customer in the period."},
  was_lost: {type: integer, range: "0 or 1", doc: "1 where no longer active at the end of the outcome's period."},
  period_value: {type: number, unit: currency, doc: "Value in the outcome's period; 0 without a purchase, null where transactions are not mapped."}]
source: "Outcomes of complete periods only."
---*/
with scores as (
    select
        scheme,
        segment,
        customer_id,
        period_start,
        sum(weight * score) / nullif(sum(weight), 0) as score
    from
        rating_scores(
            metric := $metric, scheme := $scheme, period := $period, method := $method, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
    where customer_id is not null
    group by scheme, segment, customer_id, period_start
),

outcomes as (
    select c.customer_id, c.period_start, c.was_lost, case when is_mapped('transactions') then coalesce(p.period_value, 0e0) end as period_value
    from
        customer_periods(
            churn_method := $churn_method, newest := $newest, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift, inactive_days := $inactive_days
        ) as c
    left join
        customer_period_purchases(
            period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift, basis := $basis, margin_rate := $margin_rate
        ) as p
        on c.customer_id = p.customer_id and c.period_start = p.period_start
    where period_age(c.period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) >= 0
),

steps as (
    select digit as periods_later
    from digits()
    where digit <= 3
),

dated as (
    select
        s.scheme,
        s.segment,
        s.customer_id,
        l.periods_later,
        plus_months(s.period_start, l.periods_later * (case when $period = 'month' then 1 when $period = 'quarter' then 3 else 12 end)) as outcome_start,
        s.score
    from scores as s
    cross join steps as l
)

select
    d.scheme,
    d.segment,
    d.customer_id,
    d.periods_later,
    d.score,
    o.was_lost,
    o.period_value
from dated as d
inner join outcomes as o on d.customer_id = o.customer_id and d.outcome_start = o.period_start
