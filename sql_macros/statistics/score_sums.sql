/*---
summary: What score_statistics reads, summed from single scores - also for segments that gave none.
kind: relation
grain: one row per scheme, segment, part and period
internal: true
args:
  scores: {type: relation, doc: "The scores: scheme, segment, part, period_start, customer_id, weight, centred, the score less 50, and the ends of its range, lowest and highest."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
  is_one_each: {type: boolean, default: false, doc: "No customer has two scores in a group, none lacks a customer: nothing has to be told apart."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment."}
  part: {type: string, doc: "Value of a further dimension; every segment has a row for every part that was scored in the period."}
  period_start: {type: date, doc: "First day of a period with a score."}
  customers: {type: integer, unit: customers, doc: "Customers in the segment at the period's end."}
  rated_customers: {type: integer, unit: customers, doc: "Customers with a score."}
  answers: {type: integer, unit: answers, doc: "Number of scores, n."}
  weight_sum: {type: number, doc: "Sum of weights."}
  weight_square_sum: {type: number, doc: "Sum of squared weights."}
  weighted_sum: {type: number, doc: "Sum of weight * centred."}
  weighted_square_sum: {type: number, doc: "Sum of weight * centred^2."}
  customer_square_sum: {type: number, doc: "Sum over customers of (their sum of weights)^2; who is not named is a customer for each score."}
  customer_cross_sum: {type: number, doc: "Sum over customers of their sum of weights * their sum of weight * centred; 0 where is_one_each, as no customer repeats."}
  customer_weighted_square_sum: {type: number, doc: "Sum over customers of (their sum of weight * centred)^2; 0 where is_one_each."}
  lowest: {type: number, doc: "Lowest score that can be."}
  highest: {type: number, doc: "Highest score that can be."}
source: "One pass over the scores: of the sums of a part and a period, the first carry the sizes of all segments."
---*/
with marked as (
    select
        scheme,
        segment,
        part,
        period_start,
        rated_customers,
        answers,
        weight_sum,
        weight_square_sum,
        weighted_sum,
        weighted_square_sum,
        customer_square_sum,
        customer_cross_sum,
        customer_weighted_square_sum,
        lowest,
        highest,
        row_number() over (partition by scheme, part, period_start order by segment) as place
    from answer_sums(scores := scores, is_one_each := $is_one_each)
),

kinds as (
    select 0 as is_size
    union all
    select 1 as is_size
),

sizes as (
    select 1 as is_size, scheme, segment, from_period, to_period, customers
    from segment_sizes(scheme := $scheme, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
    union all
    select
        0 as is_size,
        cast(null as text) as scheme,
        cast(null as text) as segment,
        day_of('1900-01-01') as from_period,
        day_of('2199-12-31') as to_period,
        0 as customers
),

stacked as (
    select
        r.scheme,
        coalesce(z.segment, r.segment) as segment,
        r.part,
        r.period_start,
        z.customers,
        (1 - k.is_size) * r.rated_customers as rated_customers,
        (1 - k.is_size) * r.answers as answers,
        (1 - k.is_size) * r.weight_sum as weight_sum,
        (1 - k.is_size) * r.weight_square_sum as weight_square_sum,
        (1 - k.is_size) * r.weighted_sum as weighted_sum,
        (1 - k.is_size) * r.weighted_square_sum as weighted_square_sum,
        (1 - k.is_size) * r.customer_square_sum as customer_square_sum,
        (1 - k.is_size) * r.customer_cross_sum as customer_cross_sum,
        (1 - k.is_size) * r.customer_weighted_square_sum as customer_weighted_square_sum,
        r.lowest,
        r.highest
    from marked as r
    inner join kinds as k on r.place = 1 or k.is_size = 0
    inner join sizes as z on k.is_size = z.is_size
    where
        k.is_size = 0
        or (($scheme is not null or r.scheme = z.scheme) and z.from_period <= r.period_start and z.to_period > r.period_start)
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
    sum(weighted_square_sum) as weighted_square_sum,
    sum(customer_square_sum) as customer_square_sum,
    sum(customer_cross_sum) as customer_cross_sum,
    sum(customer_weighted_square_sum) as customer_weighted_square_sum,
    min(lowest) as lowest,
    max(highest) as highest
from stacked
group by scheme, segment, part, period_start
