/*---
summary: The score of each attribute beside the score of the target that the same respondent gave.
grain: one row per scheme, respondent and attribute
internal: true
args: [
  target: {type: choice, choices: [value, experience, satisfaction, nps, csat, ces], default: value, doc: "Which ratings are to be explained."},
  scheme, period, periods, method, respondent, membership, as_of, fiscal_shift]
returns: [
  scheme, segment,
  respondent: {type: string, doc: "Response, or customer."},
  period_start,
  attribute: {doc: "Attribute of the own brand."},
  x: {type: number, unit: points, doc: "Score of the attribute less 50; the mean where the respondent gave several."},
  y: {type: number, unit: points, doc: "Score of the target less 50."},
  weight: {doc: "Weight of the respondent: of the rating of the target."}]
source: "Respondents without a valid rating of the target are left out, and attributes that they did not rate."
---*/
with outcomes as (
    select
        case when $respondent = 'response' and is_mapped('ratings', 'response_id') then response_id else customer_id end as respondent,
        period_start,
        sum(weight * (score - 50e0)) / nullif(sum(weight), 0) as y,
        max(weight) as weight
    from
        rating_scores(
            metric := $target, scheme := 'All customers', period := $period, method := $method, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
    where period_age >= 0 and period_age < $periods
    group by case when $respondent = 'response' and is_mapped('ratings', 'response_id') then response_id else customer_id end, period_start
),

items as (
    select
        scheme,
        segment,
        case when $respondent = 'response' and is_mapped('ratings', 'response_id') then response_id else customer_id end as respondent,
        period_start,
        attribute,
        avg(score - 50e0) as x
    from
        rating_scores(
            metric := 'attribute', scheme := $scheme, period := $period, method := $method,
            membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
    where period_age >= 0 and period_age < $periods and attribute is not null
    group by
        scheme,
        segment,
        case when $respondent = 'response' and is_mapped('ratings', 'response_id') then response_id else customer_id end,
        period_start,
        attribute
)

select
    i.scheme,
    i.segment,
    i.respondent,
    i.period_start,
    i.attribute,
    i.x,
    t.y,
    t.weight
from items as i
inner join outcomes as t on i.respondent = t.respondent and i.period_start = t.period_start
