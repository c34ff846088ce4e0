/*---
summary: What score_statistics reads, summed from single scores - also for segments that gave none.
grain: one row per scheme, segment, part and period
internal: true
args: [scores, scheme, period, as_of, fiscal_shift, is_one_each]
returns: [
  scheme, segment,
  part: {doc: "Value of a further dimension; every segment has a row for every part that was scored in the period."},
  period_start: {doc: "First day of a period with a score."},
  customers, rated_customers, answers, weight_sum, weight_square_sum, weighted_sum, weighted_square_sum,
  customer_square_sum, customer_cross_sum, customer_weighted_square_sum, lowest, highest]
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
