/*---
summary: The overall score twice - as the mean of who answered, and weighted so that each segment counts by its customers.
grain: one row per scheme and period
args: [
  metric: {doc: "Which ratings; of value one per customer, as in cpv_by_segment."},
  scheme: {doc: "One segmentation scheme, whose segments are the strata; null for all of them."},
  period, method, membership, min_n, min_n_band, as_of, fiscal_shift]
returns: [
  scheme: {doc: "Segmentation scheme; under 'All customers' both means are the same."},
  period: {doc: "Name of the period. Without ratings there are no rows."},
  period_start, period_age, customers, answers,
  represented_share: {type: number, unit: share, range: "[0, 1]", doc: "Customers in segments with an answer / customers: the others can be weighted by nothing."},
  respondent_mean: {type: number, unit: percent, range: "[0, 100]", doc: "Mean of all scores; null where hidden, as all that follow."},
  respondent_low: {type: number, unit: percent, doc: "Lower end of its 95 % interval."},
  respondent_high: {type: number, unit: percent, doc: "Upper end of its 95 % interval."},
  respondent_band: {type: string, doc: "Its band."},
  stratified_mean: {type: number, unit: percent, range: "[0, 100]", doc: "Post-stratified mean: the means of segments by their customers."},
  stratified_low: {type: number, unit: percent, doc: "Lower end of its 95 % interval, from the effective n."},
  stratified_high: {type: number, unit: percent, doc: "Upper end of its 95 % interval."},
  stratified_band: {type: string, doc: "Its band."},
  effective_n: {type: number, unit: answers, range: "[1, n]", doc: "Answers of a sample without weights that would be as certain."},
  difference: {type: number, unit: points, doc: "Post-stratified mean less the mean of who answered: what unequal response is worth."}]
source: "Weights (N_s / N) / (n_s / n); effective n = (sum w)^2 / sum w^2, Kish (1965), Survey Sampling."
---*/
with scores as (
    select
        scheme,
        segment,
        'overall' as part,
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
),

strata as (
    select
        scheme,
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
        highest,
        customers
        / nullif(weight_sum, 0)
        * sum(weight_sum) over (partition by scheme, period_start)
        / nullif(sum(case when answers > 0 then customers else 0 end) over (partition by scheme, period_start), 0) as factor
    from score_sums(scores := scores, scheme := $scheme, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
),

sums as (
    select
        scheme,
        'respondents' as segment,
        'overall' as part,
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
    from strata
    group by scheme, period_start
    union all
    select
        scheme,
        'stratified' as segment,
        'overall' as part,
        period_start,
        sum(customers) as customers,
        sum(rated_customers) as rated_customers,
        sum(answers) as answers,
        sum(factor * weight_sum) as weight_sum,
        sum(factor * factor * weight_square_sum) as weight_square_sum,
        sum(factor * weighted_sum) as weighted_sum,
        sum(factor * weighted_square_sum) as weighted_square_sum,
        sum(factor * factor * customer_square_sum) as customer_square_sum,
        sum(factor * factor * customer_cross_sum) as customer_cross_sum,
        sum(factor * factor * customer_weighted_square_sum) as customer_weighted_square_sum,
        min(lowest) as lowest,
        max(highest) as highest
    from strata
    group by scheme, period_start
),

represented as (
    select
        scheme,
        period_start,
        sum(case when answers > 0 then customers else 0 end) * 1e0 / nullif(sum(customers), 0) as represented_share,
        sum(factor * weight_sum) * sum(factor * weight_sum) / nullif(sum(factor * factor * weight_square_sum), 0) as effective_n
    from strata
    group by scheme, period_start
),

pivoted as (
    select
        scheme,
        period_start,
        max(customers) as customers,
        max(answers) as answers,
        max(case when segment = 'respondents' then score end) as respondent_mean,
        max(case when segment = 'respondents' then ci_low end) as respondent_low,
        max(case when segment = 'respondents' then ci_high end) as respondent_high,
        max(case when segment = 'respondents' then band end) as respondent_band,
        max(case when segment = 'stratified' then score end) as stratified_mean,
        max(case when segment = 'stratified' then ci_low end) as stratified_low,
        max(case when segment = 'stratified' then ci_high end) as stratified_high,
        max(case when segment = 'stratified' then band end) as stratified_band
    from
        score_statistics(
            sums := sums, bands := case when $metric = 'value' then 'cpv' else 'cx' end,
            period := $period, min_n := $min_n, min_n_band := $min_n_band
        )
    group by scheme, period_start
)

select
    p.scheme,
    period_label(p.period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    p.period_start,
    period_age(p.period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    p.customers,
    p.answers,
    r.represented_share,
    p.respondent_mean,
    p.respondent_low,
    p.respondent_high,
    p.respondent_band,
    p.stratified_mean,
    p.stratified_low,
    p.stratified_high,
    p.stratified_band,
    case when p.stratified_mean is not null then r.effective_n end as effective_n,
    p.stratified_mean - p.respondent_mean as difference
from pivoted as p
inner join represented as r on p.scheme = r.scheme and p.period_start = r.period_start
