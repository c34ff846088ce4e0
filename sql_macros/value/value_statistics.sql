/*---
summary: Net value, its two sides and their components per segment and period, with everything that a score carries.
kind: relation
grain: one row per scheme, segment, part and period
internal: true
args:
  weights: {type: choice, choices: [stated, equal, derived], default: stated, doc: "Weights of the attributes, see attribute_weights."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score."}
  unit: {type: choice, choices: [latest, mean], default: latest, doc: "The customer's latest valid rating of an attribute in the period and cycle, or their mean."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  min_n: {type: integer, default: 10, min: 1, doc: "Fewer answers: no score."}
  min_n_band: {type: integer, default: 30, min: 1, doc: "Fewer answers: the score is directional."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment."}
  part: {type: string, doc: "net; benefit or cost; or side and component, as in 'cost: time'."}
  period_start: {type: date, doc: "First day of the period."}
  customers: {type: integer, unit: customers, doc: "Customers at the period's end."}
  answers: {type: integer, unit: customers, doc: "Customers who rated a benefit and a cost, and the component."}
  coverage: {type: number, unit: share, doc: "Those / customers."}
  score: {type: number, unit: percent, range: "[0, 100]", doc: "Mean level: of net, (benefits - costs + 100) / 2; of costs, how heavy they are."}
  ci_low: {type: number, unit: percent, doc: "Lower end of the interval."}
  ci_high: {type: number, unit: percent, doc: "Upper end of the interval."}
  reliability: {type: string, doc: "reliable, directional or hidden."}
  previous: {type: number, unit: percent, doc: "Level of the period before."}
  change: {type: number, unit: points, doc: "Level less the one before."}
  change_z: {type: number, doc: "Change over its standard error."}
  change_verdict: {type: string, doc: "Up, Down, No significant change, Too few answers."}
  score_weight: {type: number, doc: "Sum of the weights, see score_statistics."}
  score_sum: {type: number, doc: "Sum of weight * score."}
  hidden_part: {type: number, unit: share, doc: "1 / hidden segments."}
source: "Per customer first: weighted mean of the attributes that they rated, on each side; then the mean over customers."
---*/
with levels as (
    select
        r.scheme,
        r.segment,
        r.period_start,
        r.customer_id,
        r.weight as customer_weight,
        w.side,
        w.component,
        w.weight,
        case when w.side = 'cost' then 1e2 - r.score else r.score end as level
    from
        rating_scores(
            metric := 'attribute', scheme := $scheme, period := $period, method := $method, unit := $unit,
            membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        ) as r
    inner join attribute_weights(weights := $weights, period := $period, method := $method, as_of := $as_of, fiscal_shift := $fiscal_shift) as w
        on r.attribute = w.attribute
),

components as (
    select
        scheme,
        segment,
        period_start,
        customer_id,
        side,
        component,
        max(customer_weight) as customer_weight,
        sum(weight) as weight,
        sum(weight * level) as weighted
    from levels
    group by scheme, segment, period_start, customer_id, side, component
),

-- Both sides of a customer stand beside each of the components.
sides as (
    select
        scheme,
        segment,
        period_start,
        customer_id,
        side || ': ' || component as part,
        weighted / nullif(weight, 0) as level,
        max(customer_weight) over (partition by scheme, segment, period_start, customer_id) as weight,
        sum(case when side = 'benefit' then weighted end) over (partition by scheme, segment, period_start, customer_id)
        / nullif(sum(case when side = 'benefit' then weight end) over (partition by scheme, segment, period_start, customer_id), 0) as benefits,
        sum(case when side = 'cost' then weighted end) over (partition by scheme, segment, period_start, customer_id)
        / nullif(sum(case when side = 'cost' then weight end) over (partition by scheme, segment, period_start, customer_id), 0) as costs,
        row_number() over (partition by scheme, segment, period_start, customer_id order by side, component) as place
    from components
),

two_sided as (
    select scheme, segment, period_start, customer_id, part, level, weight, benefits, costs, place
    from sides
    where benefits is not null and costs is not null
),

parts as (
    select 'net' as part
    union all
    select 'benefit' as part
    union all
    select 'cost' as part
),

scored as (
    select
        t.scheme,
        t.segment,
        p.part,
        t.period_start,
        t.customer_id,
        t.weight,
        case
            when p.part = 'net' then (t.benefits - t.costs) / 2e0
            when p.part = 'benefit' then t.benefits - 50e0
            else t.costs - 50e0
        end as centred,
        0e0 as lowest,
        1e2 as highest
    from two_sided as t
    cross join parts as p
    where t.place = 1
    union all
    select
        scheme,
        segment,
        part,
        period_start,
        customer_id,
        weight,
        level - 50e0 as centred,
        0e0 as lowest,
        1e2 as highest
    from two_sided
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
    from score_sums(scores := scored, scheme := $scheme, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
)

select
    scheme,
    segment,
    part,
    period_start,
    customers,
    answers,
    coverage,
    score,
    ci_low,
    ci_high,
    reliability,
    previous,
    change,
    change_z,
    change_verdict,
    score_weight,
    score_sum,
    hidden_part
from score_statistics(sums := sums, bands := 'none', period := $period, min_n := $min_n, min_n_band := $min_n_band)
