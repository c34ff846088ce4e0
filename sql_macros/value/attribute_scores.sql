/*---
summary: Score of each attribute of the own brand by segment and period.
kind: relation
grain: one row per scheme, segment, attribute and period
uses: [attributes]
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score, see score."}
  unit: {type: choice, choices: [latest, mean, rating], default: latest, doc: "One value per customer and attribute: the latest valid rating of the period and cycle, or their mean; rating: every rating counts."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  min_n: {type: integer, default: 10, min: 1, doc: "Fewer answers: no score."}
  min_n_band: {type: integer, default: 30, min: 1, doc: "Fewer answers: the score is directional."}
  target: {type: number, default: 80, min: 0, max: 100, doc: "Score to reach where the mapping holds no target for attributes."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment; 'Unassigned' where a customer has none."}
  attribute: {type: string, doc: "Attribute; 'Not stated' where a rating names none. Without an answer there is no row."}
  side: {type: string, doc: "benefit or cost; null where the attribute is not mapped."}
  component: {type: string, doc: "Component of benefit or cost, for example functional or time."}
  period: {type: string, doc: "Name of the period."}
  period_start: {type: date, doc: "First day of the period."}
  period_age: {type: integer, range: "[-1, inf)", doc: "0: newest complete period; 1: the one before; -1: the running one."}
  customers: {type: integer, unit: customers, doc: "Customers in the segment at the period's end."}
  rated_customers: {type: integer, unit: customers, doc: "Customers who rated the attribute in the period."}
  answers: {type: integer, unit: answers, doc: "Number of scores that the mean is over, n."}
  coverage: {type: number, unit: share, range: "[0, 1]", doc: "Rated customers / customers."}
  score: {type: number, unit: percent, range: "[0, 100]", doc: "Mean score: high is good, also for costs. Null below min_n answers."}
  score_shown: {type: number, unit: percent, range: "[0, 100]", doc: "The same cut to one decimal."}
  burden: {type: number, unit: percent, range: "[0, 100]", doc: "How heavy a cost is: 100 - score; null for benefits."}
  ci_low: {type: number, unit: percent, doc: "Lower end of the 95 % interval of the score; null below two answers."}
  ci_high: {type: number, unit: percent, doc: "Upper end of the 95 % interval."}
  reliability: {type: string, doc: "reliable, directional (below min_n_band) or hidden (below min_n, or to protect the one hidden segment)."}
  previous: {type: number, unit: percent, doc: "Score of the period before."}
  change: {type: number, unit: points, doc: "Score less the one before."}
  change_z: {type: number, doc: "Change over its standard error."}
  change_verdict: {type: string, doc: "Up, Down, No significant change, Too few answers; null without a period before."}
  target: {type: number, unit: percent, doc: "Score to reach: the segment's, else the general one."}
  target_gap: {type: number, unit: points, doc: "Score less target."}
  lever: {type: string, doc: "What can be done about it, from the mapping."}
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
