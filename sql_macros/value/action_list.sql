/*---
summary: What to do first - drivers by importance, gap, segment size and the customer value at stake, with the lever for each.
grain: one row per scheme, segment and driver with a gap
filtered_last: true
uses: [attributes, transactions, subscriptions]
args: [
  target: {type: choice, choices: [value, experience, satisfaction, nps, csat, ces], default: value, doc: "Which ratings are to be improved."},
  scheme,
  score_to_reach: {type: number, default: 80, min: 0, max: 100, doc: "Score of an attribute from which nothing is left to do."},
  drivers: {type: integer, default: 5, min: 1, max: 8, doc: "How many attributes are looked at: those that correlate most over all respondents."},
  period, periods, method, respondent,
  membership: {type: choice, choices: [current, as_of_response], default: current, doc: "Segment of a respondent: on as_of, as sizes are, or on the day of the response."},
  min_n: {type: integer, default: 30, min: 3, doc: "Segments with fewer complete respondents are left out."},
  as_of, fiscal_shift]
returns: [
  scheme,
  action_rank: {type: integer, doc: "1: first, by priority within the scheme."},
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  attribute: {doc: "Driver to improve."}, side,
  component: {doc: "Component of benefit or cost."},
  lever,
  answers: {type: integer, unit: respondents, doc: "Complete respondents, n."},
  importance: {type: number, unit: percent, range: "[0, 100]", doc: "The driver's part of what all drivers explain, see value_drivers."},
  score: {doc: "Mean score of the attribute; high is good, also for costs."},
  gap: {type: number, unit: points, range: "(0, 100]", doc: "score_to_reach less score. Drivers without a gap have no row."},
  customers: {doc: "Customers in the segment on as_of."},
  equity: {type: number, unit: currency, doc: "Customer equity of the segment, see clv_by_segment; null where it is hidden there, where neither transactions nor subscriptions are mapped, and where the segment is too young."},
  value_at_stake: {type: number, unit: currency, doc: "importance / 100 * gap / 100 * equity: orders actions, and forecasts no gain."},
  customers_at_stake: {type: number, unit: customers, doc: "importance / 100 * gap / 100 * customers: the same where values are not known."}]
source: "Importance times gap as in importance-performance analysis (Martilla & James 1977), times the segment's size and value."
---*/
with catalogue as (
    select attribute, max(side) as side, max(component) as component, max(lever) as lever
    from attributes
    group by attribute
),

gaps as (
    select scheme, segment, attribute, answers, importance, score, $score_to_reach - score as gap
    from value_drivers(
        target := $target, scheme := $scheme, period := $period, periods := $periods, method := $method, respondent := $respondent,
        membership := $membership, drivers := $drivers, min_n := $min_n, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
),

sizes as (
    select scheme, segment, count(*) as customers
    from current_segments(scheme := $scheme, as_of := $as_of)
    group by scheme, segment
),

equities as (
    select scheme, segment, equity
    from clv_by_segment(scheme := $scheme, as_of := $as_of, min_n := $min_n)
    where is_mapped('transactions') or is_mapped('subscriptions')
),

stakes as (
    select
        g.scheme,
        g.segment,
        g.attribute,
        g.answers,
        g.importance,
        g.score,
        g.gap,
        s.customers,
        e.equity,
        g.importance * g.gap * e.equity / 1e4 as value_at_stake,
        g.importance * g.gap * s.customers / 1e4 as customers_at_stake
    from gaps as g
    left join sizes as s on g.scheme = s.scheme and g.segment = s.segment
    left join equities as e on g.scheme = e.scheme and g.segment = e.segment
    where g.importance is not null and g.gap > 0
)

select
    t.scheme,
    row_number() over (
        partition by t.scheme
        order by coalesce(t.value_at_stake, 0e0) desc, coalesce(t.customers_at_stake, 0e0) desc, t.segment asc, t.attribute asc
    ) as action_rank,
    t.segment,
    t.attribute,
    c.side,
    c.component,
    c.lever,
    t.answers,
    t.importance,
    t.score,
    t.gap,
    t.customers,
    t.equity,
    t.value_at_stake,
    t.customers_at_stake
from stakes as t
left join catalogue as c on t.attribute = c.attribute
