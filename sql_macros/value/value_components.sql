/*---
summary: Components of value - how large each benefit and how heavy each cost is, and what it adds to net value.
grain: one row per scheme, segment, side, component and period
args: [
  weights, scheme, period, method,
  unit: {type: choice, choices: [latest, mean], default: latest, doc: "The customer's latest valid rating of an attribute in the period and cycle, or their mean."},
  membership,
  min_n: {doc: "With fewer customers no value is shown."},
  min_n_band: {doc: "With fewer customers the value is directional."},
  as_of, fiscal_shift]
returns: [
  scheme, segment, side: {doc: "benefit or cost."},
  component: {doc: "Component, for example functional, emotional, social, economic; monetary, time, effort, psychological."},
  period, period_start, period_age, customers,
  answers: {type: integer, unit: customers, doc: "Customers who rated the component, a benefit and a cost, n. Without one there is no row."},
  coverage: {doc: "Those / customers."},
  attributes: {type: integer, doc: "Attributes of the component that have a weight."},
  weight: {type: number, unit: share, range: "(0, 1]", doc: "Their weight; sums to 1 over a side."},
  level: {type: number, unit: percent, range: "[0, 100]", doc: "Weighted mean of the benefit, or of how heavy the cost is; null below min_n."},
  ci_low: {doc: "Lower end of the 95 % interval of the level; null below two customers."},
  ci_high,
  contribution: {type: number, unit: points, doc: "Weight * level, negative for costs: they sum to net value where everybody rated everything."},
  reliability: {doc: "reliable, directional (below min_n_band) or hidden."},
  previous: {doc: "Level of the period before."},
  change: {doc: "Level less the one before."}, change_z, change_verdict,
  level_sum: {type: number, doc: "Sum of weight * level, for means over several rows, see pooled; hidden segments have their part of the sum of all hidden ones."},
  contribution_sum: {type: number, doc: "Sum of weight * contribution, in the same way."},
  answer_weight: {doc: "Sum of the weights of the customers."},
  hidden_part]
source: "Value as what is received for what is given: Zeithaml (1988), Journal of Marketing 52(3); Kotler's value equation. Level of a cost: 100 - score."
---*/
with components as (
    select side, component, side || ': ' || component as part, count(*) as attributes, sum(weight) as weight
    from attribute_weights(weights := $weights, period := $period, method := $method, as_of := $as_of, fiscal_shift := $fiscal_shift)
    group by side, component
)

select
    s.scheme,
    s.segment,
    c.side,
    c.component,
    period_label(s.period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    s.period_start,
    period_age(s.period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    s.customers,
    s.answers,
    s.coverage,
    c.attributes,
    c.weight,
    s.score as level,
    s.ci_low,
    s.ci_high,
    case when c.side = 'cost' then -1e0 else 1e0 end * c.weight * s.score as contribution,
    s.reliability,
    s.previous,
    s.change,
    s.change_z,
    s.change_verdict,
    s.score_sum as level_sum,
    case when c.side = 'cost' then -1e0 else 1e0 end * c.weight * s.score_sum as contribution_sum,
    s.score_weight as answer_weight,
    s.hidden_part
from
    value_statistics(
        weights := $weights, scheme := $scheme, period := $period, method := $method, unit := $unit,
        membership := $membership, min_n := $min_n, min_n_band := $min_n_band, as_of := $as_of, fiscal_shift := $fiscal_shift
    ) as s
inner join components as c on s.part = c.part
where s.answers > 0
