/*---
summary: Weight of each attribute among the benefits, or among the costs.
kind: relation
grain: one row per attribute with a side and a weight
internal: true
args:
  weights: {type: choice, choices: [stated, equal, derived], default: stated, doc: "stated: of the mapping; equal; derived: correlation with value over all customers."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  periods: {type: integer, default: 4, min: 1, max: 100, doc: "How many of the newest complete periods derived weights look at."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score."}
  respondent: {type: choice, choices: [response, customer], default: response, doc: "What puts ratings together, see value_drivers."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  attribute: {type: string, doc: "Attribute."}
  side: {type: string, doc: "benefit or cost."}
  component: {type: string, doc: "Component of the side."}
  weight: {type: number, range: "(0, 1]", doc: "Sums to 1 over the benefits and over the costs."}
  raw_weight: {type: number, range: "(0, inf)", doc: "Not rescaled: as stated, 1, or the correlation."}
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
