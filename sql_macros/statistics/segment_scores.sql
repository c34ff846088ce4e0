/*---
summary: Scores of a metric by segment, period and a further dimension, with everything that a score carries.
grain: one row per scheme, segment, part and period
internal: true
uses: [targets]
args: [
  metric: {type: choice, choices: [value, experience, satisfaction, nps, csat, ces, attribute], doc: "Which ratings."},
  dimension: {type: column, choices: [metric, attribute, brand, touchpoint, journey_stage, team, channel], default: metric, doc: "Column whose values are scored apart; metric for none. One value per customer is then one for each of them."},
  competitors, scheme, period, method,
  unit: {type: choice, choices: [rating, latest, mean], doc: "What counts as one answer."},
  bands,
  denominator: {choices: [answers, all_customers], default: answers},
  membership, parts, min_n, min_n_band, rounding, target, as_of, fiscal_shift]
returns: [
  scheme, segment,
  part: {doc: "Value of the dimension; 'Not stated' where a rating has none. Every segment has a row for every part that was scored in the period, also without answers."},
  period, period_start, period_age, customers, rated_customers, answers, coverage,
  score: {range: null, doc: "Mean score."},
  score_shown, ci_low, ci_high, band: {doc: "Band."}, certainty, reliability, previous, change, change_z,
  change_verdict,
  target: {doc: "Score to reach: the segment's, else the general one; the newest that is in force on as_of."},
  target_gap, score_weight, score_sum, hidden_part]
source: "One definition for CPV and CX; see docs/decisions.md#statistics."
---*/
with scored as (
    select
        scheme,
        segment,
        coalesce($dimension, 'Not stated') as part,
        period_start,
        customer_id,
        weight,
        score - 50e0 as centred,
        case when $method = 'as_is' then lo else 0e0 end as lowest,
        case when $method = 'as_is' then hi else 1e2 end as highest
    from rating_scores(
        metric := $metric, scheme := $scheme, period := $period, method := $method, unit := $unit,
        per := $dimension, competitors := $competitors,
        membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
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
    from score_sums(
        scores := scored, scheme := $scheme, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift,
        is_one_each := $unit <> 'rating' and not $competitors and not is_mapped('ratings', 'cycle') and not is_mapped('ratings', 'attribute')
    )
),

goals as (
    select
        coalesce(segment, 'All customers') as segment,
        value as target,
        row_number() over (
            partition by coalesce(segment, 'All customers')
            order by coalesce(day_of(as_of), day_of('1900-01-01')) desc, value desc
        ) as newest_first
    from targets
    where metric = $metric and value is not null and (as_of is null or day_of(as_of) <= $as_of)
),

general_goal as (
    select max(target) as target
    from goals
    where segment = 'All customers' and newest_first = 1
)

select
    s.scheme,
    s.segment,
    s.part,
    period_label(s.period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    s.period_start,
    period_age(s.period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    s.customers,
    s.rated_customers,
    s.answers,
    s.coverage,
    s.score,
    s.score_shown,
    s.ci_low,
    s.ci_high,
    s.band,
    s.certainty,
    s.reliability,
    s.previous,
    s.change,
    s.change_z,
    s.change_verdict,
    coalesce(g.target, a.target, $target) as target,
    s.score - coalesce(g.target, a.target, $target) as target_gap,
    s.score_weight,
    s.score_sum,
    s.hidden_part
from
    score_statistics(
        sums := sums, bands := $bands, denominator := $denominator, period := $period,
        parts := $parts, min_n := $min_n, min_n_band := $min_n_band, rounding := $rounding
    ) as s
cross join general_goal as a
left join goals as g on s.segment = g.segment and g.newest_first = 1
