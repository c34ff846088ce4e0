/*---
summary: How far the segments of a scheme differ in value and in experience - the share of variance that they explain.
grain: one row per scheme and measure
needs: [segment_membership]
uses: [transactions, subscriptions, ratings]
args: [
  scheme: {doc: "One segmentation scheme; null for all of them."},
  days: {type: integer, default: 365, min: 1, doc: "How far back experience ratings are looked at."},
  as_of, basis, churn_method, inactive_days, margin_rate]
returns: [
  scheme,
  measure: {type: string, doc: "CLV: the value of each customer in the last year, 0 where not active; CX: each experience score. What is not mapped has no row."},
  segments: {type: integer, unit: segments, range: "[1, inf)", doc: "Segments with rows, Unassigned among them."},
  cases: {type: integer, range: "[1, inf)", doc: "Customers (CLV) or ratings (CX)."},
  eta_squared: {type: number, unit: share, range: "[0, 1]", doc: "Sum of squares between segments / total; 0 with one segment, null where all values are equal."},
  separation: {type: string, doc: "Large (from 0.14), Medium (from 0.06), Small (from 0.01), Negligible; null where eta_squared is."}]
source: "Eta squared and its marks: Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd edition, chapter 8. CLV is compared under one lifespan for all: a lifespan by segment would count the scheme's own assumption as a difference."
---*/
with activity as (
    select scheme, segment, case when is_active = 1 then year_value else 0e0 end as amount
    from customer_segment_activity(
        scheme := $scheme, as_of := $as_of, churn_method := $churn_method, inactive_days := $inactive_days,
        basis := $basis, margin_rate := $margin_rate
    )
),

valued as (
    select scheme, segment, 'CLV' as measure, amount, 1e0 as weight
    from activity
    where is_mapped('transactions') or is_mapped('subscriptions')
    union all
    select scheme, segment, 'CX' as measure, score - 50e0 as amount, weight
    from rating_scores(metric := 'experience', scheme := $scheme, as_of := $as_of)
    where day_of(responded_at) > plus_days($as_of, -($days))
),

grouped as (
    select
        scheme,
        measure,
        segment,
        count(*) as cases,
        sum(weight) as weight_sum,
        sum(weight * amount) as weighted_sum,
        sum(weight * amount * amount) as weighted_square_sum
    from valued
    where scheme <> 'All customers'
    group by scheme, measure, segment
),

spread as (
    select
        scheme,
        measure,
        count(*) as segments,
        sum(cases) as cases,
        sum(weighted_sum * weighted_sum / nullif(weight_sum, 0)) - sum(weighted_sum) * sum(weighted_sum) / nullif(sum(weight_sum), 0) as between_squares,
        sum(weighted_square_sum) - sum(weighted_sum) * sum(weighted_sum) / nullif(sum(weight_sum), 0) as total_squares,
        sum(weighted_square_sum) as raw_squares
    from grouped
    group by scheme, measure
),

explained as (
    select
        scheme,
        measure,
        segments,
        cases,
        case
            when total_squares <= 1e-12 * raw_squares then null
            when between_squares <= 0 then 0e0
            else between_squares / nullif(total_squares, 0)
        end as eta_squared
    from spread
)

select
    scheme,
    measure,
    cast(segments as bigint) as segments,
    cast(cases as bigint) as cases,
    eta_squared,
    case
        when eta_squared >= 0.14 then 'Large'
        when eta_squared >= 0.06 then 'Medium'
        when eta_squared >= 0.01 then 'Small'
        when eta_squared >= 0 then 'Negligible'
    end as separation
from explained
