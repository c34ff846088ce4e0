/*---
summary: Scores of a metric by segment, period and a further dimension, with everything that a score carries.
kind: relation
grain: one row per scheme, segment, part and period
internal: true
uses: [targets]
args:
  metric: {type: choice, choices: [value, experience, satisfaction, nps, csat, ces, attribute], doc: "Which ratings."}
  dimension: {type: column, choices: [metric, attribute, brand, touchpoint, journey_stage, team, channel], default: metric, doc: "Column whose values are scored apart; metric for none. One value per customer is then one for each of them."}
  competitors: {type: boolean, default: false, doc: "Also ratings of other brands than the own one."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score."}
  unit: {type: choice, choices: [rating, latest, mean], doc: "What counts as one answer."}
  bands: {type: choice, choices: [cpv, cx, none], doc: "Which bands."}
  denominator: {type: choice, choices: [answers, all_customers], default: answers, doc: "What the sum is divided by."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  parts: {type: choice, choices: [alone, of_total], default: alone, doc: "of_total: the parts of a segment make up its total, see score_statistics."}
  min_n: {type: integer, default: 10, min: 1, doc: "Fewer answers: no score."}
  min_n_band: {type: integer, default: 30, min: 1, doc: "Fewer answers: no band."}
  rounding: {type: choice, choices: [none, integer], default: none, doc: "See cx_band."}
  target: {type: number, default: 85, doc: "Score to reach where the mapping holds no target."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment."}
  part: {type: string, doc: "Value of the dimension; 'Not stated' where a rating has none. Every segment has a row for every part that was scored in the period, also without answers."}
  period: {type: string, doc: "Name of the period."}
  period_start: {type: date, doc: "First day of the period."}
  period_age: {type: integer, doc: "0: newest complete period."}
  customers: {type: integer, unit: customers, doc: "Customers at the period's end."}
  rated_customers: {type: integer, unit: customers, doc: "Customers who answered."}
  answers: {type: integer, unit: answers, doc: "Number of scores."}
  coverage: {type: number, unit: share, doc: "Rated customers / customers."}
  score: {type: number, unit: percent, doc: "Mean score."}
  score_shown: {type: number, unit: percent, doc: "Score cut to one decimal."}
  ci_low: {type: number, unit: percent, doc: "Lower end of the interval."}
  ci_high: {type: number, unit: percent, doc: "Upper end of the interval."}
  band: {type: string, doc: "Band."}
  certainty: {type: string, doc: "certain or uncertain."}
  reliability: {type: string, doc: "reliable, directional or hidden."}
  previous: {type: number, unit: percent, doc: "Score of the period before."}
  change: {type: number, unit: points, doc: "Score less the one before."}
  change_z: {type: number, doc: "Change over its standard error."}
  change_verdict: {type: string, doc: "Up, Down, No significant change, Too few answers."}
  target: {type: number, unit: percent, doc: "Score to reach: the segment's, else the general one; the newest that is in force on as_of."}
  target_gap: {type: number, unit: points, doc: "Score less target."}
  score_weight: {type: number, doc: "Sum of the weights, see score_statistics."}
  score_sum: {type: number, doc: "Sum of weight * score."}
  hidden_part: {type: number, unit: share, doc: "1 / hidden segments."}
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
