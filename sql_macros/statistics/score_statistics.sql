/*---
summary: What every score carries - interval, band, certainty, small-sample rules, change and its significance.
grain: one row per scheme, segment, part and period
internal: true
args: [
  sums: {type: relation, doc: "Per scheme, segment, part and period_start: customers, rated_customers, answers, the sums of weight, weight^2, weight * d and weight * d^2, where d is the score less 50, and what else answer_sums gives."},
  bands,
  denominator: {choices: [answers, all_customers], default: answers},
  period, parts, min_n,
  min_n_band: {doc: "Fewer answers: no band, the score is directional."},
  rounding,
  spread: {type: choice, choices: [sample, population], default: sample, doc: "Variance over n - 1, or over n as shares have it."}]
returns: [
  scheme, segment, part, period_start, customers, rated_customers, answers,
  coverage: {doc: "Rated customers / customers; at most 1, as customers can answer and then leave. Null of no customers."},
  score: {range: null, doc: "Weighted mean; null where hidden."},
  score_shown: {doc: "Score cut to one decimal, or to whole percents as rounding says; see displayed."},
  squared_error: {type: number, doc: "Square of the score's standard error; null below two customers and where hidden."},
  effective_n: {type: number, doc: "Answers of as many customers, of equal weight, that would be as certain; null where hidden."},
  customer_n: {type: number, doc: "Customers who answered, counted as Kish does where some weigh more: what reliability goes by."},
  score_range: {type: number, doc: "Highest less lowest score that there can be: no difference is larger."},
  ci_low: {doc: "Lower end of the 95 % interval, within the range of scores; null below two customers."},
  ci_high,
  band: {doc: "Band; null below min_n_band answers."},
  certainty,
  reliability: {doc: "reliable; directional below min_n_band answers, or customers, counted as Kish does where some weigh more; hidden."},
  previous, change, change_z,
  change_verdict: {doc: "Up, Down, No significant change; Too few answers where one of both is not reliable; null without a period before."},
  score_weight: {doc: "Sum of the weights."},
  score_sum: {doc: "Sum of weight * score, for means over several rows; each hidden row has its part of that of all hidden ones of the scheme, part and period, so that their total is right and tells nothing of one."},
  hidden_part: {doc: "1 / number of those hidden rows: it sums to 1 where all of them are at hand, as pooled wants; null where not hidden or without answers."}]
source: "m +- 1.96 s / sqrt(n), n by Kish (1965) where weights differ; where customers repeat the cluster-robust error, Liang & Zeger (1986), Biometrika 73(1). Where answers agree (s below 5 % of the range) one more answer at each end of the range, Bonett & Price (2012), Journal of Educational and Behavioral Statistics 37(4). Welch's z for the change."
---*/
with measured as (
    select
        scheme,
        segment,
        part,
        period_start,
        cast(customers as bigint) as customers,
        cast(rated_customers as bigint) as rated_customers,
        cast(answers as bigint) as answers,
        50e0 + weighted_sum / nullif(weight_sum, 0) as raw_mean,
        weight_sum,
        lowest,
        highest,
        weight_sum * weight_sum / nullif(weight_square_sum, 0) as kish_n,
        weight_sum * weight_sum / nullif(customer_square_sum, 0) as customer_n,
        (weighted_square_sum - weighted_sum * weighted_sum / nullif(weight_sum, 0)) / nullif(weight_sum, 0) as biased_variance,
        case
            when customer_square_sum > (1 + 1e-9) * weight_square_sum then (
                customer_weighted_square_sum
                - 2 * (weighted_sum / nullif(weight_sum, 0)) * customer_cross_sum
                + weighted_sum / nullif(weight_sum, 0) * (weighted_sum / nullif(weight_sum, 0)) * customer_square_sum
            ) / nullif(weight_sum * weight_sum, 0)
        end as cluster_error,
        case
            when $denominator <> 'all_customers' or rated_customers > customers then 1e0
            else rated_customers / nullif(customers, 0)
        end as answering_share
    from sums
),

