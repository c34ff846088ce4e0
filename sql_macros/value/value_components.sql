/*---
summary: Components of value - how large each benefit and how heavy each cost is, and what it adds to net value.
kind: relation
grain: one row per scheme, segment, side, component and period
args:
  weights: {type: choice, choices: [stated, equal, derived], default: stated, doc: "Weights of the attributes, summing to 1 over benefits and over costs: those of the mapping; equal ones; derived from the correlation with rated value over all customers in the newest four periods."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score, see score."}
  unit: {type: choice, choices: [latest, mean], default: latest, doc: "The customer's latest valid rating of an attribute in the period and cycle, or their mean."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  min_n: {type: integer, default: 10, min: 1, doc: "Fewer customers: no value is shown."}
  min_n_band: {type: integer, default: 30, min: 1, doc: "Fewer customers: the value is directional."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment; 'Unassigned' where a customer has none."}
  side: {type: string, doc: "benefit or cost."}
  component: {type: string, doc: "Component, for example functional, emotional, social, economic; monetary, time, effort, psychological."}
  period: {type: string, doc: "Name of the period."}
  period_start: {type: date, doc: "First day of the period."}
  period_age: {type: integer, range: "[-1, inf)", doc: "0: newest complete period; 1: the one before; -1: the running one."}
  customers: {type: integer, unit: customers, doc: "Customers in the segment at the period's end."}
  answers: {type: integer, unit: customers, doc: "Customers who rated the component, a benefit and a cost, n. Without one there is no row."}
  coverage: {type: number, unit: share, range: "[0, 1]", doc: "Those / customers."}
  attributes: {type: integer, doc: "Attributes of the component that have a weight."}
  weight: {type: number, unit: share, range: "(0, 1]", doc: "Their weight; sums to 1 over a side."}
  level: {type: number, unit: percent, range: "[0, 100]", doc: "Weighted mean of the benefit, or of how heavy the cost is; null below min_n."}
  ci_low: {type: number, unit: percent, doc: "Lower end of the 95 % interval of the level; null below two customers."}
  ci_high: {type: number, unit: percent, doc: "Upper end of the 95 % interval."}
  contribution: {type: number, unit: points, doc: "Weight * level, negative for costs: they sum to net value where everybody rated everything."}
  reliability: {type: string, doc: "reliable, directional (below min_n_band) or hidden."}
  previous: {type: number, unit: percent, doc: "Level of the period before."}
  change: {type: number, unit: points, doc: "Level less the one before."}
  change_z: {type: number, doc: "Change over its standard error."}
  change_verdict: {type: string, doc: "Up, Down, No significant change, Too few answers; null without a period before."}
  level_sum: {type: number, doc: "Sum of weight * level, for means over several rows, see pooled; hidden segments have their part of the sum of all hidden ones."}
  contribution_sum: {type: number, doc: "Sum of weight * contribution, in the same way."}
  answer_weight: {type: number, doc: "Sum of the weights of the customers."}
  hidden_part: {type: number, unit: share, doc: "1 / hidden segments of the scheme and period; null where not hidden."}
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
