/*---
summary: How often each level was chosen where it was shown, in a choice-based conjoint study.
grain: one row per segment, attribute and level
args: [min_n: {doc: "Of fewer respondents nothing chosen is given."}]
returns: [
  segment: {doc: "Segment of the answers; 'All respondents' for all of them, 'Unassigned' where none is mapped."},
  attribute, level,
  shown: {type: integer, unit: profiles, doc: "Profiles with the level that were shown: answers in which chosen is not null."},
  chosen: {type: integer, unit: profiles, doc: "Those that were chosen; this and all that follows null below min_n respondents, and where it protects the one other segment that is hidden."},
  chosen_share: {type: number, unit: percent, range: "[0, 100]", doc: "Chosen / shown."},
  ci_low: {range: "[0, 100]", doc: "Lower end of the 95 % interval."},
  ci_high: {range: "[0, 100]"},
  respondents: {type: integer, unit: respondents, doc: "Respondents of the segment who were shown any profile."}]
source: "Counting analysis as in Orme (2019), Getting started with conjoint analysis, 4th edition, chapter 9; interval: Wilson (1927). Without choices there is no row."
---*/
with models as (
    select 1 as is_total
    union all
    select 0 as is_total
    where is_mapped('conjoint_answers', 'segment')
),

answered as (
    select
        case when t.is_total = 1 then 'All respondents' else coalesce(a.segment, 'Unassigned') end as segment,
        a.respondent_id,
        a.profile_id,
        a.chosen
    from conjoint_answers as a
    cross join models as t
    where a.chosen is not null
),

sizes as (
    select segment, count(distinct respondent_id) as respondents
    from answered
    group by segment
),

hidden as (
    select
        segment,
        respondents,
        complementary(
            case when respondents < $min_n then 1 else 0 end, respondents, $min_n, segment,
            case when segment = 'All respondents' then 1 else 0 end, 1, 1
        ) as is_hidden
    from sizes
),

choices as (
    select segment, profile_id, count(*) as shown, sum(case when chosen > 0 then 1 else 0 end) as chosen
    from answered
    group by segment, profile_id
),

counts as (
    select
        c.segment,
        p.attribute,
        p.level,
        cast(sum(c.shown) as bigint) as shown,
        cast(sum(c.chosen) as bigint) as chosen
    from choices as c
    inner join conjoint_profiles as p on c.profile_id = p.profile_id
    group by c.segment, p.attribute, p.level
)

select
    c.segment,
    c.attribute,
    c.level,
    c.shown,
    case when h.is_hidden = 0 then c.chosen end as chosen,
    case when h.is_hidden = 0 then 1e2 * c.chosen / nullif(c.shown, 0) end as chosen_share,
    case when h.is_hidden = 0 then 1e2 * wilson_low(c.chosen, c.shown) end as ci_low,
    case when h.is_hidden = 0 then 1e2 * wilson_high(c.chosen, c.shown) end as ci_high,
    h.respondents
from counts as c
inner join hidden as h on c.segment = h.segment
