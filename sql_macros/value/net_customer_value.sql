/*---
summary: Net customer value - weighted benefits less weighted costs, by segment and period.
grain: one row per scheme, segment and period
args: [
  weights, scheme, period, method,
  unit: {type: choice, choices: [latest, mean], default: latest, doc: "The customer's latest valid rating of an attribute in the period and cycle, or their mean."},
  membership,
  min_n: {doc: "With fewer customers no value is shown."},
  min_n_band: {doc: "With fewer customers the value is directional."},
  as_of, fiscal_shift]
returns: [
  scheme, segment, period, period_start, period_age, customers,
  answers: {type: integer, unit: customers, doc: "Customers who rated at least one benefit and one cost, n: every number here is a mean over them."},
  coverage: {doc: "Those / customers."},
  net_value: {type: number, unit: points, range: "[-100, 100]", doc: "Benefits less costs; null below min_n. Never banded as CPV: it is another measure."},
  ci_low: {unit: points, doc: "Lower end of the 95 % interval of net_value; null below two customers."},
  ci_high: {unit: points},
  value_index: {type: number, unit: percent, range: "[0, 100]", doc: "(net_value + 100) / 2: 50 is where benefits and costs weigh the same."},
  benefits: {type: number, unit: percent, range: "[0, 100]", doc: "Weighted mean of the benefit attributes."},
  costs: {type: number, unit: percent, range: "[0, 100]", doc: "Weighted mean of how heavy the cost attributes are."},
  benefit_cost_ratio: {type: number, doc: "Benefits / costs; null where costs are 0."},
  reliability: {doc: "reliable, directional (below min_n_band) or hidden."},
  previous: {unit: points, range: "[-100, 100]", doc: "Net value of the period before."},
  change: {doc: "Net value less the one before."},
  change_z, change_verdict,
  weights: {type: string, doc: "Which weights."},
  index_sum: {type: number, doc: "Sum of weight * value_index, for means over several rows, see pooled; hidden segments have their part of the sum of all hidden ones."},
  benefit_sum: {type: number, doc: "Sum of weight * benefits, in the same way."},
  cost_sum: {type: number, doc: "Sum of weight * costs, in the same way."},
  answer_weight: {doc: "Sum of the weights of the customers."},
  hidden_part]
source: "Value as what is received for what is given: Zeithaml (1988), Journal of Marketing 52(3); Kotler's value equation. Level of a cost: 100 - score."
---*/
with parts as (
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
        hidden_part,
        max(case when part = 'benefit' then score_sum end) over (partition by scheme, segment, period_start) as benefit_sum,
        max(case when part = 'cost' then score_sum end) over (partition by scheme, segment, period_start) as cost_sum,
        max(case when part = 'benefit' then score end) over (partition by scheme, segment, period_start) as benefits,
        max(case when part = 'cost' then score end) over (partition by scheme, segment, period_start) as costs
    from value_statistics(
        weights := $weights, scheme := $scheme, period := $period, method := $method, unit := $unit,
        membership := $membership, min_n := $min_n, min_n_band := $min_n_band, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
)

select
    scheme,
    segment,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    period_start,
    period_age(period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    customers,
    answers,
    coverage,
    2e0 * score - 1e2 as net_value,
    2e0 * ci_low - 1e2 as ci_low,
    2e0 * ci_high - 1e2 as ci_high,
    score as value_index,
    benefits,
    costs,
    benefits / nullif(costs, 0) as benefit_cost_ratio,
    reliability,
    2e0 * previous - 1e2 as previous,
    2e0 * change as change,
    change_z,
    change_verdict,
    $weights as weights,
    score_sum as index_sum,
    benefit_sum,
    cost_sum,
    score_weight as answer_weight,
    hidden_part
from parts
where part = 'net'
