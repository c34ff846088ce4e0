/*---
summary: Part-worths of a rating-based conjoint study - what each level adds to the rating of an offer.
kind: relation
grain: one row per segment (or respondent), attribute and level
needs:
  conjoint_profiles: [profile_id, attribute, level]
  conjoint_answers: [respondent_id, profile_id, rating, segment]
args:
  per: {type: choice, choices: [segment, respondent], default: segment, doc: "One model for all respondents and one for each segment, or one for each respondent."}
  max_parameters: {type: integer, default: 16, min: 2, max: 24, doc: "Largest model that is solved: 1 + levels - attributes. More lengthen the statement in steps of eight."}
returns:
  segment: {type: string, doc: "Segment of the answers; 'All respondents' for the model over all, 'Unassigned' where none is mapped."}
  respondent_id: {type: string, doc: "Respondent; null unless per is respondent."}
  attribute: {type: string, doc: "Attribute; '(Intercept)' for the mean rating of all levels."}
  level: {type: string, doc: "Level."}
  part_worth: {type: number, unit: rating points, doc: "What the level adds to the intercept; sums to 0 over an attribute. Null where the rated profiles do not tell the levels apart, see note."}
  ci_low: {type: number, unit: rating points, doc: "Lower end of the 95 % interval; null per respondent and without spare answers."}
  ci_high: {type: number, unit: rating points, doc: "Upper end of the 95 % interval."}
  answers: {type: integer, unit: answers, doc: "Ratings in the model, n."}
  respondents: {type: integer, unit: respondents, doc: "Respondents in the model."}
  r_squared: {type: number, unit: share, range: "[0, 1]", doc: "Share of the variance of the ratings that the model explains; null where all ratings are equal."}
  note: {type: string, doc: "Why there is no part-worth: 'Levels cannot be told apart', 'Too many levels'; null where there is one. An attribute with one level has no row."}
source: "Effects-coded least squares, as in Green & Srinivasan (1978), Conjoint analysis in consumer research, Journal of Consumer Research 5(2). Intervals are normal and take answers as independent."
---*/
with models as (
    select 1 as is_total
    union all
    select 0 as is_total
    where $per = 'segment' and is_mapped('conjoint_answers', 'segment')
),

rated as (
    select
        a.profile_id,
        a.rating,
        a.respondent_id,
        case when $per = 'segment' and t.is_total = 1 then 'All respondents' else coalesce(a.segment, 'Unassigned') end as segment,
        case
            when $per = 'respondent' then cast(a.respondent_id as text)
            when t.is_total = 1 then 'All respondents'
            else coalesce(a.segment, 'Unassigned')
        end as unit
    from conjoint_answers as a
    cross join models as t
    where a.rating is not null
),

units as (
    select
        unit,
        max(segment) as segment,
        count(*) as answers,
        count(distinct respondent_id) as respondents,
        sum(rating) as total,
        sum(rating * rating) as square_total
    from rated
    group by unit
),

cells as (
    select unit, profile_id, count(*) as answers, sum(rating) as total
    from rated
    group by unit, profile_id
),

shown as (
    select profile_id
    from rated
    group by profile_id
),

designed as (
    select p.profile_id, p.attribute, p.level
    from conjoint_profiles as p
    inner join shown as s on p.profile_id = s.profile_id
    union all
    select profile_id, '(Intercept)' as attribute, '(Intercept)' as level
    from shown
),

levels as (
    select attribute, level, row_number() over (partition by attribute order by level desc) as from_last
    from designed
    group by attribute, level
),

parameters as (
    select attribute, level, row_number() over (order by attribute, level) as place
    from levels
    where from_last > 1 or attribute = '(Intercept)'
),

contrasts as (
    select l.attribute, l.level, p.place, case when l.level = p.level then 1e0 else -1e0 end as x
    from levels as l
    inner join parameters as p on l.attribute = p.attribute and (l.level = p.level or l.from_last = 1)
),

coded as (
    select d.profile_id, p.place, sum(coalesce(c.x, 0e0)) as x
    from designed as d
    cross join parameters as p
    left join contrasts as c on d.attribute = c.attribute and d.level = c.level and p.place = c.place
    group by d.profile_id, p.place
),

equations as (
    select c.unit, a.place as i, b.place as j, sum(c.answers * a.x * b.x) as v
    from cells as c
    inner join coded as a on c.profile_id = a.profile_id
    inner join coded as b on c.profile_id = b.profile_id
    group by c.unit, a.place, b.place
    union all
    select c.unit, a.place as i, 0 as j, sum(c.total * a.x) as v
    from cells as c
    inner join coded as a on c.profile_id = a.profile_id
    group by c.unit, a.place
    union all
    select u.unit, a.place as i, -b.place as j, case when a.place = b.place then 1e0 else 0e0 end as v
    from units as u
    cross join parameters as a
    cross join parameters as b
    where $per = 'segment'
),

first_solved as (
    select unit, i, j, v
    from eliminated_columns(matrix := equations, first := 1)
),

second_solved as (
    select unit, i, j, v
    from eliminated_columns(matrix := first_solved, first := 9)
),

solved as (
    select unit, i, j, v
    from first_solved
    where $max_parameters <= 8
    union all
    select unit, i, j, v
    from second_solved
    where $max_parameters > 8 and $max_parameters <= 16
    union all
    select unit, i, j, v
    from eliminated_columns(matrix := second_solved, first := 17)
    where $max_parameters > 16
),

explained as (
    select s.unit, count(*) as parameters, sum(s.v * e.v) as fitted
    from solved as s
    inner join equations as e on s.unit = e.unit and s.i = e.i and s.j = e.j
    where s.j = 0
    group by s.unit
),

fits as (
    select
        u.unit,
        u.segment,
        u.answers,
        u.respondents,
        e.parameters,
        u.square_total - u.total * u.total / nullif(u.answers, 0) as spread,
        case when u.square_total - e.fitted > 1e-12 * u.square_total then u.square_total - e.fitted else 0e0 end as unexplained
    from units as u
    inner join explained as e on u.unit = e.unit
),

worths as (
    select
        s.unit,
        c.attribute,
        c.level,
        sum(case when s.j = 0 then c.x * s.v end) as part_worth,
        sum(c.x * d.x * s.v) as unscaled
    from solved as s
    inner join contrasts as c on s.i = c.place
    left join contrasts as d on c.attribute = d.attribute and c.level = d.level and s.j = -d.place
    group by s.unit, c.attribute, c.level
),

measured as (
    select
        f.segment,
        f.unit,
        w.attribute,
        w.level,
        case when f.parameters <= $max_parameters then w.part_worth end as part_worth,
        case
            when f.answers > f.parameters and f.parameters <= $max_parameters
            then sqrt(w.unscaled * f.unexplained / nullif(f.answers - f.parameters, 0))
        end as standard_error,
        f.answers,
        f.respondents,
        f.parameters,
        f.spread,
        f.unexplained
    from worths as w
    inner join fits as f on w.unit = f.unit
)

select
    segment,
    case when $per = 'respondent' then unit end as respondent_id,
    attribute,
    level,
    part_worth,
    part_worth - 1.96e0 * standard_error as ci_low,
    part_worth + 1.96e0 * standard_error as ci_high,
    answers,
    respondents,
    case when part_worth is not null and spread > 1e-9 then 1e0 - unexplained / nullif(spread, 0) end as r_squared,
    case
        when part_worth is not null then null
        when parameters > $max_parameters then 'Too many levels'
        else 'Levels cannot be told apart'
    end as note
from measured
