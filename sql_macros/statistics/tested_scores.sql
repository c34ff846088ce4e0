/*---
summary: Scores of a metric with their squared errors, for tests of differences.
grain: one row per scheme, segment and period
internal: true
args: [
  metric: {type: choice, choices: [value, experience, satisfaction, ces], doc: "Which ratings."},
  scheme, period, method, membership,
  age: {type: integer, min: -1, doc: "One period looked at, see period_age."},
  other_age: {type: integer, min: -1, doc: "Another one, or the same."},
  min_n,
  min_n_band: {doc: "With fewer answers the score is directional."},
  as_of, fiscal_shift]
returns: [
  scheme, segment, period_start, period_age,
  answers: {doc: "Number of scores, n: one per customer where the metric is value, as in cpv_by_segment."},
  customer_n: {type: number, doc: "Customers that decide whether there are enough, see score_statistics."},
  score: {range: null, doc: "Mean score; null where hidden."},
  squared_error: {type: number, doc: "Square of its standard error."},
  score_range: {type: number, doc: "Highest less lowest score that there can be."}]
source: "See score_statistics."
---*/
with scores as (
    select
        scheme,
        segment,
        'all' as part,
        period_start,
        customer_id,
        weight,
        score - 50e0 as centred,
        case when $method = 'as_is' then lo else 0e0 end as lowest,
        case when $method = 'as_is' then hi else 1e2 end as highest
    from
        rating_scores(
            metric := $metric, scheme := $scheme, period := $period, method := $method,
            unit := case when $metric = 'value' then 'latest' else 'rating' end,
            membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
    where period_age = $age or period_age = $other_age
),

sums as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
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
        highest
    from score_sums(scores := scores, scheme := $scheme, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
)

select
    scheme,
    segment,
    period_start,
    period_age(period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    answers,
    customer_n,
    score,
    squared_error,
    score_range
from score_statistics(sums := sums, bands := 'none', period := $period, min_n := $min_n, min_n_band := $min_n_band)
