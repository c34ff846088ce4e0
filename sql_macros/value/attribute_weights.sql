/*---
summary: Weight of each attribute among the benefits, or among the costs.
grain: one row per attribute with a side and a weight
internal: true
args: [
  weights: {doc: "stated: of the mapping; equal; derived: correlation with value over all customers."},
  period,
  periods: {doc: "How many of the newest complete periods derived weights look at."},
  method, respondent, as_of, fiscal_shift]
returns: [
  attribute, side: {doc: "benefit or cost."}, component: {doc: "Component of the side."},
  weight: {type: number, range: "(0, 1]", doc: "Sums to 1 over the benefits and over the costs."},
  raw_weight: {type: number, range: "(0, inf)", doc: "Not rescaled: as stated, 1, or the correlation."}]
source: "Weights of 0, without one, or with a negative correlation leave the attribute out. Derived importance: Gustafsson & Johnson (2004), Journal of Service Research 7(2)."
---*/
with rated as (
    select attribute, x, y, weight
    from
        driver_pairs(
            target := 'value', scheme := 'All customers', period := $period, periods := $periods, method := $method,
            respondent := $respondent, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

raw_weights as (
    select attribute, max(stated_weight) as weight
    from attributes
    where $weights = 'stated'
    group by attribute
    union all
    select distinct attribute, 1e0 as weight
    from attributes
    where $weights = 'equal'
    union all
    select attribute, r as weight
    from attribute_correlations(pairs := rated)
    where $weights = 'derived'
),

sided as (
    select attribute, max(side) as side, max(component) as component
    from attributes
    where side in ('benefit', 'cost')
    group by attribute
)

select
    s.attribute,
    s.side,
    s.component,
    w.weight / nullif(sum(w.weight) over (partition by s.side), 0) as weight,
    w.weight as raw_weight
from sided as s
inner join raw_weights as w on s.attribute = w.attribute
where w.weight > 1e-9
