/*---
summary: Net value, its two sides and their components per segment and period, with everything that a score carries.
grain: one row per scheme, segment, part and period
internal: true
args: [
  weights, scheme, period, method,
  unit: {type: choice, choices: [latest, mean], default: latest, doc: "The customer's latest valid rating of an attribute in the period and cycle, or their mean."},
  membership, min_n,
  min_n_band: {doc: "With fewer answers the score is directional."},
  as_of, fiscal_shift]
returns: [
  scheme, segment,
  part: {doc: "net; benefit or cost; or side and component, as in 'cost: time'."},
  period_start, customers,
  answers: {type: integer, unit: customers, doc: "Customers who rated a benefit and a cost, and the component."},
  coverage: {range: null, doc: "Those / customers."},
  score: {doc: "Mean level: of net, (benefits - costs + 100) / 2; of costs, how heavy they are."},
  ci_low, ci_high, reliability,
  previous: {doc: "Level of the period before."},
  change: {doc: "Level less the one before."}, change_z, change_verdict, score_weight, score_sum, hidden_part]
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
