/*---
summary: Part-worths of a rating-based conjoint study - what each level adds to the rating of an offer.
grain: one row per segment (or respondent), attribute and level
single_answers: {per: respondent}
args: [
  per: {type: choice, choices: [segment, respondent], default: segment, doc: "One model for all respondents and one for each segment, or one for each respondent."},
  max_parameters: {type: integer, default: 16, min: 2, max: 24, doc: "Largest model that is solved: 1 + levels - attributes. More lengthen the statement in steps of eight."},
  min_n: {doc: "Of fewer respondents a segment has no part-worth."}]
returns: [
  segment: {doc: "Segment of the answers; 'All respondents' for the model over all, 'Unassigned' where none is mapped."},
  respondent_id: {type: string, doc: "Respondent; null unless per is respondent."},
  attribute: {doc: "Attribute; '(Intercept)' for the mean rating of all levels."},
  level,
  part_worth: {type: number, unit: rating points, doc: "What the level adds to the intercept; sums to 0 over an attribute. Null where the rated profiles do not tell the levels apart, and where it is hidden, see note."},
  ci_low: {unit: rating points, doc: "Lower end of the 95 % interval; null per respondent and without spare answers."},
  ci_high: {unit: rating points}, answers: {doc: "Ratings in the model, n."},
  respondents: {type: integer, unit: respondents, doc: "Respondents in the model."},
  r_squared: {type: number, unit: share, range: "[0, 1]", doc: "Share of the variance of the ratings that the model explains; null where all ratings are equal."},
  note: {type: string, doc: "Why there is no part-worth: 'Too few respondents' (fewer than min_n, or to protect the one other segment of which that is so), 'Levels cannot be told apart', 'Too many levels'; null where there is one. An attribute with one level has no row."}]
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

shown_units as (
    select
        unit,
        segment,
        answers,
        respondents,
        total,
        square_total,
        complementary(
            case when $per = 'segment' and respondents < $min_n then 1 else 0 end, respondents, $min_n, unit,
            case when unit = 'All respondents' then 1 else 0 end, $per, $per
        ) as is_hidden
    from units
),

cells as (
    select unit, profile_id, count(*) as answers, avg(rating) as mean, sum(rating * rating) as square_total
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
),

levels as (
    select attribute, level, max(level) over (partition by attribute) as last_level
    from designed
    group by attribute, level
),

-- Place 0 is the rating itself: eliminating the others from its row leaves the unexplained sum of squares.
parameters as (
    select 0 as place, '(Rating)' as attribute, '(Rating)' as level, cast(null as text) as last_level
    union all
    select 1 as place, '(Intercept)' as attribute, '(Intercept)' as level, cast(null as text) as last_level
    union all
    select 1 + row_number() over (order by attribute, level) as place, attribute, level, last_level
    from levels
    where level < last_level
),

coded as (
    select
        s.profile_id,
        p.place,
        sum(case when p.place = 1 or d.level = p.level then 1e0 when d.level = p.last_level then -1e0 else 0e0 end) as x
    from shown as s
    cross join parameters as p
    left join designed as d on s.profile_id = d.profile_id and p.attribute = d.attribute
    group by s.profile_id, p.place
),

products as (
    select c.unit, c.profile_id, c.answers, c.square_total, d.place, case when d.place = 0 then c.mean else d.x end as x
    from cells as c
    inner join coded as d on c.profile_id = d.profile_id
),

equations as (
    select
        a.unit,
        a.place as i,
        b.place as j,
        sum(case when a.place = 0 and b.place = 0 then a.square_total else a.answers * a.x * b.x end) as v
    from products as a
    inner join products as b on a.unit = b.unit and a.profile_id = b.profile_id
    group by a.unit, a.place, b.place
    union all
    select u.unit, a.place as i, -b.place as j, case when a.place = b.place then 1e0 else 0e0 end as v
    from units as u
    cross join parameters as a
    cross join parameters as b
    where $per = 'segment' and a.place > 0 and b.place > 0
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
    select
        unit,
        i,
        j,
        v,
        max(case when i = 0 and j = 0 then v end) over (partition by unit) as unexplained,
        sum(case when i > 0 and j = 0 then 1 else 0 end) over (partition by unit) as parameters
    from solved
),

-- The last level of an attribute is what the others leave: minus their sum.
kinds as (
    select 0 as is_last
    union all
    select 1 as is_last
),

worths as (
    select
        s.unit,
        p.attribute,
        case when k.is_last = 1 then p.last_level else p.level end as level,
        sum(case when s.j = 0 then (1 - 2 * k.is_last) * s.v end) as part_worth,
        sum(case when s.j < 0 then s.v end) as unscaled,
        max(s.unexplained) as unexplained,
        max(s.parameters) as parameters
    from explained as s
    inner join parameters as p on s.i = p.place
    left join parameters as o on s.j = -o.place and p.attribute = o.attribute
    cross join kinds as k
    where
        p.place > 0
        and (
            s.j = 0
            or (k.is_last = 0 and s.j = -s.i)
            or (k.is_last = 1 and o.place > 0)
        )
        and (k.is_last = 0 or p.last_level is not null)
    group by s.unit, p.attribute, case when k.is_last = 1 then p.last_level else p.level end
),

fits as (
    select
        u.segment,
        u.unit,
        w.attribute,
        w.level,
        w.part_worth,
        w.unscaled,
        u.answers,
        u.respondents,
        u.is_hidden,
        w.parameters,
        u.square_total - u.total * u.total / nullif(u.answers, 0) as spread,
        case when w.unexplained > 1e-12 * u.square_total then w.unexplained else 0e0 end as unexplained
    from worths as w
    inner join shown_units as u on w.unit = u.unit
),

measured as (
    select
        segment,
        unit,
        attribute,
        level,
        case when is_hidden = 0 and parameters <= $max_parameters then part_worth end as part_worth,
        case
            when is_hidden = 0 and answers > parameters and parameters <= $max_parameters
            then sqrt(unscaled * unexplained / nullif(answers - parameters, 0))
        end as standard_error,
        answers,
        respondents,
        is_hidden,
        parameters,
        spread,
        unexplained
    from fits
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
        when is_hidden = 1 then 'Too few respondents'
        when parameters > $max_parameters then 'Too many levels'
        else 'Levels cannot be told apart'
    end as note
from measured
