/*---
summary: Sums of single scores, and of what each customer gave in all, so that who answers often is one customer.
grain: one row per scheme, segment, part and period with a score
internal: true
args: [scores, is_one_each]
returns: [
  scheme, segment, part,
  period_start: {doc: "First day of a period with a score."},
  rated_customers, answers, weight_sum, weight_square_sum, weighted_sum, weighted_square_sum, customer_square_sum,
  customer_cross_sum, customer_weighted_square_sum, lowest, highest]
source: "One pass over the scores: by customer, then over customers, whose sums give the variance of a mean of clusters, see score_statistics."
---*/
with by_customer as (
    select
        scheme,
        segment,
        part,
        period_start,
        customer_id,
        count(*) as answers,
        sum(weight) as weight_sum,
        sum(weight * weight) as weight_square_sum,
        sum(weight * centred) as weighted_sum,
        sum(weight * centred * centred) as weighted_square_sum,
        case when customer_id is null then sum(weight * weight) else sum(weight) * sum(weight) end as customer_square,
        case
            when customer_id is null then sum(weight * weight * centred)
            else sum(weight) * sum(weight * centred)
        end as customer_cross,
        case
            when customer_id is null then sum(weight * weight * centred * centred)
            else sum(weight * centred) * sum(weight * centred)
        end as customer_weighted_square,
        min(lowest) as lowest,
        max(highest) as highest
    from scores
    group by scheme, segment, part, period_start, customer_id
)

select
    scheme,
    segment,
    part,
    period_start,
    count(customer_id) as rated_customers,
    sum(answers) as answers,
    sum(weight_sum) as weight_sum,
    sum(weight_square_sum) as weight_square_sum,
    sum(weighted_sum) as weighted_sum,
    sum(weighted_square_sum) as weighted_square_sum,
    sum(customer_square) as customer_square_sum,
    sum(customer_cross) as customer_cross_sum,
    sum(customer_weighted_square) as customer_weighted_square_sum,
    min(lowest) as lowest,
    max(highest) as highest
from by_customer
where not $is_one_each
group by scheme, segment, part, period_start
union all
select
    scheme,
    segment,
    part,
    period_start,
    count(*) as rated_customers,
    count(*) as answers,
    sum(weight) as weight_sum,
    sum(weight * weight) as weight_square_sum,
    sum(weight * centred) as weighted_sum,
    sum(weight * centred * centred) as weighted_square_sum,
    sum(weight * weight) as customer_square_sum,
    0e0 as customer_cross_sum,
    0e0 as customer_weighted_square_sum,
    min(lowest) as lowest,
    max(highest) as highest
from scores
where $is_one_each
group by scheme, segment, part, period_start
