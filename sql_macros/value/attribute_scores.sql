/*---
summary: Score of each attribute of the own brand by segment and period.
grain: one row per scheme, segment, attribute and period
uses: [attributes]
args: [
  scheme, period, method,
  unit: {type: choice, choices: [latest, mean, rating], default: latest, doc: "One value per customer and attribute: the latest valid rating of the period and cycle, or their mean; rating: every rating counts."},
  membership, min_n,
  min_n_band: {doc: "With fewer answers the score is directional."},
  target: {default: 80, doc: "Score to reach where the mapping holds no target for attributes."},
  as_of, fiscal_shift]
returns: [
  scheme, segment,
  attribute: {doc: "Attribute; 'Not stated' where a rating names none. Without an answer there is no row."},
  side: {doc: "benefit or cost; null where the attribute is not mapped."},
  component, period, period_start, period_age, customers,
  rated_customers: {doc: "Customers who rated the attribute in the period."},
  answers, coverage,
  score: {doc: "Mean score: high is good, also for costs. Null below min_n answers."},
  score_shown: {range: "[0, 100]", doc: "The same cut to one decimal."},
  burden: {type: number, unit: percent, range: "[0, 100]", doc: "How heavy a cost is: 100 - score; null for benefits."},
  ci_low, ci_high, reliability, previous, change, change_z, change_verdict, target, target_gap, lever]
source: "Benefits and costs as components of value: Zeithaml (1988), Journal of Marketing 52(3). A cost that is asked as a burden has direction -1."
---*/
with catalogue as (
    select attribute, max(side) as side, max(component) as component, max(lever) as lever
    from attributes
    group by attribute
)

select
    s.scheme,
    s.segment,
    s.part as attribute,
    c.side,
    c.component,
    s.period,
    s.period_start,
    s.period_age,
    s.customers,
    s.rated_customers,
    s.answers,
    s.coverage,
    s.score,
    s.score_shown,
    case when c.side = 'cost' then 1e2 - s.score end as burden,
    s.ci_low,
    s.ci_high,
    s.reliability,
    s.previous,
    s.change,
    s.change_z,
    s.change_verdict,
    s.target,
    s.target_gap,
    c.lever
from
    segment_scores(
        metric := 'attribute', scheme := $scheme, period := $period, method := $method, unit := $unit, bands := 'none', dimension := attribute,
        membership := $membership, min_n := $min_n, min_n_band := $min_n_band,
        target := $target, as_of := $as_of, fiscal_shift := $fiscal_shift
    ) as s
left join catalogue as c on s.part = c.attribute
where s.answers > 0