weighed as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        raw_mean,
        weight_sum,
        lowest,
        highest,
        customer_n,
        case when biased_variance > 0 then biased_variance else 0e0 end as variance,
        case
            when biased_variance <= 0 or customer_n <= 1 + 1e-9 then customer_n
            when cluster_error * kish_n > biased_variance then biased_variance / nullif(cluster_error, 0)
            else kish_n
        end as effective_n,
        case
            when biased_variance * 400 < (highest - lowest) * (highest - lowest) then 1
            else 0
        end as is_agreed,
        answering_share
    from measured
),

spread as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        weight_sum,
        lowest,
        highest,
        effective_n,
        customer_n,
        rounded(raw_mean * answering_share, 6) as mean,
        case
            when is_agreed = 1 then (customer_n * raw_mean + lowest + highest) / nullif(customer_n + 2, 0) * answering_share
            else rounded(raw_mean * answering_share, 6)
        end as centre,
        case
            when answers < 2 or customer_n <= 1 + 1e-9 then null
            when is_agreed = 1 then (
                (customer_n * (variance + raw_mean * raw_mean) + lowest * lowest + highest * highest) / nullif(customer_n + 2, 0)
                - power((customer_n * raw_mean + lowest + highest) / nullif(customer_n + 2, 0), 2)
            ) / nullif(customer_n + 2, 0) * answering_share * answering_share
            when $spread = 'population' then variance / nullif(effective_n, 0) * answering_share * answering_share
            else variance / nullif(effective_n, 0) * customer_n / nullif(customer_n - 1, 0) * answering_share * answering_share
        end as squared_error,
        case when answers > 0 and answers < $min_n then 1 else 0 end as is_hidden
    from weighed
),

segments_protected as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        weight_sum,
        mean,
        centre,
        lowest,
        highest,
        effective_n,
        customer_n,
        squared_error,
        complementary(is_hidden, answers, $min_n, segment, scheme, part, period_start) as is_hidden
    from spread
),

parts_protected as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        weight_sum,
        mean,
        centre,
        lowest,
        highest,
        effective_n,
        customer_n,
        squared_error,
        case
            when $parts = 'of_total' then complementary(is_hidden, answers, $min_n, part, scheme, segment, period_start)
            else is_hidden
        end as is_hidden
    from segments_protected
),

hidden as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        weight_sum,
        mean,
        centre,
        lowest,
        highest,
        effective_n,
        customer_n,
        squared_error,
        case
            when $parts = 'of_total' then complementary(is_hidden, answers, $min_n, segment, scheme, part, period_start)
            else is_hidden
        end as is_hidden
    from parts_protected
),

judged as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        weight_sum,
        mean,
        centre,
        lowest,
        highest,
        effective_n,
        customer_n,
        squared_error,
        case
            when is_hidden = 1 or answers < $min_n then 'hidden'
            when answers < $min_n_band or rounded(customer_n, 6) < $min_n_band then 'directional'
            else 'reliable'
        end as reliability
    from hidden
),

pooled as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        weight_sum,
        mean,
        centre,
        lowest,
        highest,
        effective_n,
        customer_n,
        squared_error,
        reliability,
        sum(case when answers > 0 then 1 else 0 end) over (partition by scheme, part, period_start, reliability) as pooled_rows,
        sum(weight_sum * mean) over (partition by scheme, part, period_start, reliability)
        / nullif(sum(weight_sum) over (partition by scheme, part, period_start, reliability), 0) as pooled_mean
    from judged
),

