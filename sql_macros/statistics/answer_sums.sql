/*---
summary: Sums of single scores, and of what each customer gave in all, so that who answers often is one customer.
kind: relation
grain: one row per scheme, segment, part and period with a score
internal: true
args:
  scores: {type: relation, doc: "The scores: scheme, segment, part, period_start, customer_id, weight, centred, the score less 50, and the ends of its range, lowest and highest."}
  is_one_each: {type: boolean, default: false, doc: "No customer has two scores in a group, none lacks a customer: nothing has to be told apart."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment."}
  part: {type: string, doc: "Value of a further dimension."}
  period_start: {type: date, doc: "First day of a period with a score."}
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
