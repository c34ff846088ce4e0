/*---
summary: What score_statistics reads, summed from single scores - also for segments that gave none.
kind: relation
grain: one row per scheme, segment, part and period
internal: true
args:
  scores: {type: relation, doc: "The scores: scheme, segment, part, period_start, customer_id, weight and centred, the score less 50."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
  is_one_each: {type: boolean, default: false, doc: "No customer has two scores in a group, none lacks a customer: nothing has to be told apart."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment."}
  part: {type: string, doc: "Value of a further dimension; every segment has a row for every part."}
  period_start: {type: date, doc: "First day of a period with a score."}
  customers: {type: integer, unit: customers, doc: "Customers in the segment at the period's end."}
  rated_customers: {type: integer, unit: customers, doc: "Customers with a score."}
  answers: {type: integer, unit: answers, doc: "Number of scores, n."}
  weight_sum: {type: number, doc: "Sum of weights."}
  weight_square_sum: {type: number, doc: "Sum of squared weights."}
  weighted_sum: {type: number, doc: "Sum of weight * centred."}
  weighted_square_sum: {type: number, doc: "Sum of weight * centred^2."}
source: "One pass over the scores, stacked on segment_sizes."
---*/
with rated as (
    select
        scheme,
        segment,
        part,
        period_start,
        case when $is_one_each then count(*) else count(distinct customer_id) end as rated_customers,
        count(*) as answers,
        sum(weight) as weight_sum,
        sum(weight * weight) as weight_square_sum,
        sum(weight * centred) as weighted_sum,
        sum(weight * centred * centred) as weighted_square_sum
    from scores
    group by scheme, segment, part, period_start
),

periods as (
    select period_start
    from rated
    group by period_start
),

parts as (
    select part
    from rated
    group by part
),

stacked as (
    select
        scheme,
        segment,
        part,
        period_start,
        0 as customers,
        rated_customers,
        answers,
        weight_sum,
        weight_square_sum,
        weighted_sum,
        weighted_square_sum
    from rated
    union all
    select
        s.scheme,
        s.segment,
        p.part,
        s.period_start,
        s.customers,
        0 as rated_customers,
        0 as answers,
        0e0 as weight_sum,
        0e0 as weight_square_sum,
        0e0 as weighted_sum,
        0e0 as weighted_square_sum
    from segment_sizes(periods := periods, scheme := $scheme, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as s
    cross join parts as p
)

select
    scheme,
    segment,
    part,
    period_start,
    sum(customers) as customers,
    sum(rated_customers) as rated_customers,
    sum(answers) as answers,
    sum(weight_sum) as weight_sum,
    sum(weight_square_sum) as weight_square_sum,
    sum(weighted_sum) as weighted_sum,
    sum(weighted_square_sum) as weighted_square_sum
from stacked
group by scheme, segment, part, period_start