shown as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        reliability,
        weight_sum as score_weight,
        case
            when reliability <> 'hidden' then weight_sum * mean
            when pooled_rows > 1 then weight_sum * pooled_mean
        end as score_sum,
        case
            when reliability <> 'hidden' or answers = 0 then null
            when pooled_rows > 1 then 1e0 / nullif(pooled_rows, 0)
            else 5e-1
        end as hidden_part,
        case when reliability = 'hidden' then null else mean end as score,
        case when reliability = 'hidden' then null else squared_error end as squared_error,
        case when reliability = 'hidden' then null else effective_n end as effective_n,
        customer_n,
        cast(highest - lowest as double) as score_range,
        case
            when reliability = 'hidden' then null
            when centre - 1.96e0 * sqrt(squared_error) < lowest then lowest
            else centre - 1.96e0 * sqrt(squared_error)
        end as ci_low,
        case
            when reliability = 'hidden' then null
            when centre + 1.96e0 * sqrt(squared_error) > highest then highest
            else centre + 1.96e0 * sqrt(squared_error)
        end as ci_high
    from pooled
),

banded as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        reliability,
        score_weight,
        score_sum,
        hidden_part,
        score,
        squared_error,
        effective_n,
        customer_n,
        score_range,
        ci_low,
        ci_high,
        case
            when reliability <> 'reliable' or $bands = 'none' then null
            when $bands = 'cx' then cx_band(score, rounding := $rounding)
            else cpv_band(score)
        end as band,
        case
            when reliability <> 'reliable' or $bands = 'none' then null
            when $bands = 'cx'
            then case when cx_band(ci_low, rounding := $rounding) = cx_band(ci_high, rounding := $rounding) then 'certain' else 'uncertain' end
            else case when cpv_band(ci_low) = cpv_band(ci_high) then 'certain' else 'uncertain' end
        end as certainty
    from shown
),

lagged as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        reliability,
        score_weight,
        score_sum,
        hidden_part,
        score,
        squared_error,
        effective_n,
        customer_n,
        score_range,
        ci_low,
        ci_high,
        band,
        certainty,
        lag(case when answers > 0 then period_start end) over (partition by scheme, segment, part order by period_start) as lagged_period,
        lag(score) over (partition by scheme, segment, part order by period_start) as lagged_score,
        lag(squared_error) over (partition by scheme, segment, part order by period_start) as lagged_squared_error,
        lag(reliability) over (partition by scheme, segment, part order by period_start) as lagged_reliability
    from banded
),

compared as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        reliability,
        score_weight,
        score_sum,
        hidden_part,
        score,
        squared_error,
        effective_n,
        customer_n,
        score_range,
        ci_low,
        ci_high,
        band,
        certainty,
        case when lagged_period = previous_period(period_start, period := $period) then lagged_score end as previous,
        case when lagged_period = previous_period(period_start, period := $period) then score - lagged_score end as change,
        case when lagged_period = previous_period(period_start, period := $period) then squared_error + lagged_squared_error end as change_square,
        case
            when lagged_period is null or lagged_period <> previous_period(period_start, period := $period) then null
            when reliability = 'reliable' and lagged_reliability = 'reliable' and squared_error + lagged_squared_error is not null then 1
            else 0
        end as is_comparable
    from lagged
)

select
    scheme,
    segment,
    part,
    period_start,
    customers,
    rated_customers,
    answers,
    case
        when customers > 0 and rated_customers > customers then 1e0
        else rated_customers * 1e0 / nullif(customers, 0)
    end as coverage,
    score,
    case
        when $bands = 'cpv' then displayed(score, strict_edge := 80)
        when $rounding = 'integer' then floor(rounded(score, 6) + 0.5e0)
        else displayed(score)
    end as score_shown,
    squared_error,
    effective_n,
    rounded(customer_n, 6) as customer_n,
    score_range,
    ci_low,
    ci_high,
    band,
    certainty,
    reliability,
    previous,
    change,
    change / nullif(sqrt(change_square), 0) as change_z,
    case
        when is_comparable is null then null
        when is_comparable = 0 then 'Too few answers'
        when change > 1.96e0 * sqrt(change_square) then 'Up'
        when -change > 1.96e0 * sqrt(change_square) then 'Down'
        else 'No significant change'
    end as change_verdict,
    score_weight,
    score_sum,
    hidden_part
from compared
