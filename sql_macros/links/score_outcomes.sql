/*---
summary: The score that a customer gave in a period beside what became of that customer in the same and the next three.
kind: relation
grain: one row per scheme, segment, customer, period of the score and period after
internal: true
needs: [ratings, transactions]
args:
  metric: {type: choice, choices: [experience, value], doc: "Which ratings."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  newest: {type: integer, default: 12, min: 1, max: 100, doc: "How many periods of outcomes are looked at, back from the one that as_of lies in."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score."}
  churn_method: {type: choice, choices: [auto, contractual, non_contractual], default: auto, doc: "Who counts as active, see customer_activity."}
  inactive_days: {type: integer, default: {setting: inactive_days}, min: 1, doc: "Days without a purchase after which a customer counts as lost."}
  basis: {type: choice, choices: [margin, revenue], default: margin, doc: "Value in margin, or in revenue."}
  margin_rate: {type: number, default: {setting: margin_rate}, min: 0, max: 1, doc: "Margin as a share of the amount, where no margin is mapped."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment on the day of the response; who changed it within the period is in both."}
  customer_id: {type: string, doc: "Customer, active when the outcome's period began."}
  periods_later: {type: integer, range: "0 to 3", doc: "Periods from the score to the outcome."}
  score: {type: number, unit: percent, doc: "Mean score of the customer in the period."}
  was_lost: {type: integer, range: "0 or 1", doc: "1 where no longer active at the end of the outcome's period."}
  period_value: {type: number, unit: currency, doc: "Value in the outcome's period; 0 without a purchase."}
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
    select c.customer_id, c.period_start, c.was_lost, coalesce(p.period_value, 0e0) as period_value
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
