/*---
summary: Importance of each attribute in a rating-based conjoint study.
grain: one row per segment and attribute
args: [
  max_parameters: {type: integer, default: 16, min: 2, max: 24, doc: "Largest model that is solved, see conjoint_part_worths."},
  min_n: {doc: "Of fewer respondents no importance is given."}]
returns: [
  segment: {doc: "Segment of the respondents; 'All respondents' for all of them, 'Unassigned' where none is mapped."},
  attribute,
  importance: {type: number, unit: percent, range: "[0, 100]", doc: "Range of the part-worths / sum of the ranges, mean of the respondents. Sums to 100 over the attributes; null where nobody's ratings differ; this and all that follows but respondents null below min_n of them, and where it protects the one other segment that is hidden."},
  ci_low: {doc: "Lower end of its 95 % interval; null below two respondents."},
  ci_high,
  importance_of_averages: {type: number, unit: percent, range: "[0, 100]", doc: "The same of the part-worths averaged over the respondents: opposite tastes cancel out. Null where all are 0."},
  utility_range: {type: number, unit: rating points, doc: "Largest less smallest averaged part-worth."},
  respondents: {type: integer, unit: respondents, doc: "Respondents whose ratings differ and tell the levels apart: those that importance is a mean of."}]
source: "Range over sum of ranges: Green & Srinivasan (1978), Journal of Consumer Research 5(2); mean of individuals as in SPSS Categories and the R package conjoint."
---*/
with models as (
    select 1 as is_total
    union all
    select 0 as is_total
    where is_mapped('conjoint_answers', 'segment')
),

worths as (
    select
        case when t.is_total = 1 then 'All respondents' else w.segment end as segment,
        w.respondent_id,
        w.attribute,
        w.level,
        w.part_worth
    from conjoint_part_worths(per := 'respondent', max_parameters := $max_parameters) as w
    cross join models as t
    where w.attribute <> '(Intercept)' and w.part_worth is not null
),

own_ranges as (
    select segment, respondent_id, attribute, max(part_worth) - min(part_worth) as utility_range
    from worths
    group by segment, respondent_id, attribute
),

own_totals as (
    select
        segment,
        attribute,
        utility_range,
        sum(utility_range) over (partition by segment, respondent_id) as total
    from own_ranges
),

own_importances as (
    select segment, attribute, 1e2 * utility_range / nullif(total, 0) as importance
    from own_totals
    where total > 1e-9
),

deviations as (
    select segment, attribute, importance, importance - avg(importance) over (partition by segment, attribute) as deviation
    from own_importances
),

means as (
    select
        segment,
        attribute,
        count(*) as respondents,
        avg(importance) as importance,
        sqrt(sum(deviation * deviation) / nullif((count(*) - 1) * count(*), 0)) as standard_error
    from deviations
    group by segment, attribute
),

averages as (
    select segment, attribute, level, avg(part_worth) as part_worth
    from worths
    group by segment, attribute, level
),

ranges as (
    select segment, attribute, max(part_worth) - min(part_worth) as utility_range
    from averages
    group by segment, attribute
),

totals as (
    select segment, attribute, utility_range, sum(utility_range) over (partition by segment) as total
    from ranges
),

hidden as (
    select
        t.segment,
        t.attribute,
        m.importance,
        m.standard_error,
        t.utility_range,
        t.total,
        coalesce(m.respondents, 0) as respondents,
        complementary(
            case when coalesce(m.respondents, 0) < $min_n then 1 else 0 end, m.respondents, $min_n, t.segment,
            t.attribute, case when t.segment = 'All respondents' then 1 else 0 end, 1
        ) as is_hidden
    from totals as t
    left join means as m on t.segment = m.segment and t.attribute = m.attribute
)

select
    segment,
    attribute,
    case when is_hidden = 0 then importance end as importance,
    case when is_hidden = 0 then importance - 1.96e0 * standard_error end as ci_low,
    case when is_hidden = 0 then importance + 1.96e0 * standard_error end as ci_high,
    case when is_hidden = 0 and total > 1e-9 then 1e2 * utility_range / nullif(total, 0) end as importance_of_averages,
    case when is_hidden = 0 then utility_range end as utility_range,
    respondents
from hidden
