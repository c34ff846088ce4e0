/*---
summary: How often each level was chosen where it was shown, in a choice-based conjoint study.
kind: relation
grain: one row per segment, attribute and level
needs:
  conjoint_profiles: [profile_id, attribute, level]
  conjoint_answers: [profile_id, chosen, segment]
returns:
  segment: {type: string, doc: "Segment of the answers; 'All respondents' for all of them, 'Unassigned' where none is mapped."}
  attribute: {type: string, doc: "Attribute."}
  level: {type: string, doc: "Level."}
  shown: {type: integer, unit: profiles, doc: "Profiles with the level that were shown: answers in which chosen is not null."}
  chosen: {type: integer, unit: profiles, doc: "Those that were chosen."}
  chosen_share: {type: number, unit: percent, range: "[0, 100]", doc: "Chosen / shown."}
  ci_low: {type: number, unit: percent, range: "[0, 100]", doc: "Lower end of the 95 % interval."}
  ci_high: {type: number, unit: percent, range: "[0, 100]", doc: "Upper end of the 95 % interval."}
source: "Counting analysis as in Orme (2019), Getting started with conjoint analysis, 4th edition, chapter 9; interval: Wilson (1927). Without choices there is no row."
---*/
with models as (
    select 1 as is_total
    union all
    select 0 as is_total
    where is_mapped('conjoint_answers', 'segment')
),

choices as (
    select
        case when t.is_total = 1 then 'All respondents' else coalesce(a.segment, 'Unassigned') end as segment,
        a.profile_id,
        count(*) as shown,
        sum(case when a.chosen > 0 then 1 else 0 end) as chosen
    from conjoint_answers as a
    cross join models as t
    where a.chosen is not null
    group by case when t.is_total = 1 then 'All respondents' else coalesce(a.segment, 'Unassigned') end, a.profile_id
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
    segment,
    attribute,
    level,
    shown,
    chosen,
    1e2 * chosen / nullif(shown, 0) as chosen_share,
    1e2 * wilson_low(chosen, shown) as ci_low,
    1e2 * wilson_high(chosen, shown) as ci_high
from counts
