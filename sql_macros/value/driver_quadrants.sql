/*---
summary: Importance and performance of each driver, and the quadrant they put it in.
grain: one row per scheme, segment and driver
uses: [attributes]
args: [
  target: {type: choice, choices: [value, experience, satisfaction, nps, csat, ces], default: value, doc: "Which ratings are to be explained."},
  scheme,
  importance: {type: choice, choices: [share, correlation], default: share, doc: "share: the driver's percent of R²; correlation: 100 r."},
  drivers: {type: integer, default: 8, min: 2, max: 8, doc: "How many attributes: those that correlate most over all respondents."},
  period, periods, method, respondent, membership,
  min_n: {type: integer, default: 30, min: 3, doc: "Segments with fewer complete respondents show nothing."},
  as_of, fiscal_shift]
returns: [
  scheme, segment, attribute: {doc: "Driver."}, side, component,
  answers: {type: integer, unit: respondents, doc: "Complete respondents, n."},
  performance: {type: number, unit: percent, range: "[0, 100]", doc: "Mean score; high is good, also for costs. Null below min_n."},
  importance: {type: number, unit: percent, doc: "Percent of R², or 100 r; null below min_n and where something does not vary."},
  performance_cut: {type: number, unit: percent, doc: "Mean performance of the drivers of the segment that have an importance."},
  importance_cut: {type: number, unit: percent, doc: "Mean importance of the drivers of the segment."},
  quadrant: {type: string, doc: "Concentrate here (important, weak), Keep up (important, strong), Low priority (weak), Possible overkill (strong); exactly a mean is the upper side. Null without importance."},
  lever,
  reason: {type: string, doc: "Why a number is missing or to be read with care, see value_drivers."}]
source: "Martilla & James (1977), Importance-performance analysis, Journal of Marketing 41(1); cut at the means."
---*/
with catalogue as (
    select attribute, max(side) as side, max(component) as component, max(lever) as lever
    from attributes
    group by attribute
),

drivers as (
    select
        scheme,
        segment,
        attribute,
        answers,
        score as performance,
        case when $importance = 'share' then importance else 1e2 * r end as importance,
        reason
    from value_drivers(
        target := $target, scheme := $scheme, period := $period, periods := $periods, method := $method, respondent := $respondent,
        membership := $membership, drivers := $drivers, min_n := $min_n, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
),

cut as (
    select
        scheme,
        segment,
        attribute,
        answers,
        performance,
        importance,
        reason,
        avg(case when importance is not null then performance end) over (partition by scheme, segment) as performance_cut,
        avg(importance) over (partition by scheme, segment) as importance_cut
    from drivers
)

select
    d.scheme,
    d.segment,
    d.attribute,
    c.side,
    c.component,
    d.answers,
    d.performance,
    d.importance,
    d.performance_cut,
    d.importance_cut,
    case
        when d.importance is null then null
        when rounded(d.importance - d.importance_cut, 6) >= 0 and rounded(d.performance - d.performance_cut, 6) < 0 then 'Concentrate here'
        when rounded(d.importance - d.importance_cut, 6) >= 0 then 'Keep up'
        when rounded(d.performance - d.performance_cut, 6) < 0 then 'Low priority'
        else 'Possible overkill'
    end as quadrant,
    c.lever,
    d.reason
from cut as d
left join catalogue as c on d.attribute = c.attribute
